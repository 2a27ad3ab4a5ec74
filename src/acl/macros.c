/* acl/macros.c -- built-in macros of the configuration that tell which conditions and modifiers access control lists
 * have: _ACL_COND_…, _ACL_MOD_…. */
#include "acl/rows.h"
#include "config/macro.h"

static bool
has(struct str name, bool is_modifier)
{
    for (const struct acl_condition *const *array = acl_conditions_rows; *array != NULL; array++)
        for (const struct acl_condition *row = *array; row->name != NULL; row++)
            if (row->is_modifier == is_modifier && row->needs == NULL && macro_is_capitals_of(name, row->name))
                return true;
    return false;
}

static void
each(bool is_modifier, void (*emit)(void *context, struct str name), void *context)
{
    for (const struct acl_condition *const *array = acl_conditions_rows; *array != NULL; array++)
        for (const struct acl_condition *row = *array; row->name != NULL; row++)
            if (row->is_modifier == is_modifier && row->needs == NULL)
                emit(context, str_of(row->name));
}

static bool
condition_has(struct str name)
{
    return has(name, false);
}

static void
condition_each(void (*emit)(void *context, struct str name), void *context)
{
    each(false, emit, context);
}

static bool
modifier_has(struct str name)
{
    return has(name, true);
}

static void
modifier_each(void (*emit)(void *context, struct str name), void *context)
{
    each(true, emit, context);
}

const struct macro_family acl_condition_macros = {
    .prefix = "_ACL_COND_", .has = condition_has, .each = condition_each
};
const struct macro_family acl_modifier_macros = { .prefix = "_ACL_MOD_", .has = modifier_has, .each = modifier_each };
