/* main/invocation.h -- what is known when a mode takes over. */
#ifndef MAIN_INVOCATION_H
#define MAIN_INVOCATION_H
#include "expand/scope.h"
#include "launch/launch.h"
#include "main/caller.h"
#include "main/command_line.h"

struct invocation {
    struct pool *pool;
    struct command_line line;
    struct caller caller;
    struct str_list environment;    /* as the caller had it */
    struct launch_settings launch;
    bool has_dropped_privilege;     /* runs with the caller's own ids: -C, -D */
};

/* Say "tern: permission denied" and give the exit status. */
int permission_denied(void);

/* The caller as origin of a message, with what -oM… says if the caller is trusted. */
struct origin *invocation_origin(const struct invocation *invocation);

/* Become the mail user for good with a link to a launcher: that of a process beside this one (root), or a direct one.
 * NULL, said on standard error, if that failed. */
struct launch_link *invocation_launcher(const struct invocation *invocation, unsigned rights);

/* Where the daemon hears of submissions (notifier_socket); empty: it does not. */
struct str invocation_notifier_path(const struct invocation *invocation);

/* Read (again) and put in force the configuration that the command line names. */
bool invocation_configure(struct invocation *invocation, struct pool *pool, struct str *error_out);
#endif
