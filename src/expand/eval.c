/* expand/eval.c -- walk a tree. */
#include "base/buf.h"
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/json.h"
#include "expand/tree.h"

enum {
    STEPS_MAX_DEFAULT = 10000000, SIZE_MAX_DEFAULT = 64 << 20, MEMORY_PER_RESULT = 8, LARGE_RESULT_BYTES = 64 * 1024,
    STEPS_BETWEEN_LOOKS = 1024
};

size_t
expand_size_limit(void)
{
    return config != NULL && config->expand_max_size > 0 ? (size_t)config->expand_max_size : SIZE_MAX_DEFAULT;
}

enum outcome
expand_step(struct scope *scope, struct why *why)
{
    uint64_t limit = config != NULL && config->expand_max_steps > 0 ? (uint64_t)config->expand_max_steps
        : STEPS_MAX_DEFAULT;

    if (scope->steps == NULL || ++*scope->steps <= limit)
        return OK;
    return why_defer(why, 0, NULL, "expansion took more than %llu steps (expand_max_steps)", (unsigned long long)limit);
}

static enum outcome
too_large(struct why *why)
{
    return why_defer(why, 0, NULL, "expansion result is larger than %zu bytes (expand_max_size)", expand_size_limit());
}

static enum outcome
eval_sequence(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why)
{
    struct buf out;

    buf_init(&out, scope->pool, expand_size_limit());
    for (size_t i = 0; i < node->sequence.count; i++) {
        struct str part = { "", 0 };
        enum outcome outcome = expand_node_eval(node->sequence.nodes[i], scope, &part, why);

        if (outcome != OK)
            return outcome;
        buf_add(&out, part);
    }
    if (buf_overflowed(&out))
        return too_large(why);
    *text_out = buf_str(&out);
    return OK;
}

static enum outcome
eval_variable(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why)
{
    for (const struct scope_value *value = scope->values; value != NULL; value = value->next)
        if (str_eq_c(node->variable.name, value->name)) {
            *text_out = value->value;
            return OK;
        }
    return node->variable.row->get(scope, node->variable.suffix, text_out, why);
}

static enum outcome
eval_operator(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why)
{
    const struct expand_operator *row = node->operator.row;
    struct str argument = { "", 0 };
    enum outcome outcome = expand_node_eval(node->operator.argument, scope, &argument, why);

    if (outcome != OK)
        return outcome;
    if (argument.ptr == NULL)
        argument.ptr = "";
    if (row->apply_suffix != NULL && (node->operator.has_suffix || row->apply == NULL))
        return row->apply_suffix(scope, node->operator.suffix, argument, text_out, why);
    return row->apply(scope, argument, text_out, why);
}

static enum outcome
eval_kind(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why)
{
    switch (node->kind) {
    case NODE_TEXT:
        *text_out = node->text;
        return OK;
    case NODE_SEQUENCE:
        return eval_sequence(node, scope, text_out, why);
    case NODE_VARIABLE:
        return eval_variable(node, scope, text_out, why);
    case NODE_CAPTURE:
        *text_out = node->capture < scope->captures->count ? scope->captures->values[node->capture] : STR("");
        return OK;
    case NODE_HEADER:
        return expand_header_value(node->header.form, node->header.name, scope, text_out, why);
    case NODE_OPERATOR:
        return eval_operator(node, scope, text_out, why);
    case NODE_ITEM:
        return node->item.row->eval(&node->item.call, scope, text_out, why);
    case NODE_ERROR:
        break;
    }
    return why_fail(why, 0, NULL, "%.*s", STR_ARG(node->text));
}

/* Intermediate texts count too: looked at when one is large, and now and then. */
static enum outcome
check_memory(struct scope *scope, size_t result_bytes, struct why *why)
{
    size_t limit = MEMORY_PER_RESULT * expand_size_limit();

    if (result_bytes < LARGE_RESULT_BYTES && (scope->steps == NULL || *scope->steps % STEPS_BETWEEN_LOOKS != 0))
        return OK;
    if (pool_bytes(scope->pool) <= limit)
        return OK;
    return why_defer(why, 0, NULL, "expansion needs more than %zu bytes of memory (%d times expand_max_size)", limit,
                     MEMORY_PER_RESULT);
}

static const char *
kind_name(enum node_kind kind)
{
    static const char *const names[] = { "text", "sequence", "variable", "capture", "header", "operator", "item",
        "error" };

    return names[kind];
}

/* What --explain shows: the parts of an expansion with the value of each. */
static enum outcome
eval_traced(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why)
{
    enum outcome outcome;

    if (node->kind == NODE_VARIABLE)
        trace_begin(TRACE_EXPAND, "$%.*s", STR_ARG(node->variable.name));
    else if (node->kind == NODE_HEADER)
        trace_begin(TRACE_EXPAND, "$h_%.*s", STR_ARG(node->header.name));
    else if (node->source.len > 0)
        trace_begin(TRACE_EXPAND, "%.*s", STR_ARG(node->source));
    else
        trace_begin(TRACE_EXPAND, "%s", kind_name(node->kind));
    outcome = eval_kind(node, scope, text_out, why);
    if (outcome == OK)
        trace_end(TRACE_EXPAND, "\"%.*s\"%s", STR_ARG(*text_out), str_is_tainted(*text_out) ? " (tainted)" : "");
    else
        trace_end(TRACE_EXPAND, "%s: %.*s", outcome_name(outcome), why == NULL ? 0 : (int)why->text.len,
                  why == NULL ? "" : why->text.ptr);
    return outcome;
}

