/* message/charset.c -- conversion between charsets: the common ones here, the others by iconv(). */
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "message/encoded_word.h"

/* Is every octet of text the same in both charsets? */
static bool
is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

/* Charsets whose lower half is ASCII: the usual ones. */
static bool
is_ascii_superset(const char *charset)
{
    return strcasecmp(charset, "UTF-8") == 0 || strcasecmp(charset, "US-ASCII") == 0
        || strncasecmp(charset, "ISO-8859-", 9) == 0 || strncasecmp(charset, "windows-125", 11) == 0;
}

static struct str
latin1_to_utf8(struct pool *pool, struct str text)
{
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c >= 0x80)
            buf_add_char(&out, (char)(0xc0 | c >> 6));
        buf_add_char(&out, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
    }
    return buf_str(&out);
}

/* All of text; an octet that is nothing in its charset becomes "?". */
static struct str
convert(struct pool *pool, iconv_t converter, struct str text)
{
    struct buf out;
    char *in = (char *)(uintptr_t)text.ptr;
    size_t in_left = text.len;

    buf_init(&out, pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    while (in_left > 0) {
        enum { PIECE_BYTES = 256 };
        char *room = buf_space(&out, PIECE_BYTES), *at = room;
        size_t room_left = PIECE_BYTES, result = iconv(converter, &in, &in_left, &at, &room_left);

        buf_grow(&out, (size_t)(at - room));
        if (result == (size_t)-1 && errno != E2BIG) {
            buf_add_char(&out, '?');
            in++, in_left--;
            iconv(converter, NULL, NULL, NULL, NULL);
        }
    }
    return buf_str(&out);
}

bool
charset_convert(struct pool *pool, struct str text, const char *from, const char *to, struct str *text_out,
                const char **reason_out)
{
    iconv_t converter;

    *text_out = text;
    if (strcasecmp(from, to) == 0 || (is_ascii_superset(from) && is_ascii_superset(to) && is_ascii(text)))
        return true;
    if (strcasecmp(from, "ISO-8859-1") == 0 && strcasecmp(to, "UTF-8") == 0) {
        *text_out = latin1_to_utf8(pool, text);
        return true;
    }
    converter = iconv_open(to, from);
    if (converter == (iconv_t)-1) {
        *reason_out = pool_printf(pool, "iconv_open(\"%s\", \"%s\") failed: %s%s", to, from, strerror(errno),
                                  errno == EINVAL ? " (maybe unsupported conversion)" : "").ptr;
        return false;
    }
    *text_out = convert(pool, converter, text);
    iconv_close(converter);
    return true;
}
