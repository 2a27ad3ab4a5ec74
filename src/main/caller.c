#include "main/caller.h"
#include <pwd.h>
#include <unistd.h>
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "message/origin.h"

enum { GROUPS_MAX = 1024 };

void
caller_find(struct caller *caller, struct pool *pool)
{
    const struct passwd *entry;

    *caller = (struct caller){ .uid = getuid(), .gid = getgid() };
    caller->is_root = caller->uid == 0;
    caller->is_privileged_start = geteuid() != caller->uid || getegid() != caller->gid;
    entry = getpwuid(caller->uid);
    if (entry == NULL) {
        caller->login = pool_printf(pool, "%u", (unsigned)caller->uid);
        caller->is_unknown = true;
        return;
    }
    caller->login = pool_dup(pool, str_of(entry->pw_name));
    /* As it is: receive/ takes the name out of it (manual: gecos_pattern). */
    caller->full_name = pool_dup_tainted(pool, str_of(entry->pw_gecos));
    caller->home = pool_dup(pool, str_of(entry->pw_dir));
}

static bool
list_has(const struct id_list *list, uid_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->ids[i] == id)
            return true;
    return false;
}

void
caller_judge(struct caller *caller, uid_t mail_uid, gid_t mail_gid)
{
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX - 1, groups);

    if (count < 0)
        count = 0;
    groups[count++] = caller->gid;
    caller->is_mail_user = caller->uid == mail_uid;
    caller->is_admin = caller->is_trusted = caller->is_root || caller->is_mail_user;
    caller->is_trusted |= list_has(&config->trusted_users, caller->uid);
    for (int i = 0; i < count; i++) {
        caller->is_admin |= groups[i] == mail_gid || list_has(&config->admin_groups, groups[i]);
        caller->is_trusted |= list_has(&config->trusted_groups, groups[i]);
    }
}

void
caller_name_unknown(struct caller *caller, struct pool *pool)
{
    struct captures captures = { 0 };
    struct scope scope = scope_make(pool);
    struct str login;
    struct why why;

    if (!caller->is_unknown || config->unknown_login == NULL)
        return;
    scope.captures = &captures;
    scope.origin = origin_new(pool);
    scope.origin->caller_uid = caller->uid;
    scope.origin->caller_gid = caller->gid;
    why_init(&why, pool);
    if (expand(config->unknown_login, &scope, &login, &why) != OK) {
        log_panic(NULL, "expansion of unknown_login failed: %.*s", STR_ARG(why.text));
        return;
    }
    caller->login = login;
    caller->full_name = config->unknown_username;
}
