#include "daemon/parts.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/process.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"

enum { RUNNERS_WHEN_UNREADABLE = 5 };

/* queue_run_max, 0 for no limit.  A text that makes no number counts as the default. */
static int64_t
runners_max(struct daemon *daemon)
{
    struct pool_mark mark = pool_mark(daemon->pool);
    struct scope scope = scope_make(daemon->pool);
    struct why why;
    int64_t max;

    why_init(&why, daemon->pool);
    if (config->queue_run_max == NULL || expand_int(config->queue_run_max, &scope, &max, &why) != OK)
        max = RUNNERS_WHEN_UNREADABLE;
    pool_reset(daemon->pool, mark);
    return max;
}

_Noreturn static void
runner_run(struct daemon *daemon, int link_fd)
{
    const struct launch_settings *launch = daemon->request->launch;
    bool is_root = geteuid() == 0;
    struct pool *pool;

    daemon_forget(daemon);
    process.purpose = "queue runner";
    if (!launch_become_mail_user(launch->mail_uid, launch->mail_gid)) {
        log_panic(NULL, "a queue runner could not become the mail user: %s", strerror(errno));
        _exit(1);
    }
    pool = pool_new("queue run");
    _exit(queue_run(&daemon->request->queue, launch_link_adopt(pool, link_fd, LAUNCH_MAY_DELIVER, is_root)));
}

static void
runner_start(struct daemon *daemon)
{
    int link_fd = launcher_link_new(daemon->launcher, LAUNCH_MAY_DELIVER);
    pid_t pid = link_fd == -1 ? -1 : fork();

    if (pid == 0)
        runner_run(daemon, link_fd);
    if (link_fd != -1)
        close(link_fd);
    if (pid == -1)
        log_panic(NULL, "no process for a queue run: %s", strerror(errno));
    else
        daemon_child_add(daemon, pid, CHILD_RUNNER, NULL);
}

void
runners_start_due(struct daemon *daemon)
{
    int64_t max;

    if (daemon->request->queue_interval_s == 0 || !deadline_has_passed(daemon->next_run))
        return;
    daemon->next_run = deadline_in_s(daemon->request->queue_interval_s);
    max = runners_max(daemon);
    if (max == 0 || daemon->runner_count < (size_t)max)
        runner_start(daemon);
}
