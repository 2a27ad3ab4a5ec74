#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "transports/appendfile/appendfile.h"

/* The mailbox as it was, to be put back if the message cannot be written. */
struct saved {
    off_t size;
    struct timespec times[2];       /* access, change of content */
    bool is_regular;
};

static void
restore(int fd, const struct saved *before)
{
    if (!before->is_regular)
        return;
    if (ftruncate(fd, before->size) == 0)
        futimens(fd, before->times);
    fsync(fd);
}

static const char *
directory_of(struct append_job *job)
{
    size_t slash = str_rfind(str_of(job->path), '/');

    return pool_cstr(job->pool, str_head(str_of(job->path), slash == 0 ? 1 : slash));
}

static enum outcome
write_all(struct append_job *job, int fd, bool is_new, struct why *why)
{
    enum outcome outcome;

    if (job->options->mbx_format)
        outcome = append_mbx(job, fd, is_new, why);
    else
        outcome = append_write(job, fd, job->path, why);
    return outcome;
}

/* The message and its size are on the disk when this says OK; or the mailbox is as before. */
static enum outcome
append_message(struct append_job *job, int fd, bool is_new, struct why *why)
{
    struct saved before;
    struct stat facts;
    enum outcome outcome;

    if (fstat(fd, &facts) == -1)
        return transport_defer(why, errno, "fstat() of mailbox %s", job->path);
    before = (struct saved){ facts.st_size, { facts.st_atim, facts.st_mtim }, S_ISREG(facts.st_mode) };
    if (job->quota.size < 0)
        job->quota.size = facts.st_size;
    outcome = append_quota_check(job, job->path, why);
    if (outcome != OK) {
        why->detail = why->cause == CAUSE_QUOTA ? (int)(clock_seconds() - facts.st_atime) : 0;
        return outcome;
    }
    outcome = write_all(job, fd, is_new, why);
    if (outcome == OK && before.is_regular && !(is_new ? append_sync_new(fd, directory_of(job)) : fsync(fd) == 0))
        outcome = append_error(errno, job->path, why);
    if (outcome != OK) {
        restore(fd, &before);
        return outcome;
    }
    append_quota_warn(job);
    if (job->options->notify_comsat)
        append_notify_comsat(job->run->addresses->local_part, before.size);
    return OK;
}

/* Open and lock; a file that cannot be locked at once is not kept open while waiting. */
static enum outcome
open_locked(struct append_job *job, struct append_lock *lock, int *fd_out, bool *is_new_out, struct why *why)
{
    const char *how = "";
    int attempts = append_lock_attempts(job->options);
    bool is_waiting_outside = job->options->lock_fcntl_timeout == 0 && job->options->lock_flock_timeout == 0;

    for (int i = 0; i < attempts; i++) {
        enum outcome locked;

        if (i > 0 && is_waiting_outside)
            append_lock_pause(job->options);
        if (append_open(job, fd_out, is_new_out, why) != OK)
            return DEFER;
        locked = append_lock_open_file(job, *fd_out, lock, &how, why);
        if (locked == OK)
            return OK;
        close(*fd_out);
        *fd_out = -1;
        if (locked == DEFER)
            return DEFER;
    }
    transport_defer(why, NUMBER_LOCK_FAILED, "failed to lock mailbox %s (%s)", job->path, how);
    why->cause = CAUSE_MAILBOX_LOCKED;
    return DEFER;
}

static enum outcome
pass_on(struct append_job *job, struct transport *other)
{
    job->is_passed_on = true;
    job->run->transport = other;
    for (struct address *addr = job->run->addresses; addr != NULL; addr = addr->next)
        addr->transport = other;
    transport_driver(other)->run(job->run);
    return OK;
}

enum outcome
append_to_file(struct append_job *job, struct why *why)
{
    struct append_lock lock = { .mbx_fd = -1 };
    struct transport *other;
    bool is_new = false;
    int fd = -1;
    enum outcome outcome;

    if (append_make_directories(job, job->path, false, why) != OK || append_check_format(job, &other, why) != OK)
        return DEFER;
    if (other != NULL)
        return pass_on(job, other);
    outcome = append_lock_file(job, &lock, why);
    if (outcome == OK)
        outcome = open_locked(job, &lock, &fd, &is_new, why);
    if (outcome == OK)
        outcome = append_message(job, fd, is_new, why);
    append_unlock(&lock, fd);
    return outcome;
}
