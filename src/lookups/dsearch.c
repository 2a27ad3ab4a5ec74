/* lookups/dsearch.c -- a name in a directory; the result is safe to use in a path. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lookups/lookup.h"

struct lookup_handle {
    int fd;
};

static struct lookup_handle *
dsearch_open(struct str path, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    handle->fd = open(path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle->fd == -1) {
        why_defer(why, errno, NULL, "failed to open %.*s for directory search", STR_ARG(path));
        return NULL;
    }
    return handle;
}

static void
dsearch_close(struct lookup_handle *handle)
{
    close(handle->fd);
}

/* filter=file, filter=dir, filter=subdir */
static bool
passes_filter(struct str key, const struct stat *st, struct str options)
{
    struct str filter;

    /* A local part ".." must not become a path (the manual has filter=dir for those who want it). */
    if (!lookup_option(options, "filter", &filter))
        return !str_eq_c(key, ".") && !str_eq_c(key, "..");
    if (str_eq_c(filter, "file"))
        return S_ISREG(st->st_mode);
    if (str_eq_c(filter, "dir"))
        return S_ISDIR(st->st_mode);
    if (str_eq_c(filter, "subdir"))
        return S_ISDIR(st->st_mode) && !str_eq_c(key, ".") && !str_eq_c(key, "..");
    return true;
}

/* With key=path slashes are allowed, but no way out of the directory. */
static bool
key_is_good(struct str key, struct str options, struct str *bad_out)
{
    struct str value, rest = key, part;

    if (!lookup_option(options, "key", &value) || !str_eq_c(value, "path")) {
        *bad_out = STR("a slash");
        return str_find(key, '/') == STR_NONE;
    }
    *bad_out = STR("a .. component");
    do {
        str_cut(rest, '/', &part, &rest);
        if (str_eq_c(part, ".."))
            return false;
    } while (rest.len > 0);
    return key.ptr[0] != '/';
}

static enum lookup_answer
dsearch_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
             struct str *value_out, struct why *why)
{
    const char *name = pool_cstr(scope->pool, key);
    struct stat st;
    struct str value, bad;

    if (!key_is_good(key, options, &bad)) {
        why_defer(why, 0, NULL, "key for dsearch lookup contains %.*s: %.*s", STR_ARG(bad), STR_ARG(key));
        return LOOKUP_DEFERRED;
    }
    if (name == NULL)
        return LOOKUP_NOT_FOUND;
    if (fstatat(handle->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (!passes_filter(key, &st, options))
            return LOOKUP_NOT_FOUND;
        *value_out = key;
        if (lookup_option(options, "ret", &value) && str_eq_c(value, "full"))
            *value_out = pool_printf_tainted(scope->pool, "%.*s/%.*s", STR_ARG(path), STR_ARG(key));
        return LOOKUP_FOUND;
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
        return LOOKUP_NOT_FOUND;
    why_defer(why, errno, NULL, "%.*s/%.*s: lstat", STR_ARG(path), STR_ARG(key));
    return LOOKUP_DEFERRED;
}

const struct lookup_driver dsearch_lookup = {
    .name = "dsearch", .is_single_key = true, .is_absolute_file = true, .has_own_cache = true, .open = dsearch_open,
    .find = dsearch_find, .close = dsearch_close,
};
