/* daemon/daemon.h -- the listening process (manual: starting the daemon; SMTP processing). */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H
#include "base/str.h"
#include "launch/launch.h"
#include "queue/run.h"

struct daemon_request {
    bool is_listening;              /* -bd; false: only queue runs (-q30m) */
    bool is_foreground;             /* -bdf */
    bool is_queue_only;             /* -odq: sessions ask for no delivery */
    bool is_session_quiet;          /* -dd: debug output of the daemon only */
    struct str listen;              /* -oX; empty: as configured */
    struct str pid_file;            /* -oP; empty: as configured */
    int queue_interval_s;           /* 0: no queue runs */
    struct queue_run_options queue;
    const struct launch_settings *launch;
    struct str notifier_path;       /* where submissions are announced; empty: nowhere */
    /* Read the configuration anew and make it the one in force; false, and nothing changed, with error_out if it is
     * broken. */
    bool (*reload)(void *data, struct pool *pool, struct str *error_out);
    void *data;
};

/* Runs until SIGTERM or SIGINT.  The result is the exit status; errors before the first connection go to standard
 * error too. */
int daemon_run(const struct daemon_request *request);
#endif
