/* The only calls in the tree that change ids. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "launch/child.h"

/* Nothing may be left that leads back. */
static bool
ids_are(uid_t uid, gid_t gid)
{
    uid_t uids[3];
    gid_t gids[3];

    if (getresuid(&uids[0], &uids[1], &uids[2]) == -1 || getresgid(&gids[0], &gids[1], &gids[2]) == -1)
        return false;
    for (int i = 0; i < 3; i++)
        if (uids[i] != uid || gids[i] != gid) {
            errno = EPERM;
            return false;
        }
    return true;
}

static bool
groups_become(struct launch_ids ids)
{
    char room[16384];
    struct passwd entry, *found = NULL;

    if (!ids.does_initgroups)
        return setgroups(1, &ids.gid) == 0;
    if (getpwuid_r(ids.uid, &entry, room, sizeof(room), &found) != 0 || found == NULL)
        return setgroups(1, &ids.gid) == 0;
    return initgroups(found->pw_name, ids.gid) == 0;
}

void
launch_groups_find(uid_t uid, gid_t gid, struct launch_groups *groups_out)
{
    char room[16384];
    struct passwd entry, *found = NULL;

    groups_out->count = LAUNCH_GROUPS_MAX;
    if (getpwuid_r(uid, &entry, room, sizeof(room), &found) != 0 || found == NULL
        || getgrouplist(found->pw_name, gid, groups_out->ids, &groups_out->count) == -1) {
        groups_out->ids[0] = gid;
        groups_out->count = 1;
    }
}

static bool
ids_become(uid_t uid, gid_t gid)
{
    if (setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
        return false;
    return ids_are(uid, gid) && (uid == 0 || setuid(0) == -1);
}

bool
launch_become_known(uid_t uid, gid_t gid, const struct launch_groups *groups)
{
    if (geteuid() != 0)
        return launch_become((struct launch_ids){ uid, gid, false });
    return setgroups((size_t)groups->count, groups->ids) == 0 && ids_become(uid, gid);
}

bool
launch_become(struct launch_ids ids)
{
    if (geteuid() != 0) {
        if (geteuid() != ids.uid || getegid() != ids.gid) {
            errno = EPERM;
            return false;
        }
        return setresgid(ids.gid, ids.gid, ids.gid) == 0 && setresuid(ids.uid, ids.uid, ids.uid) == 0;
    }
    return groups_become(ids) && ids_become(ids.uid, ids.gid);
}

bool
launch_become_session(uid_t mail_uid, gid_t mail_gid)
{
    if (geteuid() == 0 && mail_uid != 0 && !launch_become((struct launch_ids){ mail_uid, mail_gid, false }))
        return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The program is set-uid to the mail user: for root that would be a loss. */
bool
launch_regain_root(void)
{
    return getuid() != 0 || geteuid() == 0 ||
           (seteuid(0) == 0 && setresuid(0, 0, 0) == 0 && setresgid(getgid(), getgid(), getgid()) == 0);
}

bool
launch_become_caller(void)
{
    uid_t uid = getuid();
    gid_t gid = getgid();

    return setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0 && ids_are(uid, gid);
}

bool
launch_become_mail_user(uid_t mail_uid, gid_t mail_gid)
{
    if (geteuid() == 0)
        return launch_become((struct launch_ids){ mail_uid, mail_gid, true });
    if (geteuid() != mail_uid)
        return true;
    if (getegid() == mail_gid && setresgid(mail_gid, mail_gid, mail_gid) == -1)
        return false;
    return setresuid(mail_uid, mail_uid, mail_uid) == 0;
}

/* A name or number of the built-in, colon-separated list. */
static bool
is_in_built_list(uid_t uid)
{
    struct str rest = str_of(build_settings.fixed_never_users), item;

    while (rest.len > 0) {
        char room[16384], name[64];
        struct passwd entry, *found = NULL;
        uint64_t number;

        str_cut(rest, ':', &item, &rest);
        item = str_trim(item);
        /* The usual list is "root": no need to ask the system, at each delivery, who that is. */
        if (str_eq_c(item, "root")) {
            if (uid == 0)
                return true;
            continue;
        }
        if (str_to_u64(item, 10, &number)) {
            if (number == uid)
                return true;
            continue;
        }
        if (item.len == 0 || item.len >= sizeof(name))
            continue;
        memcpy(name, item.ptr, item.len);
        name[item.len] = '\0';
        if (getpwnam_r(name, &entry, room, sizeof(room), &found) == 0 && found != NULL && found->pw_uid == uid)
            return true;
    }
    return false;
}

bool
launch_is_never_user(const struct launch_settings *settings, uid_t uid)
{
    for (size_t i = 0; i < settings->never_user_count; i++)
        if (settings->never_users[i] == uid)
            return true;
    return is_in_built_list(uid);
}
