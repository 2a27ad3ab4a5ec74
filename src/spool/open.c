/* spool/open.c -- take up a message that is on the spool. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/spool_file.h"

/* The state that an errno of opening means. */
static enum spool_state
open_failed(const char *what, const char *id, struct why *why)
{
    int error = errno;

    if (error == ENOENT)
        return SPOOL_GONE;
    if (error == EPERM || error == ELOOP) {
        why_defer(why, 0, NULL, "spool file %s%s is not a regular file of the mail user", id, what);
        return SPOOL_BAD;
    }
    why_defer(why, error, NULL, "cannot open spool file %s%s", id, what);
    return SPOOL_ERROR;
}

/* Open one of the files in whichever directory it is; that directory goes to directory_out. */
static int
open_in_either(const struct spool *spool, const char *id, const char *suffix, int flags, char *directory_out,
               struct stat *st_out)
{
    char path[SPOOL_PATH_MAX_BYTES];
    int fd = -1;

    for (int i = 0; i < 2; i++) {
        spool_directory_for(spool, id, spool->is_split == (i == 0), "input", directory_out);
        if (!spool_file_path(directory_out, id, suffix, path)) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = spool_file_open(spool, path, flags, st_out);
        if (fd != -1 || errno != ENOENT)
            break;
    }
    return fd;
}

static int
open_in(const struct spool *spool, const char *directory, const char *id, const char *suffix, int flags,
        struct stat *st_out)
{
    char path[SPOOL_PATH_MAX_BYTES];

