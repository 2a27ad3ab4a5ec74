#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "transports/appendfile/appendfile.h"

/* File systems (statfs(2)) whose fsync of a file also commits the directory entries that were made for it. */
static const long name_committing[] = { 0xEF53 /* ext2, 3, 4 */, 0x58465342 /* xfs */, 0x9123683E /* btrfs */, 0x01021994 /* tmpfs */ };

static bool
commits_names(int fd)
{
    struct statfs facts;

    if (fstatfs(fd, &facts) == -1)
        return false;
    for (size_t i = 0; i < COUNT(name_committing); i++)
        if ((long)facts.f_type == name_committing[i])
            return true;
    return false;
}

static bool
sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced;
    int error;

    if (fd == -1)
        return false;
    is_synced = fsync(fd) == 0;
    error = errno;
    close(fd);
    errno = error;
    return is_synced;
}

bool
append_sync_new(int fd, const char *directory)
{
    if (fsync(fd) == -1)
        return false;
    return commits_names(fd) || sync_directory(directory);
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

/* The data is on its way to the disk before the name changes, so that the one commit of fsync holds both; elsewhere it is
 * there before the name changes. */
bool
append_publish(int fd, const char *from, const char *to, const char *directory)
{
    bool is_one_commit = commits_names(fd);
    int error;

    if (is_one_commit)
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    if ((is_one_commit || fsync(fd) == 0) && rename_new(from, to)) {
        if (is_one_commit ? fsync(fd) == 0 : sync_directory(directory))
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
