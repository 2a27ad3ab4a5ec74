/* expand/parse_item.c -- the items ${name …}, from text to tree: how each takes its arguments and branches. */
#include <string.h>
#include "expand/numbers.h"
#include "expand/tree.h"

enum { ARGUMENTS_MAX = 16 };

/* Arguments gathered for a call. */
struct arguments {
    const struct expand_node *nodes[ARGUMENTS_MAX];
    size_t count;
};

static bool
take_argument(struct parser *p, struct arguments *arguments)
{
    const struct expand_node *node = parser_braced(p, true);

    if (node == NULL)
        return false;
    arguments->nodes[arguments->count++] = node;
    return true;
}

static void
keep_arguments(struct parser *p, struct expand_call *call, const struct arguments *arguments)
{
    const struct expand_node **kept = POOL_NEW_ARRAY(p->pool, const struct expand_node *, arguments->count + 1);

    memcpy(kept, arguments->nodes, arguments->count * sizeof kept[0]);
    call->args = kept;
    call->arg_count = arguments->count;
}

static struct expand_node *
node_item(struct parser *p, const struct expand_item *row, size_t start)
{
    struct expand_node *node = parser_node(p, NODE_ITEM, start);

    node->item.row = row;
    node->item.call.name = row->name;
    return node;
}

static void
branch_problem(struct parser *p, const char *problem)
{
    struct str rest = parser_rest(p);

    if (rest.len == 0 && p->has_header)
        parser_fail(p, "missing or misplaced { or } - could be header name not terminated by colon");
    else
        parser_fail(p, "curly-bracket problem in conditional yes/no parsing: %s  remaining string is '%.*s'", problem,
                    STR_ARG(rest));
}

/* "{yes}{no}}", "{yes} fail }", "}": what may end an item with branches. */
static bool
parse_branches(struct parser *p, struct expand_call *call)
{
    parser_skip_space(p);
    if (parser_take(p, '}'))
        return true;
    if (parser_peek(p) != '{') {
        branch_problem(p, "'yes' part did not start with '{'");
        return false;
    }
    if ((call->yes = parser_braced(p, true)) == NULL)
        return false;
    parser_skip_space(p);
    if (parser_peek(p) == '{') {
        if ((call->no = parser_braced(p, true)) == NULL)
            return false;
    } else if (parser_peek(p) != '}') {
        if (!str_eq_c(parser_take_name(p, ""), "fail")) {
            parser_fail(p, "syntax error in \"%s\" item - \"fail\" expected", call->name);
            return false;
        }
        call->is_no_fail = true;
    }
    parser_skip_space(p);
    if (parser_take(p, '}'))
        return true;
    branch_problem(p, "did not close with '}'");
    return false;
}

static bool
parse_plain(struct parser *p, const struct expand_item *row, struct expand_call *call)
{
    struct arguments arguments = { .count = 0 };

    for (;;) {
        parser_skip_space(p);
        if (parser_peek(p) != '{' || (row->has_branches && (int)arguments.count == row->args_max))
            break;
        if ((int)arguments.count == row->args_max || arguments.count == ARGUMENTS_MAX) {
            parser_fail(p, "Too many arguments for '%s' (max is %d)", row->name, row->args_max);
            return false;
        }
        if (!take_argument(p, &arguments))
            return false;
    }
    if ((int)arguments.count < row->args_min) {
        parser_fail(p, "Not enough arguments for '%s' (min is %d)", row->name, row->args_min);
        return false;
    }
    keep_arguments(p, call, &arguments);
    if (row->has_branches)
        return parse_branches(p, call);
    if (parser_take(p, '}'))
        return true;
    parser_fail(p, "missing '}' after '%s'", row->name);
    return false;
}

static bool
parse_if(struct parser *p, struct expand_call *call)
{
    call->test = parser_test(p);
    return call->test != NULL && parse_branches(p, call);
}

