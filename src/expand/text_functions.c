/* expand/text_functions.c -- ${substr…}, ${length…}, ${hash…}, ${nhash…} as items and as operators. */
#include "expand/text_functions.h"
#include "expand/numbers.h"
#include "expand/tree.h"

static enum outcome
substr(struct pool *pool, int64_t start, int64_t length, struct str text, struct str *text_out, struct why *why)
{
    int64_t size = (int64_t)text.len;

    (void)pool, (void)why;
    if (start < 0) {
        int64_t from_end = start + size;

        if (length == FUNCTION_NO_NUMBER) {         /* all that stands before the place */
            length = from_end < 0 ? 0 : from_end;
            start = 0;
        } else {
            start = from_end;
            if (start < 0) {
                length = length + start < 0 ? 0 : length + start;
                start = 0;
            }
        }
    } else if (length == FUNCTION_NO_NUMBER) {
        length = size;
    }
    *text_out = start >= size ? STR("") : str_sub(text, (size_t)start, (size_t)length);
    return OK;
}

static enum outcome
length(struct pool *pool, int64_t count, int64_t unused, struct str text, struct str *text_out, struct why *why)
{
    (void)pool, (void)unused, (void)why;
    *text_out = str_head(text, (size_t)count);
    return OK;
}

static unsigned char
rotate_left(unsigned char octet, unsigned by)
{
    by &= 7;
    return (unsigned char)(octet << by | octet >> (8 - by));
}

/* Octets beyond the wanted length are turned by their value and place and folded into the first ones. */
static enum outcome
hash(struct pool *pool, int64_t count, int64_t letters, struct str text, struct str *text_out, struct why *why)
{
    static const char alphabet[] = "abcdefghijklmnopqrtsuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    unsigned char *out;
    size_t len = (size_t)count;

    if (letters == FUNCTION_NO_NUMBER)
        letters = 26;
    if (letters > (int64_t)sizeof alphabet - 1)
        return why_fail(why, 0, NULL, "hash count \"%lld\" too big", (long long)letters);
    if (letters == 0)
        return why_fail(why, 0, NULL, "hash count is zero");
    if (count < 0)
        return why_fail(why, 0, NULL, "\"%lld\" is not a positive number (in \"hash\" expansion)", (long long)count);
    *text_out = text;
    if (len >= text.len)
        return OK;
    out = pool_alloc_as(pool, str_trust(text), len + 1);
    for (size_t i = 0; i < text.len && len > 0; i++) {
        unsigned char octet = (unsigned char)text.ptr[i];

        out[i % len] ^= i < len ? octet : rotate_left(octet, (unsigned)(octet + i));
    }
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)alphabet[out[i] % letters];
    *text_out = str_make((const char *)out, len);
    return OK;
}

static enum outcome
nhash(struct pool *pool, int64_t first, int64_t second, struct str text, struct str *text_out, struct why *why)
{
    static const unsigned char primes[] = {
        113, 109, 107, 103, 101, 97, 89, 83, 79, 73, 71, 67, 61, 59, 53, 47, 43, 41, 37, 31, 29, 23, 19, 17, 13, 11, 7,
            5, 3
    };
    uint64_t total = 0, range;

    for (size_t i = 0; i < text.len; i++)
        total += (uint64_t)primes[i % sizeof primes] * (unsigned char)text.ptr[i];
    if (first <= 0 || (second <= 0 && second != FUNCTION_NO_NUMBER)
        || __builtin_mul_overflow((uint64_t)first, second == FUNCTION_NO_NUMBER ? 1 : (uint64_t)second, &range))
        return why_fail(why, 0, NULL, "numbers must be greater than zero (in \"nhash\" expansion)");
    total %= range;
    if (second == FUNCTION_NO_NUMBER)
        *text_out = pool_printf(pool, "%llu", (unsigned long long)total);
    else
        *text_out = pool_printf(pool, "%llu/%llu", (unsigned long long)(total / (uint64_t)second),
                                (unsigned long long)(total % (uint64_t)second));
    return OK;
}

const struct text_function text_functions[] = {
    { "substr", substr, true }, { "s", substr, true }, { "length", length, false }, { "l", length, false },
    { "hash", hash, true }, { "h", hash, true }, { "nhash", nhash, true }, { "nh", nhash, true }, { NULL, NULL, false }
};

static const struct text_function *
function_find(const char *name)
{
    for (const struct text_function *function = text_functions; function->name != NULL; function++)
        if (str_eq_c(str_of(name), function->name))
            return function;
    return NULL;
}

