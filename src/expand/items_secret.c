/* expand/items_secret.c -- keyed digests and what is made of them: hmac, BATV (prvs), SRS, encrypted passwords. */
#include <crypt.h>
#include <openssl/crypto.h>
#include <string.h>
#include "address/mailbox.h"
#include "base/clock.h"
#include "base/encode.h"
#include "expand/digest.h"
#include "expand/leftovers.h"
#include "expand/tree.h"

enum { PRVS_DAYS_VALID = 7, PRVS_DAYS_MODULO = 1000, PRVS_TAG_BYTES = 15, SRS_DAYS_MODULO = 1024, SRS_DAYS_VALID = 10,
    DAY_S = 86400 };

static enum outcome
text_argument(const struct expand_call *call, size_t index, struct scope *scope, struct str *text_out, struct why *why)
{
    *text_out = STR("");
    return index < call->arg_count ? expand_node_eval(call->args[index], scope, text_out, why) : OK;
}

static enum outcome
hmac_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str name, secret, text, mac;
    enum outcome outcome = text_argument(call, 0, scope, &name, why);

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &secret, why)) != OK
        || (outcome = text_argument(call, 2, scope, &text, why)) != OK)
        return outcome;
    if ((!str_eq_c(name, "md5") && !str_eq_c(name, "sha1"))
        || !digest_hmac(str_eq_c(name, "md5") ? "MD5" : "SHA1", scope->pool, secret, text, &mac))
        return why_fail(why, 0, NULL, "hmac algorithm \"%.*s\" is not recognised", STR_ARG(name));
    *text_out = hex_encode(scope->pool, mac);
    return OK;
}

/* ---- prvs=KDDDSSSSSS=local@domain: key number, day of expiry, start of a digest (draft-levine-smtp-batv) */

static struct str
prvs_digest(struct pool *pool, struct str secret, struct str key_and_day, struct str address)
{
    struct str mac, text = pool_printf_tainted(pool, "%.*s%.*s", STR_ARG(key_and_day), STR_ARG(address));

    if (!digest_hmac("SHA1", pool, secret, text, &mac))
        return STR("");
    return str_head(hex_encode(pool, mac), 6);
}

static int
today(int modulo)
{
    return (int)(clock_seconds() / DAY_S % modulo);
}

static enum outcome
prvs_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str address, secret, key = STR("0"), key_and_day;
    enum outcome outcome = text_argument(call, 0, scope, &address, why);

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &secret, why)) != OK)
        return outcome;
    if (call->arg_count > 2 && (outcome = text_argument(call, 2, scope, &key, why)) != OK)
        return outcome;
    if (str_rfind(address, '@') == STR_NONE)
        return why_fail(why, 0, NULL, "prvs first argument must be a qualified email address");
    if (key.len != 1 || !ascii_is_digit(key.ptr[0]))
        return why_fail(why, 0, NULL, "prvs third argument must be a single digit");
    key_and_day = pool_printf(scope->pool, "%c%03d", key.ptr[0],
                              (today(PRVS_DAYS_MODULO) + PRVS_DAYS_VALID) % PRVS_DAYS_MODULO);
    *text_out = pool_printf_tainted(scope->pool, "prvs=%.*s%.*s=%.*s", STR_ARG(key_and_day),
                                    STR_ARG(prvs_digest(scope->pool, secret, key_and_day, address)), STR_ARG(address));
    if (!str_is_tainted(address))
        *text_out = pool_dup_clean(scope->pool, *text_out);
    return OK;
}

/* "prvs=0785cc3333=a@b.c" taken apart. */
static bool
prvs_split(struct str text, struct str *key_and_day_out, struct str *digest_out, struct str *address_out)
{
    struct str tag = str_from(text, 5);

    if (!str_istarts(text, STR("prvs=")) || tag.len < 12 || tag.ptr[10] != '=')
        return false;
    for (size_t i = 0; i < 10; i++)
        if (i < 4 ? !ascii_is_digit(tag.ptr[i]) : hex_digit_value(tag.ptr[i]) < 0)
            return false;
    *key_and_day_out = str_head(tag, 4);
    *digest_out = str_sub(tag, 4, 6);
    *address_out = str_from(tag, 11);
    return str_find(*address_out, '@') != STR_NONE && address_out->ptr[0] != '@';
}

