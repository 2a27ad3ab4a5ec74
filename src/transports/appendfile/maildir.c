#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "config/config.h"
#include "expand/expand.h"
#include "transports/appendfile/appendfile.h"

enum { NAME_TRY_PAUSE_MS = 2000 };

/* ---- The directories */

static enum outcome
make_subdirectory(struct append_job *job, const char *name, struct why *why)
{
    const char *path = pool_cstr(job->pool, pool_printf(job->pool, "%s/%s", job->path, name));
    struct stat facts;

    if (stat(path, &facts) == 0) {
        if (S_ISDIR(facts.st_mode))
            return OK;
        return transport_defer(why, NUMBER_NOT_REGULAR, "%s is not a directory", path);
    }
    return append_make_directories(job, path, true, why);
}

static enum outcome
make_maildirfolder(struct append_job *job, struct why *why)
{
    const char *path = pool_cstr(job->pool, pool_printf(job->pool, "%s/maildirfolder", job->path));
    const struct regex *regex;
    struct str reason;
    int fd;

    if (job->options->maildirfolder_create_regex.len == 0)
        return OK;
    regex = regex_compile(job->options->maildirfolder_create_regex, 0, why);
    if (regex == NULL) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE,
                               "appendfile: regular expression error in maildirfolder_create_regex: %.*s",
                               STR_ARG(reason));
    }
    if (!regex_matches(regex, str_of(job->path)))
        return OK;
    fd = append_create(job, path);
    if (fd == -1 && errno != EEXIST)
        return transport_defer(why, errno, "appendfile: failed to create maildirfolder file in %s directory: %s",
                               job->path, strerror(errno));
    if (fd != -1)
        close(fd);
    return OK;
}

static enum outcome
make_maildir(struct append_job *job, struct why *why)
{
    if (append_make_directories(job, job->path, true, why) != OK || make_subdirectory(job, "tmp", why) != OK
        || make_subdirectory(job, "new", why) != OK || make_subdirectory(job, "cur", why) != OK)
        return DEFER;
    if (chdir(job->path) == -1)
        return transport_defer(why, errno, "failed to chdir to %s", job->path);
    return make_maildirfolder(job, why);
}

/* ---- Quota: a folder's counts with its top directory */

static bool
is_folder(void)
{
    struct stat facts;

    return stat("maildirfolder", &facts) == 0;
}

/* Where sizes are counted, and this delivery's place below it ("new", ".folder"). */
static const char *
quota_top(struct append_job *job, struct str *below_out)
{
    struct str path = str_of(job->path);
    size_t slash = str_rfind(path, '/');

    *below_out = STR("new");
    if (!is_folder() || slash == 0)
        return job->path;
    *below_out = str_from(path, slash + 1);
    return pool_cstr(job->pool, str_head(path, slash));
}

/* *size_fd_out: the maildirsize file to be added to, or -1. */
static enum outcome
check_quota(struct append_job *job, const char *name, int *size_fd_out, struct why *why)
{
    const struct append_quota *quota = &job->quota;
    const struct regex *counted;
    struct str below, reason;
    const char *top;

    *size_fd_out = -1;
    if (!job->is_maildirsize_wanted && quota->limit == 0 && quota->file_limit == 0 && quota->warn_threshold == 0)
        return OK;
    top = quota_top(job, &below);
    if (!job->is_maildirsize_wanted)
        return append_check_tree(job, top, name, why);
    counted = regex_compile(job->options->maildir_quota_directory_regex, 0, why);
    if (counted == NULL) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE,
                               "appendfile: regular expression error in maildir_quota_directory_regex: %.*s",
                               STR_ARG(reason));
    }
    if (!regex_matches(counted, below))
        return OK;
    if (append_maildirsize_open(job, top, size_fd_out, why) != OK)
        return DEFER;
    return append_quota_check(job, name, why);
}

/* Seconds since someone looked into the mailbox, for quota_<time> retry rules. */
static int
idle_seconds(void)
{
    struct stat facts;

    return stat("new", &facts) == 0 ? (int)(clock_seconds() - facts.st_mtime) : 0;
}

/* ---- The file */

static struct str
make_name(struct append_job *job, struct timeval *when_out)
{
    *when_out = clock_now();
    return pool_printf(job->pool, "%lu.M%luP%d.%.*s", (unsigned long)when_out->tv_sec, (unsigned long)when_out->tv_usec,
                       (int)getpid(), STR_ARG(config->primary_hostname));
}

static const char *
temporary_path(struct append_job *job, struct str name)
{
    return pool_cstr(job->pool, pool_printf(job->pool, "tmp/%.*s", STR_ARG(name)));
}