enum outcome
expand_node_eval(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why)
{
    enum outcome outcome;

    if (node->kind == NODE_TEXT) {
        *text_out = node->text;
        return OK;
    }
    *text_out = STR("");
    if (expand_step(scope, why) != OK)
        return DEFER;
    outcome = trace_wants(TRACE_EXPAND) ? eval_traced(node, scope, text_out, why)
        : eval_kind(node, scope, text_out, why);
    return outcome != OK ? outcome : check_memory(scope, text_out->len, why);
}

struct template *
expand_node_template(const struct expand_node *node)
{
    if (node->kind != NODE_TEXT)
        return NULL;
    if (node->made == NULL) {
        struct template *template = POOL_NEW(process_pool(), struct template);

        template->text = node->text;
        template->option_name = "list in an expansion";
        ((struct expand_node *)(uintptr_t)node)->made = template;
    }
    return node->made;
}

enum outcome
expand_branch(const struct expand_call *call, bool is_true, struct str value, struct scope *scope, struct str *text_out,
              struct why *why)
{
    const struct expand_node *node = is_true ? call->yes : call->no;
    struct str value_before = scope->value;
    enum outcome outcome;

    if (!is_true && call->is_no_fail) {
        why_fail(why, 0, NULL, "\"%s\" failed and \"fail\" requested", call->name);
        if (why != NULL)
            why->is_forced = true;
        return FAIL;
    }
    if (node == NULL) {
        *text_out = is_true && call->yes == NULL ? value : STR("");
        return OK;
    }
    if (is_true)
        scope->value = value;
    outcome = expand_node_eval(node, scope, text_out, why);
    scope->value = value_before;
    return outcome;
}

/* ---- conditions */

static void
add_place(struct why *why, struct scope *scope, const char *before, const char *name, const char *after)
{
    if (why != NULL && why->text.len > 0 && !why->is_forced)
        why->text = pool_printf_tainted(why->pool != NULL ? why->pool : scope->pool, "%.*s%s%s%s", STR_ARG(why->text),
                                        before, name, after);
}

static enum outcome
eval_group(const struct expand_test *test, struct scope *scope, bool *is_true_out, struct why *why)
{
    bool is_and = test->kind == TEST_AND;

    *is_true_out = is_and;
    for (size_t i = 0; i < test->part_count && *is_true_out == is_and; i++) {
        enum outcome outcome = expand_test_eval(test->parts[i], scope, is_true_out, why);

        if (outcome != OK) {
            add_place(why, scope, " inside \"", is_and ? "and" : "or", "{...}\" condition");
            return outcome;
        }
    }
    return OK;
}

/* The items of forany and forall, by the form of the list. */
struct for_items {
    enum for_form form;
    struct items items;
    struct json_items json;
};

static enum outcome
for_next(struct for_items *from, struct scope *scope, struct str *item_out, bool *is_end_out, struct why *why)
{
    *is_end_out = false;
    if (from->form == FOR_LIST) {
        *is_end_out = !items_next(&from->items, scope->pool, item_out);
        return OK;
    }
    *is_end_out = !json_items_next(&from->json, item_out);
    if (*is_end_out || from->form == FOR_JSON || json_unquote(*item_out, item_out))
        return OK;
    return why_fail(why, 0, NULL, "missing '\"' wrapping string result for extract jsons");
}

static enum outcome
eval_for(const struct expand_test *test, struct scope *scope, bool *is_true_out, struct why *why)
{
    bool is_any = test->kind == TEST_FORANY, has_items = false, is_end;
    struct for_items from = { .form = test->form };
    struct str list, item_before = scope->item, item;
    enum outcome outcome = expand_node_eval(test->call.args[0], scope, &list, why);

    if (outcome != OK)
        return outcome;
    if (from.form == FOR_LIST)
        from.items = items_of(list);
    else if (!json_items_init(&from.json, list))
        return why_fail(why, 0, NULL, "missing '[' wrapping array for extract json");
    *is_true_out = !is_any;
    while (*is_true_out != is_any && (outcome = for_next(&from, scope, &item, &is_end, why)) == OK && !is_end) {
        has_items = true;
        scope->item = item;
        outcome = expand_step(scope, why) != OK ? DEFER : expand_test_eval(test->call.test, scope, is_true_out, why);
        if (outcome != OK) {
            add_place(why, scope, " inside \"", test->call.name, "\" condition");
            break;
        }
    }
    scope->item = item_before;
    /* For an empty list neither holds, as in Exim. */
    if (!has_items)
        *is_true_out = false;
    return outcome;
}

static enum outcome
eval_def(const struct expand_test *test, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str value = { "", 0 };
    enum outcome outcome = eval_variable(test->variable, scope, &value, why);

    *is_true_out = value.len > 0;
    return outcome;
}

enum outcome
expand_test_eval(const struct expand_test *test, struct scope *scope, bool *is_true_out, struct why *why)
{
    enum outcome outcome = OK;

    *is_true_out = false;
    switch (test->kind) {
    case TEST_ROW:
        outcome = test->row->test(&test->call, scope, is_true_out, why);
        break;
    case TEST_AND:
    case TEST_OR:
        outcome = eval_group(test, scope, is_true_out, why);
        break;
    case TEST_DEF_VARIABLE:
        outcome = eval_def(test, scope, is_true_out, why);
        break;
    case TEST_DEF_HEADER:
        *is_true_out = expand_header_exists(test->variable->header.name, scope);
        break;
    case TEST_FORANY:
    case TEST_FORALL:
        outcome = eval_for(test, scope, is_true_out, why);
        break;
    }
    if (test->is_negated)
        *is_true_out = !*is_true_out;
    return outcome;
}
