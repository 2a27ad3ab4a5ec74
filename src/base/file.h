/* base/file.h -- files: whole reads with a cap, whole writes, safe opening, locks, durable directories.
 *
 * Descriptors opened here are close-on-exec.  EINTR is retried.  Where a function returns false or -1, errno tells why.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include "base/pool.h"

/* Write all of it; a short write is continued. */
bool file_write_all(int fd, struct str octets);
bool file_writev_all(int fd, struct iovec *parts, int count);       /* parts are changed */

/* Read until size_bytes are there or the file ends; the number of octets read, or -1. */
ssize_t file_read_full(int fd, void *room, size_t size_bytes);

/* A whole file as text in pool, on the side that trust says.  A file longer than limit_bytes fails with EFBIG. */
bool file_read_fd(int fd, struct pool *pool, enum trust trust, size_t limit_bytes, struct str *text_out);
bool file_read(const char *path, struct pool *pool, enum trust trust, size_t limit_bytes, struct str *text_out);

/* Open path beneath dir_fd: no "..", no absolute path, no symbolic link anywhere (SECURITY: files beneath a directory
 * that others can write).  flags as for open(); O_CLOEXEC is added.  -1 with ELOOP for a link, EXDEV for an escape. */
int file_open_beneath(int dir_fd, const char *path, int flags, mode_t mode);

/* Open for reading a regular file with one link only, not following a final link; owner is checked unless (uid_t)-1.
 * -1 with errno EPERM if it is anything else.  st_out may be NULL. */
int file_open_regular(int dir_fd, const char *path, int flags, uid_t owner, struct stat *st_out);

/* Make a directory and its missing parents with exactly this mode.  True if it is there afterwards. */
bool file_make_directory(const char *path, mode_t mode);

/* fcntl() locks over the whole file.  File locks of this kind are lost when the process closes any descriptor of the
 * file.  False at once with EAGAIN if another process holds it. */
enum file_lock { FILE_LOCK_READ, FILE_LOCK_WRITE, FILE_LOCK_NONE };
bool file_lock(int fd, enum file_lock kind);
/* Over a part: length 0 means to the end and beyond. */
bool file_lock_part(int fd, enum file_lock kind, off_t start, off_t length);

/* Make a directory's entries durable. */
bool file_sync_directory(const char *path);
bool file_sync_directory_fd(int dir_fd);

/* fsync() of a new file also makes its directory entry durable on this file system (ext4, XFS, Btrfs keep the order of
 * metadata changes: an fsync commits all those before it). */
bool file_sync_covers_entry(int fd);

/* Space for unprivileged users and free inodes of the file system of path; -1 for "cannot tell" or "has no such
 * number". */
struct file_space {
    int64_t free_bytes, free_inodes;
};
bool file_space(const char *path, struct file_space *space_out);
#endif
