/* lookups/dsearch.c -- is there such an entry in a directory? (manual: dsearch)  What is found is a name on the disk, so it is clean. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "lookups/lookup.h"

/* A descriptor, so that the directory asked is the one that was opened. */
struct lookup_handle {
    int fd;
};

static struct lookup_handle *
dsearch_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    handle->fd = file.len > 0 && file.ptr[0] == '/' ? open(file.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : (errno = ENOENT, -1);
    if (handle->fd != -1)
        return handle;
    why_defer(why, errno, "4.3.0", "failed to open %.*s for directory search", STR_ARG(file));
    return NULL;
}

static void
dsearch_close(struct lookup_handle *handle)
{
    close(handle->fd);
}

static bool
kind_fits(struct str filter, mode_t mode, struct str key)
{
    if (str_eq_c(filter, "file"))
        return S_ISREG(mode);
    if (str_eq_c(filter, "dir"))
        return S_ISDIR(mode);
    if (str_eq_c(filter, "subdir"))
        return S_ISDIR(mode) && !str_eq_c(key, ".") && !str_eq_c(key, "..");
    return true;
}

static enum lookup_answer
dsearch_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    struct pool *pool = query->scope->pool;
    const char *name = pool_cstr(pool, query->key);
    struct str filter = STR(""), ret;
    struct stat st;

    if (str_find(query->key, '/') != STR_NONE) {
        why_defer(why, 0, NULL, "key for dsearch lookup contains a slash: %.*s", STR_ARG(query->key));
        return LOOKUP_DEFERRED;
    }
    if (name == NULL || name[0] == '\0')
        return LOOKUP_NOT_FOUND;
    if (fstatat(handle->fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        if (errno == ENOENT || errno == ENAMETOOLONG)
            return LOOKUP_NOT_FOUND;
        why_defer(why, errno, "4.3.0", "%.*s/%s: lstat", STR_ARG(query->file), name);
        return LOOKUP_DEFERRED;
    }
    lookup_option(query->options, "filter", &filter);
    if (!kind_fits(filter, st.st_mode, query->key))
        return LOOKUP_NOT_FOUND;
    /* The entry exists, without a slash: the name is as good as one read from the directory. */
    *value_out = pool_dup_clean(pool, query->key);
    if (lookup_option(query->options, "ret", &ret) && str_eq_c(ret, "full")) {
        struct buf path;

        buf_init(&path, pool, BUF_NO_LIMIT);
        buf_add(&path, query->file);
        buf_add_char(&path, '/');
        buf_add(&path, *value_out);
        *value_out = buf_str(&path);
    }
    return LOOKUP_FOUND;
}

const struct lookup_driver dsearch_driver = {
    .name = "dsearch", .is_single_key = true, .open = dsearch_open, .find = dsearch_find, .close = dsearch_close,
};