static bool
prvs_is_good(struct pool *pool, struct str secret, struct str key_and_day, struct str digest, struct str address)
{
    uint64_t day;
    int left;

    if (!str_eq(prvs_digest(pool, secret, key_and_day, address), digest)
        || !str_to_u64(str_from(key_and_day, 1), 10, &day))
        return false;
    left = ((int)day - today(PRVS_DAYS_MODULO) + PRVS_DAYS_MODULO) % PRVS_DAYS_MODULO;
    return left <= PRVS_DAYS_VALID;
}

static enum outcome
prvscheck_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct leftovers *left = leftovers_get();
    struct str text, key_and_day, digest, address, secret;
    enum outcome outcome = text_argument(call, 0, scope, &text, why);

    if (outcome != OK)
        return outcome;
    leftovers_set(&left->prvscheck_result, STR(""));
    if (!prvs_split(text, &key_and_day, &digest, &address)) {
        *text_out = STR("");
        return OK;
    }
    leftovers_set(&left->prvscheck_address, address);
    leftovers_set(&left->prvscheck_keynum, str_head(key_and_day, 1));
    if ((outcome = text_argument(call, 1, scope, &secret, why)) == OK) {
        if (prvs_is_good(scope->pool, secret, key_and_day, digest, address))
            leftovers_set(&left->prvscheck_result, STR("1"));
        outcome = text_argument(call, 2, scope, text_out, why);
        if (outcome == OK && text_out->len == 0)
            *text_out = address;
    }
    leftovers_set(&left->prvscheck_address, STR(""));
    leftovers_set(&left->prvscheck_keynum, STR(""));
    return outcome;
}

/* ---- SRS0=HHHH=TT=domain=local@ours (manual: SRS) */

static struct str
srs_digest(struct pool *pool, struct str secret, struct str local_part, struct str domain)
{
    struct str mac, text = address_fold(pool, pool_printf_tainted(pool, "%.*s@%.*s", STR_ARG(local_part),
                                                                  STR_ARG(domain)));

    if (!digest_hmac("MD5", pool, secret, text, &mac))
        return STR("");
    return str_head(hex_encode(pool, mac), 4);
}

static enum outcome
srs_encode_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    struct str secret, sender, domain, local_part, sender_domain = STR("");
    enum outcome outcome = text_argument(call, 0, scope, &secret, why);
    bool is_quoted;
    size_t at;
    int day = today(SRS_DAYS_MODULO);

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &sender, why)) != OK
        || (outcome = text_argument(call, 2, scope, &domain, why)) != OK || sender.len == 0)
        return outcome;
    at = str_rfind(sender, '@');
    local_part = str_head(sender, at == STR_NONE ? sender.len : at);
    if (at != STR_NONE)
        sender_domain = str_from(sender, at + 1);
    is_quoted = local_part.len > 1 && local_part.ptr[0] == '"';
    if (is_quoted)
        local_part = str_sub(local_part, 1, local_part.len - 2);
    *text_out = pool_printf_tainted(scope->pool, "%sSRS0=%.*s=%c%c=%.*s=%.*s%s@%.*s", is_quoted ? "\"" : "",
                                    STR_ARG(srs_digest(scope->pool, secret, local_part, sender_domain)),
                                        digits[day >> 5],
                                    digits[day & 31], STR_ARG(sender_domain), STR_ARG(local_part), is_quoted ? "\""
                                        : "", STR_ARG(domain));
    if (!str_is_tainted(sender) && !str_is_tainted(domain))
        *text_out = pool_dup_clean(scope->pool, *text_out);
    return OK;
}

/* The stamp is a day of the last ten. */
static bool
srs_stamp_is_good(struct str stamp)
{
    uint64_t day;
    int age;

    if (stamp.len != 2 || !base32_decode(stamp, &day))
        return false;
    age = (today(SRS_DAYS_MODULO) - (int)day + SRS_DAYS_MODULO) % SRS_DAYS_MODULO;
    return age <= SRS_DAYS_VALID;
}

