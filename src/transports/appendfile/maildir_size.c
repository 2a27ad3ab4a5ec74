/* The maildirsize file of maildir++: a line with the quota ("10485760S,100C"), then lines "octets files" that add up to
 * what the mailbox holds.  Anyone may add lines; it is made anew when it has grown long or speaks of another quota. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "config/config.h"
#include "transports/appendfile/appendfile.h"

enum { MAILDIRSIZE_MAX_BYTES = 5120, STALE_S = 15 * 60 };

struct totals {
    int64_t size, count;
    int lines;
};

/* Add up the lines behind the first; false for a file that is not of the form. */
static bool
add_up(struct str text, struct totals *totals)
{
    struct str line;

    while (str_take_line(&text, &line)) {
        struct str first = str_take_word(&line), second = str_take_word(&line);
        int64_t size, count;

        if (!str_to_i64(first, &size) || !str_to_i64(second, &count) || str_trim(line).len > 0)
            return false;
        if (__builtin_add_overflow(totals->size, size, &totals->size)
            || __builtin_add_overflow(totals->count, count, &totals->count))
            return false;
        totals->lines++;
    }
    return true;
}

/* "10485760S,100C" in any order; other letters are passed over, as the format asks. */
static bool
quota_matches(const struct append_quota *quota, struct str line)
{
    int64_t size = 0, count = 0;

    while (line.len > 0) {
        struct str part;
        int64_t value;

        str_cut(line, ',', &part, &line);
        part = str_trim(part);
        if (part.len < 2 || !str_to_i64(str_head(part, part.len - 1), &value))
            return false;
        if (part.ptr[part.len - 1] == 'S')
            size = value;
        else if (part.ptr[part.len - 1] == 'C')
            count = value;
    }
    return size == quota->limit && count == quota->file_limit;
}

/* False: find it anew.  A mailbox over quota by an old file of more than one line may have been emptied since. */
static bool
use_file(struct append_job *job, int fd)
{
    struct append_quota *quota = &job->quota;
    struct totals totals = { 0 };
    struct str text, line;
    struct stat facts;
    bool is_over;

    if (fstat(fd, &facts) == -1 || facts.st_size >= MAILDIRSIZE_MAX_BYTES
        || !file_read_fd(fd, job->pool, TAINTED, MAILDIRSIZE_MAX_BYTES, &text))
        return false;
    if (!str_take_line(&text, &line) || !quota_matches(quota, line) || !add_up(text, &totals))
        return false;
    if (totals.size < 0 || totals.count < 0)
        return false;
    is_over = (quota->limit > 0 && totals.size + job->run->message->message_bytes > quota->limit)
        || (quota->file_limit > 0 && totals.count + 1 > quota->file_limit);
    if (is_over && (totals.lines > 1 || facts.st_mtime < clock_seconds() - STALE_S))
        return false;
    quota->size = totals.size;
    quota->file_count = totals.count;
    return true;
}

static enum outcome
make_anew(struct append_job *job, const char *directory, const char *path, int *fd_out, struct why *why)
{
    struct append_quota *quota = &job->quota;
    const struct regex *counted = regex_compile(job->options->maildir_quota_directory_regex, 0, why);
    const char *temporary = pool_cstr(
        job->pool, pool_printf(job->pool, "%s/tmp/%lu.M%luP%d.%.*s.size", directory, (unsigned long)clock_now().tv_sec,
                               (unsigned long)clock_now().tv_usec, (int)getpid(), STR_ARG(config->primary_hostname)));
    struct str text;
    int fd;

    if (append_tree_size(job, directory, counted, &quota->size, &quota->file_count, why) != OK)
        return DEFER;
    text = pool_printf(job->pool, "%lldS,%lldC\n%lld %lld\n", (long long)quota->limit, (long long)quota->file_limit,
                       (long long)quota->size, (long long)quota->file_count);
    fd = open(temporary, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)job->mode);
    if (fd == -1)
        return transport_defer(why, errno, "while creating %s", temporary);
    if (!file_write_all(fd, text) || rename(temporary, path) == -1) {
        transport_defer(why, errno, "while opening or reading %s/maildirsize", directory);
        unlink(temporary);
        close(fd);
        return DEFER;
    }
    *fd_out = fd;
    return OK;
}

/* The new file of this delivery is in tmp/ already, which is not counted. */
enum outcome
append_maildirsize_open(struct append_job *job, const char *directory, int *fd_out, struct why *why)
{
    const char *path = pool_cstr(job->pool, pool_printf(job->pool, "%s/maildirsize", directory));
    int fd = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);

    if (fd == -1 && errno != ENOENT)
        return transport_defer(why, errno, "while opening or reading %s", path);
    if (fd != -1) {
        if (use_file(job, fd)) {
            *fd_out = fd;
            return OK;
        }
        close(fd);
    }
    return make_anew(job, directory, path, fd_out, why);
}

/* A lost line is found again when the file is next made anew. */
void
append_maildirsize_add(const struct append_job *job, int fd)
{
    if (fd != -1)
        (void)!file_write_all(fd, pool_printf(job->pool, "%lld 1\n", (long long)job->written));
}
