/* spool/rewrite.c -- change and remove a message whose lock we hold. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/spool_file.h"

/* Where the new -H is made: no name that anybody takes for a message. */
static bool
temporary_path(const struct spool_file *file, char *path_out)
{
    int len = snprintf(path_out, SPOOL_PATH_MAX_BYTES, "%s/hdr.%s", file->directory, file->id);

    return len > 0 && len < SPOOL_PATH_MAX_BYTES;
}

static bool
write_new_header(struct message *message, const char *path, int *fd_out)
{
    struct spool_file *file = message->spool;
    struct pool_mark mark = pool_mark(message->pool);
    struct stat st;
    bool is_written;
    int error;

    unlink(path);
    *fd_out = spool_file_make(file->spool, path, O_WRONLY | O_EXCL);
    if (*fd_out == -1 || fstat(file->data_fd, &st) == -1)
        return false;
    is_written = file_write_all(*fd_out, spool_header_format(message, message->pool, st.st_size));
    error = errno;
    pool_reset(message->pool, mark);
    errno = error;
    return is_written && spool_sync_file(file->spool, *fd_out);
}

enum outcome
spool_rewrite_header(struct message *message, struct why *why)
{
    struct spool_file *file = message->spool;
    char temporary[SPOOL_PATH_MAX_BYTES], path[SPOOL_PATH_MAX_BYTES];
    int fd = -1, error;
    bool is_done;

    must(file != NULL && file->data_fd != -1 && !file->is_new);
    if (!temporary_path(file, temporary) || !spool_file_path(file->directory, file->id, "-H", path))
        return why_defer(why, ENAMETOOLONG, NULL, "cannot rewrite spool file %s-H", file->id);
    is_done = write_new_header(message, temporary, &fd);
    error = errno;
    if (fd != -1 && close(fd) == -1 && is_done) {
        is_done = false;
        error = errno;
    }
    if (is_done && rename(temporary, path) == -1) {
        is_done = false;
        error = errno;
    }
    if (!is_done) {
        unlink(temporary);
        return why_defer(why, error, "4.3.0", "cannot rewrite spool file %s-H", file->id);
    }
    if (!spool_sync_entries(file->spool, file->directory, -1))
        return why_defer(why, errno, "4.3.0", "cannot make the new spool file %s-H durable", file->id);
    return OK;
}

enum outcome
spool_remove_durably(struct message *message, struct why *why)
{
    struct spool_file *file = message->spool;
    char path[SPOOL_PATH_MAX_BYTES];

    must(file != NULL && file->data_fd != -1);
    if (!spool_file_path(file->directory, file->id, "-H", path) || unlink(path) == -1)
        return why_defer(why, errno, NULL, "failed to unlink %s-H", file->id);
    if (!file_sync_directory(file->directory))
        return why_defer(why, errno, NULL, "cannot make the removal of %s-H durable", file->id);
    if (spool_file_path(file->directory, file->id, "-D", path))
        unlink(path);
    if (!message->is_first_try)
        spool_msglog_remove(file->spool, file->id);
    return OK;
}

enum outcome
spool_remove(struct message *message, struct why *why)
{
    struct spool_file *file = message->spool;
    char path[SPOOL_PATH_MAX_BYTES];

    must(file != NULL && file->data_fd != -1);
    if (!spool_file_path(file->directory, file->id, "-H", path) || (unlink(path) == -1 && errno != ENOENT))
        return why_defer(why, errno, NULL, "failed to unlink %s-H", file->id);
    /* The journal must not go before -H does: else its deliveries would be made again. */
    if (!spool_sync_entries(file->spool, file->directory, file->data_fd))
        return why_defer(why, errno, NULL, "cannot make the removal of %s-H durable", file->id);
    spool_journal_remove(message);
    if (spool_file_path(file->directory, file->id, "-D", path))
        unlink(path);
    spool_msglog_remove(file->spool, file->id);
    return OK;
}
