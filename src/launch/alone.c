/* One shot: the process is its own launcher. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/process.h"
#include "launch/link.h"

enum { DESCRIPTORS_MAX = 1024, STATUS_FAILED = 75 };

static void
child_signal(int signo)
{
    (void)signo;
    process.got_child = 1;
}

/* Collect what has ended; the status of the first child, once it is among them. */
static bool
children_reap(struct launcher *launcher, pid_t first, int *status_out)
{
    bool is_first_done = false;
    int status;
    pid_t pid;

    process.got_child = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == first) {
            *status_out = launch_status_code(status);
            is_first_done = true;
        } else {
            launcher_child_ended(launcher, pid, status);
        }
    }
    return is_first_done;
}

/* Wait for a request or the end of a child, and serve it.  True, with its status, when first was among the ended. */
static bool
serve_once(struct launcher *launcher, pid_t first, const sigset_t *unblocked, int *status_out)
{
    int fds[DESCRIPTORS_MAX];
    struct pollfd watched[DESCRIPTORS_MAX];
    size_t count = launcher_descriptors(launcher, fds, DESCRIPTORS_MAX);

    count = count < DESCRIPTORS_MAX ? count : DESCRIPTORS_MAX;
    for (size_t i = 0; i < count; i++)
        watched[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    if (ppoll(watched, count, NULL, unblocked) > 0)
        for (size_t i = 0; i < count; i++)
            if (watched[i].revents != 0)
                launcher_handle(launcher, watched[i].fd);
    return children_reap(launcher, first, status_out);
}

static int
serve_until_done(struct launcher *launcher, pid_t first, const sigset_t *unblocked)
{
    bool is_first_done = false;
    int status = 0;

    while (!is_first_done || launcher_child_count(launcher) > 0)
        is_first_done |= serve_once(launcher, first, unblocked, &status);
    return status;
}

/* SIGCHLD is looked at only while the launcher waits. */
static void
child_signal_block(sigset_t *before)
{
    struct sigaction action = { .sa_handler = child_signal };
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, before);
    sigaction(SIGCHLD, &action, NULL);
}

static void
child_signal_release(const sigset_t *before)
{
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, before, NULL);
}

int
launcher_run_alone(struct pool *pool, const struct launch_settings *settings, unsigned rights,
                   int (*work)(struct launch_link *link, void *data), void *data)
{
    struct launcher *launcher;
    sigset_t before;
    pid_t pid;
    int fd, status;

    if (geteuid() != 0 || settings->mail_uid == 0)
        return work(launch_link_direct(pool, settings, rights), data);
    launcher = launcher_new(pool, settings);
    fd = launcher_link_new(launcher, rights);
    child_signal_block(&before);
    pid = fd == -1 ? -1 : fork();
    if (pid == -1)
        return STATUS_FAILED;
    if (pid == 0) {
        launcher_forget(launcher);
        child_signal_release(&before);
        if (!launch_become((struct launch_ids){ settings->mail_uid, settings->mail_gid, true }))
            _exit(STATUS_FAILED);
        status = work(launch_link_make(pool, fd, rights, true), data);
        exit(status);
    }
    close(fd);
    status = serve_until_done(launcher, pid, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* Until no link is left and no child works. */
_Noreturn static void
serve_beside(struct launcher *launcher)
{
    sigset_t before;
    int unused;

    child_signal_block(&before);
    setsid();
    while (launcher_descriptors(launcher, NULL, 0) > 0 || launcher_child_count(launcher) > 0)
        serve_once(launcher, -1, &before, &unused);
    _exit(0);
}

struct launch_link *
launcher_start_beside(struct pool *pool, const struct launch_settings *settings, unsigned rights)
{
    struct launcher *launcher;
    pid_t pid;
    int fd;

    if (geteuid() != 0 || settings->mail_uid == 0)
        return launch_link_direct(pool, settings, rights);
    launcher = launcher_new(pool, settings);
    fd = launcher_link_new(launcher, rights);
    pid = fd == -1 ? -1 : fork();
    if (pid == 0) {
        close(fd);
        serve_beside(launcher);
    }
    launcher_forget(launcher);
    if (pid == -1 || !launch_become((struct launch_ids){ settings->mail_uid, settings->mail_gid, true }))
        return NULL;
    return launch_link_make(pool, fd, rights, true);
}