/* Take digits, with a sign in front where it is allowed; saturates. */
static bool
take_number(struct str *text, bool is_signed, int64_t *value_out)
{
    bool is_negative = is_signed && text->len > 0 && text->ptr[0] == '-';
    size_t digits = is_negative ? 1 : 0;
    int64_t value = 0;

    for (; digits < text->len && ascii_is_digit(text->ptr[digits]); digits++)
        if (value < INT64_MAX / 100)
            value = value * 10 + text->ptr[digits] - '0';
    *text = str_from(*text, digits);
    *value_out = is_negative ? -value : value;
    return true;
}

/* ${substr_1_2:…}: the numbers stand in the name. */
static enum outcome
apply_with_suffix(const char *name, struct scope *scope, struct str suffix, struct str argument, struct str *text_out,
                  struct why *why)
{
    const struct text_function *function = function_find(name);
    struct str rest = suffix;
    int64_t first, second = FUNCTION_NO_NUMBER;

    take_number(&rest, true, &first);
    if (rest.len > 1 && rest.ptr[0] == '_' && suffix.ptr != rest.ptr) {
        rest = str_from(rest, 1);
        take_number(&rest, false, &second);
    }
    if (rest.len > 0 || (function->apply == length && first < 0))
        return why_fail(why, 0, NULL, "non-digit after underscore in \"%s_%.*s\"", name, STR_ARG(suffix));
    return function->apply(scope->pool, first, second, argument, text_out, why);
}

#define SUFFIX_FUNCTION(name_)                                                                              \
    static enum outcome name_##_suffix(struct scope *scope, struct str suffix, struct str argument,         \
                                       struct str *text_out, struct why *why)                               \
    {                                                                                                       \
        return apply_with_suffix(#name_, scope, suffix, argument, text_out, why);                           \
    }
SUFFIX_FUNCTION(substr)
SUFFIX_FUNCTION(s)
SUFFIX_FUNCTION(length)
SUFFIX_FUNCTION(l)
SUFFIX_FUNCTION(hash)
SUFFIX_FUNCTION(h)
SUFFIX_FUNCTION(nhash)
SUFFIX_FUNCTION(nh)

const struct expand_operator expand_function_operators[] = {
    { .name = "substr", .takes_suffix = true, .apply_suffix = substr_suffix },
    { .name = "s", .takes_suffix = true, .apply_suffix = s_suffix },
    { .name = "length", .takes_suffix = true, .apply_suffix = length_suffix },
    { .name = "l", .takes_suffix = true, .apply_suffix = l_suffix },
    { .name = "hash", .takes_suffix = true, .apply_suffix = hash_suffix },
    { .name = "h", .takes_suffix = true, .apply_suffix = h_suffix },
    { .name = "nhash", .takes_suffix = true, .apply_suffix = nhash_suffix },
    { .name = "nh", .takes_suffix = true, .apply_suffix = nh_suffix },
    { .name = NULL }
};

static enum outcome
number_argument(const struct expand_call *call, size_t index, struct scope *scope, int64_t *value_out, struct why *why)
{
    bool is_signed = index == 0 && function_find(call->name)->is_first_signed;
    struct str text, rest;
    enum outcome outcome = expand_node_eval(call->args[index], scope, &text, why);

    if (outcome != OK)
        return outcome;
    rest = text;
    take_number(&rest, is_signed, value_out);
    if (rest.len == 0)
        return OK;
    return why_fail(why, 0, NULL, "\"%.*s\" is not a %snumber (in \"%s\" expansion)", STR_ARG(text), is_signed ? ""
                    : "positive ",
                    call->name);
}

/* {number}{text} or {number}{number}{text}. */
static enum outcome
function_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    int64_t numbers[2] = { FUNCTION_NO_NUMBER, FUNCTION_NO_NUMBER };
    struct str text;
    enum outcome outcome = OK;

    for (size_t i = 0; i + 1 < call->arg_count && outcome == OK; i++)
        outcome = number_argument(call, i, scope, &numbers[i], why);
    if (outcome == OK)
        outcome = expand_node_eval(call->args[call->arg_count - 1], scope, &text, why);
    if (outcome != OK)
        return outcome;
    return function_find(call->name)->apply(scope->pool, numbers[0], numbers[1], text, text_out, why);
}

const struct expand_item expand_function_items[] = {
    { .name = "substr", .args_min = 2, .args_max = 3, .eval = function_eval },
    { .name = "length", .args_min = 2, .args_max = 2, .eval = function_eval },
    { .name = "hash", .args_min = 2, .args_max = 3, .eval = function_eval },
    { .name = "nhash", .args_min = 2, .args_max = 3, .eval = function_eval },
    { .name = NULL }
};
