/* log/file.c -- log files: opened when first needed, created for the mail user, opened again when cycled away. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/clock.h"
#include "base/file.h"
#include "log/state.h"

void
log_file_close(struct log_file *file)
{
    if (file->fd != -1)
        close(file->fd);
    file->fd = -1;
}

/* Root must not be led to write elsewhere by whoever may write the directory. */
static bool
is_trustworthy(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == -1)
        return false;
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
        return false;
    return geteuid() != 0 || !S_ISREG(st.st_mode) || st.st_nlink <= 1;
}

/* Make the directory of path, for the mail user. */
static bool
make_directory(const struct log *log, const char *path)
{
    const char *slash = strrchr(path, '/');
    char directory[4096];
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);

    if (len == 0 || len >= sizeof directory)
        return false;
    memcpy(directory, path, len);
    directory[len] = '\0';
    if (!file_make_directory(directory, build_settings.log_directory_mode))
        return false;
    return geteuid() != 0 || lchown(directory, log->settings.uid, log->settings.gid) == 0;
}

static int
create(const struct log *log, const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, build_settings.log_mode);

    if (fd == -1)
        return -1;
    fchmod(fd, build_settings.log_mode);
    if (geteuid() == 0 && fchown(fd, log->settings.uid, log->settings.gid) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

static int
open_or_create(const struct log *log, const char *path)
{
    int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | (geteuid() == 0 ? O_NOFOLLOW : 0);
    int fd = open(path, flags);

    if (fd == -1 && errno == ENOENT) {
        fd = create(log, path);
        if (fd == -1 && errno == ENOENT && make_directory(log, path))
            fd = create(log, path);
        if (fd == -1 && errno == EEXIST)
            fd = open(path, flags);
    }
    if (fd != -1 && !is_trustworthy(fd)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

/* The date in the name may have changed since. */
static void
path_refresh(struct log *log, enum log_kind kind)
{
    struct log_file *file = &log->files[kind];
    char stamp[16];
    struct str path;

    if (file->path != NULL && (file->stamp[0] == '\0' || kind == KIND_PANIC))
        return;
    path = log_path_expand(log->scratch, log->file_path, kind, stamp);
    if (file->path != NULL && strcmp(stamp, file->stamp) == 0)
        return;
    log_file_close(file);
    file->path = pool_cstr(log->pool, path);
    memcpy(file->stamp, stamp, sizeof stamp);
}

/* Was the open file renamed or removed? */
static bool
is_cycled(const struct log_file *file)
{
    struct stat st;

    return stat(file->path, &st) == -1 || st.st_ino != file->inode || st.st_dev != file->device;
}

static bool
file_ready(struct log *log, enum log_kind kind)
{
    struct log_file *file = &log->files[kind];
    time_t now = clock_seconds();
    struct stat st;

    path_refresh(log, kind);
    if (file->fd != -1 && !is_cycled(file))
        return true;
    log_file_close(file);
    if (file->path == NULL || file->failed_at == now)
        return false;
    file->fd = open_or_create(log, file->path);
    if (file->fd == -1 || fstat(file->fd, &st) == -1) {
        int open_errno = errno;

        log_file_close(file);
        file->failed_at = now;
        errno = open_errno;
        return false;
    }
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->failed_at = 0;
    return true;
}

bool
log_file_append(struct log *log, enum log_kind kind, struct str octets)
{
    struct log_file *file = &log->files[kind];

    errno = 0;
    if (!file_ready(log, kind)) {
        file->lost_lines++;
        return false;
    }
    if (file->lost_lines > 0) {
        char text[CLOCK_TEXT_MAX_BYTES];
        struct str note = pool_printf(log->scratch, "%.*s %u lines could not be written to this log\n",
                                      STR_ARG(clock_format_into(CLOCK_LOG, clock_now(), text)), file->lost_lines);

        if (file_write_all(file->fd, note))
            file->lost_lines = 0;
    }
    if (file_write_all(file->fd, octets))
        return true;
    file->lost_lines++;
    return false;
}
