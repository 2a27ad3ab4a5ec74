#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "transports/appendfile/appendfile.h"

enum { DEPTH_MAX = 40 };

struct tree {
    const struct regex *size_regex;     /* NULL: ask the file */
    int64_t size, count;
};

static bool
size_from_name(const struct tree *tree, const char *name, int64_t *size_out)
{
    struct str captures[2] = { { 0 } };
    size_t count = 0;

    if (tree->size_regex == NULL)
        return false;
    return regex_match(tree->size_regex, str_of(name), 0, captures, COUNT(captures), &count, NULL) == REGEX_YES
           && count > 1 && str_to_i64(captures[1], size_out) && *size_out >= 0;
}

static void
add_file(struct tree *tree, int dir_fd, const char *name)
{
    struct stat facts;
    int64_t size;

    if (size_from_name(tree, name, &size)) {
        tree->size += size;
        tree->count++;
        return;
    }
    if (fstatat(dir_fd, name, &facts, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(facts.st_mode))
        return;
    tree->size += facts.st_nlink > 1 ? facts.st_size / (off_t)facts.st_nlink : facts.st_size;
    tree->count++;
}

static bool
is_directory(int dir_fd, const struct dirent *entry)
{
    struct stat facts;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dir_fd, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(facts.st_mode);
}

/* Takes the descriptor over.  filter: for the directories on this level only. */
static void
add_tree(struct tree *tree, int fd, const struct regex *filter, int depth)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (is_directory(dirfd(dir), entry)) {
            int inner = -1;

            if (depth < DEPTH_MAX && (filter == NULL || regex_matches(filter, str_of(entry->d_name))))
                inner = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inner != -1)
                add_tree(tree, inner, NULL, depth + 1);
        } else if (filter == NULL) {
            add_file(tree, dirfd(dir), entry->d_name);
        }
    }
    closedir(dir);
}

enum outcome
append_tree_size(const struct append_job *job, const char *directory, const struct regex *filter, int64_t *size_out,
                 int64_t *count_out, struct why *why)
{
    struct tree tree = { 0 };
    int fd;

    if (job->options->quota_size_regex.len > 0) {
        tree.size_regex = regex_compile(job->options->quota_size_regex, 0, why);
        if (tree.size_regex == NULL) {
            struct str reason = why->text;

            return transport_defer(why, NUMBER_NONE, "appendfile: regular expression error in quota_size_regex: %.*s",
                                   STR_ARG(reason));
        }
    }
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1 && errno != ENOENT)
        return transport_defer(why, errno, "failed to open directory %s for its size", directory);
    if (fd != -1)
        add_tree(&tree, fd, filter, 0);
    *size_out = tree.size;
    *count_out = tree.count;
    return OK;
}
