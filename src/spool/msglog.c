/* spool/msglog.c -- the message log: for people, not durable. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/file.h"
#include "spool/spool_file.h"

/* One line with its LF in one write, so that several processes do not mix theirs. */
static bool
add_line(int fd, struct str line)
{
    struct iovec parts[2] = {
        { .iov_base = (void *)(uintptr_t)line.ptr, .iov_len = line.len },
        { .iov_base = (void *)(uintptr_t)"\n", .iov_len = line.len > 0 && line.ptr[line.len - 1] == '\n' ? 0 : 1 },
    };

    return file_writev_all(fd, parts, 2);
}

bool
spool_msglog_add(const struct spool *spool, const char *id, struct str line)
{
    char directory[SPOOL_PATH_MAX_BYTES], path[SPOOL_PATH_MAX_BYTES];
    bool is_written;
    int fd;

    if (!spool_id_is_valid(str_of(id)))
        return false;
    spool_directory_for(spool, id, spool->is_split, "msglog", directory);
    if (!spool_file_path(directory, id, "", path))
        return false;
    fd = spool_file_make(spool, path, O_WRONLY | O_APPEND);
    if (fd == -1 && errno == ENOENT && spool_make_directory(spool, directory))
        fd = spool_file_make(spool, path, O_WRONLY | O_APPEND);
    if (fd == -1)
        return false;
    is_written = add_line(fd, line);
    close(fd);
    return is_written;
}

void
spool_msglog_remove(const struct spool *spool, const char *id)
{
    char directory[SPOOL_PATH_MAX_BYTES], path[SPOOL_PATH_MAX_BYTES];

    for (int i = 0; i < 2; i++) {
        spool_directory_for(spool, id, spool->is_split == (i == 0), "msglog", directory);
        if (spool_file_path(directory, id, "", path) && (unlink(path) == 0 || errno != ENOENT))
            return;
    }
}
