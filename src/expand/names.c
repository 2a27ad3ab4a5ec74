/* expand/names.c -- find the rows of the language by name; the maps are made on first use in a process. */
#include "base/map.h"
#include "base/process.h"
#include "expand/tree.h"

struct names {
    bool is_ready;
    struct map items, operators, conditions, variables;
    const struct expand_variable **prefixes;
    size_t prefix_count;
};

/* A later room takes a name over from an earlier one: expand/ keeps names free for them. */
static void
fill_variables(struct names *names)
{
    size_t count = 0;

    for (const struct expand_variable *const *array = variables_rows; *array != NULL; array++)
        for (const struct expand_variable *row = *array; row->name != NULL; row++)
            count += row->is_prefix;
    names->prefixes = POOL_NEW_ARRAY(process_pool(), const struct expand_variable *, count + 1);
    for (const struct expand_variable *const *array = variables_rows; *array != NULL; array++)
        for (const struct expand_variable *row = *array; row->name != NULL; row++)
            if (row->is_prefix)
                names->prefixes[names->prefix_count++] = row;
            else
                map_set(&names->variables, str_of(row->name), (void *)(uintptr_t)row);
}

static const struct names *
names_get(void)
{
    static const char key = 0;
    struct names *names = process_cache(&key, sizeof *names);

    if (names->is_ready)
        return names;
    map_init(&names->items, process_pool(), false);
    map_init(&names->operators, process_pool(), false);
    map_init(&names->conditions, process_pool(), false);
    map_init(&names->variables, process_pool(), false);
    for (const struct expand_item *const *array = expand_items_rows; *array != NULL; array++)
        for (const struct expand_item *row = *array; row->name != NULL; row++)
            map_add(&names->items, str_of(row->name), (void *)(uintptr_t)row);
    for (const struct expand_operator *const *array = expand_operators_rows; *array != NULL; array++)
        for (const struct expand_operator *row = *array; row->name != NULL; row++)
            map_add(&names->operators, str_of(row->name), (void *)(uintptr_t)row);
    for (const struct expand_condition *const *array = expand_conditions_rows; *array != NULL; array++)
        for (const struct expand_condition *row = *array; row->name != NULL; row++)
            map_add(&names->conditions, str_of(row->name), (void *)(uintptr_t)row);
    fill_variables(names);
    names->is_ready = true;
    return names;
}

const struct expand_item *
expand_item_find(struct str name)
{
    return map_get(&names_get()->items, name);
}

const struct expand_condition *
expand_condition_find(struct str name)
{
    return map_get(&names_get()->conditions, name);
}

/* The whole name, or what stands before an underscore: "local_part" is one, "length_5" is "length" with "5", and
 * "quote_local_part"
 * goes before "quote_" with "local_part", a row whose name ends with the underscore before one that does not. */
const struct expand_operator *
expand_operator_find(struct str name, bool *has_suffix_out, struct str *suffix_out)
{
    const struct names *names = names_get();
    const struct expand_operator *row = map_get(&names->operators, name);
    struct str head, tail;

    *has_suffix_out = false;
    *suffix_out = STR("");
    if (row != NULL)
        return row;
    if (!str_cut(name, '_', &head, &tail))
        return NULL;
    *has_suffix_out = true;
    *suffix_out = tail;
    row = map_get(&names->operators, str_head(name, head.len + 1));
    return row != NULL ? row : map_get(&names->operators, head);
}

const struct expand_variable *
expand_variable_find(struct str name, struct str *suffix_out)
{
    const struct names *names = names_get();
    const struct expand_variable *row = map_get(&names->variables, name);

    *suffix_out = STR("");
    if (row != NULL)
        return row;
    for (size_t i = names->prefix_count; i-- > 0;)
        if (str_starts(name, str_of(names->prefixes[i]->name))) {
            *suffix_out = str_from(name, str_of(names->prefixes[i]->name).len);
            return names->prefixes[i];
        }
    return NULL;
}
