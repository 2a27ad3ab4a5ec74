#include "base/encode.h"
#include <string.h>

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base62_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Index of c in an alphabet, -1 if it is not there. */
static int
digit_index(const char *digits, size_t count, char c)
{
    const char *at = memchr(digits, c, count);

    return at == NULL ? -1 : (int)(at - digits);
}

struct str
base64_encode(struct pool *pool, struct str data)
{
    const unsigned char *in = (const unsigned char *)data.ptr;
    size_t room = (data.len + 2) / 3 * 4;
    char *out = pool_alloc_as(pool, str_trust(data), room + 1);
    size_t len = 0;

    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);

        out[len++] = base64_digits[group >> 18];
        out[len++] = base64_digits[group >> 12 & 63];
        out[len++] = left > 1 ? base64_digits[group >> 6 & 63] : '=';
        out[len++] = left > 2 ? base64_digits[group & 63] : '=';
    }
    return str_make(out, len);
}

static int
base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Take one group of four characters, white space skipped; false if it is malformed. count_out: octets in it. */
static bool
base64_group(struct str *text, unsigned char *octets, size_t *count_out)
{
    int values[4] = { 0 };
    size_t padding = 0;

    for (size_t i = 0; i < 4; i++) {
        char c;

        *text = str_trim_left(*text);
        if (!str_take_char(text, &c))
            return false;
        if (c == '=' && i >= 2) {
            padding++;
        } else {
            values[i] = base64_value(c);
            if (values[i] < 0 || padding > 0)
                return false;
        }
    }
    octets[0] = (unsigned char)(values[0] << 2 | values[1] >> 4);
    octets[1] = (unsigned char)(values[1] << 4 | values[2] >> 2);
    octets[2] = (unsigned char)(values[2] << 6 | values[3]);
    *count_out = 3 - padding;
    return true;
}

bool
base64_decode(struct pool *pool, struct str text, struct str *data_out)
{
    unsigned char *out = pool_alloc_as(pool, str_trust(text), text.len / 4 * 3 + 4);
    size_t len = 0, count = 3;

    text = str_trim(text);
    while (text.len > 0) {
        if (count < 3 || !base64_group(&text, out + len, &count))
            return false;
        len += count;
        text = str_trim_left(text);
    }
    *data_out = str_make((const char *)out, len);
    return true;
}

static struct str
hex_encode_with(struct pool *pool, struct str data, const char *digits)
{
    char *out = pool_alloc_as(pool, str_trust(data), data.len * 2 + 1);

    for (size_t i = 0; i < data.len; i++) {
        out[2 * i] = digits[(unsigned char)data.ptr[i] >> 4];
        out[2 * i + 1] = digits[(unsigned char)data.ptr[i] & 15];
    }
    return str_make(out, data.len * 2);
}

struct str
hex_encode(struct pool *pool, struct str data)
{
    return hex_encode_with(pool, data, "0123456789abcdef");
}

struct str
hex_encode_upper(struct pool *pool, struct str data)
{
    return hex_encode_with(pool, data, "0123456789ABCDEF");
}

int
hex_digit_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hex_decode(struct pool *pool, struct str text, struct str *data_out)
{
    char *out;

    if (text.len % 2 != 0)
        return false;
    out = pool_alloc_as(pool, str_trust(text), text.len / 2 + 1);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit_value(text.ptr[i]), low = hex_digit_value(text.ptr[i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (char)(high << 4 | low);
    }
    *data_out = str_make(out, text.len / 2);
    return true;
}

/* Digits of value, least significant first in scratch, turned round into the pool. */
static struct str
number_encode(struct pool *pool, uint64_t value, const char *digits, unsigned base, unsigned width)
{
    char scratch[72];
    size_t len = 0;
    char *out;

    for (; value > 0; value /= base)
        scratch[len++] = digits[value % base];
    while (len < width && len < sizeof scratch)
        scratch[len++] = digits[0];
    out = pool_alloc(pool, len + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = scratch[len - 1 - i];
    return str_make(out, len);
}

static bool
number_decode(struct str text, const char *digits, unsigned base, uint64_t *value_out)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_index(digits, base, text.ptr[i]);

        if (digit < 0 || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (unsigned)digit, &value))
            return false;
    }
    *value_out = value;
    return true;
}

struct str
base62_encode(struct pool *pool, uint64_t value, unsigned width)
{
    return number_encode(pool, value, base62_digits, 62, width);
}

bool
base62_decode(struct str text, uint64_t *value_out)
{
    return number_decode(text, base62_digits, 62, value_out);
}

struct str
base32_encode(struct pool *pool, uint64_t value)
{
    return number_encode(pool, value, base32_digits, 32, 0);
}

