/* expand/items_core.c -- ${if …}, ${extract …}, ${listextract …}, ${env …}. */
#include <stdlib.h>
#include "base/buf.h"
#include "base/encode.h"
#include "base/items.h"
#include "expand/json.h"
#include "expand/numbers.h"
#include "expand/tree.h"

static enum outcome
if_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct captures_kept kept;
    bool is_true;
    enum outcome outcome;

    captures_keep(&kept, scope);
    outcome = expand_test_eval(call->test, scope, &is_true, why);
    if (outcome == OK && is_true && call->yes == NULL)
        *text_out = STR("true");
    else if (outcome == OK)
        outcome = expand_branch(call, is_true, scope->value, scope, text_out, why);
    captures_restore(&kept, scope);
    return outcome;
}

/* The branches of an ${extract…} whose key was not known while parsing stand among its arguments. */
static enum outcome
branch_after(const struct expand_call *call, size_t arg_count, bool is_true, struct str value, struct scope *scope,
             struct str *text_out, struct why *why)
{
    struct expand_call split = *call;

    if (call->arg_count > arg_count) {
        split.yes = call->args[arg_count];
        split.no = call->arg_count > arg_count + 1 ? call->args[arg_count + 1] : NULL;
    }
    if (call->arg_count > arg_count + 2 || (split.no != NULL && call->is_no_fail))
        return why_fail(why, 0, NULL, "curly-bracket problem in conditional yes/no parsing: did not close with '}'");
    return expand_branch(&split, is_true, value, scope, text_out, why);
}

/* A value in quotes ends at the next one that is not escaped, or with the text. */
static struct str
take_quoted_value(struct str *text, struct pool *pool)
{
    struct buf value;
    char c;

    *text = str_from(*text, 1);
    buf_init(&value, pool, BUF_NO_LIMIT);
    if (str_is_tainted(*text))
        buf_taint(&value);
    while (str_take_char(text, &c) && c != '"')
        buf_add_char(&value, c == '\\' ? escape_take(text) : c);
    return buf_str(&value);
}

static struct str
take_until(struct str *text, const char *stop)
{
    struct str taken = *text;
    size_t end = 0;

    while (end < text->len && !ascii_is_space(text->ptr[end]) && text->ptr[end] != *stop)
        end++;
    taken.len = end;
    *text = str_from(*text, end);
    return taken;
}

/* The value of a key in "key1 = value1  key2 = value2"; "=" and spaces are optional.  Keys compare folded. */
static bool
find_field(struct str text, struct str key, struct pool *pool, struct str *value_out)
{
    for (text = str_trim_left(text); text.len > 0; text = str_trim_left(text)) {
        struct str name = take_until(&text, "=");

        text = str_trim_left(text);
        if (text.len > 0 && text.ptr[0] == '=')
            text = str_trim_left(str_from(text, 1));
        if (text.len > 0 && text.ptr[0] == '"')
            *value_out = take_quoted_value(&text, pool);
        else
            *value_out = take_until(&text, "");
        if (str_ieq(name, key))
            return true;
    }
    return false;
}

/* Field by number; from the end if it is negative; the whole for 0. */
static bool
numbered_field(struct str text, struct str separators, int64_t number, struct pool *pool, struct str *value_out)
{
    const char *set = pool_cstr(pool, separators);
    size_t count = 1;

    *value_out = text;
    if (number == 0)
        return true;
    if (set == NULL)
        return false;
    if (number < 0) {
        for (struct str rest = text; str_find_any(rest, set) != STR_NONE; count++)
            rest = str_from(rest, str_find_any(rest, set) + 1);
        number += (int64_t)count + 1;
        if (number <= 0)
            return false;
    }
    for (; number > 1; number--) {
        size_t at = str_find_any(text, set);

        if (at == STR_NONE)
            return false;
        text = str_from(text, at + 1);
    }
    count = str_find_any(text, set);
    *value_out = str_head(text, count == STR_NONE ? text.len : count);
    return true;
}

static enum outcome
json_fault(enum json_find find, struct str word, struct why *why)
{
    switch (find) {
    case JSON_FOUND:
    case JSON_NOT_FOUND:
        return OK;
    case JSON_NO_OBJECT:
        return why_fail(why, 0, NULL, "missing '{' wrapping object for extract %.*s", STR_ARG(word));
    case JSON_NO_OBJECT_END:
        return why_fail(why, 0, NULL, "missing '}' wrapping object for extract %.*s", STR_ARG(word));
    case JSON_BAD_KEY:
        return why_fail(why, 0, NULL, "missing '\"' wrapping string key for extract %.*s", STR_ARG(word));
    case JSON_NO_COLON:
        break;
    }
    return why_fail(why, 0, NULL, "missing object value-separator for extract %.*s", STR_ARG(word));
}

static enum outcome
json_element(struct str text, int64_t number, struct str word, bool *is_found_out, struct str *value_out,
             struct why *why)
{
    struct json_items items;

