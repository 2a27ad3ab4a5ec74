/* expand/macros.c -- built-in macros of the configuration that tell which items, operators, conditions and variables
 * this program has: _EXP_ITEM_…, _EXP_OP_…, _EXP_COND_…, _EXP_VAR_…. */
#include "config/macro.h"
#include "expand/rows.h"

/* The rows of a table, whose first member is always the name. */
#define FAMILY(word, type, table)                                                                       \
    static bool                                                                                         \
    word##_has(struct str name)                                                                         \
    {                                                                                                   \
        for (const type *const *array = table; *array != NULL; array++)                                 \
            for (const type *row = *array; row->name != NULL; row++)                                    \
                if (macro_is_capitals_of(name, row->name))                                              \
                    return true;                                                                        \
        return false;                                                                                   \
    }                                                                                                   \
                                                                                                        \
    static void                                                                                         \
    word##_each(void (*emit)(void *context, struct str name), void *context)                            \
    {                                                                                                   \
        for (const type *const *array = table; *array != NULL; array++)                                 \
            for (const type *row = *array; row->name != NULL; row++)                                    \
                if (ascii_is_alpha(row->name[0]))                                                       \
                    emit(context, str_of(row->name));                                                   \
    }

FAMILY(item, struct expand_item, expand_items_rows)
FAMILY(operator, struct expand_operator, expand_operators_rows)
FAMILY(condition, struct expand_condition, expand_conditions_rows)
FAMILY(variable, struct expand_variable, variables_rows)

const struct macro_family expand_item_macros = { .prefix = "_EXP_ITEM_", .has = item_has, .each = item_each };
const struct macro_family expand_operator_macros = {
    .prefix = "_EXP_OP_", .has = operator_has, .each = operator_each
};
const struct macro_family expand_condition_macros = {
    .prefix = "_EXP_COND_", .has = condition_has, .each = condition_each
};
const struct macro_family expand_variable_macros = {
    .prefix = "_EXP_VAR_", .has = variable_has, .each = variable_each
};
