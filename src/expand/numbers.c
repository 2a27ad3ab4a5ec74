#include "expand/numbers.h"
#include "base/encode.h"

bool
number_is_integer(struct str text)
{
    size_t i = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;

    if (i == text.len)
        return false;
    for (; i < text.len; i++)
        if (!ascii_is_digit(text.ptr[i]))
            return false;
    return true;
}

/* Shift for a suffix: K 10, M 20, G 30; 0 if it is none. */
static int
suffix_shift(char c)
{
    switch (ascii_upper(c)) {
    case 'K': return 10;
    case 'M': return 20;
    case 'G': return 30;
    default: return 0;
    }
}

static enum outcome
number_too_large(struct str text, struct why *why)
{
    return why_fail(why, 0, NULL, "absolute value of integer \"%.*s\" is too large (overflow)", STR_ARG(text));
}

enum outcome
number_parse(struct str text, bool is_unsigned, int64_t *value_out, struct why *why)
{
    struct str rest = str_trim_left(text);
    bool is_negative = false, has_overflowed = false;
    int64_t value = 0;
    size_t digits = 0;
    int shift = 0;

    *value_out = 0;
    if (rest.len == 0)
        return OK;
    if (rest.ptr[0] == '-' || rest.ptr[0] == '+') {
        is_negative = rest.ptr[0] == '-';
        rest = str_from(rest, 1);
    }
    for (; digits < rest.len && ascii_is_digit(rest.ptr[digits]); digits++) {
        has_overflowed |= __builtin_mul_overflow(value, 10, &value);
        has_overflowed |= __builtin_add_overflow(value, rest.ptr[digits] - '0', &value);
    }
    if (digits == 0)
        return why_fail(why, 0, NULL, "integer expected but \"%.*s\" found", STR_ARG(text));
    if (is_negative && is_unsigned)
        return why_fail(why, 0, NULL, "non-negative integer expected but \"%.*s\" found", STR_ARG(text));
    rest = str_from(rest, digits);
    if (rest.len > 0 && (shift = suffix_shift(rest.ptr[0])) != 0)
        rest = str_from(rest, 1);
    if (shift != 0 && __builtin_mul_overflow(value, (int64_t)1 << shift, &value))
        has_overflowed = true;
    if (has_overflowed)
        return number_too_large(text, why);
    if (str_trim_left(rest).len > 0)
        return why_fail(why, 0, NULL, "invalid integer \"%.*s\"", STR_ARG(text));
    *value_out = is_negative ? -value : value;
    return OK;
}

/* ---- arithmetic: one function for each level of binding; the cursor skips white space behind what it takes */

enum { PARENTHESES_MAX = 1000 };

struct sum {
    struct str text;
    size_t at;
    bool is_decimal;
    int depth;
    const char *error;
};

static void
skip_space(struct sum *sum)
{
    while (sum->at < sum->text.len && ascii_is_space(sum->text.ptr[sum->at]))
        sum->at++;
}

static char
peek(const struct sum *sum)
{
    return sum->at < sum->text.len ? sum->text.ptr[sum->at] : '\0';
}

static int
digit_of(char c, unsigned base)
{
    int digit = hex_digit_value(c);

    return digit >= 0 && digit < (int)base ? digit : -1;
}

/* Like strtoll with the base of C's constants: too large a number is the largest. */
static int64_t
take_number(struct sum *sum)
{
    unsigned base = 10;
    int64_t value = 0;
    int shift;

    if (!sum->is_decimal && peek(sum) == '0') {
        base = 8;
        if (sum->at + 1 < sum->text.len && ascii_lower(sum->text.ptr[sum->at + 1]) == 'x') {
            base = 16;
            sum->at += 2;
        }
    }
    for (int digit; (digit = digit_of(peek(sum), base)) >= 0 && sum->at < sum->text.len; sum->at++)
        if (__builtin_mul_overflow(value, (int64_t)base, &value) || __builtin_add_overflow(value, digit, &value))
            value = INT64_MAX;
    if ((shift = suffix_shift(peek(sum))) != 0) {
        value = (int64_t)((uint64_t)value << shift);
        sum->at++;
    }
    skip_space(sum);
    return value;
}

static int64_t eval_or(struct sum *sum);

