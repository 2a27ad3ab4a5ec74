/* launch/link.h -- the asker's end, as the files of this room see it. */
#ifndef LAUNCH_LINK_H
#define LAUNCH_LINK_H
#include "base/list.h"
#include "launch/protocol.h"

/* Of a further link: as much as sessions may ask, and users' files. */
enum { LAUNCH_FURTHER_RIGHTS = LAUNCH_MAY_DELIVER | LAUNCH_MAY_OPEN };

enum { LINK_ENDED_MAX = 256 };

struct link_ended {
    uint32_t sequence;
    int status;
    bool is_refused;
};

struct direct_child {
    pid_t pid;
    uint32_t sequence;
};

struct launch_link {
    struct pool *pool;
    int fd;                                 /* -1: served in children of this process */
    unsigned rights;
    bool is_privileged;                     /* the other side is root */
    bool is_one_way;                        /* a notifier socket: requests only */
    uint32_t sequence;                      /* of the latest request */
    struct link_ended ended[LINK_ENDED_MAX];        /* ends that were read while waiting for something else */
    size_t ended_count;
    const struct launch_settings *settings;         /* direct links only */
    struct direct_child *children;
    size_t child_count, child_room;
};

struct launch_link *launch_link_make(struct pool *pool, int fd, unsigned rights, bool is_privileged);

/* Direct serving of one request: the first reply, as a launcher would send it. */
void launch_direct_serve(struct launch_link *link, const struct launch_record *request,
                         struct launch_stat_bytes *stat_out, struct launch_record *reply_out);

/* Wait for the end of a child of a direct link. */
bool launch_direct_wait(struct launch_link *link, uint32_t sequence, int *status_out);

/* Collect those that have ended and nobody waits for. */
void launch_direct_reap(struct launch_link *link);

/* Exit status of waitpid()'s status: 128 + signal for a death by one. */
int launch_status_code(int status);
#endif
