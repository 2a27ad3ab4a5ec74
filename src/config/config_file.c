/* config/config_file.c -- find and read configuration files, if their owner and mode are safe. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/file.h"
#include "config/reading.h"

/* A name or a number of Local/Makefile; false for "" and for what this machine does not know. */
static bool
user_id(const char *text, uid_t *uid_out)
{
    uint64_t number;
    const struct passwd *entry;

    if (text[0] == '\0')
        return false;
    if (str_to_u64(str_of(text), 10, &number) && number <= UINT32_MAX) {
        *uid_out = (uid_t)number;
        return true;
    }
    entry = getpwnam(text);
    if (entry == NULL)
        return false;
    *uid_out = entry->pw_uid;
    return true;
}

static bool
group_id(const char *text, gid_t *gid_out)
{
    uint64_t number;
    const struct group *entry;

    if (text[0] == '\0')
        return false;
    if (str_to_u64(str_of(text), 10, &number) && number <= UINT32_MAX) {
        *gid_out = (gid_t)number;
        return true;
    }
    entry = getgrnam(text);
    if (entry == NULL)
        return false;
    *gid_out = entry->gr_gid;
    return true;
}

/* Nobody but root, the owner that was built in, and whoever runs this process without privilege may write it.  Who owns
 * an included file is the business of the file that names it; but everybody is too many. */
static bool
is_safe(const struct stat *st, bool is_included)
{
    uid_t owner;
    gid_t group;

    if (is_included)
        return (st->st_mode & S_IWOTH) == 0;
    if (st->st_uid != 0 && st->st_uid != geteuid() &&
        !(user_id(build_settings.configure_owner, &owner) && st->st_uid == owner))
        return false;
    if ((st->st_mode & S_IWOTH) != 0)
        return false;
    if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 &&
        !(group_id(build_settings.configure_group, &group) && st->st_gid == group))
        return false;
    return true;
}

enum file_read
config_file_read(struct option_reader *reader, const char *path, struct str *text_out)
{
    struct stat st;
    struct config_file *file, **end = &reader->conf->files;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd == -1)
        return errno == ENOENT || errno == ENOTDIR ? FILE_ABSENT : FILE_FAILED;
    if (fstat(fd, &st) == -1 || S_ISDIR(st.st_mode)) {
        close(fd);
        errno = EISDIR;
        return FILE_FAILED;
    }
    if (reader->request->is_owner_checked && S_ISREG(st.st_mode) && !is_safe(&st, reader->input != NULL)) {
        close(fd);
        reader_error_placeless(reader,
                               "Exim configuration file %s has the wrong owner, group, or mode (owner %lu, group %lu, "
                               "mode %03o; it must belong to root and not be writable by others)",
                               path, (unsigned long)st.st_uid, (unsigned long)st.st_gid, (unsigned)st.st_mode & 07777);
        return FILE_FAILED;
    }
    if (!file_read_fd(fd, reader->files, CLEAN, FILE_MAX_BYTES, text_out)) {
        int read_errno = errno;

        close(fd);
        errno = read_errno;
        return FILE_FAILED;
    }
    close(fd);
    while (*end != NULL)
        end = &(*end)->next;
    file = POOL_NEW(reader->pool, struct config_file);
    file->path = pool_dup(reader->pool, str_of(path));
    *end = file;
    return FILE_READ;
}