    *is_found_out = false;
    if (number <= 0)
        return why_fail(why, 0, NULL, "first argument of \"extract\" must be greater than zero");
    if (!json_items_init(&items, text))
        return why_fail(why, 0, NULL, "missing '%c' wrapping array for extract %.*s", items.is_open ? ']' : '[',
                        STR_ARG(word));
    while (number > 0 && json_items_next(&items, value_out))
        number--;
    *is_found_out = number == 0;
    return OK;
}

static enum outcome
json_extract(const struct expand_call *call, struct str key, struct str text, struct scope *scope, struct str *text_out,
             struct why *why)
{
    struct str value = { "", 0 };
    bool is_found;
    int64_t number;
    enum outcome outcome;

    if (number_is_integer(key)) {
        outcome = number_parse(key, false, &number, why);
        if (outcome == OK)
            outcome = json_element(text, number, call->word, &is_found, &value, why);
    } else {
        enum json_find find = json_member(text, key, &value);

        is_found = find == JSON_FOUND;
        outcome = json_fault(find, call->word, why);
    }
    if (outcome != OK)
        return outcome;
    if (is_found && str_eq_c(call->word, "jsons") && !json_unquote(value, &value))
        return why_fail(why, 0, NULL, "missing '\"' wrapping string result for extract jsons");
    return expand_branch(call, is_found, value, scope, text_out, why);
}

static enum outcome
take_key(const struct expand_call *call, struct scope *scope, struct str *key_out, struct why *why)
{
    enum outcome outcome = expand_node_eval(call->args[0], scope, key_out, why);

    if (outcome != OK)
        return outcome;
    *key_out = str_trim(*key_out);
    if (key_out->len == 0)
        return why_fail(why, 0, NULL, "first argument of \"%s\" must not be empty", call->name);
    return OK;
}

static enum outcome
extract_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str key, text, separators, value = { "", 0 };
    enum outcome outcome = take_key(call, scope, &key, why);
    bool is_found;
    int64_t number;

    if (outcome != OK || (outcome = expand_node_eval(call->args[1], scope, &text, why)) != OK)
        return outcome;
    if (call->word.len > 0)
        return json_extract(call, key, text, scope, text_out, why);
    if (!number_is_integer(key)) {
        is_found = find_field(text, key, scope->pool, &value);
        return branch_after(call, 2, is_found, value, scope, text_out, why);
    }
    separators = text;
    if (call->arg_count < 3)
        return why_fail(why, 0, NULL, "missing '{' for arg 3 of extract");
    if ((outcome = expand_node_eval(call->args[2], scope, &text, why)) != OK
        || (outcome = number_parse(key, false, &number, why)) != OK)
        return outcome;
    is_found = numbered_field(text, separators, number, scope->pool, &value);
    return branch_after(call, 3, is_found, value, scope, text_out, why);
}

static enum outcome
listextract_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str key, text, value = { "", 0 };
    enum outcome outcome = take_key(call, scope, &key, why);
    struct items items;
    int64_t number, count = 0;

    if (outcome != OK)
        return outcome;
    if (!number_is_integer(key))
        return why_fail(why, 0, NULL, "first argument of \"listextract\" must be numeric");
    if ((outcome = number_parse(key, false, &number, why)) != OK
        || (outcome = expand_node_eval(call->args[1], scope, &text, why)) != OK)
        return outcome;
    if (number < 0) {
        for (items = items_of(text); items_next(&items, scope->pool, &value);)
            count++;
        number = number + count + 1;
    }
    items = items_of(text);
    for (count = 0; number > 0 && count < number && items_next(&items, scope->pool, &value);)
        count++;
    return expand_branch(call, number > 0 && count == number, value, scope, text_out, why);
}

static enum outcome
env_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str key, value = { "", 0 };
    enum outcome outcome = expand_node_eval(call->args[0], scope, &key, why);
    const char *name, *found;

    if (outcome != OK)
        return outcome;
    name = pool_cstr(scope->pool, str_trim(key));
    found = name == NULL || name[0] == '\0' ? NULL : getenv(name);
    if (found != NULL)
        value = pool_dup_tainted(scope->pool, str_of(found));
    return expand_branch(call, found != NULL, value, scope, text_out, why);
}

const struct expand_item expand_core_items[] = {
    { .name = "if", .syntax = EXPAND_IF, .has_branches = true, .eval = if_eval },
    { .name = "extract", .args_min = 2, .args_max = 3, .syntax = EXPAND_EXTRACT, .has_branches = true,
      .eval = extract_eval },
    { .name = "listextract", .args_min = 2, .args_max = 2, .syntax = EXPAND_EXTRACT, .has_branches = true,
      .eval = listextract_eval },
    { .name = "env", .args_min = 1, .args_max = 1, .has_branches = true, .eval = env_eval },
    { .name = NULL }
};
