/* -bV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/build_settings.h"
#include "config/config.h"
#include "config/inert_options.h"
#include "hints/hints.h"
#include "lookups/lookup.h"
#include "main/modes.h"

static void
families_print(void)
{
    for (const struct driver_family *const *family = driver_families_rows; *family != NULL; family++) {
        printf("%c%ss:", ascii_upper((*family)->name[0]), (*family)->name + 1);
        for (const struct driver_info *const *driver = (*family)->drivers; *driver != NULL; driver++)
            printf(" %s", (*driver)->name);
        putchar('\n');
    }
}

static void
lookups_print(void)
{
    printf("Lookups (built-in):");
    for (const struct lookup_driver *const *row = lookups_rows; *row != NULL; row++)
        printf(" %s", (*row)->name);
    putchar('\n');
}

static void
switches_print(const char *title, bool are_on)
{
    printf("%s:", title);
    for (const struct build_switch *row = build_switches; row->name != NULL; row++)
        if (row->is_on == are_on)
            printf(" %s", row->name);
    putchar('\n');
}

static void
warnings_print(struct pool *pool)
{
    struct str_list warnings = config_inert_warnings(config, pool);

    for (size_t i = 0; i < warnings.count; i++)
        fprintf(stderr, "Warning: %.*s\n", STR_ARG(warnings.items[i]));
}

void
version_print(void)
{
    printf("Tern version %s built %s\n", build_settings.version, build_settings.build_date);
    printf("Hints databases: %s\n", hints_backend_name());
    switches_print("Support for", true);
    switches_print("Left out", false);
    lookups_print();
    families_print();
    printf("Fixed never_users: %s\n", build_settings.fixed_never_users);
    printf("Configure owner: %s\n", build_settings.configure_owner[0] == '\0' ? "0" : build_settings.configure_owner);
    printf("Size of off_t: %zu\n", sizeof(off_t));
    printf("Configuration file search path is %s\n", build_settings.configure_file);
}

/* The configuration could be read: that much is checked. */
int
mode_version(struct invocation *invocation)
{
    printf("Configuration file is %.*s\n", STR_ARG(config->file));
    fflush(stdout);
    warnings_print(invocation->pool);
    return EXIT_SUCCESS;
}
