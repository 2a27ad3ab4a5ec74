#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "transports/appendfile/appendfile.h"

bool
append_sync_new(int fd, const char *directory)
{
    if (fsync(fd) == -1)
        return false;
    return file_sync_covers_entry(fd) || file_sync_directory(directory);
}

/* Without replacing; file systems that cannot promise this get it by a link. */
static bool
rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (link(from, to) == -1)
        return false;
    unlink(from);
    return true;
}

/* The data is on its way to the disk before the name changes, so that the one commit of fsync holds both; elsewhere it
 * is there before the name changes. */
bool
append_publish(int fd, const char *from, const char *to, const char *directory)
{
    bool is_one_commit = file_sync_covers_entry(fd);
    int error;

    if (is_one_commit)
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    if ((is_one_commit || fsync(fd) == 0) && rename_new(from, to)) {
        if (is_one_commit ? fsync(fd) == 0 : file_sync_directory(directory))
            return true;
        error = errno;
        unlink(to);
        errno = error;
        return false;
    }
    error = errno;
    unlink(from);
    errno = error;
    return false;
}
