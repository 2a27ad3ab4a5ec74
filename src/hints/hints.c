/* hints/hints.c -- lock, open, and what happens when that goes wrong; the libraries are behind backend.h. */
#include "hints/hints.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/deadline.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "hints/backend.h"
#include "log/log.h"

/* How long another process may keep the lock, and how often we look.  After waiting in vain once, the process does
 * not wait again for some time: one stopped process must not delay each of many deliveries again and again. */
enum { LOCK_WAIT_MS = 5000, LOCK_PATIENCE_AGAIN_MS = 60000, LOCK_LOOK_MIN_MS = 1, LOCK_LOOK_MAX_MS = 50 };

struct lock_patience {
    struct deadline impatient_until;
};

static const char patience_key;

struct hints {
    struct pool *pool;
    const struct hints_backend *backend;
    void *handle;
    const char *path;
    int lock_fd;
    bool is_writable, is_broken, was_left_open;
};

const char *
hints_backend_name(void)
{
    return hints_backends_rows[0] != NULL ? hints_backends_rows[0]->name : "none";
}

/* The db directory of the spool, made for a writer; NULL if there is none. */
static const char *
hints_directory(enum hints_mode mode, struct pool *pool)
{
    struct scope scope = scope_make(pool);
    struct str spool = STR("");
    const char *path;

    if (config == NULL || config->spool_directory == NULL || expand(config->spool_directory, &scope, &spool,
        NULL) != OK)
        return NULL;
    path = pool_cstr(pool, pool_printf(pool, "%.*s/db", STR_ARG(spool)));
    if (path != NULL && mode == HINTS_CREATE && mkdir(path, 0750) == -1 && errno != EEXIST)
        return NULL;
    return path;
}

static void
pause_ms(long ms)
{
    struct timespec time = { .tv_sec = 0, .tv_nsec = ms * 1000000 };

    nanosleep(&time, NULL);
}

/* A POSIX lock, as Exim and its utilities take it, on the whole lock file. */
static bool
lock_take(int fd, bool is_writable)
{
    struct lock_patience *patience = process_cache(&patience_key, sizeof(*patience));
    struct deadline deadline = deadline_in_ms(deadline_has_passed(patience->impatient_until) ? LOCK_WAIT_MS : 0);
    struct flock lock = { .l_type = is_writable ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

    for (long wait_ms = LOCK_LOOK_MIN_MS;; wait_ms = wait_ms * 2 < LOCK_LOOK_MAX_MS ? wait_ms * 2 : LOCK_LOOK_MAX_MS) {
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return true;
        if ((errno != EACCES && errno != EAGAIN && errno != EINTR))
            return false;
        if (deadline_has_passed(deadline)) {
            patience->impatient_until = deadline_in_ms(LOCK_PATIENCE_AGAIN_MS);
            errno = ETIMEDOUT;
            return false;
        }
        pause_ms(wait_ms);
    }
}

/* While a database is open its lock file holds one octet.  Who finds one there knows that another died at it, by a
 * signal or by damage that the library stumbled over, and sets the database aside rather than die of it too. */
static void
mark_open(struct hints *hints)
{
    struct stat st;

    hints->was_left_open = fstat(hints->lock_fd, &st) == 0 && st.st_size > 0;
    if (!hints->was_left_open && pwrite(hints->lock_fd, "1", 1, 0) == -1)
        trace(TRACE_HINTS_LOOKUP, "cannot mark %s: %s", hints->path, strerror(errno));
}

static void
mark_closed(struct hints *hints)
{
    if (ftruncate(hints->lock_fd, 0) == -1)
        trace(TRACE_HINTS_LOOKUP, "cannot unmark %s: %s", hints->path, strerror(errno));
}

/* What root makes is to be the mail user's like the rest. */
static void
give_to_mail_user(int fd)
{
    struct stat st;

    if (geteuid() != 0 || config == NULL || fstat(fd, &st) == -1 || st.st_uid == config->mail_uid)
        return;
    if (fchown(fd, config->mail_uid, config->mail_gid) == -1)
        trace(TRACE_HINTS_LOOKUP, "cannot give a hints file to the mail user: %s", strerror(errno));
}

/* Open and lock PATH.lockfile, for one process at a time; -1 if it cannot be had. */
static int
lock_open(const char *path, enum hints_mode mode, struct pool *pool)
{
    const char *lock_path = pool_cstr(pool, pool_printf(pool, "%s.lockfile", path));
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

    if (fd == -1 && mode == HINTS_READ && (errno == EACCES || errno == EROFS))
        fd = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1) {
        trace(TRACE_HINTS_LOOKUP, "cannot open lock file %s: %s", lock_path, strerror(errno));
        return -1;
    }
    if (!lock_take(fd, (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR)) {
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "Failed to get %s lock for %s: %s",
            mode == HINTS_READ ? "read" : "write", lock_path, errno == ETIMEDOUT ? "timed out" : strerror(errno));
        close(fd);
        return -1;
    }
    give_to_mail_user(fd);
    return fd;
}

/* Put a database that makes no sense out of the way, so that the next writer begins a new one. */
static void
set_aside(const char *path, const char *what, struct pool *pool)
{
    const char *aside = pool_cstr(pool, pool_printf(pool, "%s.corrupt-%lld", path, (long long)time(NULL)));

    if (rename(path, aside) == 0)
        log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "hints database %s %s: renamed %s", path, what, aside);
    else if (errno != ENOENT)
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL,
            "hints database %s %s and cannot be renamed: %s", path, what, strerror(errno));
}

