#include "base/str.h"
#include <string.h>

struct str
str_of(const char *text)
{
    return text == NULL ? (struct str){ "", 0 } : (struct str){ text, strlen(text) };
}

bool
str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool
same_folded(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

bool
str_ieq(struct str a, struct str b)
{
    return a.len == b.len && same_folded(a.ptr, b.ptr, a.len);
}

bool
str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_of(b));
}

bool
str_ieq_c(struct str a, const char *b)
{
    return str_ieq(a, str_of(b));
}

static int
compare_lengths(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

int
str_compare(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

    return order != 0 ? order : compare_lengths(a.len, b.len);
}

int
str_icompare(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < common; i++) {
        int order = (unsigned char)ascii_lower(a.ptr[i]) - (unsigned char)ascii_lower(b.ptr[i]);

        if (order != 0)
            return order;
    }
    return compare_lengths(a.len, b.len);
}

bool
str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool
str_istarts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_ieq(str_head(s, prefix.len), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

bool
str_iends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_ieq(str_from(s, s.len - suffix.len), suffix);
}

size_t
str_find(struct str s, char c)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

    return at == NULL ? STR_NONE : (size_t)(at - s.ptr);
}

size_t
str_rfind(struct str s, char c)
{
    const char *at = s.len == 0 ? NULL : memrchr(s.ptr, c, s.len);

    return at == NULL ? STR_NONE : (size_t)(at - s.ptr);
}

size_t
str_find_str(struct str s, struct str needle)
{
    const char *at;

    if (needle.len == 0)
        return 0;
    at = s.len < needle.len ? NULL : memmem(s.ptr, s.len, needle.ptr, needle.len);
    return at == NULL ? STR_NONE : (size_t)(at - s.ptr);
}

size_t
str_ifind_str(struct str s, struct str needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++)
        if (same_folded(s.ptr + i, needle.ptr, needle.len))
            return i;
    return STR_NONE;
}

size_t
str_find_any(struct str s, const char *set)
{
    struct str octets = str_of(set);

    for (size_t i = 0; i < s.len; i++)
        if (str_find(octets, s.ptr[i]) != STR_NONE)
            return i;
    return STR_NONE;
}

struct str
str_from(struct str s, size_t start)
{
    if (start > s.len)
        start = s.len;
    /* The empty view may have no memory at all. */
    return start == 0 ? s : (struct str){ s.ptr + start, s.len - start };
}

struct str
str_head(struct str s, size_t len)
{
    return (struct str){ s.ptr, len < s.len ? len : s.len };
}

struct str
str_sub(struct str s, size_t start, size_t len)
{
    return str_head(str_from(s, start), len);
}

bool
str_cut(struct str s, char c, struct str *head_out, struct str *tail_out)
{
    size_t at = str_find(s, c);

    if (at == STR_NONE) {
        *head_out = s;
        *tail_out = str_from(s, s.len);
        return false;
    }
    *head_out = str_head(s, at);
    *tail_out = str_from(s, at + 1);
    return true;
}

struct str
str_trim_left(struct str s)
{
    while (s.len > 0 && ascii_is_space(s.ptr[0]))
        s = str_from(s, 1);
    return s;
}

struct str
str_trim_right(struct str s)
{
    while (s.len > 0 && ascii_is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

struct str
str_trim(struct str s)
{
    return str_trim_right(str_trim_left(s));
}

bool
str_take_char(struct str *s, char *c_out)
{
    if (s->len == 0)
        return false;
    *c_out = s->ptr[0];
    *s = str_from(*s, 1);
    return true;
}

struct str
str_take_word(struct str *s)
{
    struct str rest = str_trim_left(*s);
    size_t len = 0;

    while (len < rest.len && !ascii_is_space(rest.ptr[len]))
        len++;
    *s = str_from(rest, len);
    return str_head(rest, len);
}

bool
str_take_line(struct str *s, struct str *line_out)
{
    if (s->len == 0)
        return false;
    str_cut(*s, '\n', line_out, s);
    return true;
}

static unsigned
digit_value(char c)
{
    if (ascii_is_digit(c))
        return (unsigned)(c - '0');
    return ascii_is_alpha(c) ? (unsigned)(ascii_lower(c) - 'a') + 10 : 255;
}

bool
str_to_u64(struct str s, unsigned base, uint64_t *value_out)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = digit_value(s.ptr[i]);

        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value)
            || __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *value_out = value;
    return true;
}

bool
str_to_i64(struct str s, int64_t *value_out)
{
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    bool has_sign = is_negative || (s.len > 0 && s.ptr[0] == '+');
    uint64_t magnitude;

    if (!str_to_u64(str_from(s, has_sign), 10, &magnitude) || magnitude > (uint64_t)INT64_MAX + is_negative)
        return false;
    *value_out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* FNV-1a, 64 bits. */
enum { HASH_PRIME_LOW = 0x1b3 };
static const uint64_t hash_start = 0xcbf29ce484222325u;
static const uint64_t hash_prime = ((uint64_t)1 << 40) + HASH_PRIME_LOW;

uint64_t
str_hash(struct str s)
{
    uint64_t hash = hash_start;

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * hash_prime;
    return hash;
}

uint64_t
str_hash_folded(struct str s)
{
    uint64_t hash = hash_start;

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)ascii_lower(s.ptr[i])) * hash_prime;
    return hash;
}
