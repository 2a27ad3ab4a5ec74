/* expand/conditions_text.c -- conditions that compare texts and numbers, test booleans, match, look into lists. */
#include "base/items.h"
#include "base/regex.h"
#include "expand/compare.h"
#include "expand/numbers.h"
#include "expand/tree.h"

static const struct {
    const char *name;
    enum comparison comparison;
} comparisons[] = {
    { "=", COMPARE_NUMBER_EQ }, { "==", COMPARE_NUMBER_EQ }, { "<", COMPARE_NUMBER_LT }, { "<=", COMPARE_NUMBER_LE },
    { ">", COMPARE_NUMBER_GT }, { ">=", COMPARE_NUMBER_GE }, { "lt", COMPARE_LT }, { "le", COMPARE_LE },
      { "gt", COMPARE_GT },
    { "ge", COMPARE_GE }, { "lti", COMPARE_LTI }, { "lei", COMPARE_LEI }, { "gti", COMPARE_GTI },
      { "gei", COMPARE_GEI },
};

bool
comparison_find(struct str name, enum comparison *comparison_out)
{
    for (size_t i = 0; i < COUNT(comparisons); i++)
        if (str_eq_c(name, comparisons[i].name)) {
            *comparison_out = comparisons[i].comparison;
            return true;
        }
    return false;
}

static enum outcome
compare_numbers(struct str a, struct str b, int *order_out, struct why *why)
{
    int64_t x, y;
    enum outcome outcome = number_parse(a, false, &x, why);

    if (outcome == OK)
        outcome = number_parse(b, false, &y, why);
    if (outcome == OK)
        *order_out = (x > y) - (x < y);
    return outcome;
}

enum outcome
compare_texts(enum comparison comparison, struct str a, struct str b, bool *is_true_out, struct why *why)
{
    int order = 0;
    enum outcome outcome;

    if (comparison <= COMPARE_NUMBER_GE) {
        if ((outcome = compare_numbers(a, b, &order, why)) != OK)
            return outcome;
    } else {
        order = comparison >= COMPARE_LTI ? str_icompare(a, b) : str_compare(a, b);
    }
    switch (comparison) {
    case COMPARE_NUMBER_EQ: *is_true_out = order == 0; break;
    case COMPARE_NUMBER_LT: case COMPARE_LT: case COMPARE_LTI: *is_true_out = order < 0; break;
    case COMPARE_NUMBER_LE: case COMPARE_LE: case COMPARE_LEI: *is_true_out = order <= 0; break;
    case COMPARE_NUMBER_GT: case COMPARE_GT: case COMPARE_GTI: *is_true_out = order > 0; break;
    case COMPARE_NUMBER_GE: case COMPARE_GE: case COMPARE_GEI: *is_true_out = order >= 0; break;
    }
    return OK;
}

/* The two texts of a condition. */
static enum outcome
two_texts(const struct expand_call *call, struct scope *scope, struct str *a_out, struct str *b_out, struct why *why)
{
    enum outcome outcome = expand_node_eval(call->args[0], scope, a_out, why);

    return outcome != OK ? outcome : expand_node_eval(call->args[1], scope, b_out, why);
}

static enum outcome
compare_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    enum comparison comparison = COMPARE_LT;
    struct str a, b;
    enum outcome outcome = two_texts(call, scope, &a, &b, why);

    comparison_find(str_of(call->name), &comparison);
    return outcome != OK ? outcome : compare_texts(comparison, a, b, is_true_out, why);
}

static enum outcome
eq_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str a, b;
    enum outcome outcome = two_texts(call, scope, &a, &b, why);

    *is_true_out = outcome == OK && str_eq(a, b);
    return outcome;
}

static enum outcome
eqi_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str a, b;
    enum outcome outcome = two_texts(call, scope, &a, &b, why);

    *is_true_out = outcome == OK && str_ieq(a, b);
    return outcome;
}

static enum outcome
bool_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str text;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &text, why);

    if (outcome != OK)
        return outcome;
    text = str_trim(text);
    *is_true_out = str_ieq_c(text, "true") || str_ieq_c(text, "yes");
    if (*is_true_out || text.len == 0 || str_ieq_c(text, "false") || str_ieq_c(text, "no"))
        return OK;
    if (!number_is_integer(text))
        return why_fail(why, 0, NULL, "unrecognised boolean value \"%.*s\"", STR_ARG(text));
    *is_true_out = str_find_any(text, "123456789") != STR_NONE;
    return OK;
}

static enum outcome
bool_lax_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str text;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &text, why);

    if (outcome != OK)
        return outcome;
    text = str_trim(text);
    *is_true_out = !(text.len == 0 || str_eq_c(text, "0") || str_ieq_c(text, "no") || str_ieq_c(text, "false"));
    return OK;
}

static enum outcome
match_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str text, pattern;
    enum outcome outcome = two_texts(call, scope, &text, &pattern, why);
    enum regex_result result;
    struct regex *regex;
    size_t count = 0;

    if (outcome != OK)
        return outcome;
    if ((regex = regex_argument(call->args[1], pattern, why)) == NULL)
        return FAIL;
    result = regex_match(regex, text, 0, scope->captures->values, CAPTURES_MAX, &count, why);
    regex_argument_release(call->args[1], regex);
    if (result == REGEX_YES)
        scope->captures->count = count;
    *is_true_out = result == REGEX_YES;
    return result == REGEX_LIMIT ? DEFER : OK;
}

static enum outcome
inlist(const struct expand_call *call, struct scope *scope, bool is_folded, bool *is_true_out, struct why *why)
{
    struct str text, list, item;
    enum outcome outcome = two_texts(call, scope, &text, &list, why);
    struct items items;

    if (outcome != OK)
        return outcome;
    items = items_of(list);
    while (items_next(&items, scope->pool, &item))
        if (is_folded ? str_ieq(text, item) : str_eq(text, item)) {
            scope->value = item;
            *is_true_out = true;
            return OK;
        }
    return OK;
}

static enum outcome
inlist_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return inlist(call, scope, false, is_true_out, why);
}

static enum outcome
inlisti_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return inlist(call, scope, true, is_true_out, why);
}

#define COMPARE_ROW(name_) { .name = name_, .args_min = 2, .args_max = 2, .test = compare_test }
const struct expand_condition expand_text_conditions[] = {
    COMPARE_ROW("="), COMPARE_ROW("=="), COMPARE_ROW("<"), COMPARE_ROW("<="), COMPARE_ROW(">"), COMPARE_ROW(">="),
    COMPARE_ROW("lt"), COMPARE_ROW("le"), COMPARE_ROW("gt"), COMPARE_ROW("ge"),
    COMPARE_ROW("lti"), COMPARE_ROW("lei"), COMPARE_ROW("gti"), COMPARE_ROW("gei"),
    { .name = "eq", .args_min = 2, .args_max = 2, .test = eq_test },
    { .name = "eqi", .args_min = 2, .args_max = 2, .test = eqi_test },
    { .name = "bool", .args_min = 1, .args_max = 1, .test = bool_test },
    { .name = "bool_lax", .args_min = 1, .args_max = 1, .test = bool_lax_test },
    { .name = "match", .args_min = 2, .args_max = 2, .test = match_test },
    { .name = "inlist", .args_min = 2, .args_max = 2, .test = inlist_test },
    { .name = "inlisti", .args_min = 2, .args_max = 2, .test = inlisti_test },
    { .name = NULL }
};