/* "json" or "jsons" before the first brace. */
static void
take_json_word(struct parser *p, struct expand_call *call)
{
    struct str rest = parser_rest(p);

    for (size_t i = 0; i < 2; i++) {
        struct str word = i == 0 ? STR("jsons") : STR("json");

        if (str_starts(rest, word) && rest.len > word.len && (rest.ptr[word.len] == '{'
                                                              || ascii_is_space(rest.ptr[word.len]))) {
            call->word = word;
            p->at += word.len;
            return;
        }
    }
}

/* A key that is known only when evaluated: all braces are arguments, the row tells them apart. */
static bool
parse_extract_late(struct parser *p, struct arguments *arguments, struct expand_call *call)
{
    for (parser_skip_space(p); parser_peek(p) == '{'; parser_skip_space(p)) {
        if (arguments->count == 5) {
            branch_problem(p, "did not close with '}'");
            return false;
        }
        if (!take_argument(p, arguments))
            return false;
    }
    if (arguments->count < 2) {
        parser_fail(p, "missing '{' for arg %zu of %s", arguments->count + 1, call->name);
        return false;
    }
    keep_arguments(p, call, arguments);
    if (parser_peek(p) != '}') {
        if (!str_eq_c(parser_take_name(p, ""), "fail")) {
            parser_fail(p, "syntax error in \"%s\" item - \"fail\" expected", call->name);
            return false;
        }
        call->is_no_fail = true;
        parser_skip_space(p);
    }
    if (parser_take(p, '}'))
        return true;
    branch_problem(p, "did not close with '}'");
    return false;
}

/* Whether a third argument belongs to the item depends on the first: a number has separators. */
static bool
parse_extract(struct parser *p, const struct expand_item *row, struct expand_call *call)
{
    struct arguments arguments = { .count = 0 };
    size_t wanted = 2;

    parser_skip_space(p);
    if (row->args_max > 2)
        take_json_word(p, call);
    for (size_t i = 0; i < wanted; i++) {
        parser_skip_space(p);
        if (parser_peek(p) != '{') {
            parser_fail(p, "missing '{' for arg %zu of %s", i + 1, row->name);
            return false;
        }
        if (!take_argument(p, &arguments))
            return false;
        if (i == 0 && row->args_max > 2 && call->word.len == 0) {
            if (arguments.nodes[0]->kind != NODE_TEXT)
                return parse_extract_late(p, &arguments, call);
            if (number_is_integer(str_trim(arguments.nodes[0]->text)))
                wanted = 3;
        }
    }
    keep_arguments(p, call, &arguments);
    return parse_branches(p, call);
}

/* {key} type {file} or type {query}. */
static bool
parse_lookup(struct parser *p, struct expand_call *call)
{
    struct arguments arguments = { .count = 0 };
    size_t start;

    parser_skip_space(p);
    if (parser_peek(p) == '{' && !take_argument(p, &arguments))
        return false;
    parser_skip_space(p);
    start = p->at;
    while (p->at < p->text.len && p->text.ptr[p->at] != '{' && !ascii_is_space(p->text.ptr[p->at]))
        p->at++;
    call->word = str_sub(p->text, start, p->at - start);
    if (call->word.len == 0 || str_eq_c(call->word, "}")) {
        parser_fail(p, "missing lookup type");
        return false;
    }
    parser_skip_space(p);
    if (parser_peek(p) != '{') {
        parser_fail(p, "unknown lookup type \"%.*s\"", STR_ARG(call->word));
        return false;
    }
    if (!take_argument(p, &arguments))
        return false;
    keep_arguments(p, call, &arguments);
    return parse_branches(p, call);
}

static bool
last_argument_follows(struct parser *p, const char *which, const char *name)
{
    parser_skip_space(p);
    if (parser_peek(p) == '{')
        return true;
    parser_fail(p, "missing '{' for %s arg of %s", which, name);
    return false;
}

static bool
item_ends(struct parser *p, const char *name)
{
    parser_skip_space(p);
    if (parser_take(p, '}'))
        return true;
    parser_fail(p, "missing } at end of \"%s\"", name);
    return false;
}

