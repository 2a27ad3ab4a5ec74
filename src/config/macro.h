/* config/macro.h -- macros of the configuration, and the built-in families (manual: builtin macros).
 *
 * Built-in macros are not kept anywhere: a name is asked for in the family whose prefix it has. */
#ifndef CONFIG_MACRO_H
#define CONFIG_MACRO_H
#include "config/config.h"

/* Is name the capitals of word? */
bool macro_is_capitals_of(struct str name, const char *word);

/* A family of built-in macros, a row of "macro_families". */
struct macro_family {
    const char *prefix;             /* "_EXP_ITEM_" */
    /* Is there this name (the part after the prefix, in capitals)? */
    bool (*has)(struct str name);
    /* Call back for each name (letters of either case); for -bP macros. */
    void (*each)(void (*emit)(void *context, struct str name), void *context);
    const char *value;              /* NULL: "y" */
};
extern const struct macro_family *const macro_families_rows[];

/* One fixed built-in macro ("_HAVE_TLS"); arrays of these, ended by a nameless one, are rows of "builtin_macros". */
struct builtin_macro {
    const char *name;
    const char *value;              /* NULL: "y" */
};
extern const struct builtin_macro *const builtin_macros_rows[];
#endif
