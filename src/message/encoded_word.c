#include "message/encoded_word.h"
#include <string.h>
#include "address/mailbox.h"
#include "base/encode.h"
#include "base/buf.h"

enum { ENCODED_WORD_MAX_BYTES = 75, CHARSET_NAME_MAX_BYTES = 40 };

/* "=?charset?Q?text?=" taken apart. */
struct encoded_word {
    struct str charset, text;
    bool is_base64;
    size_t len;                     /* of the whole word */
};

/* Octets of a charset name: they go into messages and to iconv(). */
static bool
is_charset_char(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '+';
}

/* Does text begin with an encoded word?  A language after "*" (RFC 2231) is passed over. */
static bool
encoded_word_take(struct str text, bool is_length_checked, struct encoded_word *word_out)
{
    size_t at = 2, end;

    if (!str_starts(text, STR("=?")))
        return false;
    while (at < text.len && is_charset_char(text.ptr[at]))
        at++;
    word_out->charset = str_sub(text, 2, at - 2);
    if (at < text.len && text.ptr[at] == '*')
        while (at < text.len && (ascii_is_alnum(text.ptr[at]) || text.ptr[at] == '*' || text.ptr[at] == '-'))
            at++;
    if (word_out->charset.len == 0 || word_out->charset.len > CHARSET_NAME_MAX_BYTES || at + 3 >= text.len
        || text.ptr[at] != '?' || text.ptr[at + 2] != '?')
        return false;
    word_out->is_base64 = ascii_upper(text.ptr[at + 1]) == 'B';
    if (!word_out->is_base64 && ascii_upper(text.ptr[at + 1]) != 'Q')
        return false;
    for (end = at + 3; end < text.len && text.ptr[end] > ' ' && text.ptr[end] != '?' && text.ptr[end] < 0x7f; end++)
        ;
    if (end + 1 >= text.len || text.ptr[end] != '?' || text.ptr[end + 1] != '=')
        return false;
    word_out->text = str_sub(text, at + 3, end - at - 3);
    word_out->len = end + 2;
    return !is_length_checked || word_out->len <= ENCODED_WORD_MAX_BYTES;
}

static bool
decode_q(struct pool *pool, struct str text, struct str *octets_out)
{
    struct buf octets;

    buf_init(&octets, pool, BUF_NO_LIMIT);
    buf_taint(&octets);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '=') {
            int high = i + 2 < text.len ? hex_digit_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit_value(text.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            buf_add_char(&octets, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_add_char(&octets, text.ptr[i] == '_' ? ' ' : text.ptr[i]);
        }
    }
    *octets_out = buf_str(&octets);
    return true;
}

/* The word's octets, converted; false if it is malformed or its charset is not known. */
static bool
encoded_word_decode(struct pool *pool, const struct encoded_word *word, struct str target, char zero_char,
                    struct str *octets_out, const char **fault_out)
{
    struct str octets;
    char *from;

    if (word->is_base64 ? !base64_decode(pool, word->text, &octets) : !decode_q(pool, word->text, &octets)) {
        *fault_out = "malformed encoded word";
        return false;
    }
    if (zero_char != '\0' && str_find(octets, '\0') != STR_NONE) {
        char *copy = pool_alloc_as(pool, TAINTED, octets.len);

        for (size_t i = 0; i < octets.len; i++)
            copy[i] = octets.ptr[i] == '\0' ? zero_char : octets.ptr[i];
        octets = str_make(copy, octets.len);
    }
    *octets_out = octets;
    if (target.len == 0)
        return true;
    from = pool_cstr(pool, word->charset);
    return charset_convert(pool, octets, from, pool_cstr(pool, target), octets_out, fault_out);
}

/* Length of the white space at the front. */
static size_t
space_length(struct str text)
{
    size_t len = 0;

    while (len < text.len && ascii_is_space(text.ptr[len]))
        len++;
    return len;
}

struct str
encoded_words_decode(struct pool *pool, struct str text, struct str target_charset, bool is_length_checked,
                     char zero_char, const char **fault_out)
{
    struct buf out;
    const char *fault = NULL;
    struct str rest = text;
    bool is_after_word = false;

    if (fault_out != NULL)
        *fault_out = NULL;
    if (str_find_str(text, STR("=?")) == STR_NONE)
        return text;
    buf_init(&out, pool, BUF_NO_LIMIT);
    while (rest.len > 0) {
        struct encoded_word word;
        struct str octets;
        size_t space = is_after_word ? space_length(rest) : 0, plain;

        if (encoded_word_take(str_from(rest, space), is_length_checked, &word)) {
            if (encoded_word_decode(pool, &word, target_charset, zero_char, &octets, &fault)) {
                buf_add(&out, octets);
                is_after_word = true;
            } else {
                if (fault_out != NULL && *fault_out == NULL)
                    *fault_out = fault;
                buf_add(&out, str_head(rest, space + word.len));
                is_after_word = false;
            }
            rest = str_from(rest, space + word.len);
            continue;
        }
        plain = str_find_str(str_from(rest, 1), STR("=?"));
        plain = plain == STR_NONE ? rest.len : plain + 1;
        if (space > 0 && plain > space)
            plain = space;
        buf_add(&out, str_head(rest, plain));
        rest = str_from(rest, plain);
        is_after_word = false;
    }
    return buf_str(&out);
}

/* Characters that stand for themselves outside encoded words here. */
static bool
is_plain(char c)
{
    return ascii_is_print(c) && strchr("?=()<>@,;:\\\".[]_", c) == NULL;
}

/* Length of the character at the front: a whole UTF-8 sequence where it is one. */
static size_t
character_length(struct str text, bool is_utf8)
{
    unsigned char c = (unsigned char)text.ptr[0];
    size_t len = !is_utf8 || c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;

    for (size_t i = 1; i < len; i++)
        if (i >= text.len || ((unsigned char)text.ptr[i] & 0xc0) != 0x80)
            return 1;
    return len;
}

struct str
encoded_words_encode(struct pool *pool, struct str text, struct str charset, bool is_fold)
{
    struct buf out;
    size_t i = 0, line;
    bool is_utf8 = str_ieq_c(charset, "UTF-8");

    while (i < text.len && is_plain(text.ptr[i]))
        i++;
    if (i == text.len)
        return text;
    buf_init(&out, pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    line = out.len;
    buf_add_c(&out, "=?");
    buf_add(&out, charset);
    buf_add_c(&out, "?Q?");
    while (text.len > 0) {
        size_t len = character_length(text, is_utf8), encoded = 0;

        for (i = 0; i < len; i++)
            encoded += is_plain(text.ptr[i]) ? 1 : 3;
        if (out.len - line + encoded + 2 > ENCODED_WORD_MAX_BYTES) {
            buf_add_c(&out, is_fold ? "?=\n " : "?= ");
            line = out.len;
            buf_add_c(&out, "=?");
            buf_add(&out, charset);
            buf_add_c(&out, "?Q?");
        }
        for (i = 0; i < len; i++) {
            if (text.ptr[i] == ' ')
                buf_add_char(&out, '_');
            else if (is_plain(text.ptr[i]))
                buf_add_char(&out, text.ptr[i]);
            else
                buf_addf(&out, "=%02X", (unsigned char)text.ptr[i]);
        }
        text = str_from(text, len);
    }
    buf_add_c(&out, "?=");
    return buf_str(&out);
}

struct str
display_name(struct pool *pool, struct str name, struct str charset)
{
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_print(name.ptr[i]) && name.ptr[i] != '\t')
            return encoded_words_encode(pool, name, charset, false);
    return phrase_quote(pool, name);
}
