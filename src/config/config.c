/* config/config.c -- questions to a configuration that was read. */
#include "config/config.h"
#include <string.h>
#include "config/reader.h"

const struct named_list *
config_named_list_find(const struct config *conf, enum list_kind kind, struct str name)
{
    return conf->named_lists[kind].bucket_count == 0 ? NULL : map_get(&conf->named_lists[kind], name);
}

struct template *
config_named_list(const struct config *conf, enum list_kind kind, struct str name)
{
    const struct named_list *list = config_named_list_find(conf, kind, name);

    return list == NULL ? NULL : list->value;
}

void *
config_section_data(const struct config *conf, const char *section)
{
    if (conf->section_data == NULL)
        return NULL;
    for (size_t i = 0; config_sections_rows[i] != NULL; i++)
        if (strcmp(config_sections_rows[i]->name, section) == 0)
            return conf->section_data[i];
    return NULL;
}

bool
config_macro_get(const struct config *conf, struct str name, struct str *value_out)
{
    for (const struct macro *macro = conf->macros; macro != NULL; macro = macro->next)
        if (str_eq(macro->name, name)) {
            *value_out = macro->value;
            return true;
        }
    return false;
}

struct driver_instance *
driver_first(const struct config *conf, const char *family)
{
    if (conf->drivers == NULL)
        return NULL;
    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (strcmp(driver_families_rows[i]->name, family) == 0)
            return conf->drivers[i];
    return NULL;
}

struct driver_instance *
driver_find(const struct config *conf, const char *family, struct str name)
{
    for (struct driver_instance *instance = driver_first(conf, family); instance != NULL; instance = instance->next)
        if (str_eq(instance->name, name))
            return instance;
    return NULL;
}
