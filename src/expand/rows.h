/* expand/rows.h -- rows by which rooms add variables, items, operators and conditions to the language.
 *
 * Every entry of these tables is an array of rows that ends with a row whose name is NULL. */
#ifndef EXPAND_ROWS_H
#define EXPAND_ROWS_H
#include "expand/expand.h"

/* $name.  The getter leaves *value_out empty for "no value"; its trust is that of the memory it points to, which
 * must live at least as long as scope->pool's present contents.  It returns OK, or DEFER/FAIL with why filled (FAIL
 * makes the expansion fail). */
struct expand_variable {
    const char *name;               /* "acl_c" with is_prefix: all names that begin so; the rest comes in suffix */
    bool is_prefix;
    enum outcome (*get)(struct scope *scope, struct str suffix, struct str *value_out, struct why *why);
};

/* ${name:text} */
struct expand_operator {
    const char *name;
    enum outcome (*apply)(struct scope *scope, struct str argument, struct str *text_out, struct why *why);
    bool takes_suffix;              /* "length_5", "hash_4_62", "l_3": what follows the name and "_" comes in suffix */
    enum outcome (*apply_suffix)(struct scope *scope, struct str suffix, struct str argument, struct str *text_out,
                                 struct why *why);
};

/* One branch or argument, still a tree: evaluated by the row when it wants it. */
struct expand_node;
enum outcome expand_node_eval(const struct expand_node *node, struct scope *scope, struct str *text_out,
                              struct why *why);

/* The text of a node that is constant (no $ in it): for arguments that are not expanded, as the lists of match_domain.
 * The template is the same at each call, so that what others keep with it stays.  NULL if the node is not constant. */
struct template *expand_node_template(const struct expand_node *node);

/* For a node that gave a tainted text: the part that is tainted and did not go through ${quote_TYPE:…}, as the
 * configuration has it; empty if there is none. */
struct str expand_node_unquoted(const struct expand_node *node, struct str type, struct scope *scope);

/* A condition inside an item ({…} of ${filter and the like). */
struct expand_test;
enum outcome expand_test_eval(const struct expand_test *test, struct scope *scope, bool *is_true_out, struct why *why);

/* ${name …}: the parser splits arguments into nodes as the shape says, the row evaluates. */
struct expand_call {
    const char *name;               /* as in the row, for error texts */
    const struct expand_node *const *args;      /* braced arguments in order */
    size_t arg_count;
    struct str word;                /* raw words before the first brace (lookup type, "json", "preexpand" …) */
    const struct expand_test *test;
    const struct expand_node *yes, *no;         /* NULL if left out */
    bool is_no_fail;                /* the word "fail" instead of a second string */
};

/* How the parser reads an item. */
enum expand_syntax {
    EXPAND_PLAIN,                   /* {arg}… then {yes}{no} if has_branches */
    EXPAND_IF, EXPAND_EXTRACT, EXPAND_LOOKUP, EXPAND_LIST, EXPAND_FILTER, EXPAND_SORT, EXPAND_RUN
};

struct expand_item {
    const char *name;
    int args_min, args_max;         /* braced arguments before {yes}{no} */
    bool has_branches;              /* {yes}{no} or fail may follow */
    enum expand_syntax syntax;
    enum outcome (*eval)(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why);
    /* What can be told from the words alone, when the item was read; false with why filled.  NULL: nothing. */
    bool (*check)(const struct expand_call *call, struct why *why);
};

/* For items with branches: value is $value in {yes}; without {yes} the value itself is the result.  Without {yes},
 * and untrue, the result is empty.  Captures of the scope are put back to what they were at the start by the item
 * itself. */
enum outcome expand_branch(const struct expand_call *call, bool is_true, struct str value, struct scope *scope,
                           struct str *text_out, struct why *why);

/* ${if name …} */
struct expand_condition {
    const char *name;
    int args_min, args_max;         /* braced arguments; 0: none */
    unsigned unexpanded;            /* bit n: argument n is taken as it stands, only backslashes count */
    bool is_wrapped;                /* the arguments stand in a further pair of braces, as those of saslauthd */
    enum outcome (*test)(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why);
};

/* A captured set that is put back at the end of an item. */
struct captures_kept {
    struct captures captures;
    struct str value;
};
static inline void captures_keep(struct captures_kept *kept, const struct scope *scope)
{
    kept->captures.count = scope->captures->count;
    for (size_t i = 0; i < scope->captures->count; i++)
        kept->captures.values[i] = scope->captures->values[i];
    kept->value = scope->value;
}
static inline void captures_restore(const struct captures_kept *kept, struct scope *scope)
{
    scope->captures->count = kept->captures.count;
    for (size_t i = 0; i < kept->captures.count; i++)
        scope->captures->values[i] = kept->captures.values[i];
    scope->value = kept->value;
}

/* Find a row by name: NULL if there is none. */
const struct expand_variable *expand_variable_find(struct str name, struct str *suffix_out);
const struct expand_condition *expand_condition_find(struct str name);

extern const struct expand_variable *const variables_rows[];
extern const struct expand_item *const expand_items_rows[];
extern const struct expand_operator *const expand_operators_rows[];
extern const struct expand_condition *const expand_conditions_rows[];
#endif