static int64_t
eval_primary(struct sum *sum)
{
    int64_t value;

    skip_space(sum);
    if (ascii_is_digit(peek(sum)))
        return take_number(sum);
    if (peek(sum) == '(') {
        if (++sum->depth > PARENTHESES_MAX) {
            sum->error = "parentheses nested too deeply";
            return 0;
        }
        sum->at++;
        value = eval_or(sum);
        sum->depth--;
        if (sum->error == NULL && peek(sum) != ')')
            sum->error = "expecting closing parenthesis";
        if (sum->error == NULL) {
            sum->at++;
            skip_space(sum);
        }
        return value;
    }
    sum->error = "expecting number or opening parenthesis";
    return 0;
}

static int64_t
eval_unary(struct sum *sum)
{
    bool is_negative = false, is_inverted = false;
    char op;
    int64_t value;

    skip_space(sum);
    op = peek(sum);
    if (op == '+' || op == '-' || op == '~') {
        if (++sum->depth > PARENTHESES_MAX) {
            sum->error = "parentheses nested too deeply";
            return 0;
        }
        sum->at++;
        value = eval_unary(sum);
        sum->depth--;
        is_negative = op == '-';
        is_inverted = op == '~';
    } else {
        value = eval_primary(sum);
    }
    return is_negative ? (int64_t)-(uint64_t)value : is_inverted ? ~value : value;
}

static int64_t
divide(struct sum *sum, char op, int64_t x, int64_t y)
{
    if (y == 0) {
        sum->error = op == '/' ? "divide by zero" : "modulo by zero";
        return 0;
    }
    if (x == INT64_MIN && y == -1)
        return op == '/' ? INT64_MAX : 0;
    return op == '/' ? x / y : x % y;
}

static int64_t
eval_product(struct sum *sum)
{
    int64_t x = eval_unary(sum);

    for (char op; sum->error == NULL && ((op = peek(sum)) == '*' || op == '/' || op == '%');) {
        int64_t y;

        sum->at++;
        y = eval_unary(sum);
        if (sum->error != NULL)
            break;
        x = op == '*' ? (int64_t)((uint64_t)x * (uint64_t)y) : divide(sum, op, x, y);
    }
    return x;
}

static int64_t
eval_sum(struct sum *sum)
{
    int64_t x = eval_product(sum);

    for (char op; sum->error == NULL && ((op = peek(sum)) == '+' || op == '-');) {
        int64_t y;

        sum->at++;
        y = eval_product(sum);
        if (sum->error != NULL)
            break;
        if (op == '+' ? __builtin_add_overflow(x, y, &x) : __builtin_sub_overflow(x, y, &x))
            sum->error = op == '+' ? "overflow in sum" : "overflow in difference";
    }
    return x;
}

static int64_t
eval_shift(struct sum *sum)
{
    int64_t x = eval_sum(sum);

    for (char op; sum->error == NULL && ((op = peek(sum)) == '<' || op == '>') && sum->at + 1 < sum->text.len
                  && sum->text.ptr[sum->at + 1] == op;) {
        int64_t y;

        sum->at += 2;
        y = eval_sum(sum) & 63;
        x = op == '<' ? (int64_t)((uint64_t)x << y) : x >> y;
    }
    return x;
}

static int64_t
eval_and(struct sum *sum)
{
    int64_t x = eval_shift(sum);

    while (sum->error == NULL && peek(sum) == '&') {
        sum->at++;
        x &= eval_shift(sum);
    }
    return x;
}

static int64_t
eval_xor(struct sum *sum)
{
    int64_t x = eval_and(sum);

    while (sum->error == NULL && peek(sum) == '^') {
        sum->at++;
        x ^= eval_and(sum);
    }
    return x;
}

static int64_t
eval_or(struct sum *sum)
{
    int64_t x = eval_xor(sum);

    while (sum->error == NULL && peek(sum) == '|') {
        sum->at++;
        x |= eval_xor(sum);
    }
    return x;
}

enum outcome
number_eval(struct str text, bool is_decimal, int64_t *value_out, struct why *why)
{
    struct sum sum = { .text = text, .is_decimal = is_decimal };
    int64_t value = eval_or(&sum);

    if (sum.error == NULL && sum.at < text.len)
        sum.error = "expecting operator";
    if (sum.error != NULL)
        return why_fail(why, 0, NULL, "error in expression evaluation: %s (after processing \"%.*s\")", sum.error,
                        STR_ARG(str_head(text, sum.at)));
    *value_out = value;
    return OK;
}
