#include "lookups/text_file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"

enum { SCANS_BEFORE_INDEX = 3, INDEX_MIN_BYTES = 2048 };

struct text_file *
text_file_open(struct str path, struct pool *pool, struct why *why)
{
    struct text_file *file = POOL_NEW(pool, struct text_file);
    struct stat st;
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd == -1) {
        why_defer(why, errno, NULL, "failed to open %.*s for linear search", STR_ARG(path));
        return NULL;
    }
    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        why_defer(why, 0, NULL, "%.*s is not a regular file (lsearch lookup)", STR_ARG(path));
        close(fd);
        return NULL;
    }
    file->pool = pool;
    if (!file_read_fd(fd, pool, CLEAN, TEXT_FILE_MAX_BYTES, &file->text)) {
        why_defer(why, errno, NULL, "failed to read %.*s for linear search", STR_ARG(path));
        close(fd);
        return NULL;
    }
    close(fd);
    return file;
}

static size_t
line_end(struct str text, size_t at)
{
    const char *end = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;

    return end == NULL ? text.len : (size_t)(end - text.ptr);
}

static bool
is_empty(struct str text, size_t at, size_t end)
{
    while (at < end && ascii_is_space(text.ptr[at]))
        at++;
    return at == end;
}

/* The key at the front of an entry's first line; what follows it is the data. */
static void
take_key(struct str line, struct pool *pool, struct text_entry *entry)
{
    size_t end = 0;

    entry->is_quoted = line.ptr[0] == '"';
    if (entry->is_quoted) {
        struct buf key;
        char c;

        line = str_from(line, 1);
        buf_init(&key, pool, BUF_NO_LIMIT);
        while (str_take_char(&line, &c) && c != '"')
            buf_add_char(&key, c == '\\' ? escape_take(&line) : c);
        entry->key = buf_str(&key);
    } else {
        while (end < line.len && line.ptr[end] != ':' && !ascii_is_space(line.ptr[end]))
            end++;
        entry->key = str_head(line, end);
        line = str_from(line, end);
    }
    entry->data = line;
}

bool
text_entry_next(const struct text_file *file, size_t *at, struct pool *pool, struct text_entry *entry_out)
{
    struct str text = file->text;

    while (*at < text.len) {
        size_t start = *at, end = line_end(text, start), last = end;

        *at = end + 1;
        if (text.ptr[start] == '#' || ascii_is_space(text.ptr[start]))
            continue;
        take_key(str_sub(text, start, end - start), pool, entry_out);
        /* Lines that go on; a comment or an empty line ends the entry (the reference does so, whatever its manual
         * says). */
        while (*at < text.len && ascii_is_space(text.ptr[*at])) {
            end = line_end(text, *at);
            if (is_empty(text, *at, end))
                break;
            last = end;
            *at = end + 1;
        }
        entry_out->data = str_make(entry_out->data.ptr, (size_t)(text.ptr + last - entry_out->data.ptr));
        return true;
    }
    return false;
}

static void
make_index(struct text_file *file)
{
    struct text_entry *entry = POOL_NEW(file->pool, struct text_entry);
    size_t at = 0;

    map_init(&file->index, file->pool, true);
    file->has_index = true;
    while (text_entry_next(file, &at, file->pool, entry))
        if (map_add(&file->index, entry->key, entry))
            entry = POOL_NEW(file->pool, struct text_entry);
}

bool
text_file_find(struct text_file *file, struct str key, struct pool *pool, struct text_entry *entry_out)
{
    const struct text_entry *entry;
    size_t at = 0;

    if (!file->has_index && ++file->searches > SCANS_BEFORE_INDEX && file->text.len >= INDEX_MIN_BYTES)
        make_index(file);
    if (file->has_index) {
        entry = map_get(&file->index, key);
        if (entry == NULL)
            return false;
        *entry_out = *entry;
        return true;
    }
    while (text_entry_next(file, &at, pool, entry_out))
        if (str_ieq(entry_out->key, key))
            return true;
    return false;
}

struct str
text_entry_data(const struct text_entry *entry, bool is_full, struct pool *pool)
{
    struct str rest = entry->data, line;
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    if (is_full) {
        buf_add(&out, entry->key);
        line = STR("");
        str_take_line(&rest, &line);
        buf_add(&out, str_trim_right(line));
    } else {
        line = STR("");
        str_take_line(&rest, &line);
        line = str_trim(line);
        if (line.len > 0 && line.ptr[0] == ':')
            line = str_trim_left(str_from(line, 1));
        buf_add(&out, line);
    }
    while (str_take_line(&rest, &line)) {
        buf_add_char(&out, ' ');
        buf_add(&out, str_trim(line));
    }
    return buf_str(&out);
}