/* With an empty secret only the form counts (manual: the router that catches invalid ones). */
static enum outcome
inbound_srs_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str text, secret, digest, stamp, domain, local_part;
    enum outcome outcome = text_argument(call, 0, scope, &text, why);

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &secret, why)) != OK)
        return outcome;
    if (!str_istarts(text, STR("SRS0=")) || !str_cut(str_from(text, 5), '=', &digest, &text)
        || !str_cut(text, '=', &stamp, &text)
        || !str_cut(text, '=', &domain, &local_part))
        return OK;
    if (secret.len > 0) {
        struct str expected = srs_digest(scope->pool, secret, local_part, domain);

        if (digest.len != expected.len || CRYPTO_memcmp(digest.ptr, expected.ptr, digest.len) != 0
            || !srs_stamp_is_good(stamp))
            return OK;
    }
    leftovers_set(&leftovers_get()->srs_recipient, address_join(scope->pool, local_part_quote(scope->pool, local_part),
                                                                domain));
    *is_true_out = true;
    return OK;
}

/* ---- crypteq */

/* The digest of the password, as base64 or hexadecimal by the length of what it is compared with. */
static bool
digest_matches(const char *name, struct pool *pool, struct str password, struct str expected)
{
    struct str digest, base64, hex;

    if (!digest_compute(name, pool, password, &digest))
        return false;
    base64 = base64_encode(pool, digest);
    hex = hex_encode(pool, digest);
    if (expected.len == base64.len)
        return str_eq(expected, base64);
    return str_ieq(expected, hex);
}

static bool
crypt_matches(struct pool *pool, struct str password, struct str expected)
{
    const char *clear = pool_cstr(pool, password), *setting = pool_cstr(pool, expected), *made;
    struct crypt_data *data;
    bool is_equal;

    if (clear == NULL || setting == NULL || expected.len == 0)
        return false;
    data = pool_alloc(pool, sizeof *data);
    made = crypt_rn(clear, setting, data, sizeof *data);
    is_equal = made != NULL && made[0] != '*' && str_eq_c(expected, made);
    OPENSSL_cleanse(data, sizeof *data);
    return is_equal;
}

/* Two crypts: the first eight octets and the next eight (manual: crypteq). */
static bool
crypt16_matches(struct pool *pool, struct str password, struct str expected)
{
    struct str first, second;

    if (expected.len != 24)
        return false;
    first = str_head(expected, 13);
    second = pool_printf_tainted(pool, "%.*s%.*s", STR_ARG(str_head(expected, 2)), STR_ARG(str_from(expected, 13)));
    return crypt_matches(pool, str_head(password, 8), first) && crypt_matches(pool, str_from(password, 8), second);
}

static enum outcome
crypteq_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str password, expected, type, rest;
    enum outcome outcome = text_argument(call, 0, scope, &password, why);

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &expected, why)) != OK)
        return outcome;
    if (expected.len == 0)
        return OK;
    if (expected.ptr[0] != '{') {
        *is_true_out = crypt_matches(scope->pool, password, expected);
        return OK;
    }
    if (!str_cut(str_from(expected, 1), '}', &type, &rest))
        type = STR("");
    if (str_ieq_c(type, "md5"))
        *is_true_out = digest_matches("MD5", scope->pool, password, rest);
    else if (str_ieq_c(type, "sha1"))
        *is_true_out = digest_matches("SHA1", scope->pool, password, rest);
    else if (str_ieq_c(type, "crypt"))
        *is_true_out = crypt_matches(scope->pool, password, rest);
    else if (str_ieq_c(type, "crypt16"))
        *is_true_out = crypt16_matches(scope->pool, password, rest);
    else
        return why_fail(why, 0, NULL, "unknown encryption mechanism in \"%.*s\"", STR_ARG(expected));
    return OK;
}

const struct expand_item expand_secret_items[] = {
    { .name = "hmac", .args_min = 3, .args_max = 3, .eval = hmac_eval },
    { .name = "prvs", .args_min = 2, .args_max = 3, .eval = prvs_eval },
    { .name = "prvscheck", .args_min = 2, .args_max = 3, .eval = prvscheck_eval },
    { .name = "srs_encode", .args_min = 3, .args_max = 3, .eval = srs_encode_eval },
    { .name = NULL }
};

const struct expand_condition expand_secret_conditions[] = {
    { .name = "crypteq", .args_min = 2, .args_max = 2, .test = crypteq_test },
    { .name = "inbound_srs", .args_min = 2, .args_max = 2, .test = inbound_srs_test },
    { .name = NULL }
};
