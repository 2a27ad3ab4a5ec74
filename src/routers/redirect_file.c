/* Files of redirection data: opened with the rights of the user they belong to, checked after opening. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/trace.h"
#include "expand/expand.h"
#include "routers/redirect.h"

enum { REDIRECT_FILE_MAX_BYTES = 10 * 1024 * 1024 };

/* As the user through the launcher; without one, or for no user, with our own rights. */
static int
file_open(struct redirection *redirection, const char *path, int *error_out)
{
    int fd = -1;
    struct stat facts;
    struct why why;

    *error_out = 0;
    if (redirection->has_ids && redirection->run->link != NULL) {
        why_init(&why, redirection->run->pool);
        if (launch_open(redirection->run->link, path, redirection->ids, true, &fd, &why) == OK)
            return fd;
        *error_out = why.sys_errno != 0 ? why.sys_errno : EIO;
        return -1;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (redirection->has_ids ? O_NOFOLLOW : 0));
    if (fd == -1) {
        *error_out = errno;
        return -1;
    }
    if (fstat(fd, &facts) == -1 || !S_ISREG(facts.st_mode)) {
        *error_out = S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
        close(fd);
        return -1;
    }
    return fd;
}

static bool
is_among(const struct id_list *list, uid_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->ids[i] == id)
            return true;
    return false;
}

/* Owner, group and mode: the open file's, so that nothing can change in between. */
static enum outcome
file_check(struct redirection *redirection, int fd, const char *path)
{
    const struct redirect_options *opt = redirection->opt;
    struct address *addr = redirection->addr;
    struct stat facts;

    if (fstat(fd, &facts) == -1)
        return why_defer(&addr->why, errno, "4.3.0", "failed to stat redirection file %s", path);
    if ((facts.st_mode & (mode_t)opt->modemask) != 0)
        return why_defer(&addr->why, 0, "4.3.0", "bad mode (0%o) for %s: 0%o bit(s) unexpected",
                         (unsigned)facts.st_mode, path, (unsigned)facts.st_mode & (unsigned)opt->modemask);
    if (opt->check_owner && !(addr->has_local_user && facts.st_uid == addr->local_user_uid) &&
        !is_among(&opt->owners, facts.st_uid))
        return why_defer(&addr->why, 0, "4.3.0", "bad owner for %s", path);
    if (opt->check_group && !(addr->has_local_user && facts.st_gid == addr->local_user_gid) &&
        !is_among(&opt->owngroups, facts.st_gid))
        return why_defer(&addr->why, 0, "4.3.0", "bad group for %s", path);
    return OK;
}

static enum outcome
file_slurp(struct redirection *redirection, int fd, const char *path, struct str *data_out)
{
    /* Its writer has the rights it is used with: as good as configuration. */
    bool is_read = file_read_fd(fd, redirection->run->pool, CLEAN, REDIRECT_FILE_MAX_BYTES, data_out);
    int error = errno;

    close(fd);
    if (is_read)
        return OK;
    return why_defer(&redirection->addr->why, error, "4.3.0", "error while reading file %s", path);
}

/* A missing file is fine if its directory is there: else it may be on a file system that is not mounted now. */
static enum route_outcome
file_missing(struct redirection *redirection, const char *path)
{
    char parent[PATH_MAX];
    size_t len = str_rfind(str_of(path), '/');
    struct stat facts;
    struct why why;
    enum outcome outcome = OK;

    if (redirection->opt->ignore_enotdir || len == STR_NONE || len >= sizeof(parent))
        return ROUTE_DECLINE;
    __builtin_memcpy(parent, path, len);
    parent[len] = '\0';
    if (len == 0)
        return ROUTE_DECLINE;
    why_init(&why, redirection->run->pool);
    if (redirection->has_ids && redirection->run->link != NULL)
        outcome = launch_stat(redirection->run->link, parent, redirection->ids, &facts, &why);
    else if (stat(parent, &facts) == -1)
        outcome = why_defer(&why, errno, NULL, "stat");
    if (outcome == OK)
        return ROUTE_DECLINE;
    why_defer(&redirection->addr->why, 0, "4.3.0", "failed to stat %s/. (%s)", parent, strerror(why.sys_errno));
    return ROUTE_DEFER;
}

