/* expand/quoting.c -- which part of a query came from outside and was not quoted. */
#include "expand/tree.h"

/* "${quote_sqlite:…}" for "sqlite". */
static bool
is_quoting(const struct expand_node *node, struct str type)
{
    return str_eq_c(str_of(node->operator.row->name), "quote_")
        && (str_eq(node->operator.suffix, type) || (str_starts(node->operator.suffix, type)
                                                    && node->operator.suffix.len > type.len
                                                     && node->operator.suffix.ptr[type.len] == '_'));
}

static bool
is_tainted_part(const struct expand_node *node, struct scope *scope)
{
    struct str value = { "", 0 };

    return expand_node_eval(node, scope, &value, NULL) == OK && str_is_tainted(value);
}

static struct str
source_of(const struct expand_node *node, struct pool *pool)
{
    switch (node->kind) {
    case NODE_VARIABLE:
        return pool_printf(pool, "$%.*s", STR_ARG(node->variable.name));
    case NODE_HEADER:
        return pool_printf(pool, "$h_%.*s:", STR_ARG(node->header.name));
    case NODE_CAPTURE:
        return pool_printf(pool, "$%zu", node->capture);
    default:
        return node->source.len > 0 ? node->source : STR("a part of it");
    }
}

/* is_inner: $item and $value are not those of the scope now, so they count as tainted. */
static struct str
find_unquoted(const struct expand_node *node, struct str type, bool is_inner, struct scope *scope)
{
    struct str culprit = { "", 0 };

    if (node == NULL)
        return culprit;
    switch (node->kind) {
    case NODE_TEXT:
    case NODE_ERROR:
        return culprit;
    case NODE_SEQUENCE:
        for (size_t i = 0; i < node->sequence.count && culprit.len == 0; i++)
            culprit = find_unquoted(node->sequence.nodes[i], type, is_inner, scope);
        return culprit;
    case NODE_OPERATOR:
        if (is_quoting(node, type))
            return culprit;
        break;
    case NODE_ITEM:
        if (!is_inner && !is_tainted_part(node, scope))
            return culprit;
        if (node->item.row->syntax == EXPAND_LIST && node->item.call.arg_count > 1)
            return find_unquoted(node->item.call.args[node->item.call.arg_count - 1], type, true, scope);
        if (node->item.call.yes != NULL) {
            culprit = find_unquoted(node->item.call.yes, type, true, scope);
            return culprit.len > 0 ? culprit : find_unquoted(node->item.call.no, type, is_inner, scope);
        }
        return source_of(node, scope->pool);
    case NODE_VARIABLE:
        if (is_inner && (str_eq_c(node->variable.name, "item") || str_eq_c(node->variable.name, "value")))
            return source_of(node, scope->pool);
        break;
    case NODE_CAPTURE:
    case NODE_HEADER:
        break;
    }
    return is_tainted_part(node, scope) ? source_of(node, scope->pool) : culprit;
}

struct str
expand_node_unquoted(const struct expand_node *node, struct str type, struct scope *scope)
{
    return find_unquoted(node, type, false, scope);
}
