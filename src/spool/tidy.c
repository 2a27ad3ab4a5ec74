/* spool/tidy.c -- clear away what crashes leave behind. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "spool/spool_file.h"

/* The id in the name of a file that a crash may leave: "ID-D", "ID-J", "hdr.ID"; false for other names. */
static bool
id_of_name(struct str name, char *id_out)
{
    struct str id;

    if (str_starts(name, STR("hdr.")))
        id = str_from(name, 4);
    else if (str_ends(name, STR("-D")) || str_ends(name, STR("-J")))
        id = str_head(name, name.len - SPOOL_SUFFIX_BYTES);
    else
        return false;
    if (!spool_id_is_valid(id))
        return false;
    memcpy(id_out, id.ptr, id.len);
    id_out[id.len] = '\0';
    return true;
}

/* Is nobody at work on the message?  Without -D there is nothing to hold a lock on. */
static bool
is_free(int directory_fd, const char *id)
{
    char name[MESSAGE_ID_MAX_BYTES + SPOOL_SUFFIX_BYTES + 1];
    bool is_locked;
    int fd;

    memcpy(name, id, strlen(id));
    memcpy(name + strlen(id), "-D", SPOOL_SUFFIX_BYTES + 1);
    fd = file_open_regular(directory_fd, name, O_RDWR, (uid_t)-1, NULL);
    if (fd == -1)
        return faccessat(directory_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1;
    is_locked = !file_lock(fd, FILE_LOCK_WRITE);
    close(fd);
    return !is_locked;
}

/* One file: old, of a message without -H (temporary files: of any), and nobody's. */
static bool
tidy_file(const struct spool *spool, int directory_fd, const char *name, time_t before)
{
    char id[MESSAGE_ID_MAX_BYTES + 1], header[MESSAGE_ID_MAX_BYTES + SPOOL_SUFFIX_BYTES + 1];
    struct stat st;

    if (!id_of_name(str_of(name), id) || fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1
        || !S_ISREG(st.st_mode) || st.st_mtim.tv_sec > before || st.st_uid != spool->owner_uid)
        return false;
    memcpy(header, id, strlen(id));
    memcpy(header + strlen(id), "-H", SPOOL_SUFFIX_BYTES + 1);
    if (name[0] != 'h' && faccessat(directory_fd, header, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return false;
    if (!is_free(directory_fd, id))
        return false;
    return unlinkat(directory_fd, name, 0) == 0;
}

static int
tidy_directory(const struct spool *spool, const char *path, time_t before)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int removed = 0;

    if (directory == NULL)
        return 0;
    while ((entry = readdir(directory)) != NULL)
        if (tidy_file(spool, dirfd(directory), entry->d_name, before))
            removed++;
    closedir(directory);
    return removed;
}

int
spool_tidy(const struct spool *spool, int min_age_s)
{
    static const char subdirectories[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char path[SPOOL_PATH_MAX_BYTES], id[8] = "000000";
    time_t before = clock_seconds() - min_age_s;
    int removed;

    spool_directory_for(spool, id, false, "input", path);
    removed = tidy_directory(spool, path, before);
    for (size_t i = 0; subdirectories[i] != '\0'; i++) {
        id[5] = subdirectories[i];
        spool_directory_for(spool, id, true, "input", path);
        removed += tidy_directory(spool, path, before);
    }
    return removed;
}