/* Open under the lock we hold; a corrupt file is set aside, and made anew if the mode allows. */
static bool
open_locked(struct hints *hints, enum hints_mode mode)
{
    enum hints_status status;

    if (hints->was_left_open)
        set_aside(hints->path, "was left open by a process that died", hints->pool);
    status = hints->backend->open(hints->path, mode, hints->pool, &hints->handle);
    if (status == HINTS_CORRUPT && mode != HINTS_READ) {
        set_aside(hints->path, "is corrupt", hints->pool);
        status = mode == HINTS_CREATE ? hints->backend->open(hints->path, mode, hints->pool, &hints->handle) :
            HINTS_NONE;
    }
    if (status == HINTS_TROUBLE)
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "Failed to open hints database %s: %s", hints->path,
            strerror(errno));
    if (status == HINTS_OK && mode == HINTS_CREATE && geteuid() == 0) {
        int fd = open(hints->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd != -1) {
            give_to_mail_user(fd);
            close(fd);
        }
    }
    return status == HINTS_OK;
}

static void
release(struct hints *hints)
{
    if (hints->lock_fd != -1) {
        mark_closed(hints);
        close(hints->lock_fd);
    }
    pool_free(hints->pool);
}

struct hints *
hints_open_path(const char *path, enum hints_mode mode, bool is_locked)
{
    struct pool *pool = pool_new("hints");
    struct hints *hints = POOL_NEW(pool, struct hints);

    hints->pool = pool;
    hints->backend = hints_backends_rows[0];
    hints->lock_fd = -1;
    hints->is_writable = mode != HINTS_READ;
    if (hints->backend != NULL) {
        hints->path = pool_cstr(pool, pool_printf(pool, "%s%s", path, hints->backend->suffix));
        if (mode != HINTS_CREATE && access(hints->path, F_OK) == -1) {
            release(hints);
            return NULL;
        }
        if (is_locked)
            hints->lock_fd = lock_open(hints->path, mode, pool);
        if (hints->lock_fd != -1)
            mark_open(hints);
    }
    if (hints->backend == NULL || (is_locked && hints->lock_fd == -1) || !open_locked(hints, mode)) {
        release(hints);
        return NULL;
    }
    trace(TRACE_HINTS_LOOKUP, "opened hints database %s", hints->path);
    return hints;
}

struct hints *
hints_open(const char *name, enum hints_mode mode)
{
    struct pool *pool = pool_new("hints path");
    const char *directory = hints_directory(mode, pool);
    struct hints *hints = NULL;

    if (directory != NULL && strchr(name, '/') == NULL)
        hints = hints_open_path(pool_cstr(pool, pool_printf(pool, "%s/%s", directory, name)), mode, true);
    pool_free(pool);
    return hints;
}

/* Did the backend do it?  Remember damage: such a file is set aside when it is closed. */
static bool
is_done(struct hints *hints, enum hints_status status, const char *what)
{
    if (status == HINTS_CORRUPT || status == HINTS_TROUBLE) {
        hints->is_broken |= status == HINTS_CORRUPT;
        trace(TRACE_HINTS_LOOKUP, "%s: cannot %s: %s", hints->path, what,
            status == HINTS_CORRUPT ? "the file is corrupt" : strerror(errno));
    }
    return status == HINTS_OK;
}

bool
hints_get(struct hints *hints, struct str key, size_t max_bytes, struct pool *pool, struct str *value_out)
{
    struct str value;

    if (hints == NULL || hints->is_broken || !is_done(hints, hints->backend->get(hints->handle, key, &value), "read"))
        return false;
    if (value.len > max_bytes)
        return false;
    *value_out = pool_dup_tainted(pool, value);
    return true;
}

bool
hints_put(struct hints *hints, struct str key, struct str value)
{
    return hints != NULL && !hints->is_broken && hints->is_writable &&
        is_done(hints, hints->backend->put(hints->handle, key, value, false), "write");
}

bool
hints_add(struct hints *hints, struct str key, struct str value)
{
    return hints != NULL && !hints->is_broken && hints->is_writable &&
        is_done(hints, hints->backend->put(hints->handle, key, value, true), "write");
}

bool
hints_delete(struct hints *hints, struct str key)
{
    return hints != NULL && !hints->is_broken && hints->is_writable &&
        is_done(hints, hints->backend->remove(hints->handle, key), "delete");
}

bool
hints_scan(struct hints *hints, bool is_first, struct pool *pool, struct str *key_out)
{
    struct str key;

    if (hints == NULL || hints->is_broken || !is_done(hints, hints->backend->scan(hints->handle, is_first, &key),
        "scan"))
        return false;
    *key_out = pool_dup_tainted(pool, key);
    return true;
}

void
hints_close(struct hints *hints)
{
    if (hints == NULL)
        return;
    if (hints->backend->close(hints->handle) == HINTS_CORRUPT)
        hints->is_broken = true;
    if (hints->is_broken && hints->is_writable)
        set_aside(hints->path, "is corrupt", hints->pool);
    trace(TRACE_HINTS_LOOKUP, "closed hints database %s", hints->path);
    release(hints);
}
