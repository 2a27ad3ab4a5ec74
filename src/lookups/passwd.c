/* lookups/passwd.c -- the system's password data by user name, as a line of /etc/passwd without name and password (manual: passwd). */
#include <errno.h>
#include <pwd.h>
#include "lookups/lookup.h"

static enum lookup_answer
passwd_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    const char *name = pool_cstr(query->scope->pool, query->key);
    const struct passwd *entry;

    (void)handle;
    if (name == NULL || name[0] == '\0')
        return LOOKUP_NOT_FOUND;
    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL && (errno == EIO || errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
        why_defer(why, errno, "4.3.0", "password data of \"%s\"", name);
        return LOOKUP_DEFERRED;
    }
    if (entry == NULL)
        return LOOKUP_NOT_FOUND;
    *value_out = pool_printf(query->scope->pool, "*:%d:%d:%s:%s:%s", (int)entry->pw_uid, (int)entry->pw_gid, entry->pw_gecos,
                             entry->pw_dir, entry->pw_shell);
    return LOOKUP_FOUND;
}

const struct lookup_driver passwd_driver = {
    .name = "passwd", .find = passwd_find,
};
