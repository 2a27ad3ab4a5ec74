/* acl/section.c -- the section "begin acl": named lists. */
#include "acl/list.h"
#include "config/config.h"
#include "config/reader.h"

struct acl_section {
    struct map lists;               /* name → struct acl * */
    struct acl_reader reader;       /* of the list under way */
};

static void *
section_begin(struct option_reader *reader)
{
    struct acl_section *section = POOL_NEW(reader_pool(reader), struct acl_section);

    map_init(&section->lists, reader_pool(reader), false);
    section->reader.pool = reader_pool(reader);
    return section;
}

/* "name:" and nothing else begins a list. */
static bool
is_list_name(struct str line, struct str *name_out)
{
    struct str name;

    if (line.len < 2 || line.ptr[line.len - 1] != ':')
        return false;
    name = str_trim(str_head(line, line.len - 1));
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alnum(name.ptr[i]) && name.ptr[i] != '_' && name.ptr[i] != '-')
            return false;
    *name_out = name;
    return name.len > 0;
}

static bool
section_line(struct option_reader *reader, void *data, struct str line)
{
    struct acl_section *section = data;
    struct str name, error, text = pool_dup(reader_pool(reader), line);

    if (is_list_name(text, &name)) {
        section->reader.acl = POOL_NEW(reader_pool(reader), struct acl);
        section->reader.acl->name = name;
        if (!map_add(&section->lists, name, section->reader.acl))
            return reader_error(reader, "there are two ACLs called \"%.*s\"", STR_ARG(name));
        return true;
    }
    if (section->reader.acl == NULL)
        return reader_error(reader, "missing colon after ACL name in \"%.*s\"", STR_ARG(text));
    if (!acl_read_line(&section->reader, text, reader_at(reader), &error))
        return reader_error(reader, "error in ACL: %.*s", STR_ARG(error));
    return true;
}

static bool
section_end(struct option_reader *reader, void *data)
{
    (void)reader;
    (void)data;
    return true;
}

const struct config_section acl_section = {
    .name = "acl",
    .begin = section_begin,
    .line = section_line,
    .end = section_end,
    .has_macros = true,
};

const struct acl *
acl_find(struct str name)
{
    const struct acl_section *section = config == NULL ? NULL : config_section_data(config, "acl");

    return section == NULL ? NULL : map_get(&section->lists, name);
}

bool
acl_exists(struct str name)
{
    return acl_find(name) != NULL;
}
