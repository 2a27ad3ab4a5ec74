/* Local users and groups; whom a delivery is to run as. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/process.h"
#include "config/config.h"
#include "expand/expand.h"
#include "routers/router_driver.h"

enum { ENTRY_ROOM_BYTES = 65536, NAME_MAX_BYTES = 256 };

/* The system's answer, asked again as finduser_retries says when there is none. */
static enum outcome
passwd_find(const char *name, struct passwd *entry, char *room)
{
    int tries = config != NULL && config->finduser_retries > 0 ? config->finduser_retries : 0;

    for (;;) {
        struct passwd *found = NULL;
        int error = getpwnam_r(name, entry, room, ENTRY_ROOM_BYTES, &found);

        if (found != NULL)
            return OK;
        if (error == EINTR || error == EIO || error == EMFILE || error == ENFILE)
            return DEFER;
        if (tries-- == 0)
            return FAIL;
        sleep(1);
    }
}

enum outcome
local_user_find(struct str name, struct pool *pool, struct local_user *user_out)
{
    char room[ENTRY_ROOM_BYTES], *text;
    struct passwd entry;
    enum outcome found;

    if (name.len == 0 || name.len > NAME_MAX_BYTES || (text = pool_cstr(pool, name)) == NULL)
        return FAIL;
    if (config != NULL && config->max_username_length > 0 && name.len > (size_t)config->max_username_length)
        return FAIL;
    found = passwd_find(text, &entry, room);
    if (found != OK)
        return found;
    /* The system's own data: what it gives is trusted, and the name with it. */
    *user_out = (struct local_user){
        .name = pool_dup_clean(pool, str_of(entry.pw_name)), .home = pool_dup_clean(pool, str_of(entry.pw_dir)),
        .gecos = pool_dup_clean(pool, str_of(entry.pw_gecos)), .uid = entry.pw_uid, .gid = entry.pw_gid
    };
    return OK;
}

bool
local_group_find(struct str name, gid_t *gid_out)
{
    char room[ENTRY_ROOM_BYTES], text[NAME_MAX_BYTES + 1];
    struct group entry, *found = NULL;
    uint64_t number;

    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return false;
    if (str_to_u64(name, 10, &number)) {
        *gid_out = (gid_t)number;
        return number <= INT32_MAX;
    }
    __builtin_memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (getgrnam_r(text, &entry, room, sizeof(room), &found) != 0 || found == NULL)
        return false;
    *gid_out = entry.gr_gid;
    return true;
}

enum outcome
user_option_find(const struct id_option *option, struct scope *scope, uid_t *uid_out, gid_t *group_out,
                 bool *has_group_out, struct why *why)
{
    struct local_user user;
    struct str text;
    uint64_t number;

    *has_group_out = false;
    if (!option->is_expanded) {
        *uid_out = option->id;
        *has_group_out = option->has_group;
        if (option->has_group && group_out != NULL)
            *group_out = option->group;
        return OK;
    }
    if (expand(option->source, scope, &text, why) != OK)
        return DEFER;
    text = str_trim(text);
    if (str_to_u64(text, 10, &number) && number <= INT32_MAX) {
        *uid_out = (uid_t)number;
        return OK;
    }
    if (local_user_find(text, scope->pool, &user) != OK)
        return why_defer(why, 0, "4.3.5", "failed to find user \"%.*s\" from expanded string \"%.*s\"", STR_ARG(text),
                         STR_ARG(option->source->text));
    *uid_out = user.uid;
    *has_group_out = true;
    if (group_out != NULL)
        *group_out = user.gid;
    return OK;
}

enum outcome
group_option_find(const struct id_option *option, struct scope *scope, gid_t *gid_out, struct why *why)
{
    struct str text;

    if (!option->is_expanded) {
        *gid_out = option->id;
        return OK;
    }
    if (expand(option->source, scope, &text, why) != OK)
        return DEFER;
    if (!local_group_find(str_trim(text), gid_out))
        return why_defer(why, 0, "4.3.5", "failed to find group \"%.*s\" from expanded string \"%.*s\"", STR_ARG(text),
                         STR_ARG(option->source->text));
    return OK;
}
