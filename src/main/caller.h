/* main/caller.h -- who calls, and what they may do (manual: trusted and admin users). */
#ifndef MAIN_CALLER_H
#define MAIN_CALLER_H
#include <sys/types.h>
#include "base/str.h"
#include "base/pool.h"

struct caller {
    uid_t uid;
    gid_t gid;
    struct str login, full_name, home;      /* of the password entry; the uid in decimal, "", "" if there is none */
    bool is_root, is_mail_user;     /* by real uid */
    bool is_privileged_start;       /* set-uid: effective and real ids differ */
    bool is_unknown;                /* no password entry */
    bool is_admin, is_trusted;      /* after caller_judge() */
};

/* By the real ids of the process.  Before the configuration is read. */
void caller_find(struct caller *caller, struct pool *pool);

/* admin_groups, trusted_users, trusted_groups; mail_uid, mail_gid: of the mail user. */
void caller_judge(struct caller *caller, uid_t mail_uid, gid_t mail_gid);

/* Names for a caller without a password entry: unknown_login, unknown_username. */
void caller_name_unknown(struct caller *caller, struct pool *pool);
#endif
