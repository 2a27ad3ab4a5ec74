/* expand/parse_test.c -- the conditions of ${if …}, ${filter …} and the like, from text to tree. */
#include <string.h>
#include "base/build_settings.h"
#include "base/list.h"
#include "expand/tree.h"

enum { TEST_ARGUMENTS_MAX = 10, FOUND_MAX_BYTES = 16, TEST_NESTING_MAX = 100 };

static struct str
take_condition_name(struct parser *p)
{
    size_t start = p->at;
    int c = parser_peek(p);

    if (c == '=' || c == '<' || c == '>') {
        p->at++;
        parser_take(p, '=');
        return str_sub(p->text, start, p->at - start);
    }
    return parser_take_name(p, "_");
}

static bool
opening_follows(struct parser *p, const char *name)
{
    parser_skip_space(p);
    if (parser_peek(p) == '{')
        return true;
    parser_fail(p, "missing { after \"%s\"", name);
    return false;
}

/* The text of the fault gets the place where it happened. */
static void
fail_inside(struct parser *p, const char *format, const char *name)
{
    struct str where = pool_printf(p->pool, "%s%s%s", " inside \"", name, format);

    p->error = pool_printf(p->pool, "%.*s%.*s", STR_ARG(p->error), STR_ARG(where));
}

/* {{cond}{cond}…} of and, or. */
static bool
parse_group(struct parser *p, struct expand_test *test)
{
    const char *name = test->kind == TEST_AND ? "and" : "or";
    struct ptr_list parts = { .count = 0 };

    if (!opening_follows(p, name))
        return false;
    p->at++;
    for (;;) {
        const struct expand_test *part;

        parser_skip_space(p);
        if (parser_take(p, '}'))
            break;
        if (!parser_take(p, '{')) {
            parser_fail(p, "each subcondition inside an \"%s{...}\" condition must be in its own {}", name);
            return false;
        }
        if ((part = parser_test(p)) == NULL) {
            fail_inside(p, "{...}\" condition", name);
            return false;
        }
        parser_skip_space(p);
        if (!parser_take(p, '}')) {
            parser_fail(p, "missing } at end of condition inside \"%s\" group", name);
            return false;
        }
        ptr_list_add(&parts, p->pool, (void *)(uintptr_t)part);
    }
    test->parts = (const struct expand_test **)parts.items;
    test->part_count = parts.count;
    return true;
}

static bool
parse_for(struct parser *p, struct expand_test *test, const char *name)
{
    const struct expand_node **args = POOL_NEW_ARRAY(p->pool, const struct expand_node *, 1);

    if (!opening_follows(p, name) || (args[0] = parser_braced(p, true)) == NULL || !opening_follows(p, name))
        return false;
    test->call.name = name;
    test->call.args = args;
    test->call.arg_count = 1;
    p->at++;
    if ((test->call.test = parser_test(p)) == NULL) {
        fail_inside(p, "\" condition", name);
        return false;
    }
    parser_skip_space(p);
    if (parser_take(p, '}'))
        return true;
    parser_fail(p, "missing } at end of condition inside \"%s\"", name);
    return false;
}

/* ":name" of def. */
static bool
parse_def(struct parser *p, struct expand_test *test)
{
    struct expand_node *node = POOL_NEW(p->pool, struct expand_node);
    size_t start;
    struct str name;

    if (!parser_take(p, ':')) {
        parser_fail(p, "\":\" expected after \"def\"");
        return false;
    }
    start = p->at;
    name = parser_take_name(p, "_");
    if (name.len == 0) {
        parser_fail(p, "variable name omitted after \"def:\"");
        return false;
    }
    node->start = start;
    if (parser_header(p, name, start, &node->header.form, &node->header.name)) {
        node->kind = NODE_HEADER;
        test->kind = TEST_DEF_HEADER;
    } else {
        node->kind = NODE_VARIABLE;
        test->kind = TEST_DEF_VARIABLE;
        node->variable.name = name;
        node->variable.row = expand_variable_find(name, &node->variable.suffix);
        if (node->variable.row == NULL) {
            parser_fail(p, "unknown variable \"%.*s\" after \"def:\"", STR_ARG(name));
            return false;
        }
    }
    test->variable = node;
    return true;
}

static bool
row_argument(struct parser *p, const struct expand_condition *row, const struct expand_node **nodes, size_t count)
{
    return (nodes[count] = parser_braced(p, (row->unexpanded & 1u << count) == 0)) != NULL;
}

