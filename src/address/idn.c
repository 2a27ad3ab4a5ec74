#include "address/idn.h"
#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include "address/mailbox.h"

bool
idn_is_available(void)
{
    return true;
}

/* What the library gave, into the pool with the trust of the source. */
static struct str
take(struct pool *pool, char *text, struct str source)
{
    struct str copy = str_is_tainted(source) ? pool_dup_tainted(pool, str_of(text)) : pool_dup(pool, str_of(text));

    idn2_free(text);
    return copy;
}

bool
domain_to_ascii(struct pool *pool, struct str domain, struct str *ascii_out, const char **reason_out)
{
    char *text, *ascii = NULL;
    int result;

    if (!text_has_8bit(domain)) {
        *ascii_out = text_fold(pool, domain);
        return true;
    }
    text = pool_cstr(pool, domain);
    if (text == NULL || !text_is_utf8(domain)) {
        *reason_out = "domain is not valid UTF-8";
        return false;
    }
    result = idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (result != IDN2_OK) {
        *reason_out = idn2_strerror(result);
        return false;
    }
    *ascii_out = take(pool, ascii, domain);
    return true;
}

bool
domain_to_utf8(struct pool *pool, struct str domain, struct str *utf8_out, const char **reason_out)
{
    char *text, *utf8 = NULL;
    int result;

    text = pool_cstr(pool, domain);
    if (text == NULL) {
        *reason_out = "NUL in a domain";
        return false;
    }
    result = idn2_to_unicode_8z8z(text, &utf8, IDN2_NONTRANSITIONAL);
    if (result != IDN2_OK) {
        *reason_out = idn2_strerror(result);
        return false;
    }
    *utf8_out = take(pool, utf8, domain);
    return true;
}

/* The library converts labels; a local part is one label that need not be a valid one, so that its punycode functions
 * on code points are used. */
enum { LOCAL_PART_MAX_CODE_POINTS = 256, PUNYCODE_MAX_BYTES = 1024 };

/* Code points of well-formed UTF-8; 0 if there are too many. */
static size_t
utf8_to_points(struct str text, uint32_t *points)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; count++) {
        unsigned char c = (unsigned char)text.ptr[i++];
        int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        uint32_t point = more == 0 ? c : c & (0x3fu >> more);

        if (count == LOCAL_PART_MAX_CODE_POINTS)
            return 0;
        for (; more > 0; more--)
            point = point << 6 | ((unsigned char)text.ptr[i++] & 0x3f);
        points[count] = point;
    }
    return count;
}

enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

/* RFC 3492 section 6.1. */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool is_first)
{
    uint32_t k = 0;

    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t
threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

static char
digit(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

/* RFC 3492 section 6.3; 0 if it would not fit. */
static size_t
punycode_encode(const uint32_t *points, size_t count, char *out)
{
    uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
    size_t len = 0, done, basic;

    for (size_t i = 0; i < count; i++)
        if (points[i] < 0x80)
            out[len++] = (char)points[i];
    done = basic = len;
    if (basic > 0)
        out[len++] = '-';
    while (done < count) {
        uint32_t smallest = UINT32_MAX;

        for (size_t i = 0; i < count; i++)
            if (points[i] >= n && points[i] < smallest)
                smallest = points[i];
        delta += (smallest - n) * ((uint32_t)done + 1);
        n = smallest;
        for (size_t i = 0; i < count; i++) {
            uint32_t q = delta;

            if (points[i] < n)
                delta++;
            if (points[i] != n)
                continue;
            q = delta;
            for (uint32_t k = BASE;; k += BASE) {
                uint32_t t = threshold(k, bias);

                if (len + 2 > PUNYCODE_MAX_BYTES)
                    return 0;
                if (q < t)
                    break;
                out[len++] = digit(t + (q - t) % (BASE - t));
                q = (q - t) / (BASE - t);
            }
            out[len++] = digit(q);
            bias = adapt(delta, (uint32_t)done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++, n++;
    }
    return len;
}

/* RFC 3492 section 6.2; 0 if text is not punycode. */
static size_t
punycode_decode(struct str text, uint32_t *points)
{
    uint32_t n = INITIAL_N, bias = INITIAL_BIAS, i = 0;
    size_t dash = str_rfind(text, '-'), count = 0, at;

    for (size_t j = 0; dash != STR_NONE && j < dash && count < LOCAL_PART_MAX_CODE_POINTS; j++)
        points[count++] = (unsigned char)text.ptr[j];
    for (at = dash != STR_NONE ? dash + 1 : 0; at < text.len; i++) {
        uint32_t before = i, weight = 1;

        for (uint32_t k = BASE;; k += BASE) {
            char c = at < text.len ? ascii_lower(text.ptr[at++]) : '\0';
            uint32_t value = c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a')
                             : ascii_is_digit(c)  ? (uint32_t)(c - '0' + 26)
                                                  : BASE,
                     t;

            if (value >= BASE || value > (UINT32_MAX - i) / weight)
                return 0;
            i += value * weight;
            t = threshold(k, bias);
            if (value < t)
                break;
            if (weight > UINT32_MAX / (BASE - t))
                return 0;
            weight *= BASE - t;
        }
        if (count == LOCAL_PART_MAX_CODE_POINTS)
            return 0;
        bias = adapt(i - before, (uint32_t)count + 1, before == 0);
        if (i / (count + 1) > 0x10ffff - n)
            return 0;
        n += i / (uint32_t)(count + 1);
        i %= (uint32_t)(count + 1);
        memmove(points + i + 1, points + i, (count - i) * sizeof(*points));
        points[i] = n;
        count++;
    }
    return count;
}

static size_t
point_to_utf8(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

bool
local_part_to_ascii(struct pool *pool, struct str local_part, struct str *ascii_out, const char **reason_out)
{
    uint32_t points[LOCAL_PART_MAX_CODE_POINTS];
    char *text;
    size_t count, len;

    *ascii_out = local_part;
    if (!text_has_8bit(local_part))
        return true;
    count = text_is_utf8(local_part) ? utf8_to_points(local_part, points) : 0;
    text = pool_alloc_as(pool, str_trust(local_part), PUNYCODE_MAX_BYTES + 4);
    memcpy(text, "xn--", 4);
    len = count > 0 ? punycode_encode(points, count, text + 4) : 0;
    if (len == 0) {
        *reason_out = count > 0 ? "local part too long" : "local part is not valid UTF-8";
        return false;
    }
    *ascii_out = str_make(text, len + 4);
    return true;
}

bool
local_part_to_utf8(struct pool *pool, struct str local_part, struct str *utf8_out, const char **reason_out)
{
    uint32_t points[LOCAL_PART_MAX_CODE_POINTS + 1];
    size_t count, len = 0;
    char *text;

    *utf8_out = local_part;
    if (!str_istarts(local_part, STR("xn--")))
        return true;
    count = punycode_decode(str_from(local_part, 4), points);
    text = pool_alloc_as(pool, str_trust(local_part), count * 4 + 1);
    for (size_t i = 0; i < count; i++)
        len += point_to_utf8(points[i], text + len);
    if (count == 0 || !text_is_utf8(str_make(text, len))) {
        *reason_out = "local part is not in punycode";
        return false;
    }
    *utf8_out = str_make(text, len);
    return true;
}
