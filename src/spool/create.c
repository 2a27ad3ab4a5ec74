/* spool/create.c -- take a message in: all writes first, then the flushes, then the promise. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/spool_file.h"

enum { MAKE_TRIES = 20 };

static void
path_with(const struct spool_file *file, const char *suffix, char *path_out)
{
    must(spool_file_path(file->directory, file->id, suffix, path_out));
}

/* Make -D under a fresh id; an id whose files exist is passed over. -1 with errno. */
static int
make_data_file(const struct spool *spool, struct spool_file *file)
{
    char path[SPOOL_PATH_MAX_BYTES];

    for (int try = 0; try < MAKE_TRIES; try++) {
        int fd;

        spool_id_make(spool, file->id);
        spool_directory_for(spool, file->id, spool->is_split, "input", file->directory);
        path_with(file, "-H", path);
        if (access(path, F_OK) == 0)
            continue;
        path_with(file, "-D", path);
        fd = spool_file_make(spool, path, O_RDWR | O_EXCL);
        if (fd != -1)
            return fd;
        if (errno == ENOENT ? !spool_make_directory(spool, file->directory) : errno != EEXIST)
            return -1;
    }
    errno = EEXIST;
    return -1;
}

static void
remove_files(const struct spool_file *file)
{
    char path[SPOOL_PATH_MAX_BYTES];

    path_with(file, "-H", path);
    unlink(path);
    path_with(file, "-D", path);
    unlink(path);
}

/* Nothing of the message stays; the reason is the system's. */
static enum outcome
give_up(struct message *message, int error, const char *what, struct why *why)
{
    struct spool_file *file = message->spool;

    file->failure_errno = error;
    why_defer(why, error, error == ENOSPC || error == EDQUOT ? "4.3.1" : "4.3.0", "spool file %s error for %s", what,
              file->id);
    if (why != NULL)
        why->smtp_code = 452;
    return DEFER;
}

/* The first line of -D is its name. */
static void
start_body(struct message *message, struct spool_file *file)
{
    struct str name = pool_printf(message->pool, "%s-D\n", file->id);

    file->room = pool_alloc(message->pool, SPOOL_ROOM_BYTES);
    memcpy(file->room, name.ptr, name.len);
    file->room_len = name.len;
    file->data_bytes = (int64_t)name.len;
    memcpy(message->id, file->id, sizeof(message->id));
    message->spool = file;
    message->body_fd = file->data_fd;
    message->body_start = (int64_t)name.len;
}

static struct spool_file *
file_new(const struct spool *spool, struct message *message)
{
    struct spool_file *file = POOL_NEW(message->pool, struct spool_file);

    file->spool = spool;
    file->journal_fd = -1;
    return file;
}

enum outcome
spool_create(const struct spool *spool, struct message *message, struct why *why)
{
    struct spool_file *file = file_new(spool, message);

    file->data_fd = make_data_file(spool, file);
    if (file->data_fd == -1) {
        int error = errno;

        why_defer(why, error, "4.3.0", "Failed to create spool file %s/%s-D", file->directory, file->id);
        if (why != NULL)
            why->smtp_code = 452;
        return DEFER;
    }
    file->is_new = true;
    start_body(message, file);
    if (!file_lock(file->data_fd, FILE_LOCK_WRITE)) {
        enum outcome outcome = give_up(message, errno, "lock", why);

        spool_abandon(message);
        return outcome;
    }
    return OK;
}

enum outcome
spool_pretend(const struct spool *spool, struct message *message, struct why *why)
{
    struct spool_file *file = file_new(spool, message);

    spool_id_make(spool, file->id);
    file->data_fd = memfd_create(file->id, MFD_CLOEXEC);
    if (file->data_fd == -1)
        return why_defer(why, errno, "4.3.0", "no memory for a message");
    start_body(message, file);
    return OK;
}

static bool
flush(struct spool_file *file)
{
    bool is_written = file_write_all(file->data_fd, str_make(file->room, file->room_len));

    file->room_len = 0;
    return is_written;
}

