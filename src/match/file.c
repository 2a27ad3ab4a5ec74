/* match/file.c -- files in lists: one item a line, comments dropped, recompiled when the file changes. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/process.h"
#include "match/list.h"

enum { FILE_MAX_BYTES = 64 << 20, READ_BYTES = 65536, FORMS = FORM_HOST + 1 };

/* A file as it was when it was compiled. */
struct list_file {
    const char *name;               /* NULL: a path with a NUL octet */
    struct pool *pool;
    struct stat st;
    struct match_list *list;
};

static const char files_key;

static struct map *
files(void)
{
    struct map *map = process_cache(&files_key, sizeof(*map));

    if (map->pool == NULL)
        map_init(map, process_pool(), false);
    return map;
}

static bool
is_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
        a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
        a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool
read_all(int fd, struct buf *text)
{
    for (;;) {
        char *space = buf_space(text, READ_BYTES);
        ssize_t count = space != NULL ? read(fd, space, READ_BYTES) : 0;

        if (count == -1 && errno == EINTR)
            continue;
        if (count <= 0)
            return count == 0 && space != NULL;
        buf_grow(text, (size_t)count);
    }
}

/* Without its comment.  In lists of local parts and addresses "#" counts only at the start or after white space. */
static struct str
without_comment(struct str line, bool is_hash_text)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '#' && (!is_hash_text || i == 0 || ascii_is_space(line.ptr[i - 1])))
            return str_head(line, i);
    return line;
}

static struct match_list *
compile_text(enum list_form form, struct str text, struct pool *pool)
{
    struct str_list lines = { 0 };
    struct str line;

    while (text.len > 0) {
        if (!str_take_line(&text, &line))
            break;
        line = str_trim(without_comment(line, form == FORM_ADDRESS || form == FORM_LOCAL_PART));
        if (line.len > 0)
            str_list_add(&lines, pool, line);
    }
    return match_list_compile_lines(form, &lines, pool);
}

static struct match_list *
load(struct list_file *file, int fd, enum list_form form)
{
    struct buf text;

    if (file->pool != NULL)
        pool_free(file->pool);
    file->pool = pool_new("file of a list");
    file->list = NULL;
    buf_init(&text, file->pool, FILE_MAX_BYTES);
    if (read_all(fd, &text))
        file->list = compile_text(form, buf_str(&text), file->pool);
    return file->list;
}

/* What is kept of a path, for one form of list. */
static struct list_file *
file_find(enum list_form form, struct str path)
{
    struct map *map = files();
    struct list_file *forms = map_get(map, path);

    if (forms == NULL) {
        forms = POOL_NEW_ARRAY(process_pool(), struct list_file, FORMS);
        for (int i = 0; i < FORMS; i++)
            forms[i].name = pool_cstr(process_pool(), path);
        map_add(map, pool_dup(process_pool(), path), forms);
    }
    return &forms[form];
}

struct match_list *
match_file_list(enum list_form form, struct str path, struct why *why)
{
    struct list_file *file;
    struct match_list *list;
    struct stat st;
    int fd;

    if (str_is_tainted(path)) {
        why_defer(why, 0, NULL, "Tainted filename '%.*s' in a list", STR_ARG(path));
        return NULL;
    }
    file = file_find(form, path);
    fd = file->name == NULL ? -1 : open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        why_defer(why, fd == -1 ? errno : 0, NULL, "failed to open %.*s when checking a list%s", STR_ARG(path),
            fd == -1 ? "" : ": not a regular file");
        if (fd != -1)
            close(fd);
        return NULL;
    }
    list = file->list;
    if (list == NULL || !is_unchanged(&file->st, &st)) {
        list = load(file, fd, form);
        file->st = st;
    }
    if (list == NULL)
        why_defer(why, errno, NULL, "failed to read %.*s when checking a list", STR_ARG(path));
    close(fd);
    return list;
}
