/* expand/operators_code.c -- encodings and digests. */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include "base/encode.h"
#include "expand/digest.h"
#include "expand/numbers.h"
#include "expand/tree.h"

#define BASE62_SIX_DIGITS 56800235584u         /* the sixth power of 62: longer numbers lose what stands before */

uint32_t
expand_random(uint32_t limit)
{
    uint32_t number = 0, unfair = UINT32_MAX - UINT32_MAX % limit;

    do {
        if (RAND_bytes((unsigned char *)&number, sizeof number) != 1)
            return 0;
    } while (number >= unfair);
    return number % limit;
}

bool
digest_compute(const char *name, struct pool *pool, struct str data, struct str *digest_out)
{
    unsigned char *out = pool_alloc_as(pool, str_trust(data), EVP_MAX_MD_SIZE);
    size_t len = 0;

    if (EVP_Q_digest(NULL, name, NULL, data.len > 0 ? data.ptr : "", data.len, out, &len) != 1)
        return false;
    *digest_out = str_make((const char *)out, len);
    return true;
}

bool
digest_hmac(const char *name, struct pool *pool, struct str secret, struct str data, struct str *mac_out)
{
    enum trust trust = str_is_tainted(data) || str_is_tainted(secret) ? TAINTED : CLEAN;
    unsigned char *out = pool_alloc_as(pool, trust, EVP_MAX_MD_SIZE);
    size_t len = 0;

    if (EVP_Q_mac(NULL, "HMAC", NULL, name, NULL, secret.len > 0 ? secret.ptr : "", secret.len,
                  (const unsigned char *)(data.len > 0 ? data.ptr : ""), data.len, out, EVP_MAX_MD_SIZE, &len) == NULL)
        return false;
    *mac_out = str_make((const char *)out, len);
    return true;
}

static enum outcome
digest_apply(const char *name, bool is_upper, struct scope *scope, struct str text, struct str *text_out,
             struct why *why)
{
    struct str digest;

    if (!digest_compute(name, scope->pool, text, &digest))
        return why_fail(why, 0, NULL, "%s is not supported", name);
    *text_out = is_upper ? hex_encode_upper(scope->pool, digest) : hex_encode(scope->pool, digest);
    return OK;
}

static enum outcome
md5_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    return digest_apply("MD5", false, scope, text, text_out, why);
}

static enum outcome
sha1_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    return digest_apply("SHA1", true, scope, text, text_out, why);
}

static enum outcome
sha256_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    return digest_apply("SHA256", true, scope, text, text_out, why);
}

static enum outcome
sha2_suffix(struct scope *scope, struct str suffix, struct str text, struct str *text_out, struct why *why)
{
    const char *name = suffix.len == 0 || str_eq_c(suffix, "256") ? "SHA256" : str_eq_c(suffix, "384") ? "SHA384"
                       : str_eq_c(suffix, "512") ? "SHA512" : NULL;

    if (name == NULL)
        return why_fail(why, 0, NULL, "unrecognised sha2 variant");
    return digest_apply(name, true, scope, text, text_out, why);
}

static enum outcome
sha3_suffix(struct scope *scope, struct str suffix, struct str text, struct str *text_out, struct why *why)
{
    const char *name = suffix.len == 0 || str_eq_c(suffix, "256") ? "SHA3-256" : str_eq_c(suffix, "224") ? "SHA3-224"
                       : str_eq_c(suffix, "384") ? "SHA3-384" : str_eq_c(suffix, "512") ? "SHA3-512" : NULL;

    if (name == NULL)
        return why_fail(why, 0, NULL, "unrecognised sha3 variant");
    return digest_apply(name, true, scope, text, text_out, why);
}

static enum outcome
base64_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = base64_encode(scope->pool, text);
    return OK;
}

static enum outcome
base64d_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    if (!base64_decode(scope->pool, text, text_out))
        return why_fail(why, 0, NULL, "string \"%.*s\" is not well-formed for \"base64d\" operator", STR_ARG(text));
    return OK;
}

/* Decimal digits with an optional minus sign, taken modulo 2^64. */
static bool
take_decimal(struct str text, uint64_t *value_out)
{
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t value = 0;
    size_t start = is_negative ? 1 : 0;

    for (size_t i = start; i < text.len; i++) {
        if (!ascii_is_digit(text.ptr[i]))
            return false;
        if (value > (UINT64_MAX - 9) / 10)
            value = UINT64_MAX;
        else
            value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *value_out = is_negative ? -value : value;
    return text.len > start || text.len == 0;
}

static enum outcome
base62_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    uint64_t value;

    if (!take_decimal(text, &value))
        return why_fail(why, 0, NULL, "argument for base62 operator is \"%.*s\", which is not a decimal number",
                        STR_ARG(text));
    *text_out = base62_encode(scope->pool, value % BASE62_SIX_DIGITS, 6);
    return OK;
}

static enum outcome
base62d_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    uint64_t value;

    if (!base62_decode(text, &value))
        return why_fail(why, 0, NULL, "argument for base62d operator is \"%.*s\", which is not a base 62 number",
                        STR_ARG(text));
    *text_out = pool_printf(scope->pool, "%llu", (unsigned long long)value);
    return OK;
}

static enum outcome
base32_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    uint64_t value;

    if (!take_decimal(text, &value))
        return why_fail(why, 0, NULL, "argument for base32 operator is \"%.*s\", which is not a decimal number",
                        STR_ARG(text));
    *text_out = base32_encode(scope->pool, value);
    return OK;
}

static enum outcome
base32d_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    uint64_t value;

    if (!base32_decode(text, &value))
        return why_fail(why, 0, NULL, "argument for base32d operator is \"%.*s\", which is not a base 32 number",
                        STR_ARG(text));
    *text_out = pool_printf(scope->pool, "%llu", (unsigned long long)value);
    return OK;
}

static enum outcome
hex2b64_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct str data;

    if (hex_decode(scope->pool, text, &data)) {
        *text_out = base64_encode(scope->pool, data);
        return OK;
    }
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit_value(text.ptr[i]) < 0)
            return why_fail(why, 0, NULL, "\"%.*s\" is not a hex string", STR_ARG(text));
    return why_fail(why, 0, NULL, "\"%.*s\" contains an odd number of characters", STR_ARG(text));
}

static enum outcome
xtextd_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    if (!xtext_decode(scope->pool, text, text_out))
        return why_fail(why, 0, NULL, "invalid xtext sequence in \"%.*s\"", STR_ARG(text));
    return OK;
}

const struct expand_operator expand_code_operators[] = {
    { .name = "md5", .apply = md5_apply },
    { .name = "sha1", .apply = sha1_apply },
    { .name = "sha256", .apply = sha256_apply },
    { .name = "sha2", .takes_suffix = true, .apply_suffix = sha2_suffix },
    { .name = "sha3", .takes_suffix = true, .apply_suffix = sha3_suffix },
    { .name = "base64", .apply = base64_apply },
    { .name = "str2b64", .apply = base64_apply },
    { .name = "base64d", .apply = base64d_apply },
    { .name = "base62", .apply = base62_apply },
    { .name = "base62d", .apply = base62d_apply },
    { .name = "base32", .apply = base32_apply },
    { .name = "base32d", .apply = base32d_apply },
    { .name = "hex2b64", .apply = hex2b64_apply },
    { .name = "xtextd", .apply = xtextd_apply },
    { .name = NULL }
};
