/* daemon/parts.h -- the daemon's own state, shared by its files. */
#ifndef DAEMON_PARTS_H
#define DAEMON_PARTS_H
#include "base/deadline.h"
#include "daemon/daemon.h"
#include "net/interface.h"

struct origin;

enum child_kind { CHILD_SESSION, CHILD_RUNNER };

struct daemon_child {
    pid_t pid;
    enum child_kind kind;
    struct ip_address ip;           /* of a session */
};

struct listener {
    int fd;
    struct interface interface;
};

struct daemon {
    const struct daemon_request *request;
    struct pool *pool;              /* of this life between two reloads */
    struct launch_duties duties;    /* the request's, and in children daemon_forget() */
    struct launch_settings launch;
    struct launcher *launcher;
    struct listener *listeners;
    size_t listener_count;
    struct daemon_child *children;  /* sessions and runners; the launcher keeps its own */
    size_t child_count, child_room, session_count, runner_count;
    struct deadline next_run;
    struct deadline accept_again;   /* no descriptors or processes were left: leave the listeners alone until then */
};

/* Remember and forget a child; forgetting tells whether it was ours. */
bool daemon_child_add(struct daemon *daemon, pid_t pid, enum child_kind kind, const struct ip_address *ip);
bool daemon_child_ended(struct daemon *daemon, pid_t pid);

/* In a fresh child: give up what is the daemon's alone. */
void daemon_forget(struct daemon *daemon);

/* May one more connection, the host_count-th of this host, be taken?  False: what to log (NULL: it was), to reply. */
struct refusal {
    const char *log_text, *reply;
};
bool connection_admit(const struct daemon *daemon, struct origin *origin, int host_count, struct refusal *refusal_out);

/* The line of a connection that is taken. */
void connection_log(const struct daemon *daemon, struct origin *origin);

/* A listener is readable: take connections, fork their sessions. */
void sessions_accept(struct daemon *daemon, const struct listener *listener);

/* Start a queue run if it is time and there is room for one. */
void runners_start_due(struct daemon *daemon);
#endif
