#include "lookups/linear.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"

bool
linear_file_read(struct str file, const char *type, struct pool *pool, struct linear_file *out, struct why *why)
{
    int fd = file.len > 0 && file.ptr[0] == '/' ? open(file.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : (errno = ENOENT, -1);
    struct stat st;
    bool is_read;

    if (fd == -1) {
        why_defer(why, errno, "4.3.0", "failed to open %.*s for linear search", STR_ARG(file));
        return false;
    }
    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        close(fd);
        why_defer(why, 0, "4.3.0", "%.*s is not a regular file (%s lookup)", STR_ARG(file), type);
        return false;
    }
    is_read = file_read_fd(fd, pool, CLEAN, LINEAR_FILE_MAX_BYTES, &out->text);
    if (!is_read)
        why_defer(why, errno, "4.3.0", "failed to read %.*s (%s lookup)", STR_ARG(file), type);
    close(fd);
    return is_read;
}

/* A key in double quotes ends at the closing one, or with the line; what follows it is returned. */
static struct str
quoted_key(struct str line, struct pool *pool, struct str *key_out)
{
    struct str rest = line;

    if (quoted_string_take(pool, &rest, key_out))
        return rest;
    *key_out = str_from(line, 1);
    return str_from(line, line.len);
}

static struct str
plain_key(struct str line, struct str *key_out)
{
    size_t len = 0;

    while (len < line.len && line.ptr[len] != ':' && !ascii_is_space(line.ptr[len]))
        len++;
    *key_out = str_head(line, len);
    return str_from(line, len);
}

static bool
is_continuation(struct str text)
{
    struct str line;

    return text.len > 0 && ascii_is_space(text.ptr[0]) && str_take_line(&text, &line) && !str_is_empty(str_trim(line));
}

/* Lines that go on with the entry; taken off rest. */
static struct str
continued_lines(struct str *rest)
{
    struct str start = *rest, line;

    while (is_continuation(*rest))
        str_take_line(rest, &line);
    return str_head(start, start.len - rest->len);
}

bool
linear_next(struct str *rest, struct pool *pool, struct linear_entry *entry_out)
{
    struct str line, after, separator;

    do {
        if (!str_take_line(rest, &line))
            return false;
    } while (line.len == 0 || line.ptr[0] == '#' || ascii_is_space(line.ptr[0]));
    after = line.ptr[0] == '"' ? quoted_key(line, pool, &entry_out->key) : plain_key(line, &entry_out->key);
    separator = after;
    after = str_trim_left(after);
    if (str_starts(after, STR(":")))
        after = str_trim_left(str_from(after, 1));
    entry_out->head = str_trim_right(after);
    entry_out->full = str_head(separator, separator.len - after.len);
    entry_out->more = continued_lines(rest);
    return true;
}

struct str
linear_data(const struct linear_entry *entry, bool is_full, struct pool *pool)
{
    struct buf data;
    struct str rest = entry->more, line;

    if (!is_full && str_is_empty(rest))
        return entry->head;
    buf_init(&data, pool, BUF_NO_LIMIT);
    if (is_full) {
        buf_add(&data, entry->key);
        buf_add(&data, entry->full);
        if (!str_is_empty(rest) && str_is_empty(entry->head))
            buf_truncate(&data, str_trim_right(buf_str(&data)).len);
    }
    buf_add(&data, entry->head);
    while (str_take_line(&rest, &line)) {
        buf_add_char(&data, ' ');
        buf_add(&data, str_trim(line));
    }
    return buf_str(&data);
}