    if (!spool_file_path(directory, id, suffix, path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return spool_file_open(spool, path, flags, st_out);
}

/* A file shorter than the mark says was cut off by a crash before it was ours -- unless it was changed after -H was
 * written: then an administrator has edited it. */
static bool
is_data_short(const struct spool_mark *mark, const struct stat *data, const struct stat *header)
{
    return mark->data_bytes > data->st_size && data->st_mtim.tv_sec <= header->st_mtim.tv_sec;
}

/* The first line of a -D file is its own name: "ID-D". */
static void
body_measure(struct message *message, const struct stat *data)
{
    message->body_start = (int64_t)strlen(message->id) + 3;
    message->body_bytes = data->st_size > message->body_start ? data->st_size - message->body_start : 0;
    message->message_bytes += message->body_bytes + 1;      /* the empty line between */
}

/* Read -H; on SPOOL_OK the message has its lengths from data. */
static enum spool_state
read_header(const struct spool *spool, struct pool *pool, const char *directory, const char *id, bool is_envelope_only,
            const struct stat *data, struct message **message_out, struct why *why)
{
    struct stat st;
    struct spool_mark mark;
    struct str text;
    enum spool_state state;
    bool is_read;
    int error, fd = open_in(spool, directory, id, "-H", O_RDONLY, &st);

    if (fd == -1)
        return open_failed("-H", id, why);
    is_read = file_read_fd(fd, pool, TAINTED, SPOOL_HEADER_FILE_MAX_BYTES, &text);
    error = errno;
    close(fd);
    if (!is_read) {
        why_defer(why, error, NULL, "cannot read spool file %s-H", id);
        return error == EFBIG ? SPOOL_BAD : SPOOL_ERROR;
    }
    state = spool_header_read(pool, text, id, is_envelope_only, message_out, &mark, why);
    if (state != SPOOL_OK)
        return state;
    if (is_data_short(&mark, data, &st)) {
        why_defer(why, 0, NULL, "%s-D was never wholly written", id);
        return SPOOL_HALF;
    }
    (*message_out)->queue_name = spool->queue_name;
    body_measure(*message_out, data);
    return SPOOL_OK;
}

static struct spool_file *
file_new(struct pool *pool, const struct spool *spool, const char *directory, const char *id, int data_fd)
{
    struct spool_file *file = POOL_NEW(pool, struct spool_file);

    file->spool = spool;
    memcpy(file->directory, directory, strlen(directory) + 1);
    memcpy(file->id, id, strlen(id) + 1);
    file->data_fd = data_fd;
    file->journal_fd = -1;
    return file;
}

/* Open and lock -D. */
static enum spool_state
lock_data(const struct spool *spool, const char *id, char *directory_out, int *fd_out, struct stat *st_out,
          struct why *why)
{
    int fd = open_in_either(spool, id, "-D", O_RDWR, directory_out, st_out);

    if (fd == -1)
        return open_failed("-D", id, why);
    if (!file_lock(fd, FILE_LOCK_WRITE)) {
        int error = errno;

        close(fd);
        if (error == EAGAIN)
            return SPOOL_LOCKED;
        why_defer(why, error, NULL, "cannot lock spool file %s-D", id);
        return SPOOL_ERROR;
    }
    /* Whoever held the lock before may have finished with the message, or gone on writing. */
    if (fstat(fd, st_out) == -1 || st_out->st_nlink == 0) {
        close(fd);
        return SPOOL_GONE;
    }
    *fd_out = fd;
    return SPOOL_OK;
}

enum spool_state
spool_open(const struct spool *spool, struct pool *pool, const char *id, struct message **message_out, struct why *why)
{
    char directory[SPOOL_PATH_MAX_BYTES];
    struct stat data;
    struct message *message;
    struct spool_file *file;
    enum spool_state state;
    int fd;

    if (!spool_id_is_valid(str_of(id)))
        return SPOOL_GONE;
    state = lock_data(spool, id, directory, &fd, &data, why);
    if (state != SPOOL_OK)
        return state;
    state = read_header(spool, pool, directory, id, false, &data, &message, why);
    if (state != SPOOL_OK) {
        close(fd);
        return state;
    }
    file = file_new(pool, spool, directory, id, fd);
    message->spool = file;
    message->body_fd = fd;
    if (!spool_journal_merge(spool, directory, message, &file->has_journal)) {
        why_defer(why, errno, NULL, "cannot read spool file %s-J", id);
        spool_close(message);
        return SPOOL_ERROR;
    }
    *message_out = message;
    return SPOOL_OK;
}

/* For lists: only the length of -D is asked for. */
static bool
stat_data(const struct spool *spool, const char *id, char *directory_out, struct stat *st_out)
{
    char path[SPOOL_PATH_MAX_BYTES];

    for (int i = 0; i < 2; i++) {
        spool_directory_for(spool, id, spool->is_split == (i == 0), "input", directory_out);
        if (spool_file_path(directory_out, id, "-D", path) && lstat(path, st_out) == 0) {
            errno = EPERM;
            return S_ISREG(st_out->st_mode);
        }
        if (errno != ENOENT)
            return false;
    }
    return false;
}

enum spool_state
spool_read(const struct spool *spool, struct pool *pool, const char *id, bool is_envelope_only,
           struct message **message_out, struct why *why)
{
    char directory[SPOOL_PATH_MAX_BYTES];
    struct stat data = { 0 };
    struct message *message;
    struct spool_file *file;
    enum spool_state state;
    int fd = -1;

    if (!spool_id_is_valid(str_of(id)))
        return SPOOL_GONE;
    if (is_envelope_only ? !stat_data(spool, id, directory, &data)
                         : (fd = open_in_either(spool, id, "-D", O_RDONLY, directory, &data)) == -1)
        return open_failed("-D", id, why);
    state = read_header(spool, pool, directory, id, is_envelope_only, &data, &message, why);
    if (state != SPOOL_OK) {
        if (fd != -1)
            close(fd);
        return state;
    }
    file = file_new(pool, spool, directory, id, fd);
    message->spool = file;
    message->body_fd = fd;
    if (!spool_journal_merge(spool, directory, message, &file->has_journal)) {
        why_defer(why, errno, NULL, "cannot read spool file %s-J", id);
        spool_close(message);
        return SPOOL_ERROR;
    }
    *message_out = message;
    return SPOOL_OK;
}

static void
close_all(struct message *message)
{
    struct spool_file *file = message->spool;

    if (file == NULL)
        return;
    if (file->data_fd != -1)
        close(file->data_fd);
    if (file->journal_fd != -1)
        close(file->journal_fd);
    message->spool = NULL;
    message->body_fd = -1;
}

void
spool_close(struct message *message)
{
    close_all(message);
}

void
spool_forget(struct message *message)
{
    close_all(message);
}

bool
spool_discard_half(const struct spool *spool, const char *id)
{
    char directory[SPOOL_PATH_MAX_BYTES], path[SPOOL_PATH_MAX_BYTES];
    static const char *const suffixes[] = { "-H", "-J", "-D" };
    struct stat st;
    struct message *message;
    struct pool *pool;
    enum spool_state state;
    int fd;

    if (!spool_id_is_valid(str_of(id)) || lock_data(spool, id, directory, &fd, &st, NULL) != SPOOL_OK)
        return false;
    pool = pool_new("half a message");
    state = read_header(spool, pool, directory, id, true, &st, &message, NULL);
    pool_free(pool);
    for (size_t i = 0; state == SPOOL_HALF && i < COUNT(suffixes); i++)
        if (spool_file_path(directory, id, suffixes[i], path))
            unlink(path);
    close(fd);
    return state == SPOOL_HALF;
}

bool
spool_body_attach(struct message *message, int fd)
{
    struct stat data;

    if (fstat(fd, &data) == -1)
        return false;
    message->body_fd = fd;
    body_measure(message, &data);
    return true;
}
