/* launch/child.h -- what the children of a launcher do, with or without a launcher process. */
#ifndef LAUNCH_CHILD_H
#define LAUNCH_CHILD_H
#include "launch/protocol.h"

/* In a fresh child: signals as at the start, standard descriptors to /dev/null (standard error stays if debugging),
 * duties->started(). */
void launch_child_begin(const struct launch_settings *settings);

/* As the user: open or stat, and fill the reply, which may carry the descriptor or refer to stat_out. */
void launch_file_answer(const struct launch_record *request, struct launch_stat_bytes *stat_out,
                        struct launch_record *reply_out);

/* May a local transport run with these ids?  NULL, or the reason of the refusal. */
const char *launch_run_objection(const struct launch_settings *settings, const struct launch_record *request);

/* Become the ids of the request; does not return if that fails: the status of such a child is LAUNCH_STATUS_NO_IDS. */
enum { LAUNCH_STATUS_NO_IDS = 75 };
void launch_child_become(const struct launch_record *request);

/* A user's supplementary groups, found once: asking the system for them costs more than a delivery. */
enum { LAUNCH_GROUPS_MAX = 64 };
struct launch_groups {
    gid_t ids[LAUNCH_GROUPS_MAX];
    int count;
};
void launch_groups_find(uid_t uid, gid_t gid, struct launch_groups *groups_out);

/* As launch_become(), with groups that are known. */
bool launch_become_known(uid_t uid, gid_t gid, const struct launch_groups *groups);
#endif
