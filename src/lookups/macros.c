/* lookups/macros.c -- built-in macros of the configuration that tell which lookups there are: _HAVE_LOOKUP_…. */
#include "config/macro.h"
#include "lookups/lookup.h"

static bool
lookup_has(struct str name)
{
    for (const struct lookup_driver *const *row = lookups_rows; *row != NULL; row++)
        if (macro_is_capitals_of(name, (*row)->name))
            return true;
    return false;
}

static void
lookup_each(void (*emit)(void *context, struct str name), void *context)
{
    for (const struct lookup_driver *const *row = lookups_rows; *row != NULL; row++)
        emit(context, str_of((*row)->name));
}

const struct macro_family lookup_macros = { .prefix = "_HAVE_LOOKUP_", .has = lookup_has, .each = lookup_each };