enum outcome
spool_body_add(struct message *message, struct str text, struct why *why)
{
    struct spool_file *file = message->spool;

    if (file->failure_errno != 0)
        return give_up(message, file->failure_errno, "write", why);
    if (text.len > SPOOL_ROOM_BYTES - file->room_len && !flush(file))
        return give_up(message, errno, "write", why);
    file->data_bytes += (int64_t)text.len;
    if (text.len > SPOOL_ROOM_BYTES / 2 && file->room_len == 0)
        return file_write_all(file->data_fd, text) ? OK : give_up(message, errno, "write", why);
    while (text.len > 0) {
        size_t len = text.len < SPOOL_ROOM_BYTES - file->room_len ? text.len : SPOOL_ROOM_BYTES - file->room_len;

        memcpy(file->room + file->room_len, text.ptr, len);
        file->room_len += len;
        text = str_from(text, len);
        if (file->room_len == SPOOL_ROOM_BYTES && !flush(file))
            return give_up(message, errno, "write", why);
    }
    return OK;
}

enum outcome
spool_body_end(struct message *message, struct why *why)
{
    struct spool_file *file = message->spool;

    if (file->failure_errno != 0)
        return give_up(message, file->failure_errno, "write", why);
    return flush(file) ? OK : give_up(message, errno, "write", why);
}

/* Both files and their names; a hint first, so that all blocks are allocated before the first flush and one commit of
 * the file system's journal holds everything. */
static enum outcome
make_durable(struct message *message, int header_fd, struct why *why)
{
    struct spool_file *file = message->spool;

    if (file->spool->does_sync) {
        sync_file_range(file->data_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        sync_file_range(header_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    if (!spool_sync_file(file->spool, file->data_fd))
        return give_up(message, errno, "fsync", why);
    if (!spool_sync_file(file->spool, header_fd))
        return give_up(message, errno, "fsync", why);
    if (!spool_sync_entries(file->spool, file->directory, header_fd))
        return give_up(message, errno, "directory fsync", why);
    return OK;
}

/* -H is written under its own name: nobody reads it before the lock on -D is free, and its end mark tells whether it is
 * whole. */
static enum outcome
write_header_file(struct message *message, int *fd_out, struct why *why)
{
    struct spool_file *file = message->spool;
    char path[SPOOL_PATH_MAX_BYTES];
    struct pool_mark mark = pool_mark(message->pool);
    bool is_written;
    int error;

    path_with(file, "-H", path);
    *fd_out = spool_file_make(file->spool, path, O_WRONLY | O_EXCL);
    if (*fd_out == -1)
        return give_up(message, errno, "create", why);
    is_written = file_write_all(*fd_out, spool_header_format(message, message->pool, file->data_bytes));
    error = errno;
    pool_reset(message->pool, mark);
    return is_written ? OK : give_up(message, error, "write", why);
}

enum outcome
spool_commit(struct message *message, struct spool_committed *token_out, struct why *why)
{
    struct spool_file *file = message->spool;
    enum outcome outcome;
    int header_fd = -1;

    must(file != NULL && file->is_new);
    outcome = spool_body_end(message, why);
    if (outcome == OK)
        outcome = write_header_file(message, &header_fd, why);
    if (outcome == OK)
        outcome = make_durable(message, header_fd, why);
    if (header_fd != -1 && close(header_fd) == -1 && outcome == OK)
        outcome = give_up(message, errno, "close", why);
    if (outcome != OK) {
        spool_abandon(message);
        return outcome;
    }
    file->is_new = false;
    memcpy(token_out->id, file->id, sizeof(token_out->id));
    token_out->body_bytes = message->body_bytes;
    return OK;
}

void
spool_abandon(struct message *message)
{
    struct spool_file *file = message->spool;

    if (file == NULL || !file->is_new)
        return;
    remove_files(file);
    file->is_new = false;
    spool_close(message);
}