/* *name is taken, or another one if a file has it. */
static enum outcome
create_unique(struct append_job *job, struct str *name, struct timeval *when, int *fd_out, struct why *why)
{
    for (int i = 0; i < job->options->maildir_retries || i == 0; i++) {
        struct stat facts;

        if (i > 0) {
            poll(NULL, 0, NAME_TRY_PAUSE_MS);
            *name = make_name(job, when);
        }
        if (stat(temporary_path(job, *name), &facts) == 0 || errno != ENOENT)
            continue;
        *fd_out = append_create(job, temporary_path(job, *name));
        if (*fd_out != -1)
            return OK;
        if (errno != EEXIST)
            return transport_defer(why, errno, "appendfile: failed to create %s", temporary_path(job, *name));
    }
    return transport_defer(why, EEXIST, "failed to open %s (%d tr%s)", temporary_path(job, *name),
                           job->options->maildir_retries, job->options->maildir_retries == 1 ? "y" : "ies");
}

/* maildir_tag, with $message_size as written; what cannot stand in a name is left out. */
static enum outcome
make_tag(struct append_job *job, struct str *tag_out, struct why *why)
{
    struct scope *scope = &job->run->scope;
    const struct scope_value *outer = scope->values;
    struct scope_value size = { outer, "message_size", pool_printf(job->pool, "%lld", (long long)job->written) };
    enum outcome outcome;
    struct str text;
    struct buf tag;

    scope->values = &size;
    outcome = transport_expand(job->options->maildir_tag, job->run, &text, why);
    scope->values = outer;
    if (outcome != OK)
        return DEFER;
    buf_init(&tag, job->pool, 256);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '/')
            return transport_defer(why, NUMBER_NONE, "maildir_tag \"%.*s\" of %.*s transport contains a slash",
                                   STR_ARG(text), STR_ARG(job->run->transport->instance.name));
        if (!ascii_is_print(text.ptr[i]))
            continue;
        if (tag.len == 0 && ascii_is_alnum(text.ptr[i]))
            buf_add_char(&tag, ':');
        buf_add_char(&tag, text.ptr[i]);
    }
    *tag_out = buf_str(&tag);
    return OK;
}

static const char *
new_name(struct append_job *job, struct str name, struct str tag)
{
    const char *path = pool_cstr(job->pool, pool_printf(job->pool, "new/%.*s%.*s", STR_ARG(name), STR_ARG(tag)));
    struct stat facts;

    if (tag.len > 0 && stat(path, &facts) == -1 && errno == ENAMETOOLONG)
        return new_name(job, name, STR(""));
    return path;
}

static enum outcome
write_and_publish(struct append_job *job, int fd, struct str name, struct why *why)
{
    const char *temporary = pool_cstr(job->pool, pool_printf(job->pool, "tmp/%.*s", STR_ARG(name)));
    const char *final;
    struct str tag = STR("");
    enum outcome outcome = append_write(job, fd, temporary, why);

    if (outcome == OK)
        outcome = make_tag(job, &tag, why);
    if (outcome != OK) {
        unlink(temporary);
        return outcome;
    }
    final = new_name(job, name, tag);
    return append_publish(fd, temporary, final, "new") ? OK : append_error(errno, final, why);
}

/* The next delivery of this process gets another name. */
static void
wait_for_clock(struct timeval used)
{
    struct timeval now = clock_now();

    while (now.tv_sec == used.tv_sec && now.tv_usec == used.tv_usec)
        now = clock_now();
}

static enum outcome
deliver_file(struct append_job *job, struct str name, struct timeval when, struct why *why)
{
    enum outcome outcome;
    int fd = -1;

    if (create_unique(job, &name, &when, &fd, why) != OK)
        return DEFER;
    outcome = write_and_publish(job, fd, name, why);
    close(fd);
    wait_for_clock(when);
    return outcome;
}

enum outcome
append_maildir(struct append_job *job, struct why *why)
{
    struct timeval when;
    struct str name = make_name(job, &when);
    enum outcome outcome;
    int size_fd = -1;

    if (make_maildir(job, why) != OK)
        return DEFER;
    outcome = check_quota(job, temporary_path(job, name), &size_fd, why);
    if (outcome != OK && why->cause == CAUSE_QUOTA)
        why->detail = idle_seconds();
    if (outcome == OK)
        outcome = deliver_file(job, name, when, why);
    if (outcome == OK) {
        append_maildirsize_add(job, size_fd);
        append_quota_warn(job);
    }
    if (size_fd != -1)
        close(size_fd);
    return outcome;
}
