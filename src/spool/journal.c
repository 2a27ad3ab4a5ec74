/* spool/journal.c -- -J: addresses that are done, one a line, durable before anybody is told. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/file.h"
#include "spool/spool_file.h"

enum { JOURNAL_MAX_BYTES = 256 * 1024 * 1024 };

static bool
path_of(const char *directory, const char *id, char *path_out)
{
    return spool_file_path(directory, id, "-J", path_out);
}

bool
spool_journal_merge(const struct spool *spool, const char *directory, struct message *message, bool *has_journal_out)
{
    char path[SPOOL_PATH_MAX_BYTES];
    struct str text, line;
    int fd, error;
    bool is_read;

    *has_journal_out = false;
    if (!path_of(directory, message->id, path))
        return true;
    fd = spool_file_open(spool, path, O_RDONLY, NULL);
    if (fd == -1)
        return errno == ENOENT;
    is_read = file_read_fd(fd, message->pool, TAINTED, JOURNAL_MAX_BYTES, &text);
    error = errno;
    close(fd);
    errno = error;
    if (!is_read)
        return false;
    *has_journal_out = true;
    /* A last line without its end was never acknowledged: its delivery may have happened all the same, so it counts. */
    while (text.len > 0) {
        str_cut(text, '\n', &line, &text);
        if (line.len > 0)
            map_add(&message->nonrecipients, line, message);
    }
    return true;
}

/* Open -J for appending; a file that is new gets its directory entry made durable, too. */
static bool
journal_open(struct spool_file *file, bool *is_new_out)
{
    char path[SPOOL_PATH_MAX_BYTES];
    struct stat st;

    *is_new_out = false;
    if (file->journal_fd != -1)
        return true;
    if (!path_of(file->directory, file->id, path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    file->journal_fd = spool_file_make(file->spool, path, O_WRONLY | O_APPEND);
    if (file->journal_fd == -1)
        return false;
    if (fstat(file->journal_fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
        close(file->journal_fd);
        file->journal_fd = -1;
        errno = EPERM;
        return false;
    }
    *is_new_out = st.st_size == 0;
    return true;
}

enum outcome
spool_journal_add(struct message *message, const struct str *addresses, size_t count, struct why *why)
{
    struct spool_file *file = message->spool;
    struct pool_mark mark = pool_mark(message->pool);
    struct buf lines;
    bool is_new, is_durable;
    int error;

    buf_init(&lines, message->pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < count; i++) {
        if (str_find_any(addresses[i], "\n\r") != STR_NONE || str_find(addresses[i], '\0') != STR_NONE)
            return why_defer(why, 0, NULL, "line end or NUL in an address for the journal of %s", file->id);
        buf_add(&lines, addresses[i]);
        buf_add_char(&lines, '\n');
    }
    is_durable = journal_open(file, &is_new) && file_write_all(file->journal_fd, buf_str(&lines))
        && spool_sync_file(file->spool, file->journal_fd)
        && (!is_new || spool_sync_entries(file->spool, file->directory, file->journal_fd));
    error = errno;
    pool_reset(message->pool, mark);
    if (!is_durable)
        return why_defer(why, error, "4.3.0", "cannot write spool file %s-J", file->id);
    file->has_journal = true;
    return OK;
}

bool
spool_has_journal(const struct message *message)
{
    return message->spool != NULL && message->spool->has_journal;
}

void
spool_journal_remove(struct message *message)
{
    struct spool_file *file = message->spool;
    char path[SPOOL_PATH_MAX_BYTES];

    if (file->journal_fd != -1)
        close(file->journal_fd);
    file->journal_fd = -1;
    file->has_journal = false;
    if (path_of(file->directory, file->id, path))
        unlink(path);
}
