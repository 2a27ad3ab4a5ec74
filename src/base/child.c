#include "base/child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/deadline.h"
#include "base/process.h"
#include "base/trace.h"

enum { FIRST_CLOSED_FD = 3, EXIT_EXEC_FAILED = 127, POLL_INTERVAL_MS = 20 };

/* Written by the child, which shares our memory until it has started the program. */
struct start_report {
    int error;
    bool is_exec;
};

/* A copy of the descriptor out of the way of 0, 1 and 2. */
static int
fd_lifted(int fd)
{
    return fd > 0 ? fcntl(fd, F_DUPFD, FIRST_CLOSED_FD)
                  : fcntl(open("/dev/null", O_RDWR | O_NOCTTY), F_DUPFD, FIRST_CLOSED_FD);
}

static bool
set_descriptors(const struct child_spec *spec)
{
    int in = fd_lifted(spec->in_fd);
    int out = fd_lifted(spec->out_fd);
    int err = fd_lifted(spec->err_fd);

    if (in == -1 || out == -1 || err == -1)
        return false;
    if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 || dup2(err, STDERR_FILENO) == -1)
        return false;
    return close_range(FIRST_CLOSED_FD, ~0U, 0) == 0;
}

static void
reset_signals(void)
{
    struct sigaction action;
    sigset_t none;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
set_core_limit(bool may_dump)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) == -1)
        return;
    limit.rlim_cur = may_dump ? limit.rlim_max : 0;
    setrlimit(RLIMIT_CORE, &limit);
}

/* In the child: everything between fork and exec.  Never returns. */
static _Noreturn void
become_program(const struct child_spec *spec, volatile struct start_report *report)
{
    static const char *const no_environment[] = { NULL };
    const char *program = spec->program != NULL ? spec->program : spec->argv[0];

    reset_signals();
    if (!spec->stays_in_group)
        setpgid(0, 0);
    set_core_limit(spec->may_dump_core);
    if (spec->umask_plus_1 > 0)
        umask((mode_t)(spec->umask_plus_1 - 1));
    if ((spec->directory == NULL || chdir(spec->directory) == 0) && set_descriptors(spec)) {
        report->is_exec = true;
        execve(program, (char *const *)(uintptr_t)spec->argv,
               (char *const *)(uintptr_t)(spec->envp != NULL ? spec->envp : no_environment));
    }
    report->error = errno;
    _exit(EXIT_EXEC_FAILED);
}

/* The child runs in our memory until it execs, so nothing of ours is copied and it can leave its error here. */
static __attribute__((noinline)) pid_t
fork_program(const struct child_spec *spec, volatile struct start_report *report)
{
    pid_t pid = vfork();

    if (pid == 0)
        become_program(spec, report);
    return pid;
}

static bool
has_taint(const struct child_spec *spec)
{
    if (spec->program != NULL && is_tainted(spec->program))
        return true;
    return is_tainted(spec->argv[0]);
}

enum outcome
child_start(const struct child_spec *spec, struct child *child_out, struct why *why)
{
    volatile struct start_report report = { 0 };
    const char *program = spec->program != NULL ? spec->program : spec->argv[0];

    *child_out = (struct child){ 0 };
    if (has_taint(spec))
        return why_defer(why, 0, NULL, "Tainted '%s' (command for a child process) not permitted", program);
    child_out->pid = fork_program(spec, &report);
    if (child_out->pid == -1) {
        child_out->pid = 0;
        return why_defer(why, errno, NULL, "couldn't create child process to run %s", program);
    }
    child_out->leads_group = !spec->stays_in_group;
    if (report.error == 0) {
        trace(TRACE_EXEC, "started %s, process %d", program, (int)child_out->pid);
        return OK;
    }
    child_wait(child_out, 0);
    why_defer(why, report.error, NULL,
              report.is_exec ? "unable to execute command %s" : "failed to prepare a process for %s", program);
    if (why != NULL)
        why->detail = report.is_exec ? 1 : 0;
    return DEFER;
}

static enum child_end
collected(struct child *child, int status)
{
    child->pid = 0;
    child->status = status;
    return WIFSIGNALED(status) ? CHILD_SIGNALLED : CHILD_EXITED;
}

/* True once the child's end can be waited for without blocking. */
static bool
child_ends_before(pid_t pid, struct deadline deadline)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    enum io_result result;

    if (fd != -1) {
        result = fd_wait(fd, POLLIN, deadline);
        close(fd);
        return result == IO_DONE;
    }
    while (!deadline_has_passed(deadline)) {
        siginfo_t info = { 0 };

        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 || info.si_pid == pid)
            return true;
        poll(NULL, 0, POLL_INTERVAL_MS);
    }
    return false;
}

enum child_end
child_wait(struct child *child, int timeout_s)
{
    pid_t pid = child->pid;
    int status = 0;

    if (pid == 0)
        return WIFSIGNALED(child->status) ? CHILD_SIGNALLED : CHILD_EXITED;
    if (timeout_s > 0 && !child_ends_before(pid, deadline_in_s(timeout_s))) {
        child_kill(child);
        return CHILD_TIMED_OUT;
    }
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR) {
            status = EXIT_EXEC_FAILED << 8;
            break;
        }
    return collected(child, status);
}

int
child_code(const struct child *child)
{
    return WIFSIGNALED(child->status) ? 128 + WTERMSIG(child->status) : WEXITSTATUS(child->status);
}

void
child_kill(struct child *child)
{
    int status = 0;

    if (child->pid == 0)
        return;
    if (child->leads_group)
        kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) == -1 && errno == EINTR)
        ;
    collected(child, status);
}

enum outcome
child_pipe(int *read_fd_out, int *write_fd_out, struct why *why)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) == -1)
        return why_defer(why, errno, NULL, "failed to create a pipe");
    *read_fd_out = fds[0];
    *write_fd_out = fds[1];
    return OK;
}

struct str
child_end_text(struct pool *pool, enum child_end end, const struct child *child)
{
    if (end == CHILD_TIMED_OUT)
        return STR("timeout");
    if (end == CHILD_SIGNALLED)
        return pool_printf(pool, "signal %d (%s)", WTERMSIG(child->status), strsignal(WTERMSIG(child->status)));
    return pool_printf(pool, "exit %d", WEXITSTATUS(child->status));
}