bool
base32_decode(struct str text, uint64_t *value_out)
{
    return number_decode(text, base32_digits, 32, value_out);
}

static bool
needs_escape(char c, bool is_8bit_printable)
{
    unsigned char octet = (unsigned char)c;

    return octet < 0x20 || octet == 0x7f || (octet >= 0x80 && !is_8bit_printable);
}

/* The letter that names a control character in an escape, 0 if none does. */
static char
control_letter(char c)
{
    switch (c) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\b': return 'b';
    case '\v': return 'v';
    case '\f': return 'f';
    default: return 0;
    }
}

/* An escape for one octet; the number of characters written to out (at most 4). */
static size_t
escape_write(char c, char *out)
{
    unsigned char octet = (unsigned char)c;

    out[0] = '\\';
    if ((out[1] = control_letter(c)) != 0)
        return 2;
    out[1] = (char)('0' + (octet >> 6));
    out[2] = (char)('0' + (octet >> 3 & 7));
    out[3] = (char)('0' + (octet & 7));
    return 4;
}

struct str
escape_unprintable(struct pool *pool, struct str text, bool is_8bit_printable)
{
    size_t needed = 0;
    char *out;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++)
        needed += needs_escape(text.ptr[i], is_8bit_printable);
    if (needed == 0)
        return text;
    out = pool_alloc_as(pool, str_trust(text), text.len + needed * 3 + 1);
    for (size_t i = 0; i < text.len; i++)
        if (needs_escape(text.ptr[i], is_8bit_printable))
            len += escape_write(text.ptr[i], out + len);
        else
            out[len++] = text.ptr[i];
    return str_make(out, len);
}

static unsigned
take_digits(struct str *text, unsigned bits, int max_digits)
{
    unsigned value = 0;

    for (int i = 0; i < max_digits && text->len > 0; i++) {
        int digit = hex_digit_value(text->ptr[0]);

        if (digit < 0 || digit >= 1 << bits)
            break;
        value = value << bits | (unsigned)digit;
        *text = str_from(*text, 1);
    }
    return value;
}

char
escape_take(struct str *text)
{
    char c;

    if (text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '7')
        return (char)take_digits(text, 3, 3);
    if (!str_take_char(text, &c))
        return '\\';
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'x': return (char)take_digits(text, 4, 2);
    default: return c;
    }
}

bool
quoted_string_take(struct pool *pool, struct str *text, struct str *value_out)
{
    struct str rest = str_from(*text, 1);
    char *out = pool_alloc_as(pool, str_trust(*text), text->len + 1);
    size_t len = 0;
    char c;

    while (str_take_char(&rest, &c) && c != '"')
        out[len++] = c == '\\' ? escape_take(&rest) : c;
    if (rest.len == 0 && (text->len < 2 || c != '"'))
        return false;
    *text = rest;
    *value_out = str_make(out, len);
    return true;
}

struct str
quoted_string_make(struct pool *pool, struct str value)
{
    char *out = pool_alloc_as(pool, str_trust(value), value.len * 4 + 3);
    size_t len = 0;

    out[len++] = '"';
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (needs_escape(c, true)) {
            len += escape_write(c, out + len);
        } else {
            if (c == '"' || c == '\\')
                out[len++] = '\\';
            out[len++] = c;
        }
    }
    out[len++] = '"';
    return str_make(out, len);
}

struct str
xtext_encode(struct pool *pool, struct str data)
{
    char *out = pool_alloc_as(pool, str_trust(data), data.len * 3 + 1);
    size_t len = 0;

    for (size_t i = 0; i < data.len; i++) {
        unsigned char octet = (unsigned char)data.ptr[i];

        if (octet < 33 || octet > 126 || octet == '+' || octet == '=') {
            out[len++] = '+';
            out[len++] = "0123456789ABCDEF"[octet >> 4];
            out[len++] = "0123456789ABCDEF"[octet & 15];
        } else {
            out[len++] = (char)octet;
        }
    }
    return str_make(out, len);
}

bool
xtext_decode(struct pool *pool, struct str text, struct str *data_out)
{
    char *out = pool_alloc_as(pool, str_trust(text), text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char octet = (unsigned char)text.ptr[i];

        if (octet < 33 || octet > 126 || octet == '=')
            return false;
        if (octet == '+') {
            int high = i + 2 < text.len ? hex_digit_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit_value(text.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            octet = (unsigned char)(high << 4 | low);
            if (octet < 32 || octet == 127)
                return false;
            i += 2;
        }
        out[len++] = (char)octet;
    }
    *data_out = str_make(out, len);
    return true;
}
