/* -bd and -q. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/process.h"
#include "config/config.h"
#include "daemon/daemon.h"
#include "main/modes.h"
#include "queue/run.h"
#include "spool/spool.h"
#include "spool/spool_file.h"

static struct queue_run_options
run_options(const struct invocation *invocation)
{
    const struct queue_request *queue = &invocation->line.queue;

    return (struct queue_run_options){
        .is_two_stage = queue->is_two_stage, .is_first_only = queue->is_first_only, .is_forced = queue->is_forced,
        .takes_frozen = queue->takes_frozen, .is_local_only = queue->is_local_only, .queue_name = queue->queue_name,
        .first_id = queue->first_id, .last_id = queue->last_id, .recipient = queue->recipient, .sender = queue->sender,
        .is_recipient_regex = queue->is_recipient_regex, .is_sender_regex = queue->is_sender_regex, .is_told = true,
    };
}

/* What belongs to the old configuration goes with it: its pool, and all caches, which may point into it. */
static bool
reload(void *data, struct pool *unused, struct str *error_out)
{
    struct invocation *invocation = data;
    struct pool *old = config->pool, *pool = pool_new("config");

    (void)unused;
    if (!invocation_configure(invocation, pool, error_out)) {
        *error_out = pool_dup(invocation->pool, *error_out);
        pool_free(pool);
        return false;
    }
    process_caches_drop();
    pool_free(old);
    return true;
}

int
mode_daemon(struct invocation *invocation)
{
    struct why why;
    const struct spool *spool;
    struct daemon_request request = {
        .is_listening = invocation->line.is_daemon_listening,
        .is_foreground = invocation->line.is_foreground_daemon,
        .is_queue_only = invocation->line.delivery == DELIVER_QUEUE,
        .is_session_quiet = invocation->line.is_daemon_debug,
        .listen = invocation->line.daemon_listen,
        .pid_file = invocation->line.pid_file,
        .queue_interval_s = invocation->line.queue.interval_s,
        .queue = run_options(invocation),
        .launch = &invocation->launch,
        .reload = reload,
        .data = invocation,
    };

    if (!invocation->caller.is_admin)
        return permission_denied();
    why_init(&why, invocation->pool);
    spool = spool_configured(&why);
    if (spool == NULL) {
        fprintf(stderr, "tern: %.*s\n", STR_ARG(why.text));
        return EXIT_FAILURE;
    }
    if (!spool_make_directory(spool, pool_cstr(invocation->pool, spool->directory))) {
        fprintf(stderr, "tern: cannot make the spool directory %.*s: %s\n", STR_ARG(spool->directory), strerror(errno));
        return EXIT_FAILURE;
    }
    if (!invocation->line.is_without_notifier)
        request.notifier_path = invocation_notifier_path(invocation);
    return daemon_run(&request);
}

static int
run_queue(struct launch_link *link, void *data)
{
    return queue_run(data, link);
}

int
mode_queue_run(struct invocation *invocation)
{
    struct queue_run_options options = run_options(invocation);

    if (!invocation->caller.is_admin && config->prod_requires_admin)
        return permission_denied();
    if (invocation->caller.is_privileged_start && geteuid() != 0
        && !launch_become_mail_user(invocation->launch.mail_uid, invocation->launch.mail_gid))
        return permission_denied();
    return launcher_run_alone(invocation->pool, &invocation->launch, LAUNCH_MAY_DELIVER, run_queue, &options);
}