/* ${map {list}{text}}, ${reduce {list}{start}{text}} */
static bool
parse_list_item(struct parser *p, const struct expand_item *row, struct expand_call *call)
{
    static const char *const which[] = { "first", "second", "last" };
    struct arguments arguments = { .count = 0 };

    for (int i = 0; i < row->args_max; i++)
        if (!last_argument_follows(p, i == row->args_max - 1 ? "last" : which[i], row->name)
            || !take_argument(p, &arguments))
            return false;
    keep_arguments(p, call, &arguments);
    return item_ends(p, row->name);
}

static bool
parse_filter(struct parser *p, const struct expand_item *row, struct expand_call *call)
{
    struct arguments arguments = { .count = 0 };

    if (!last_argument_follows(p, "first", row->name) || !take_argument(p, &arguments)
        || !last_argument_follows(p, "last", row->name))
        return false;
    keep_arguments(p, call, &arguments);
    p->at++;
    if ((call->test = parser_test(p)) == NULL) {
        p->error = pool_printf(p->pool, "%.*s inside \"%s\" item", STR_ARG(p->error), row->name);
        return false;
    }
    parser_skip_space(p);
    if (!parser_take(p, '}')) {
        parser_fail(p,
                    "missing } at end of condition or expression inside \"%s\"; could be an unquoted } in the content",
                        row->name);
        return false;
    }
    return item_ends(p, row->name);
}

static bool
parse_sort(struct parser *p, const struct expand_item *row, struct expand_call *call)
{
    static const char *const which[] = { "list", "comparator", "extractor" };
    struct arguments arguments = { .count = 0 };

    for (size_t i = 0; i < COUNT(which); i++)
        if (!last_argument_follows(p, which[i], row->name) || !take_argument(p, &arguments))
            return false;
    keep_arguments(p, call, &arguments);
    return item_ends(p, row->name);
}

/* The command is taken apart before it is expanded: its words are kept as nodes.  ${run,preexpand …} expands first. */
static bool
parse_run(struct parser *p, const struct expand_item *row, struct expand_call *call)
{
    struct arguments arguments = { .count = 0 };

    if (parser_take(p, ',')) {
        call->word = parser_take_name(p, "_");
        if (!str_eq_c(call->word, "preexpand")) {
            parser_fail(p, "bad option '%.*s' for run", STR_ARG(call->word));
            return false;
        }
    }
    if (!last_argument_follows(p, "command", row->name))
        return false;
    if (call->word.len > 0) {
        if (!take_argument(p, &arguments))
            return false;
    } else {
        size_t start = p->at + 1;
        const struct expand_node *checked = parser_braced(p, true);

        if (checked == NULL)
            return false;
        arguments.nodes[arguments.count++] = parser_node_text(p, start, str_sub(p->text, start, p->at - 1 - start));
    }
    keep_arguments(p, call, &arguments);
    return parse_branches(p, call);
}

const struct expand_node *
parser_item(struct parser *p, const struct expand_item *row, size_t start)
{
    struct expand_node *node = node_item(p, row, start);
    struct expand_call *call = &node->item.call;
    bool is_good = false;

    switch (row->syntax) {
    case EXPAND_PLAIN: is_good = parse_plain(p, row, call); break;
    case EXPAND_IF: is_good = parse_if(p, call); break;
    case EXPAND_EXTRACT: is_good = parse_extract(p, row, call); break;
    case EXPAND_LOOKUP: is_good = parse_lookup(p, call); break;
    case EXPAND_LIST: is_good = parse_list_item(p, row, call); break;
    case EXPAND_FILTER: is_good = parse_filter(p, row, call); break;
    case EXPAND_SORT: is_good = parse_sort(p, row, call); break;
    case EXPAND_RUN: is_good = parse_run(p, row, call); break;
    }
    if (is_good && row->check != NULL) {
        struct why why;

        why_init(&why, p->pool);
        is_good = row->check(call, &why);
        if (!is_good)
            parser_fail(p, "%.*s", STR_ARG(why.text));
    }
    node->source = str_sub(p->text, start, p->at - start);
    return is_good ? node : NULL;
}
