/* expand/rows.h -- rows by which rooms add variables, items, operators and conditions to the language. */
#ifndef EXPAND_ROWS_H
#define EXPAND_ROWS_H
#include "expand/expand.h"

/* $name.  The getter leaves *value_out empty for "no value"; its trust is that of the memory it points to.
 * It returns OK, or DEFER/FAIL with why filled (FAIL makes the expansion fail). */
struct expand_variable {
    const char *name;               /* "acl_c" with is_prefix: all names that begin so; the rest comes in suffix */
    bool is_prefix;
    enum outcome (*get)(struct scope *scope, struct str suffix, struct str *value_out, struct why *why);
};

/* ${name:text} */
struct expand_operator {
    const char *name;
    enum outcome (*apply)(struct scope *scope, struct str argument, struct str *text_out, struct why *why);
    bool takes_suffix;              /* "length_5", "hash_4_62", "l_3": what follows the name comes in suffix */
    enum outcome (*apply_suffix)(struct scope *scope, struct str suffix, struct str argument, struct str *text_out, struct why *why);
};

/* One branch or argument, still a tree: evaluated by the row when it wants it. */
struct expand_node;
enum outcome expand_node_eval(const struct expand_node *node, struct scope *scope, struct str *text_out, struct why *why);

/* ${name …}: the parser splits arguments into nodes as the shape says, the row evaluates. */
struct expand_call {
    const struct expand_node *const *args;      /* braced arguments in order */
    size_t arg_count;
    struct str word;                /* raw words before the first brace (lookup type, "certname", certificate variable …) */
    const struct expand_node *yes, *no;         /* NULL if left out */
    bool is_no_fail;                /* the word "fail" instead of a second string */
};
struct expand_item {
    const char *name;
    int args_min, args_max;         /* braced arguments before {yes}{no} */
    bool has_branches;              /* {yes}{no} or fail may follow */
    bool takes_word;                /* raw words stand before the first argument */
    enum outcome (*eval)(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why);
};

/* For items with branches: value is $value in {yes}; without {yes} the value itself is the result. */
enum outcome expand_branch(const struct expand_call *call, bool is_true, struct str value, struct scope *scope,
                           struct str *text_out, struct why *why);

/* ${if name …} */
struct expand_condition {
    const char *name;
    int args_min, args_max;         /* -1: conditions of its own grammar (and, or, forany …) are in expand/ only */
    enum outcome (*test)(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why);
};

extern const struct expand_variable *const variables_rows[];
extern const struct expand_item *const expand_items_rows[];
extern const struct expand_operator *const expand_operators_rows[];
extern const struct expand_condition *const expand_conditions_rows[];
#endif
