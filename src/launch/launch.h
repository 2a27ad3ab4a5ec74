/* launch/launch.h -- ask for a delivery, a local transport run as its user, or a user's file.
 *
 * What a process may ask is decided by the descriptor it holds: the launcher made the socket pair and
 * remembers which requests its other end may send.  Without a launcher process (one uid, nothing to
 * gain from one) the same calls do the work in a child of the caller. */
#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H
#include <sys/stat.h>
#include <sys/types.h>
#include "base/outcome.h"

/* What the holder of a link may ask. */
enum launch_right { LAUNCH_MAY_DELIVER = 1, LAUNCH_MAY_RUN = 2, LAUNCH_MAY_OPEN = 4 };

enum {
    LAUNCH_ID_MAX_BYTES = 31,
    LAUNCH_TRANSPORT_MAX_BYTES = 127,
    LAUNCH_OPTIONS_MAX_BYTES = 4096,
    LAUNCH_PATH_MAX_BYTES = 4095,
    LAUNCH_DESCRIPTORS_MAX = 8
};

struct launch_link;                 /* the asker's end */

/* Who a child is to become. */
struct launch_ids {
    uid_t uid;
    gid_t gid;
    bool does_initgroups;           /* the user's supplementary groups too; else none */
};

/* What the children do; given by main, since launch/ knows neither messages nor transports.  Each runs in a fresh
 * process that has its ids already and returns that process's exit status. */
struct launch_duties {
    /* First thing in every child: let go of what is the parent's (listening sockets, log files).  May be NULL. */
    void (*started)(void *data);
    void *data;
    /* A whole delivery.  link: may run transports and open users' files; options: the asker's bytes. */
    int (*deliver)(struct launch_link *link, const char *id, struct str options);
    /* One local transport for one batch, as the user.  fds[0]: the job (a sealed file only this function decodes);
     * fds[1] …: what else the delivery passed. */
    int (*run)(const char *id, const char *transport, int *fds, size_t fd_count);
};

struct launch_settings {
    uid_t mail_uid;
    gid_t mail_gid;
    const uid_t *never_users;       /* option never_users; the built-in list is added here */
    size_t never_user_count;
    const struct launch_duties *duties;
    bool is_debugging;              /* children keep standard error */
};

/* ---- Asking.  Calls wait for the answer; a launcher that has gone is DEFER. */

/* Ask for the delivery of a message.  With is_waiting the answer comes when it has ended (exit status in *status_out,
 * may be NULL); else when it was started. */
enum outcome launch_deliver(struct launch_link *link, const char *id, struct str options, bool is_waiting,
                            int *status_out, struct why *why);

/* Run a local transport as a user for the addresses in the job.  Returns when the child was started; *child_out is
 * given to launch_run_wait().  fds are duplicated, they stay the caller's. */
struct launch_run { const char *transport; struct launch_ids ids; const int *fds; size_t fd_count; };
enum outcome launch_run(struct launch_link *link, const char *id, const struct launch_run *run, unsigned *child_out,
                        struct why *why);

/* Wait for the child to end.  DEFER if it died of a signal or the launcher has gone. */
enum outcome launch_run_wait(struct launch_link *link, unsigned child, int *status_out, struct why *why);

/* Open a file for reading with a user's own rights: a regular file, never through a link as last component when
 * is_nofollow (R9); the descriptor is close-on-exec.  sys_errno of why says what failed. */
enum outcome launch_open(struct launch_link *link, const char *path, struct launch_ids ids, bool is_nofollow,
                         int *fd_out, struct why *why);

/* stat() with a user's own rights. */
enum outcome launch_stat(struct launch_link *link, const char *path, struct launch_ids ids, struct stat *stat_out,
                         struct why *why);

/* A further link for a child of the asker, which must not share one with its parent: it may open users' files
 * and ask for deliveries.  NULL: none is to be had. */
struct launch_link *launch_link_more(struct launch_link *link);

/* Could a child become this user at all?  (Root launcher, or the uid is ours.)  never_users is checked by the
 * launcher. */
bool launch_can_become(const struct launch_link *link, uid_t uid);

/* For poll loops of an asker that must not block, and for closing. */
int launch_link_fd(const struct launch_link *link);
void launch_link_close(struct launch_link *link);

/* A link without a launcher process: requests are served in children of this process, other uids fail. */
struct launch_link *launch_link_direct(struct pool *pool, const struct launch_settings *settings, unsigned rights);

/* ---- Serving: the daemon's side, or that of a one-shot started as root. */
struct launcher;

/* settings must outlive it. */
struct launcher *launcher_new(struct pool *pool, const struct launch_settings *settings);

/* Make a socket pair; the launcher keeps one end with these rights.  Returns the other, to be turned into a link by
 * launch_link_adopt() in the process that shall hold it; -1 with errno. */
int launcher_link_new(struct launcher *launcher, unsigned rights);
struct launch_link *launch_link_adopt(struct pool *pool, int fd, unsigned rights, bool is_privileged);

/* Serve the socket of notify_listen() too: deliveries may be asked for, nothing is answered. */
void launcher_adopt_notifier(struct launcher *launcher, int fd);

/* For poll(): writes up to room descriptors to watch for POLLIN and returns how many there are. */
size_t launcher_descriptors(const struct launcher *launcher, int *fds_out, size_t room);

/* A descriptor of launcher_descriptors() is readable or hung up: read one request and serve it. Never blocks. */
void launcher_handle(struct launcher *launcher, int fd);

/* A child of this process ended: true if it was one of the launcher's (its asker has then been told). */
bool launcher_child_ended(struct launcher *launcher, pid_t pid, int status);
size_t launcher_child_count(const struct launcher *launcher);

/* In a child of the serving process that is no launcher: close all that is the launcher's. */
void launcher_forget(struct launcher *launcher);

/* One shot as root: fork a child that becomes the mail user and does work(link, data); serve it until it and all
 * deliveries it asked for have ended.  Returns the child's exit status.  Not root: work is called in this process with
 * a direct link. */
int launcher_run_alone(struct pool *pool, const struct launch_settings *settings, unsigned rights,
                       int (*work)(struct launch_link *link, void *data), void *data);

/* Root, for a message that somebody waits for: leave a launcher in a process of its own, which ends when its last
 * asker and delivery have; this process becomes the mail user for good and gets the link.  Not root: a direct link.
 * NULL if that failed. */
struct launch_link *launcher_start_beside(struct pool *pool, const struct launch_settings *settings, unsigned rights);

/* ---- Ids: the only calls that change them. */

/* First of all: a program that root started is root, whatever user its file is set-uid to. */
bool launch_regain_root(void);

/* For good: real, effective and saved ids, groups.  False (errno) if that failed; the process must then end. */
bool launch_become(struct launch_ids ids);

/* A session: the mail user, and no program it starts can ever gain a right. Not root: only no_new_privs. */
bool launch_become_session(uid_t mail_uid, gid_t mail_gid);

/* Set-uid to the mail user: become the caller for good (-C, -D, -be), or the mail user for good. */
bool launch_become_caller(void);
bool launch_become_mail_user(uid_t mail_uid, gid_t mail_gid);

/* Is uid in never_users or the built-in list? */
bool launch_is_never_user(const struct launch_settings *settings, uid_t uid);
#endif
