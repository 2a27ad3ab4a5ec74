/* log/escape.c -- make any octets fit for a log line. */
#include "log/state.h"

/* Length of the well-formed UTF-8 character (RFC 3629) at the front of s; 0 if there is none. */
static size_t
utf8_length(struct str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    size_t len = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
    uint32_t code;

    if (len == 0 || c > 0xf4 || s.len < len)
        return 0;
    code = c & (0xff >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)s.ptr[i] & 0x3f);
    }
    if ((len == 3 && code < 0x800) || (len == 4 && (code < 0x10000 || code > 0x10ffff)) ||
        (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return code < 0xa0 ? 0 : len;       /* C1 control characters are no text */
}

static void
escape_octet(struct buf *buf, char c)
{
    static const char names[][3] = { { '\n', 'n' }, { '\r', 'r' }, { '\t', 't' },
                                     { '\b', 'b' }, { '\f', 'f' }, { '\v', 'v' } };

    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i][0] == c) {
            buf_add_char(buf, '\\');
            buf_add_char(buf, names[i][1]);
            return;
        }
    buf_addf(buf, "\\%03o", (unsigned)(unsigned char)c);
}

static bool
is_break_kept(struct str text, size_t at, enum log_breaks breaks)
{
    if (breaks == BREAKS_KEPT)
        return true;
    return breaks == BREAKS_KEPT_IF_INDENTED && at + 2 < text.len && text.ptr[at + 1] == ' ' && text.ptr[at + 2] == ' ';
}

void
log_escape(struct buf *buf, struct str text, bool keeps_utf8, enum log_breaks breaks)
{
    size_t done = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        size_t len;

        if (ascii_is_print(c) || (c == '\n' && is_break_kept(text, i, breaks)) || (c == '\t' && breaks == BREAKS_KEPT))
            continue;
        len = keeps_utf8 && (c & 0x80) != 0 ? utf8_length(str_from(text, i)) : 0;
        if (len > 0) {
            i += len - 1;
            continue;
        }
        buf_add(buf, str_sub(text, done, i - done));
        escape_octet(buf, c);
        done = i + 1;
    }
    buf_add(buf, str_from(text, done));
}
