/* config/inert_options.c -- options that are known but not yet acted on. */
#include "config/inert_options.h"
#include <string.h>
#include "config/reading.h"

const struct inert_option inert_options[] = {
    { NULL, NULL, NULL }
};

static bool
bit_get(const uint64_t *bits, size_t index)
{
    return (bits[index / 64] >> (index % 64) & 1) != 0;
}

/* Was the option of this table given? */
static bool
was_given(const struct option *table, const uint64_t *set, const char *name)
{
    const struct option *row = option_find(table, str_of(name));

    return row != NULL && bit_get(set, (size_t)(row - table));
}

static void
warn_of_instances(const struct config *conf, const struct inert_option *inert, struct pool *pool,
                  struct str_list *warnings)
{
    const struct driver_family *family = NULL;

    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (strcmp(driver_families_rows[i]->name, inert->family) == 0)
            family = driver_families_rows[i];
    if (family == NULL)
        return;
    for (const struct driver_instance *one = driver_first(conf, inert->family); one != NULL; one = one->next) {
        if (inert->driver != NULL && strcmp(one->driver->name, inert->driver) != 0)
            continue;
        if (inert->name == NULL)
            str_list_add(warnings, pool,
                         pool_printf(pool, "the %s driver of the %s %.*s (line %d of %s) is not yet acted on",
                                     one->driver->name, inert->family, STR_ARG(one->name), one->at.line, one->at.file));
        else if (inert->driver == NULL ? was_given(family->generic_options, one->generic_marks.set, inert->name)
                                       : was_given(one->driver->options, one->private_marks.set, inert->name))
            str_list_add(warnings, pool,
                         pool_printf(pool, "option %s of the %s %.*s (line %d of %s) is set but not yet acted on",
                                     inert->name, inert->family, STR_ARG(one->name), one->at.line, one->at.file));
    }
}

struct str_list
config_inert_warnings(const struct config *conf, struct pool *pool)
{
    struct str_list warnings = { 0 };

    for (const struct inert_option *inert = inert_options; inert->family != NULL; inert++) {
        if (strcmp(inert->family, "main") != 0)
            warn_of_instances(conf, inert, pool, &warnings);
        else if (was_given(main_options, conf->marks.set, inert->name))
            str_list_add(&warnings, pool, pool_printf(pool, "main option %s is set but not yet acted on", inert->name));
    }
    return warnings;
}
