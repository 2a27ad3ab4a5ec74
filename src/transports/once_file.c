#include "transports/once_file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/file.h"
#include "hints/hints.h"
#include "transports/common.h"

enum { FILE_MAX_BYTES = 1 << 24 };

/* The file of fixed size: a time_t and a terminated address for each recipient, oldest first. */
static enum outcome
open_fixed(struct once_file *once, struct why *why)
{
    once->fd = open(once->path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, (mode_t)once->mode);
    if (once->fd == -1)
        return transport_defer(why, errno, "Failed to open \"once\" file %s", once->path);
    if (file_lock(once->fd, FILE_LOCK_WRITE)
        && file_read_fd(once->fd, once->pool, TAINTED, FILE_MAX_BYTES, &once->content))
        return OK;
    transport_defer(why, errno, "Failed to read \"once\" file %s", once->path);
    close(once->fd);
    return DEFER;
}

enum outcome
once_file_open(struct once_file *once, struct why *why)
{
    once->fd = -1;
    once->hints = NULL;
    if (once->size_max_bytes > 0)
        return open_fixed(once, why);
    once->hints = hints_open_path(once->path, HINTS_CREATE, false);
    if (once->hints == NULL)
        return transport_defer(why, errno, "Failed to open DBM file %s when sending message", once->path);
    return OK;
}

/* The next record off the front of rest; false at the end, or where it makes no sense. */
static bool
take_record(struct str *rest, struct str *recipient_out, time_t *when_out, struct str *record_out)
{
    struct str text = str_from(*rest, sizeof(time_t));
    size_t end = str_find(text, '\0');

    if (rest->len <= sizeof(time_t) || end == STR_NONE)
        return false;
    memcpy(when_out, rest->ptr, sizeof(time_t));
    *recipient_out = str_head(text, end);
    *record_out = str_head(*rest, sizeof(time_t) + end + 1);
    *rest = str_from(*rest, record_out->len);
    return true;
}

time_t
once_file_last(struct once_file *once, struct str recipient)
{
    struct str rest = once->content, found, record, value;
    time_t when = 0;

    if (once->hints != NULL) {
        if (hints_get(once->hints, recipient, sizeof(time_t), once->pool, &value) && value.len == sizeof(time_t))
            memcpy(&when, value.ptr, sizeof(when));
        return when;
    }
    while (take_record(&rest, &found, &when, &record))
        if (str_eq(found, recipient))
            return when;
    return 0;
}

/* All other records behind the oldest that must go, then the new one. */
static bool
note_fixed(struct once_file *once, struct str recipient, time_t when)
{
    size_t own_bytes = sizeof(when) + recipient.len + 1, room = (size_t)once->size_max_bytes;
    struct str rest = once->content, found, record;
    struct buf kept, all;
    time_t old;

    buf_init(&kept, once->pool, BUF_NO_LIMIT);
    while (take_record(&rest, &found, &old, &record))
        if (!str_eq(found, recipient))
            buf_add(&kept, record);
    rest = buf_str(&kept);
    while (rest.len + own_bytes > room && take_record(&rest, &found, &old, &record))
        ;
    buf_init(&all, once->pool, BUF_NO_LIMIT);
    buf_add(&all, rest);
    buf_add(&all, str_make((const char *)&when, sizeof(when)));
    buf_add(&all, recipient);
    buf_add_char(&all, '\0');
    return lseek(once->fd, 0, SEEK_SET) == 0 && file_write_all(once->fd, buf_str(&all))
           && ftruncate(once->fd, (off_t)all.len) == 0;
}

bool
once_file_note(struct once_file *once, struct str recipient, time_t when)
{
    if (once->hints == NULL)
        return note_fixed(once, recipient, when);
    return hints_put(once->hints, recipient, str_make((const char *)&when, sizeof(when)));
}

void
once_file_close(struct once_file *once)
{
    hints_close(once->hints);
    if (once->fd != -1)
        close(once->fd);
    once->hints = NULL;
    once->fd = -1;
}