enum route_outcome
redirect_file_read(struct redirection *redirection, struct str *data_out)
{
    const struct redirect_options *opt = redirection->opt;
    struct address *addr = redirection->addr;
    struct pool *pool = redirection->run->pool;
    struct str name;
    struct why why;
    char *path;
    int fd, error;

    why_init(&why, pool);
    if (expand(opt->file, redirection->run->scope, &name, &why) != OK) {
        if (why.is_forced)
            return ROUTE_DECLINE;
        why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\": %.*s", STR_ARG(opt->file->text),
                  STR_ARG(why.text));
        return ROUTE_DEFER;
    }
    name = str_trim(name);
    path = pool_cstr(pool, name);
    if (str_is_tainted(name)) {
        why_defer(&addr->why, 0, "4.3.5", "Tainted name '%.*s' for file read not permitted", STR_ARG(name));
        return ROUTE_DEFER;
    }
    if (path == NULL || name.len == 0 || name.ptr[0] != '/') {
        why_defer(&addr->why, 0, "4.3.5", "\"%.*s\" is not an absolute path for the %.*s router", STR_ARG(name),
                  STR_ARG(redirection->router->instance.name));
        return ROUTE_DEFER;
    }
    fd = file_open(redirection, path, &error);
    if (fd == -1) {
        trace(TRACE_ROUTE, "%s: error %d", path, error);
        if (error == ENOENT)
            return file_missing(redirection, path);
        if ((error == ENOTDIR && opt->ignore_enotdir) || (error == EACCES && opt->ignore_eacces))
            return ROUTE_DECLINE;
        why_defer(&addr->why, error, "4.3.0", "failed to open redirection file %s", path);
        return ROUTE_DEFER;
    }
    if (file_check(redirection, fd, path) != OK) {
        close(fd);
        return ROUTE_DEFER;
    }
    return file_slurp(redirection, fd, path, data_out) == OK ? ROUTE_ACCEPT : ROUTE_DEFER;
}

/* ".." would lead out of include_directory. */
static bool
is_below(struct str path, struct str directory)
{
    if (!str_starts(path, directory) || path.len <= directory.len)
        return false;
    if (path.ptr[directory.len] != '/' && directory.ptr[directory.len - 1] != '/')
        return false;
    return str_find_str(path, STR("/../")) == STR_NONE && !str_ends(path, STR("/.."));
}

/* An include file is named by data that the administrator, or the user whose rights apply, wrote. */
enum outcome
redirect_include_read(struct redirection *redirection, struct str path, struct str *data_out)
{
    struct address *addr = redirection->addr;
    struct str directory = redirection->opt->include_directory;
    char *name = pool_cstr(redirection->run->pool, path);
    int fd, error;

    if (name == NULL || path.len == 0 || path.ptr[0] != '/')
        return why_defer(&addr->why, 0, "4.3.5", "included file \"%.*s\" is not an absolute path", STR_ARG(path));
    if (redirection->opt->forbid_include)
        return why_defer(&addr->why, 0, "4.3.5", "included files not permitted");
    if (directory.len > 0 && !is_below(path, directory))
        return why_defer(&addr->why, 0, "4.3.5", "included file %.*s is not in directory %.*s", STR_ARG(path),
                         STR_ARG(directory));
    fd = file_open(redirection, name, &error);
    if (fd == -1 && directory.len > 0 && (error == ENOENT || error == ELOOP))
        return why_defer(&addr->why, 0, "4.3.0",
                         "failed to open %s (component of included file); could be symbolic link",
                         name);
    if (fd == -1)
        return why_defer(&addr->why, error, "4.3.0", "failed to open included file %s", name);
    return file_slurp(redirection, fd, name, data_out);
}
