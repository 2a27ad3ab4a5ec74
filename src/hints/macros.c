/* hints/macros.c -- built-in macros of the configuration that tell what holds the hints. */
#include "config/macro.h"

const struct builtin_macro hints_db_macros[] = { { .name = "_HAVE_HINTS_BDB" }, { .name = NULL } };
const struct builtin_macro hints_sqlite_macros[] = { { .name = "_HAVE_HINTS_SQLITE" }, { .name = NULL } };
