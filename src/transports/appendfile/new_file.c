#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "config/config.h"
#include "expand/expand.h"
#include "transports/appendfile/appendfile.h"

int
append_create(const struct append_job *job, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)job->mode);
    int error;

    if (fd == -1 || fchmod(fd, (mode_t)job->mode) == 0)
        return fd;
    error = errno;
    close(fd);
    unlink(path);
    errno = error;
    return -1;
}

enum outcome
append_check_tree(struct append_job *job, const char *directory, const char *name, struct why *why)
{
    struct append_quota *quota = &job->quota;
    bool is_size_wanted = quota->size < 0 && (quota->limit > 0 || quota->warn_threshold > 0);
    bool is_count_wanted = quota->file_count < 0 && quota->file_limit > 0;
    struct str other;
    int64_t size, count;

    if (job->options->quota_directory != NULL) {
        if (transport_expand(job->options->quota_directory, job->run, &other, why) != OK)
            return DEFER;
        if (other.len == 0 || other.ptr[0] != '/')
            return transport_defer(why, NUMBER_NOT_ABSOLUTE,
                                   "appendfile: quota_directory name \"%.*s\" is not absolute", STR_ARG(other));
        directory = pool_cstr(job->pool, other);
    }
    if (is_size_wanted || is_count_wanted) {
        if (append_tree_size(job, directory, NULL, &size, &count, why) != OK)
            return DEFER;
        if (is_size_wanted)
            quota->size = size;
        if (is_count_wanted)
            quota->file_count = count;
    }
    return append_quota_check(job, name, why);
}

/* directory_file, with $inode. */
static enum outcome
final_name(struct append_job *job, int fd, const char **name_out, struct why *why)
{
    struct transport_run *run = job->run;
    struct scope_value inode = { run->scope.values, "inode", STR("") };
    const struct scope_value *outer = run->scope.values;
    struct stat facts;
    struct str name;
    enum outcome outcome;

    if (fstat(fd, &facts) == -1)
        return transport_defer(why, errno, "fstat() of the new file in %s", job->path);
    inode.value = pool_printf(job->pool, "%lu", (unsigned long)facts.st_ino);
    run->scope.values = &inode;
    outcome = transport_expand(job->options->directory_file, run, &name, why);
    run->scope.values = outer;
    if (outcome != OK)
        return DEFER;
    if (name.len == 0 || str_find(name, '/') != STR_NONE || str_find(name, '\0') != STR_NONE || str_is_tainted(name))
        return transport_defer(why, NUMBER_NONE, "directory_file \"%.*s\" of %.*s transport is no usable file name",
                               STR_ARG(name), STR_ARG(run->transport->instance.name));
    *name_out = pool_cstr(job->pool, pool_printf(job->pool, "%s/%.*s", job->path, STR_ARG(name)));
    return OK;
}

static enum outcome
write_and_name(struct append_job *job, int fd, const char *temporary, struct why *why)
{
    const char *name = temporary;
    enum outcome outcome = append_write(job, fd, temporary, why);

    if (outcome == OK)
        outcome = final_name(job, fd, &name, why);
    if (outcome != OK) {
        unlink(temporary);
        return outcome;
    }
    if (!append_publish(fd, temporary, name, job->path))
        return append_error(errno, name, why);
    append_quota_warn(job);
    return OK;
}

enum outcome
append_new_file(struct append_job *job, struct why *why)
{
    const char *temporary = pool_cstr(job->pool, pool_printf(job->pool, "%s/temp.%d.%.*s", job->path, (int)getpid(),
                                                             STR_ARG(config->primary_hostname)));
    enum outcome outcome;
    int fd;

    if (append_make_directories(job, job->path, true, why) != OK)
        return DEFER;
    outcome = append_check_tree(job, job->path, temporary, why);
    if (outcome != OK)
        return outcome;
    fd = append_create(job, temporary);
    if (fd == -1)
        return transport_defer(why, errno, "while creating file %s", temporary);
    outcome = write_and_name(job, fd, temporary, why);
    if (close(fd) == -1 && outcome == OK)
        return append_error(errno, job->path, why);
    return outcome;
}
