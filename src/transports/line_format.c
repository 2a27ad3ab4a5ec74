#include "transports/line_format.h"
#include <string.h>

void
line_format_begin(struct line_format *format, struct pool *pool, struct message_sink sink)
{
    format->sink = sink;
    format->check_string = str_head(format->check_string, LINE_FORMAT_CHECK_MAX_BYTES);
    format->octets = 0;
    format->has_failed = format->is_cr_pending = false;
    format->is_line_start = true;
    format->held_bytes = format->used = 0;
    format->held = pool_alloc(pool, LINE_FORMAT_CHECK_MAX_BYTES);
    format->buffer = pool_alloc_as(pool, TAINTED, LINE_FORMAT_BUFFER_BYTES);
}

static void
give(struct line_format *format, struct str octets)
{
    if (!format->has_failed && octets.len > 0)
        format->has_failed = !format->sink.write(format->sink.data, octets);
}

static void
put(struct line_format *format, const char *octets, size_t len)
{
    format->octets += (int64_t)len;
    if (len > LINE_FORMAT_BUFFER_BYTES - format->used) {
        give(format, str_make(format->buffer, format->used));
        format->used = 0;
    }
    if (len > LINE_FORMAT_BUFFER_BYTES) {
        give(format, str_make(octets, len));
        return;
    }
    memcpy(format->buffer + format->used, octets, len);
    format->used += len;
}

static void
end_line(struct line_format *format)
{
    if (format->is_crlf)
        put(format, "\r\n", 2);
    else
        put(format, "\n", 1);
    format->is_line_start = true;
}

/* Part of a line, without its end.  A CR inside is the end of a line when lines end with CR LF: nothing that the next
 * host could take for another line end ever leaves. */
static void
put_part(struct line_format *format, struct str part)
{
    if (part.len == 0)
        return;
    format->is_line_start = false;
    if (!format->is_crlf) {
        put(format, part.ptr, part.len);
        return;
    }
    for (;;) {
        const char *cr = memchr(part.ptr, '\r', part.len);
        size_t len = cr == NULL ? part.len : (size_t)(cr - part.ptr);

        if (format->is_line_start && len > 0 && format->check_string.len == 1
            && part.ptr[0] == format->check_string.ptr[0])
            put(format, format->escape_string.ptr, format->escape_string.len - 1);
        if (len > 0)
            format->is_line_start = false;
        put(format, part.ptr, len);
        if (cr == NULL)
            return;
        end_line(format);
        part = str_from(part, len + 1);
        if (part.len == 0)
            return;
    }
}

/* One line or a piece of one, check_string dealt with.  A CR at the end of a piece waits for what follows. */
static void
put_line(struct line_format *format, struct str piece, bool has_end)
{
    bool is_cr_special = format->is_crlf || format->is_crlf_input;

    if (is_cr_special && piece.len > 0 && piece.ptr[piece.len - 1] == '\r') {
        piece.len--;
        format->is_cr_pending = !has_end;
    } else if (has_end) {
        format->is_cr_pending = false;
    }
    put_part(format, piece);
    if (has_end)
        end_line(format);
}

/* Does the text at a line's start match check_string: 1 yes, 0 no, -1 more is needed to tell. */
static int
check_matches(const struct line_format *format, struct str text)
{
    size_t len = text.len < format->check_string.len ? text.len : format->check_string.len;

    if (memcmp(text.ptr, format->check_string.ptr, len) != 0)
        return 0;
    return len == format->check_string.len ? 1 : -1;
}

/* The escape replaces what matched; a check_string that holds a line end begins a new line. */
static void
put_escape(struct line_format *format)
{
    struct str line, rest = format->escape_string;

    while (str_cut(rest, '\n', &line, &rest))
        put_line(format, line, true);
    put_part(format, line);
}

static struct str
pass_line_start(struct line_format *format, struct str text)
{
    if (format->check_string.len == 0)
        return text;
    while (text.len > 0 && format->is_line_start && !format->is_cr_pending && check_matches(format, text) == 1) {
        text = str_from(text, format->check_string.len);
        put_escape(format);
    }
    return text;
}

/* The text from a line's start may be too short to decide: it waits in held for more. */
static bool
is_held_back(struct line_format *format, struct str text)
{
    if (format->check_string.len == 0 || !format->is_line_start || format->is_cr_pending
        || check_matches(format, text) != -1)
        return false;
    memcpy(format->held, text.ptr, text.len);
    format->held_bytes = text.len;
    return true;
}

static void
put_text(struct line_format *format, struct str text)
{
    while (text.len > 0) {
        const char *lf;
        size_t len;

        if (format->is_cr_pending && text.ptr[0] != '\n') {
            format->is_cr_pending = false;
            put_part(format, STR("\r"));
        }
        if (is_held_back(format, text))
            return;
        text = pass_line_start(format, text);
        if (text.len == 0 || is_held_back(format, text))
            return;
        lf = memchr(text.ptr, '\n', text.len);
        len = lf == NULL ? text.len : (size_t)(lf - text.ptr);
        put_line(format, str_head(text, len), lf != NULL);
        text = str_from(text, len + 1);
    }
}

void
line_format_text(struct line_format *format, struct str text)
{
    if (text.len == 0)
        return;
    if (!format->is_crlf && !format->is_crlf_input && format->check_string.len == 0) {
        put(format, text.ptr, text.len);
        format->is_line_start = text.ptr[text.len - 1] == '\n';
        return;
    }
    while (format->held_bytes > 0 && text.len > 0) {
        struct str held;

        format->held[format->held_bytes++] = text.ptr[0];
        text = str_from(text, 1);
        held = str_make(format->held, format->held_bytes);
        if (check_matches(format, held) == -1)
            continue;
        format->held_bytes = 0;
        put_text(format, held);
    }
    put_text(format, text);
}

/* What was held back did not become a match. */
static void
release_held(struct line_format *format)
{
    struct str check = format->check_string;
    size_t len = format->held_bytes;

    format->held_bytes = 0;
    if (len > 0) {
        format->check_string = STR("");
        put_text(format, str_make(format->held, len));
        format->check_string = check;
    }
    if (format->is_cr_pending) {
        format->is_cr_pending = false;
        put_part(format, STR("\r"));
    }
}

void
line_format_raw(struct line_format *format, struct str octets)
{
    release_held(format);
    put(format, octets.ptr, octets.len);
    format->is_line_start = true;
}

void
line_format_end_line(struct line_format *format)
{
    release_held(format);
    if (!format->is_line_start)
        end_line(format);
}

bool
line_format_flush(struct line_format *format)
{
    release_held(format);
    give(format, str_make(format->buffer, format->used));
    format->used = 0;
    return !format->has_failed;
}
