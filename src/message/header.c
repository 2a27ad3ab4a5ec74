#include "message/header.h"
#include <string.h>
#include "base/buf.h"

size_t
header_name_length(struct str line, size_t *colon_out)
{
    size_t len = 0, at;

    while (len < line.len && line.ptr[len] > ' ' && line.ptr[len] < 0x7f && line.ptr[len] != ':')
        len++;
    for (at = len; at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'); at++)
        ;
    if (len == 0 || len > HEADER_FIELD_NAME_MAX_BYTES || at == line.len || line.ptr[at] != ':')
        return 0;
    *colon_out = at;
    return len;
}

bool
header_split(struct str text, struct str *name_out, struct str *body_out)
{
    size_t colon, len = header_name_length(text, &colon);

    if (len == 0)
        return false;
    *name_out = str_head(text, len);
    *body_out = str_trim(str_from(text, colon + 1));
    return true;
}

struct str
header_unfold(struct pool *pool, struct str body)
{
    struct buf unfolded;

    if (str_find(body, '\n') == STR_NONE)
        return body;
    buf_init(&unfolded, pool, BUF_NO_LIMIT);
    while (body.len > 0) {
        size_t newline = str_find(body, '\n');
        struct str line = str_head(body, newline != STR_NONE ? newline : body.len);

        body = str_from(body, newline != STR_NONE ? newline + 1 : body.len);
        buf_add(&unfolded, unfolded.len > 0 ? str_trim_left(line) : line);
        while (unfolded.len > 0 && ascii_is_space(unfolded.ptr[unfolded.len - 1]))
            buf_truncate(&unfolded, unfolded.len - 1);
        if (body.len > 0 && unfolded.len > 0)
            buf_add_char(&unfolded, ' ');
    }
    return buf_str(&unfolded);
}

/* Where to fold text so that what stands before is at most room octets: the last white space (after a comma at best)
 * within it, else the first one behind. */
static size_t
fold_point(struct str text, size_t room)
{
    size_t best = 0;
    bool is_comma = false;

    for (size_t i = 1; i < text.len && (i <= room || best == 0); i++)
        if (text.ptr[i] == ' ' || text.ptr[i] == '\t') {
            bool has_comma = text.ptr[i - 1] == ',';

            if (is_comma && !has_comma)
                continue;
            best = i;
            is_comma = has_comma;
        }
    return best == 0 ? text.len : best;
}

/* One octet of a value within a field. */
static void
add_value_char(struct buf *field, struct str body, size_t i)
{
    char c = body.ptr[i];

    if (c == '\r' || c == '\0')
        buf_add_char(field, ' ');
    else
        buf_add(field, str_sub(body, i, 1));
    if (c == '\n' && (i + 1 == body.len || (body.ptr[i + 1] != ' ' && body.ptr[i + 1] != '\t')))
        buf_add_char(field, ' ');
}

struct str
header_make(struct pool *pool, struct str name, struct str body, bool is_folded)
{
    enum { LINE_MAX_BYTES = 76 };
    struct buf field;
    size_t room = name.len + 2 < LINE_MAX_BYTES ? LINE_MAX_BYTES - name.len - 2 : 1;

    buf_init(&field, pool, BUF_NO_LIMIT);
    buf_add(&field, name);
    buf_add_c(&field, ": ");
    body = str_trim(body);
    if (!is_folded || str_find(body, '\n') != STR_NONE) {
        for (size_t i = 0; i < body.len; i++)
            add_value_char(&field, body, i);
    } else {
        while (body.len > room) {
            size_t len = fold_point(body, room);

            for (size_t i = 0; i < len; i++)
                add_value_char(&field, str_head(body, len), i);
            body = str_from(body, len);
            if (body.len == 0)
                break;
            buf_add_c(&field, "\n");
            room = LINE_MAX_BYTES;
        }
        for (size_t i = 0; i < body.len; i++)
            add_value_char(&field, body, i);
    }
    buf_add_char(&field, '\n');
    return buf_str(&field);
}

bool
header_text_check(struct pool *pool, struct str text, struct str *clean_out, const char **reason_out)
{
    struct buf clean;
    bool is_first = true;

    buf_init(&clean, pool, BUF_NO_LIMIT);
    while (text.len > 0) {
        size_t newline = str_find(text, '\n'), colon, start = clean.len;
        struct str line = str_head(text, newline != STR_NONE ? newline : text.len);

        text = str_from(text, newline != STR_NONE ? newline + 1 : text.len);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0) {
            *reason_out = "empty line in header field text";
            return false;
        }
        if (line.ptr[0] == ' ' || line.ptr[0] == '\t' ? is_first : header_name_length(line, &colon) == 0) {
            *reason_out = "header field text without a name";
            return false;
        }
        is_first = false;
        buf_add(&clean, line);
        for (size_t i = start; i < clean.len; i++)
            if (clean.ptr[i] == '\r' || clean.ptr[i] == '\0')
                clean.ptr[i] = ' ';
        buf_add_char(&clean, '\n');
    }
    *clean_out = buf_str(&clean);
    return true;
}

bool
header_kind_has_addresses(enum header_kind kind)
{
    return kind == HEADER_BCC || kind == HEADER_CC || kind == HEADER_FROM || kind == HEADER_TO
           || kind == HEADER_REPLY_TO || kind == HEADER_SENDER;
}

bool
header_name_is_resent(struct str name)
{
    static const char *const rest[] = { "date", "from", "sender", "to", "cc", "bcc", "message-id", "reply-to" };

    if (!str_istarts(name, STR("resent-")))
        return false;
    for (size_t i = 0; i < COUNT(rest); i++)
        if (str_ieq_c(str_from(name, 7), rest[i]))
            return true;
    return false;
}
