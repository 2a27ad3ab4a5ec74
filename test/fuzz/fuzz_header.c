/* Any text as a header field, as text to be added, as encoded words, as a date. */
#include <stdint.h>
#include <stdlib.h>
#include "message/date.h"
#include "message/encoded_word.h"
#include "message/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
    if (!holds)
        abort();
}

/* A field that was made is one field: each line after the first begins with white space, and the last has its end. */
static void
is_one_field(struct str field)
{
    demand(str_ends(field, STR("\n")));
    demand(str_find(field, '\r') == STR_NONE && str_find(field, '\0') == STR_NONE);
    for (size_t i = 0; i + 1 < field.len; i++)
        if (field.ptr[i] == '\n')
            demand(field.ptr[i + 1] == ' ' || field.ptr[i + 1] == '\t');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new("fuzz");
    struct str text = pool_dup_tainted(pool, str_make((const char *)data, size)), name, body, clean;
    const char *reason, *fault;
    time_t when;
    int zone_s;

    if (header_split(text, &name, &body)) {
        demand(name.len > 0 && name.len + body.len < text.len);
        demand(str_find_any(name, ": \t\r\n") == STR_NONE);
    }
    demand(str_find(header_unfold(pool, text), '\n') == STR_NONE);
    is_one_field(header_make(pool, STR("X-Field"), text, false));
    is_one_field(header_make(pool, STR("To"), text, true));
    if (header_text_check(pool, text, &clean, &reason)) {
        demand(str_find(clean, '\r') == STR_NONE && str_find(clean, '\0') == STR_NONE);
        demand(str_is_empty(clean) || str_ends(clean, STR("\n")));
        demand(str_find_str(clean, STR("\n\n")) == STR_NONE);
    }
    encoded_words_decode(pool, text, STR("UTF-8"), size % 2 == 0, '?', &fault);
    encoded_words_encode(pool, text, STR("UTF-8"), size % 2 == 0);
    display_name(pool, text, STR("UTF-8"));
    date_parse(text, &when, &zone_s);
    pool_free(pool);
    return 0;
}
