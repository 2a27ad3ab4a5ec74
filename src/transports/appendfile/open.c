#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "transports/appendfile/appendfile.h"

enum { EXISTENCE_TRIES_MAX = 10, MODE_BITS = 0777 };

/* What one look at the name gave. */
enum look { LOOK_AGAIN, LOOK_OPEN, LOOK_DEFER };

static bool
is_usable_type(const struct append_job *job, mode_t mode)
{
    return S_ISREG(mode) || (job->options->allow_fifo && S_ISFIFO(mode));
}

/* Owner, group, links, type: as someone else may have made them. */
static enum outcome
check_facts(const struct append_job *job, const struct stat *facts, struct why *why)
{
    const struct appendfile_options *opt = job->options;

    if (opt->check_owner && facts->st_uid != geteuid())
        return transport_defer(why, NUMBER_WRONG_OWNER, "mailbox %s has wrong uid (%ld != %ld)", job->path,
                               (long)facts->st_uid, (long)geteuid());
    if (opt->check_group && facts->st_gid != getegid())
        return transport_defer(why, NUMBER_WRONG_OWNER, "mailbox %s has wrong gid (%ld != %ld)", job->path,
                               (long)facts->st_gid, (long)getegid());
    if (!S_ISLNK(facts->st_mode) && facts->st_nlink != 1)
        return transport_defer(why, NUMBER_NOT_REGULAR, "mailbox %s has too many links (%lu)", job->path,
                               (unsigned long)facts->st_nlink);
    if (!is_usable_type(job, facts->st_mode))
        return transport_defer(why, NUMBER_NOT_REGULAR, "mailbox %s is not a regular file%s", job->path,
                               job->options->allow_fifo ? " or named pipe" : "");
    return OK;
}

/* The mode that the file is to have from now on. */
static enum outcome
find_mode(const struct append_job *job, mode_t present, mode_t *wanted_out, struct why *why)
{
    mode_t expected = (mode_t)job->mode;

    *wanted_out = expected;
    if (job->is_mode_forced || (expected & ~present) == 0)
        return OK;
    if (job->options->mode_fail_narrower)
        return transport_defer(why, NUMBER_WRONG_MODE, "mailbox %s has the wrong mode %o (%o expected)", job->path,
                               (unsigned)present, (unsigned)expected);
    *wanted_out = present & expected;
    return OK;
}

static enum outcome
changed(const struct append_job *job, const char *what, struct why *why)
{
    return transport_defer(why, NUMBER_CHANGED, "opened mailbox %s: %s changed while it was being opened", job->path,
                           what);
}

/* Is what was opened what was looked at? */
static enum outcome
check_opened(const struct append_job *job, int fd, const struct stat *before, mode_t wanted, struct why *why)
{
    struct stat now;

    if (fstat(fd, &now) == -1)
        return transport_defer(why, errno, "fstat() of opened mailbox %s", job->path);
    if (now.st_ino != before->st_ino || now.st_dev != before->st_dev)
        return changed(job, "inode number", why);
    if ((now.st_mode & S_IFMT) != (before->st_mode & S_IFMT) || !is_usable_type(job, now.st_mode))
        return changed(job, "type", why);
    if (now.st_uid != before->st_uid || (job->options->check_group && now.st_gid != before->st_gid))
        return changed(job, "owner", why);
    if ((now.st_mode & MODE_BITS) != (before->st_mode & MODE_BITS))
        return changed(job, "mode", why);
    if (S_ISREG(now.st_mode) && (now.st_mode & MODE_BITS) != wanted && fchmod(fd, wanted) == -1)
        return transport_defer(why, errno, "attempting to chmod mailbox %s", job->path);
    return OK;
}

static int
open_flags(const struct append_job *job, bool is_fifo)
{
    int flags = O_APPEND | O_CLOEXEC | O_NOCTTY;

    flags |= job->options->use_mbx_lock || job->options->mbx_format ? O_RDWR : O_WRONLY;
    if (!job->options->allow_symlink)
        flags |= O_NOFOLLOW;
    return is_fifo ? flags | O_NONBLOCK : flags;
}

static enum look
open_existing(const struct append_job *job, const struct stat *facts, int *fd_out, struct why *why)
{
    mode_t wanted;
    int fd;

    if (check_facts(job, facts, why) != OK || find_mode(job, facts->st_mode & MODE_BITS, &wanted, why) != OK)
        return LOOK_DEFER;
    fd = open(job->path, open_flags(job, S_ISFIFO(facts->st_mode)));
    if (fd == -1 && errno == ENOENT)
        return LOOK_AGAIN;
    if (fd == -1) {
        transport_defer(why, errno,
                        S_ISFIFO(facts->st_mode) ? "while opening named pipe %s (could mean no process is reading it)"
                                                 : "while opening mailbox %s",
                        job->path);
        return LOOK_DEFER;
    }
    if (check_opened(job, fd, facts, wanted, why) != OK) {
        close(fd);
        return LOOK_DEFER;
    }
    *fd_out = fd;
    return LOOK_OPEN;
}

static enum look
create(const struct append_job *job, bool is_through_link, int *fd_out, struct why *why)
{
    int flags = open_flags(job, false) | O_CREAT | (is_through_link ? 0 : O_EXCL);

    if (job->options->file_must_exist) {
        transport_defer(why, ENOENT, "mailbox %s does not exist, but file_must_exist is set", job->path);
        return LOOK_DEFER;
    }
    if (append_check_creation(job, job->path, why) != OK)
        return LOOK_DEFER;
    *fd_out = open(job->path, flags, (mode_t)job->mode);
    if (*fd_out == -1 && errno == EEXIST)
        return LOOK_AGAIN;
    if (*fd_out == -1) {
        transport_defer(why, errno, "while creating mailbox %s", job->path);
        return LOOK_DEFER;
    }
    if (fchmod(*fd_out, (mode_t)job->mode) == 0)
        return LOOK_OPEN;
    transport_defer(why, errno, "while setting perms on mailbox %s", job->path);
    close(*fd_out);
    return LOOK_DEFER;
}

static enum look
look(const struct append_job *job, int *fd_out, bool *was_created_out, struct why *why)
{
    struct stat facts;
    bool is_link = false;

    *was_created_out = false;
    if (lstat(job->path, &facts) == 0 && S_ISLNK(facts.st_mode) && job->options->allow_symlink) {
        if (job->options->check_owner && facts.st_uid != geteuid()) {
            transport_defer(why, NUMBER_WRONG_OWNER, "mailbox %s (symbolic link) has wrong uid (%ld != %ld)", job->path,
                            (long)facts.st_uid, (long)geteuid());
            return LOOK_DEFER;
        }
        is_link = true;
        errno = stat(job->path, &facts) == 0 ? 0 : errno;
    } else {
        errno = lstat(job->path, &facts) == 0 ? 0 : errno;
    }
    if (errno == 0)
        return open_existing(job, &facts, fd_out, why);
    if (errno == ENOENT) {
        *was_created_out = true;
        return create(job, is_link, fd_out, why);
    }
    transport_defer(why, errno, "attempting to stat mailbox %s", job->path);
    return LOOK_DEFER;
}

enum outcome
append_open(struct append_job *job, int *fd_out, bool *was_created_out, struct why *why)
{
    for (int i = 0; i < EXISTENCE_TRIES_MAX; i++) {
        enum look found = look(job, fd_out, was_created_out, why);

        if (found != LOOK_AGAIN)
            return found == LOOK_OPEN ? OK : DEFER;
    }
    return transport_defer(why, NUMBER_CHANGED, "mailbox %s: existence unclear", job->path);
}
