/* lookups/passwd.c -- the system's user database, in the form of a line of /etc/passwd without the name. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include "lookups/lookup.h"

enum { ENTRY_MAX_BYTES = 64 * 1024 };

static enum lookup_answer
passwd_find(struct lookup_handle *handle, struct str file, struct str key, struct str options, struct scope *scope,
            struct str *value_out, struct why *why)
{
    const char *name = pool_cstr(scope->pool, key);
    char *room = pool_alloc(scope->pool, ENTRY_MAX_BYTES);
    struct passwd entry, *found = NULL;
    int error;

    (void)handle, (void)file, (void)options;
    if (name == NULL)
        return LOOKUP_NOT_FOUND;
    error = getpwnam_r(name, &entry, room, ENTRY_MAX_BYTES, &found);
    if (found == NULL && error != 0 && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM) {
        why_defer(why, error, NULL, "getpwnam failed for %s", name);
        return LOOKUP_DEFERRED;
    }
    if (found == NULL)
        return LOOKUP_NOT_FOUND;
    *value_out = pool_printf(scope->pool, "*:%ld:%ld:%s:%s:%s", (long)found->pw_uid, (long)found->pw_gid,
                             found->pw_gecos != NULL ? found->pw_gecos : "", found->pw_dir, found->pw_shell);
    return LOOKUP_FOUND;
}

const struct lookup_driver passwd_lookup = { .name = "passwd", .find = passwd_find };