static bool
row_arguments_wrapped(struct parser *p, const struct expand_condition *row, const struct expand_node **nodes,
                      size_t *count_out)
{
    if (!opening_follows(p, row->name))
        return false;
    p->at++;
    for (;;) {
        parser_skip_space(p);
        if (parser_peek(p) != '{')
            break;
        if (*count_out == (size_t)row->args_max) {
            parser_fail(p, "too many arguments or bracketing error for %s", row->name);
            return false;
        }
        if (!row_argument(p, row, nodes, *count_out))
            return false;
        ++*count_out;
    }
    if (*count_out < (size_t)row->args_min) {
        parser_fail(p, "too few arguments or bracketing error for %s", row->name);
        return false;
    }
    if (parser_take(p, '}'))
        return true;
    parser_fail(p, "missing } at end of arguments for %s", row->name);
    return false;
}

static bool
row_arguments(struct parser *p, const struct expand_condition *row, const struct expand_node **nodes, size_t *count_out)
{
    for (; *count_out < (size_t)row->args_max; ++*count_out) {
        parser_skip_space(p);
        if (parser_peek(p) != '{') {
            if (*count_out >= (size_t)row->args_min)
                return true;
            if (*count_out == 0)
                parser_fail(p, "missing { after \"%s\"", row->name);
            else
                parser_fail(p, "missing 2nd string in {} after \"%s\"", row->name);
            return false;
        }
        if (!row_argument(p, row, nodes, *count_out))
            return false;
    }
    return true;
}

static bool
parse_row(struct parser *p, struct expand_test *test, const struct expand_condition *row)
{
    const struct expand_node **nodes = POOL_NEW_ARRAY(p->pool, const struct expand_node *, TEST_ARGUMENTS_MAX);
    bool is_good;

    test->kind = TEST_ROW;
    test->row = row;
    test->call.name = row->name;
    test->call.args = nodes;
    is_good = row->is_wrapped ? row_arguments_wrapped(p, row, nodes, &test->call.arg_count)
                              : row_arguments(p, row, nodes, &test->call.arg_count);
    return is_good;
}

static const struct {
    const char *name;
    enum test_kind kind;
    enum for_form form;
} own_tests[] = {
    { "and", TEST_AND, FOR_LIST }, { "or", TEST_OR, FOR_LIST }, { "forany", TEST_FORANY, FOR_LIST },
    { "forall", TEST_FORALL, FOR_LIST }, { "forany_json", TEST_FORANY, FOR_JSON },
      { "forall_json", TEST_FORALL, FOR_JSON },
    { "forany_jsons", TEST_FORANY, FOR_JSONS }, { "forall_jsons", TEST_FORALL, FOR_JSONS },
};

static bool
parse_named(struct parser *p, struct expand_test *test, struct str name)
{
    const struct expand_condition *row;

    if (str_eq_c(name, "def"))
        return parse_def(p, test);
    for (size_t i = 0; i < COUNT(own_tests); i++)
        if (str_eq_c(name, own_tests[i].name)) {
            test->kind = own_tests[i].kind;
            test->form = own_tests[i].form;
            return test->kind == TEST_AND || test->kind == TEST_OR ? parse_group(p, test)
                : parse_for(p, test, own_tests[i].name);
        }
    if ((row = expand_condition_find(name)) != NULL)
        return parse_row(p, test, row);
    if (left_out_flag("expand_conditions", pool_cstr(p->pool, name)) != NULL)
        parser_fail(p, "support for \"%.*s\" not compiled", STR_ARG(name));
    else
        parser_fail(p, "unknown condition \"%.*s\"", STR_ARG(name));
    return false;
}

const struct expand_test *
parser_test(struct parser *p)
{
    struct expand_test *test = POOL_NEW(p->pool, struct expand_test);
    struct str name;
    bool is_good;

    parser_skip_space(p);
    while (parser_take(p, '!')) {
        test->is_negated = !test->is_negated;
        parser_skip_space(p);
    }
    name = take_condition_name(p);
    if (name.len == 0) {
        parser_fail(p, "condition name expected, but found \"%.*s\"", STR_ARG(str_head(parser_rest(p),
            FOUND_MAX_BYTES)));
        return NULL;
    }
    if (++p->depth > TEST_NESTING_MAX) {
        parser_fail(p, "conditions are nested too deeply (limit %d)", TEST_NESTING_MAX);
        return NULL;
    }
    is_good = parse_named(p, test, name);
    p->depth--;
    return is_good ? test : NULL;
}
