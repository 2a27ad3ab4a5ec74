/* expand/header_value.c -- $h_name: and its kin (manual: expansion items, header). */
#include "base/buf.h"
#include "base/process.h"
#include "config/config.h"
#include "expand/tree.h"
#include "message/encoded_word.h"
#include "message/header.h"

enum { HEADER_TEXT_MAX_BYTES = 64 * 1024 };

static bool
next_field(const struct scope *scope, struct str name, const struct header_field **field)
{
    if (scope->message == NULL)
        return false;
    *field = message_find_header(scope->message, name, *field);
    return *field != NULL;
}

/* The field's text behind the colon, as it stands, the final line end left out. */
static struct str
raw_body(const struct header_field *field)
{
    size_t colon = str_find(field->text, ':');
    struct str body = str_from(field->text, colon == STR_NONE ? field->text.len : colon + 1);

    if (body.len > 0 && body.ptr[body.len - 1] == '\n')
        body.len--;
    return body;
}

/* With the final line end, as Exim has it. */
static void
add_raw(struct buf *out, const struct header_field *field)
{
    size_t colon = str_find(field->text, ':');

    buf_add(out, str_from(field->text, colon == STR_NONE ? field->text.len : colon + 1));
}

/* An element of a colon list: colons doubled. */
static void
add_element(struct buf *out, const struct header_field *field, bool is_first)
{
    struct str body = raw_body(field), piece;
    bool has_colon;

    if (!is_first)
        buf_add_char(out, ':');
    do {
        has_colon = str_cut(body, ':', &piece, &body);
        buf_add(out, piece);
        if (has_colon)
            buf_add(out, STR("::"));
    } while (has_colon);
}

static void
add_trimmed(struct buf *out, const struct header_field *field)
{
    struct str body = str_trim(raw_body(field));

    if (body.len == 0)
        return;
    if (out->len > 0)
        buf_add(out, header_kind_has_addresses(field->kind) ? STR(",\n") : STR("\n"));
    buf_add(out, body);
}

static struct str
target_charset(void)
{
    if (config != NULL && config->headers_charset.len > 0)
        return config->headers_charset;
    return STR("UTF-8");
}

enum outcome
expand_header_value(enum header_form form, struct str name, struct scope *scope, struct str *value_out, struct why *why)
{
    const struct header_field *field = NULL;
    struct buf out;
    bool is_first = true;

    (void)why;
    buf_init(&out, scope->pool, HEADER_TEXT_MAX_BYTES);
    while (next_field(scope, name, &field)) {
        if (form == HEADER_RAW)
            add_raw(&out, field);
        else if (form == HEADER_LIST)
            add_element(&out, field, is_first);
        else
            add_trimmed(&out, field);
        is_first = false;
    }
    *value_out = buf_str(&out);
    if ((form == HEADER_DECODED || form == HEADER_BASIC) && str_find_str(*value_out, STR("=?")) != STR_NONE)
        *value_out = encoded_words_decode(scope->pool, *value_out, form == HEADER_BASIC ? STR("") : target_charset(),
                                          config == NULL || config->check_rfc2047_length, '?', NULL);
    return OK;
}

bool
expand_header_exists(struct str name, struct scope *scope)
{
    const struct header_field *field = NULL;

    return next_field(scope, name, &field);
}
