/* spool/place.c -- where the files are, and how they are made. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/file.h"
#include "config/config.h"
#include "expand/expand.h"
#include "spool/spool_file.h"

void
spool_init(struct spool *spool, struct str directory)
{
    *spool = (struct spool){
        .directory = directory,
        .localhost_number = -1,
        .owner_uid = geteuid(),
        .owner_gid = getegid(),
        .file_mode = build_settings.spool_mode,
        .directory_mode = build_settings.spool_directory_mode,
        .does_sync = true,
    };
}

/* localhost_number: 0 to 16; -1 if unset.  False if it is anything else. */
static bool
localhost_number_get(struct scope *scope, int *number_out, struct why *why)
{
    struct str text;
    uint64_t number;

    *number_out = -1;
    if (config->localhost_number == NULL)
        return true;
    if (expand(config->localhost_number, scope, &text, why) != OK)
        return false;
    if (!str_to_u64(str_trim(text), 10, &number) || number > 16) {
        why_defer(why, 0, NULL, "localhost_number is not a number from 0 to 16: \"%.*s\"", STR_ARG(text));
        return false;
    }
    *number_out = (int)number;
    return true;
}

static bool
configured(struct spool *spool, struct pool *pool, struct why *why)
{
    struct scope scope = scope_make(pool);
    struct str directory = str_of(build_settings.spool_directory);

    if (config->spool_directory != NULL && expand(config->spool_directory, &scope, &directory, why) != OK)
        return false;
    if (directory.len == 0 || directory.ptr[0] != '/' || str_is_tainted(directory)) {
        why_defer(why, 0, NULL, "spool_directory is not an absolute path: \"%.*s\"", STR_ARG(directory));
        return false;
    }
    spool_init(spool, pool_dup(pool, directory));
    spool->is_split = config->split_spool_directory;
    spool->does_sync = !config->disable_fsync;
    if (geteuid() == 0) {
        spool->owner_uid = config->mail_uid;
        spool->owner_gid = config->mail_gid;
    }
    return localhost_number_get(&scope, &spool->localhost_number, why);
}

static const char configured_key;

const struct spool *
spool_configured(struct why *why)
{
    struct spool *spool = process_cache(&configured_key, sizeof(*spool));

    if (spool->directory.len == 0 || spool->owner_uid != (geteuid() == 0 ? config->mail_uid : geteuid())) {
        struct spool made;

        if (!configured(&made, process_pool(), why))
            return NULL;
        *spool = made;
    }
    return spool;
}

const struct spool *
spool_of_queue(const struct spool *spool, struct pool *pool, struct str queue_name)
{
    struct spool *queue;

    if (str_find(queue_name, '/') != STR_NONE || str_find(queue_name, '\0') != STR_NONE || str_eq_c(queue_name, ".")
        || str_eq_c(queue_name, ".."))
        return NULL;
    queue = POOL_NEW(pool, struct spool);
    *queue = *spool;
    /* Clean: it names a directory beneath the spool and nothing else. */
    queue->queue_name = pool_dup_clean(pool, queue_name);
    return queue;
}

void
spool_directory_for(const struct spool *spool, const char *id, bool is_split, const char *kind, char *path_out)
{
    int len = snprintf(path_out, SPOOL_PATH_MAX_BYTES, "%.*s%s%.*s/%s", STR_ARG(spool->directory),
                       spool->queue_name.len > 0 ? "/" : "", STR_ARG(spool->queue_name), kind);

    must(len > 0 && len + 3 < SPOOL_PATH_MAX_BYTES);
    if (is_split)
        snprintf(path_out + len, 3, "/%c", id[5]);
}

bool
spool_file_path(const char *directory, const char *id, const char *suffix, char *path_out)
{
    int len = snprintf(path_out, SPOOL_PATH_MAX_BYTES, "%s/%s%s", directory, id, suffix);

    return len > 0 && len < SPOOL_PATH_MAX_BYTES;
}

/* The path with this suffix where it exists, else where it would be made. */
static struct str
path_of(const struct spool *spool, struct pool *pool, const char *kind, const char *id, const char *suffix)
{
    char directory[SPOOL_PATH_MAX_BYTES], path[SPOOL_PATH_MAX_BYTES];

    for (int i = 0; i < 2; i++) {
        spool_directory_for(spool, id, spool->is_split == (i == 0), kind, directory);
        if (spool_file_path(directory, id, suffix, path) && access(path, F_OK) == 0)
            return pool_dup(pool, str_of(path));
    }
    spool_directory_for(spool, id, spool->is_split, kind, directory);
    must(spool_file_path(directory, id, suffix, path));
    return pool_dup(pool, str_of(path));
}

struct str
spool_path(const struct spool *spool, struct pool *pool, const char *id, const char *suffix)
{
    must(spool_id_is_valid(str_of(id)));
    return path_of(spool, pool, "input", id, suffix);
}

struct str
spool_msglog_path(const struct spool *spool, struct pool *pool, const char *id)
{
    must(spool_id_is_valid(str_of(id)));
    return path_of(spool, pool, "msglog", id, "");
}

/* As root, what is made belongs to the mail user. */
static bool
give_to_owner(const struct spool *spool, int fd)
{
    return geteuid() != 0 || spool->owner_uid == 0 || fchown(fd, spool->owner_uid, spool->owner_gid) == 0;
}

/* One directory of the spool, its own entry durable: files in it are promised to be there. */
static bool
make_one_directory(const struct spool *spool, const char *path)
{
    char parent[SPOOL_PATH_MAX_BYTES];
    size_t slash = str_rfind(str_of(path), '/');
    bool is_given;
    int fd;

    if (!file_make_directory(path, spool->directory_mode))
        return false;
    snprintf(parent, sizeof(parent), "%.*s", STR_ARG(str_head(str_of(path), slash > 0 ? slash : 1)));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    is_given = fd != -1 && give_to_owner(spool, fd);
    if (fd != -1)
        close(fd);
    return is_given && (!spool->does_sync || file_sync_directory(parent));
}

bool
spool_make_directory(const struct spool *spool, const char *path)
{
    char part[SPOOL_PATH_MAX_BYTES];

    for (size_t i = spool->directory.len; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (access(part, F_OK) == -1 && !make_one_directory(spool, part))
            return false;
    }
    return true;
}

int
spool_file_make(const struct spool *spool, const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, spool->file_mode);
    while (fd == -1 && errno == EINTR);
    if (fd == -1)
        return -1;
    if (fchmod(fd, spool->file_mode) == -1 || !give_to_owner(spool, fd)) {
        int saved = errno;

        close(fd);
        if ((flags & O_EXCL) != 0)
            unlink(path);
        errno = saved;
        return -1;
    }
    return fd;
}

int
spool_file_open(const struct spool *spool, const char *path, int flags, struct stat *st_out)
{
    struct stat st;
    int fd = file_open_regular(AT_FDCWD, path, flags, (uid_t)-1, &st);

    if (fd == -1)
        return -1;
    if (st.st_uid != spool->owner_uid && st.st_uid != 0) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    if (st_out != NULL)
        *st_out = st;
    return fd;
}

bool
spool_sync_file(const struct spool *spool, int fd)
{
    int result;

    if (!spool->does_sync)
        return true;
    do
        result = fsync(fd);
    while (result == -1 && errno == EINTR);
    return result == 0;
}

bool
spool_sync_entries(const struct spool *spool, const char *directory, int fd)
{
    return !spool->does_sync || (fd != -1 && file_sync_covers_entry(fd)) || file_sync_directory(directory);
}
