#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/deadline.h"
#include "base/trace.h"
#include "config/config.h"
#include "transports/appendfile/appendfile.h"

enum { LOCK_POLL_MS = 50 };

void
append_lock_pause(const struct appendfile_options *options)
{
    poll(NULL, 0, options->lock_interval * 1000);
}

/* ---- The lock file, made so that it works over NFS: a file of our own name, linked to the name that all know */

static enum outcome
hitch(const struct append_job *job, const char *lock_name, bool *is_ours_out, struct why *why)
{
    const char *post =
        pool_cstr(job->pool, pool_printf(job->pool, "%s.%.*s.%08x.%08x", lock_name, STR_ARG(config->primary_hostname),
                                         (unsigned)clock_seconds(), (unsigned)getpid()));
    int fd = open(post, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, job->options->lockfile_mode);
    struct stat facts;

    if (fd == -1)
        return transport_defer(why, errno, "creating lock file hitching post %s (euid=%ld egid=%ld)", post,
                               (long)geteuid(), (long)getegid());
    *is_ours_out = link(post, lock_name) == 0;
    /* The answer to link() may have been lost: two links tell that it was done. */
    if (!*is_ours_out)
        *is_ours_out = fstat(fd, &facts) == 0 && facts.st_nlink == 2;
    close(fd);
    unlink(post);
    return OK;
}

static void
remove_stale(const struct append_job *job, const char *lock_name)
{
    struct stat facts;

    if (job->options->lockfile_timeout == 0 || lstat(lock_name, &facts) == -1)
        return;
    if (facts.st_mtime < clock_seconds() - job->options->lockfile_timeout) {
        trace(TRACE_LOCK, "lock file %s is older than lockfile_timeout: removed", lock_name);
        unlink(lock_name);
    }
}

enum outcome
append_lock_file(const struct append_job *job, struct append_lock *lock, struct why *why)
{
    char *lock_name;
    bool is_ours = false;

    if (!job->options->use_lockfile)
        return OK;
    lock_name = pool_cstr(job->pool, pool_printf(job->pool, "%s.lock", job->path));
    for (int i = 0; i < job->options->lock_retries; i++) {
        if (i > 0)
            append_lock_pause(job->options);
        if (hitch(job, lock_name, &is_ours, why) != OK)
            return DEFER;
        if (is_ours) {
            lock->lock_name = lock_name;
            trace(TRACE_LOCK, "lock file %s created", lock_name);
            return OK;
        }
        remove_stale(job, lock_name);
    }
    transport_defer(why, NUMBER_LOCK_FAILED, "failed to lock mailbox %s (lock file)", job->path);
    why->cause = CAUSE_MAILBOX_LOCKED;
    return DEFER;
}

/* ---- Locks on open files */

int
append_lock_attempts(const struct appendfile_options *options)
{
    int timeout = 0;

    if (options->use_fcntl_lock || options->use_mbx_lock)
        timeout = options->lock_fcntl_timeout;
    if (options->use_flock_lock && options->lock_flock_timeout > timeout)
        timeout = options->lock_flock_timeout;
    if (timeout == 0)
        return options->lock_retries;
    timeout = (options->lock_retries * options->lock_interval + timeout - 1) / timeout;
    return timeout > 0 ? timeout : 1;
}

static bool
try_fcntl(int fd, short type)
{
    struct flock region = { .l_type = type, .l_whence = SEEK_SET };

    return fcntl(fd, F_SETLK, &region) == 0;
}

/* Keep asking until the timeout; 0 asks once. */
static bool
lock_by(bool is_flock, int fd, bool is_shared, int timeout_s)
{
    struct deadline deadline = deadline_in_ms((int64_t)timeout_s * 1000);

    for (;;) {
        bool is_locked = is_flock ? flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
                                  : try_fcntl(fd, is_shared ? F_RDLCK : F_WRLCK);

        if (is_locked)
            return true;
        if (deadline_has_passed(deadline))
            return false;
        poll(NULL, 0, LOCK_POLL_MS);
    }
}

static bool
lock_descriptor(const struct appendfile_options *opt, int fd, bool is_shared, const char **how_out)
{
    if (opt->use_fcntl_lock && !lock_by(false, fd, is_shared, opt->lock_fcntl_timeout)) {
        *how_out = "fcntl";
        return false;
    }
    if (opt->use_flock_lock && !lock_by(true, fd, is_shared, opt->lock_flock_timeout)) {
        *how_out = "flock";
        return false;
    }
    return true;
}

/* The file in /tmp that stands for the mailbox among all users of MBX locking: ours to check after opening. */
static enum outcome
open_mbx_lock(const struct append_job *job, const struct stat *mailbox, struct append_lock *lock, struct why *why)
{
    struct stat facts;

    lock->mbx_name = pool_cstr(job->pool, pool_printf(job->pool, "/tmp/.%lx.%lx", (unsigned long)mailbox->st_dev,
                                                      (unsigned long)mailbox->st_ino));
    lock->mbx_fd =
        open(lock->mbx_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, job->options->lockfile_mode);
    if (lock->mbx_fd == -1)
        return transport_defer(why, errno, "failed to open MBX lock file %s", lock->mbx_name);
    if (fstat(lock->mbx_fd, &facts) == -1 || !S_ISREG(facts.st_mode) || facts.st_nlink != 1) {
        close(lock->mbx_fd);
        lock->mbx_fd = -1;
        return transport_defer(why, NUMBER_LOCK_FAILED, "MBX lock file %s is not a regular file with one link",
                               lock->mbx_name);
    }
    return OK;
}

enum outcome
append_lock_open_file(const struct append_job *job, int fd, struct append_lock *lock, const char **how_out,
                      struct why *why)
{
    const struct appendfile_options *opt = job->options;
    struct stat facts;

    if (opt->use_mbx_lock) {
        if (fstat(fd, &facts) == -1)
            return transport_defer(why, errno, "fstat() of mailbox %s", job->path);
        if (open_mbx_lock(job, &facts, lock, why) != OK)
            return DEFER;
        if (lock_descriptor(opt, lock->mbx_fd, false, how_out) && lock_descriptor(opt, fd, true, how_out))
            return OK;
        close(lock->mbx_fd);
        lock->mbx_fd = -1;
        return FAIL;
    }
    return lock_descriptor(opt, fd, false, how_out) ? OK : FAIL;
}

void
append_unlock(struct append_lock *lock, int fd)
{
    if (lock->mbx_fd != -1) {
        /* Nobody else shares the mailbox: the file that stood for it may go. */
        if (fd != -1 && try_fcntl(fd, F_WRLCK))
            unlink(lock->mbx_name);
        close(lock->mbx_fd);
        lock->mbx_fd = -1;
    }
    if (fd != -1)
        close(fd);
    if (lock->lock_name != NULL)
        unlink(lock->lock_name);
    lock->lock_name = NULL;
}
