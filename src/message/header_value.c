/* message/header_value.c -- header fields of a message joined into one text. */
#include "base/buf.h"
#include "message/header.h"

/* The text after the colon, untouched but for the final LF. */
static struct str
raw_body(const struct header_field *field)
{
    size_t colon;
    struct str body = field->text;

    if (header_name_length(body, &colon) > 0)
        body = str_from(body, colon + 1);
    if (body.len > 0 && body.ptr[body.len - 1] == '\n')
        body.len--;
    return body;
}

struct str
message_header_value(const struct message *message, struct pool *pool, struct str name, bool is_raw)
{
    enum { VALUE_MAX_BYTES = 64 * 1024 };
    struct buf value;
    struct header_field *field = message_find_header(message, name, NULL);
    bool is_first = true;

    buf_init(&value, pool, VALUE_MAX_BYTES);
    for (; field != NULL; field = message_find_header(message, name, field)) {
        struct str body = is_raw ? raw_body(field) : str_trim(raw_body(field));

        if (body.len == 0 && !is_raw)
            continue;
        if (!is_first)
            buf_add_c(&value, !is_raw && header_kind_has_addresses(field->kind) ? ",\n" : "\n");
        buf_add(&value, body);
        is_first = false;
    }
    return buf_str(&value);
}

struct str
message_headers_text(const struct message *message, struct pool *pool)
{
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        if (field->kind != HEADER_DELETED)
            buf_add(&text, field->text);
    return buf_str(&text);
}
