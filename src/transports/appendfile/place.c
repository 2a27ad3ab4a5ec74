#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "expand/expand.h"
#include "transports/appendfile/appendfile.h"

/* ---- The name */

/* The text that names the place: the option, or what a redirection gave. */
static enum outcome
find_text(struct append_job *job, struct str *path_out, bool *is_directory_out, struct why *why)
{
    const struct appendfile_options *opt = job->options;
    struct template *option = opt->file != NULL ? opt->file : opt->directory;
    const struct address *addr = job->run->addresses;
    struct str reason;

    *is_directory_out = opt->file == NULL && (opt->directory != NULL || opt->maildir_format || opt->mailstore_format);
    if (option == NULL) {
        if (addr->kind != ADDRESS_FILE)
            return transport_defer(why, NUMBER_TRANSPORT,
                                   "Mandatory file or directory option missing from %.*s transport",
                                   STR_ARG(job->run->transport->instance.name));
        *path_out = addr->text;
        if (addr->is_file_directory || (path_out->len > 1 && path_out->ptr[path_out->len - 1] == '/'))
            *is_directory_out = true;
        return OK;
    }
    if (expand(option, &job->run->scope, path_out, why) == OK)
        return OK;
    reason = why->text;
    return transport_defer(why, NUMBER_NONE,
                           "Expansion of \"%.*s\" (file or directory name for %.*s transport) failed: %.*s",
                           STR_ARG(option->text), STR_ARG(job->run->transport->instance.name), STR_ARG(reason));
}

static bool
has_dot_dot(struct str path)
{
    struct str part, rest = path;

    while (rest.len > 0) {
        str_cut(rest, '/', &part, &rest);
        if (str_eq_c(part, ".."))
            return true;
    }
    return false;
}

static bool
is_inside(struct str path, struct str directory)
{
    return str_starts(path, directory)
        && (path.len == directory.len || path.ptr[directory.len] == '/' || directory.ptr[directory.len - 1] == '/');
}

/* create_file: the directory inside which files may be made; empty: anywhere. */
static bool
creation_root(const struct append_job *job, struct str *root_out, bool *is_below_out)
{
    struct str rule = job->options->create_file;

    *is_below_out = !str_eq_c(rule, "inhome");
    if (str_eq_c(rule, "anywhere"))
        return false;
    *root_out = rule.len > 0 && rule.ptr[0] == '/' ? rule : job->run->identity.home;
    return true;
}

/* A tainted name is fit for use if create_file confines it to a directory of the configuration's choice. */
static bool
is_confined(const struct append_job *job, struct str path)
{
    struct str root;
    bool is_below;

    if (!creation_root(job, &root, &is_below) || !is_below || root.len == 0 || str_is_tainted(root))
        return false;
    return is_inside(path, root) && !has_dot_dot(path);
}

static enum append_kind
kind_of(const struct append_job *job, bool is_directory)
{
    if (!is_directory)
        return APPEND_FILE;
    if (job->options->maildir_format)
        return APPEND_MAILDIR;
    return job->options->mailstore_format ? APPEND_MAILSTORE : APPEND_NEW_FILE;
}

enum outcome
append_find_place(struct append_job *job, struct why *why)
{
    struct str path;
    bool is_directory;

    if (find_text(job, &path, &is_directory, why) != OK)
        return DEFER;
    if (path.len == 0 || path.ptr[0] != '/')
        return transport_defer(why, NUMBER_NOT_ABSOLUTE, "appendfile: file or directory name \"%.*s\" is not absolute",
                               STR_ARG(path));
    if (str_find(path, '\0') != STR_NONE)
        return transport_defer(why, NUMBER_NONE, "appendfile: file or directory name holds a NUL octet");
    if (str_is_tainted(path)) {
        if (!is_confined(job, path))
            return transport_defer(why, NUMBER_NONE,
                                   "Tainted '%.*s' (file or directory name for %.*s transport) not permitted",
                                   STR_ARG(path), STR_ARG(job->run->transport->instance.name));
        /* Checked just above: create_file confines it. */
        path = pool_dup_clean(job->pool, path);
    }
    job->kind = kind_of(job, is_directory);
    while (is_directory && path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    job->path = pool_cstr(job->pool, path);
    return OK;
}

/* ---- Creation */

enum outcome
append_check_creation(const struct append_job *job, const char *path, struct why *why)
{
    struct str name = str_of(path), root;
    char *resolved;
    struct str real;
    bool is_below, is_ok;

    if (!creation_root(job, &root, &is_below) || root.len == 0)
        return OK;
    if (!is_inside(name, root) || (is_below && has_dot_dot(name)))
        return transport_defer(why, NUMBER_NONE,
                               "mailbox %s: file or directory creation is not allowed outside \"%.*s\"", path,
                               STR_ARG(root));
    if (!is_below)
        return OK;
    /* The part that exists may be a link that leads elsewhere. */
    while (name.len > 1 && access(pool_cstr(job->pool, name), F_OK) == -1)
        name = str_head(name, str_rfind(name, '/') == 0 ? 1 : str_rfind(name, '/'));
    if (!is_inside(name, root))
        return OK;
    resolved = realpath(pool_cstr(job->pool, name), NULL);
    real = resolved != NULL ? pool_dup(job->pool, str_of(resolved)) : STR("");
    free(resolved);
    resolved = realpath(pool_cstr(job->pool, root), NULL);
    is_ok = resolved != NULL && real.len > 0 && is_inside(real, str_of(resolved));
    free(resolved);
    return is_ok ? OK
                 : transport_defer(why, NUMBER_NONE, "mailbox %s: its real path is outside \"%.*s\"", path,
                                   STR_ARG(root));
}

static enum outcome
make_directory(const struct append_job *job, const char *directory, const char *path, struct why *why)
{
    mode_t mode = (mode_t)job->options->directory_mode;

    if (mkdir(directory, mode) == 0 && chmod(directory, mode) == 0)
        return OK;
    if (errno == EEXIST)
        return OK;
    return transport_defer(why, errno, "failed to create directories for %s: %s", path, strerror(errno));
}

enum outcome
append_make_directories(const struct append_job *job, const char *path, bool is_path_included, struct why *why)
{
    char *copy = pool_cstr(job->pool, str_of(path));
    size_t length = strlen(copy), present;
    struct stat facts;

    if (!is_path_included)
        *strrchr(copy, '/') = '\0';
    if (copy[0] == '\0' || stat(copy, &facts) == 0)
        return OK;
    if (!job->options->create_directory)
        return transport_defer(why, errno, "directory %s does not exist, and create_directory is not set", copy);
    if (append_check_creation(job, path, why) != OK)
        return DEFER;
    length = strlen(copy);
    for (present = length; present > 0; present--)
        if (copy[present] == '/') {
            copy[present] = '\0';
            if (stat(copy, &facts) == 0)
                break;
        }
    for (size_t i = present; i < length; i++) {
        if (copy[i] != '\0')
            continue;
        if (i > 0 && make_directory(job, copy, path, why) != OK)
            return DEFER;
        copy[i] = '/';
    }
    return make_directory(job, copy, path, why);
}
