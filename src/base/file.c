#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/buf.h"

bool
file_write_all(int fd, struct str octets)
{
    while (octets.len > 0) {
        ssize_t written = write(fd, octets.ptr, octets.len);

        if (written == -1) {
            if (errno == EINTR)
                continue;
            return false;
        }
        octets = str_from(octets, (size_t)written);
    }
    return true;
}

bool
file_writev_all(int fd, struct iovec *parts, int count)
{
    while (count > 0) {
        ssize_t written;

        if (parts->iov_len == 0) {
            parts++, count--;
            continue;
        }
        written = writev(fd, parts, count < 1024 ? count : 1024);
        if (written == -1) {
            if (errno == EINTR)
                continue;
            return false;
        }
        while (count > 0 && (size_t)written >= parts->iov_len) {
            written -= (ssize_t)parts->iov_len;
            parts++, count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + written;
            parts->iov_len -= (size_t)written;
        }
    }
    return true;
}

ssize_t
file_read_full(int fd, void *room, size_t size_bytes)
{
    size_t have = 0;

    while (have < size_bytes) {
        ssize_t got = read(fd, (char *)room + have, size_bytes - have);

        if (got == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

bool
file_read_fd(int fd, struct pool *pool, enum trust trust, size_t limit_bytes, struct str *text_out)
{
    struct stat st;
    struct buf text;

    if (fstat(fd, &st) == -1)
        return false;
    if (S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size > limit_bytes) {
        errno = EFBIG;
        return false;
    }
    buf_init(&text, pool, limit_bytes + 1);
    if (trust == TAINTED)
        buf_taint(&text);
    for (;;) {
        size_t want = S_ISREG(st.st_mode) && (size_t)st.st_size > text.len ? (size_t)st.st_size - text.len + 1 : 4096;
        char *room;
        ssize_t got;

        if (want > limit_bytes + 1 - text.len)
            want = limit_bytes + 1 - text.len;
        if (want == 0 || (room = buf_space(&text, want)) == NULL)
            break;
        got = file_read_full(fd, room, want);
        if (got == -1)
            return false;
        buf_grow(&text, (size_t)got);
        if ((size_t)got < want)
            break;
    }
    if (text.len > limit_bytes) {
        errno = EFBIG;
        return false;
    }
    *text_out = buf_str(&text);
    return true;
}

bool
file_read(const char *path, struct pool *pool, enum trust trust, size_t limit_bytes, struct str *text_out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool is_read;
    int saved;

    if (fd == -1)
        return false;
    is_read = file_read_fd(fd, pool, trust, limit_bytes, text_out);
    saved = errno;
    close(fd);
    errno = saved;
    return is_read;
}

/* Where the kernel has no openat2(): one component after the other, none of them a link. */
static int
open_component_by_component(int dir_fd, const char *path, int flags, mode_t mode)
{
    int at = dir_fd;

    if (*path == '/' || *path == '\0') {
        errno = *path == '/' ? EXDEV : ENOENT;
        return -1;
    }
    for (;;) {
        char name[256];
        const char *slash = strchrnul(path, '/');
        size_t len = (size_t)(slash - path);
        int next, saved;

        if (len >= sizeof(name) || (len == 2 && memcmp(path, "..", 2) == 0)) {
            next = -1;
            saved = len >= sizeof(name) ? ENAMETOOLONG : EXDEV;
        } else {
            memcpy(name, path, len);
            name[len] = '\0';
            next = *slash == '\0' ? openat(at, name, flags | O_NOFOLLOW, mode)
                                  : openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            saved = errno;
        }
        if (at != dir_fd)
            close(at);
        if (next == -1 || *slash == '\0') {
            errno = saved;
            return next;
        }
        at = next;
        path = slash + 1;
    }
}

int
file_open_beneath(int dir_fd, const char *path, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd;

    do
        fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
    while (fd == -1 && (errno == EINTR || errno == EAGAIN));
    if (fd == -1 && (errno == ENOSYS || errno == EPERM))
        return open_component_by_component(dir_fd, path, flags | O_CLOEXEC, mode);
    return (int)fd;
}

int
file_open_regular(int dir_fd, const char *path, int flags, uid_t owner, struct stat *st_out)
{
    struct stat st;
    int fd;

    do
        fd = openat(dir_fd, path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (fd == -1 && errno == EINTR);
    if (fd == -1)
        return -1;
    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_nlink > 1 || (owner != (uid_t)-1 && st.st_uid != owner)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    if (st_out != NULL)
        *st_out = st;
    return fd;
}

/* One directory; the mode is set whatever the umask says. */
static bool
make_one_directory(const char *path, mode_t mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return chmod(path, mode) == 0;
    if (errno != EEXIST || stat(path, &st) == -1)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

bool
file_make_directory(const char *path, mode_t mode)
{
    char part[4096];
    size_t len = strlen(path);
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    if (len >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i < len; i++)
        if (path[i] == '/' && path[i - 1] != '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (stat(part, &st) == -1 && !make_one_directory(part, mode))
                return false;
        }
    return make_one_directory(path, mode);
}

bool
file_lock_part(int fd, enum file_lock kind, off_t start, off_t length)
{
    struct flock lock = {
        .l_type = kind == FILE_LOCK_READ ? F_RDLCK : kind == FILE_LOCK_WRITE ? F_WRLCK : F_UNLCK,
        .l_whence = SEEK_SET,
        .l_start = start,
        .l_len = length,
    };
    int result;

    do
        result = fcntl(fd, F_SETLK, &lock);
    while (result == -1 && errno == EINTR);
    if (result == -1 && errno == EACCES)
        errno = EAGAIN;
    return result == 0;
}

bool
file_lock(int fd, enum file_lock kind)
{
    return file_lock_part(fd, kind, 0, 0);
}

bool
file_sync_directory_fd(int dir_fd)
{
    int result;

    do
        result = fsync(dir_fd);
    while (result == -1 && errno == EINTR);
    return result == 0 || errno == EINVAL || errno == EROFS;
}

bool
file_sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced;
    int saved;

    if (fd == -1)
        return false;
    is_synced = file_sync_directory_fd(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return is_synced;
}

bool
file_sync_covers_entry(int fd)
{
    enum { EXT4 = 0xef53, XFS = 0x58465342 };
    static const unsigned btrfs = 0x9123683e;
    struct statfs fs;

    if (fstatfs(fd, &fs) == -1)
        return false;
    return fs.f_type == EXT4 || fs.f_type == XFS || (unsigned)fs.f_type == btrfs;
}

bool
file_space(const char *path, struct file_space *space_out)
{
    struct statvfs fs;
    uint64_t bytes;

    if (statvfs(path, &fs) == -1)
        return false;
    if (__builtin_mul_overflow((uint64_t)fs.f_bavail, (uint64_t)fs.f_frsize, &bytes) || bytes > INT64_MAX)
        bytes = INT64_MAX;
    space_out->free_bytes = (int64_t)bytes;
    space_out->free_inodes = fs.f_files == 0 ? -1 : (int64_t)fs.f_favail;
    return true;
}
