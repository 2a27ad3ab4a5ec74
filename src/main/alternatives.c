#include "main/alternatives.h"
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/file.h"

enum { TRUSTED_LIST_MAX_BYTES = 1 << 16 };

/* Are the files of -C, in their order, the list that was built in? */
static bool
is_built_in(const struct str_list *files)
{
    struct str rest = str_of(build_settings.configure_file), one;

    for (size_t i = 0; i < files->count; i++) {
        if (str_is_empty(rest))
            return false;
        str_cut(rest, ':', &one, &rest);
        if (!str_eq(str_trim(one), files->items[i]))
            return false;
    }
    return str_is_empty(rest);
}

bool
alternatives_are_allowed(const struct command_line *line, const char **reason_out)
{
    struct str prefix = str_of(build_settings.alt_config_prefix);

    if (line->macros.count > 0 && build_settings.disable_d_option) {
        *reason_out = "-D is not available in this program (DISABLE_D_OPTION)";
        return false;
    }
    if (str_is_empty(prefix) || line->config_files.count == 0 || is_built_in(&line->config_files))
        return true;
    for (size_t i = 0; i < line->config_files.count; i++)
        if (!str_starts(line->config_files.items[i], prefix) ||
            str_find_str(line->config_files.items[i], STR("/../")) != STR_NONE) {
            *reason_out = "-C names a file outside ALT_CONFIG_PREFIX";
            return false;
        }
    return true;
}

/* The list of trusted files: one full path a line.  It must be root's, and nobody else may write it. */
static bool
trusted_list_read(struct pool *pool, struct str *list_out)
{
    struct stat st;
    int fd;
    bool is_read;

    if (build_settings.trusted_config_list[0] == '\0')
        return false;
    fd = file_open_regular(AT_FDCWD, build_settings.trusted_config_list, O_RDONLY, 0, &st);
    if (fd == -1)
        return false;
    is_read = (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
              file_read_fd(fd, pool, CLEAN, TRUSTED_LIST_MAX_BYTES, list_out);
    close(fd);
    return is_read;
}

static bool
list_has_line(struct str list, struct str path)
{
    struct str line;

    while (str_take_line(&list, &line))
        if (str_starts(line, STR("/")) && str_eq(str_trim(line), path))
            return true;
    return false;
}

static bool
are_trusted_files(const struct str_list *files, struct pool *pool)
{
    struct str list;

    if (files->count == 0 || is_built_in(files))
        return true;
    if (!trusted_list_read(pool, &list))
        return false;
    for (size_t i = 0; i < files->count; i++)
        if (!list_has_line(list, files->items[i]))
            return false;
    return true;
}

/* "NAME" or "NAME=value", the name in the built-in list, the value of harmless octets only. */
static bool
is_trusted_macro(struct str macro)
{
    struct str name, value, rest = str_of(build_settings.whitelist_d_macros), one;

    str_cut(macro, '=', &name, &value);
    name = str_trim(name);
    value = str_trim(value);
    for (size_t i = 0; i < value.len; i++)
        if (!ascii_is_alnum(value.ptr[i]) && str_find(STR("_/.-"), value.ptr[i]) == STR_NONE)
            return false;
    while (!str_is_empty(rest)) {
        str_cut(rest, ':', &one, &rest);
        if (str_eq(str_trim(one), name) && !str_is_empty(name))
            return true;
    }
    return false;
}

static bool
are_trusted_macros(const struct str_list *macros)
{
    for (size_t i = 0; i < macros->count; i++)
        if (!is_trusted_macro(macros->items[i]))
            return false;
    return true;
}

/* The user of CONFIGURE_OWNER, by name or number. */
static bool
is_configure_owner(uid_t uid)
{
    uint64_t number;
    const struct passwd *entry;

    if (str_to_u64(str_of(build_settings.configure_owner), 10, &number))
        return number == uid;
    entry = getpwnam(build_settings.configure_owner);
    return entry != NULL && entry->pw_uid == uid;
}

bool
alternatives_cost_privilege(const struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;
    const struct caller *caller = &invocation->caller;

    if (caller->is_root || !caller->is_privileged_start)
        return false;
    if (line->macros.count == 0 && (line->config_files.count == 0 || is_built_in(&line->config_files)))
        return false;
    return !is_configure_owner(caller->uid) || !are_trusted_files(&line->config_files, invocation->pool) ||
           !are_trusted_macros(&line->macros);
}
