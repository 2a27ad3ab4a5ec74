/* base/build_settings.c -- questions about the switches and rows of this build. */
#include "base/build_settings.h"
#include <string.h>
#include "base/str.h"

bool
build_switch_is_on(const char *name)
{
    for (const struct build_switch *row = build_switches; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row->is_on;
    return false;
}

const char *
left_out_flag(const char *table, const char *name)
{
    for (const struct left_out_row *row = left_out_rows; row->table != NULL; row++) {
        struct str names = str_of(row->names), one;

        if (strcmp(row->table, table) != 0)
            continue;
        while (!str_is_empty(names)) {
            str_cut(names, ',', &one, &names);
            if (str_eq_c(one, name))
                return row->flag;
        }
    }
    return NULL;
}
