#include "lookups/rows_text.h"

void
rows_text_init(struct rows_text *out, struct pool *pool, size_t limit_bytes)
{
    *out = (struct rows_text){ .row_count = 0 };
    buf_init(&out->text, pool, limit_bytes);
}

void
rows_text_row(struct rows_text *out, bool has_several_fields)
{
    if (out->row_count++ > 0)
        buf_add_char(&out->text, '\n');
    out->has_names = has_several_fields;
    out->is_row_start = true;
}

/* Values that are empty, hold blanks or begin with a quote stand in quotes. */
static void
add_value(struct buf *out, struct str value)
{
    bool is_quoted = value.len == 0 || value.ptr[0] == '"' || str_find_any(value, " \t\n\r") != STR_NONE;

    if (!is_quoted) {
        buf_add(out, value);
        return;
    }
    buf_add_char(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            buf_add_char(out, '\\');
        if (value.ptr[i] == '\n')
            buf_add(out, STR("\\n"));
        else
            buf_add_char(out, value.ptr[i]);
    }
    buf_add_char(out, '"');
}

void
rows_text_field(struct rows_text *out, struct str name, struct str value)
{
    if (!out->has_names) {
        buf_add(&out->text, value);
        return;
    }
    buf_add(&out->text, name);
    buf_add_char(&out->text, '=');
    add_value(&out->text, value);
    buf_add_char(&out->text, ' ');
    out->is_row_start = false;
}

struct str
rows_text_end(const struct rows_text *out)
{
    return buf_str(&out->text);
}
