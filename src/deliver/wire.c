#include "deliver/wire.h"
#include <errno.h>
#include <string.h>
#include "base/file.h"

void
wire_put_number(struct buf *out, int64_t value)
{
    for (int i = 0; i < 8; i++)
        buf_add_char(out, (char)((uint64_t)value >> (8 * i)));
}

void
wire_put_text(struct buf *out, struct str text)
{
    wire_put_number(out, (int64_t)text.len);
    buf_add(out, text);
}

static int64_t
number_decode(const char *octets)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value |= (uint64_t)(unsigned char)octets[i] << (8 * i);
    return (int64_t)value;
}

int64_t
wire_take_number(struct wire_reader *reader)
{
    int64_t value;

    if (reader->is_bad || reader->rest.len < 8) {
        reader->is_bad = true;
        return 0;
    }
    value = number_decode(reader->rest.ptr);
    reader->rest = str_from(reader->rest, 8);
    return value;
}

int64_t
wire_take_number_within(struct wire_reader *reader, int64_t min, int64_t max)
{
    int64_t value = wire_take_number(reader);

    if (value >= min && value <= max)
        return value;
    reader->is_bad = true;
    return min <= 0 && max >= 0 ? 0 : min;
}

struct str
wire_take_text(struct wire_reader *reader)
{
    int64_t len = wire_take_number(reader);
    struct str text;

    if (len < 0 || (uint64_t)len > reader->rest.len)
        reader->is_bad = true;
    if (reader->is_bad)
        return STR("");
    text = str_head(reader->rest, (size_t)len);
    reader->rest = str_from(reader->rest, (size_t)len);
    return text;
}

bool
wire_is_done(const struct wire_reader *reader)
{
    return !reader->is_bad && reader->rest.len == 0;
}

bool
wire_send(int fd, struct str record)
{
    char head[8];

    for (int i = 0; i < 8; i++)
        head[i] = (char)((uint64_t)record.len >> (8 * i));
    return file_write_all(fd, str_make(head, sizeof(head))) && file_write_all(fd, record);
}

bool
wire_receive(int fd, struct pool *pool, struct str *record_out)
{
    char head[8], *room;
    int64_t len;

    if (file_read_full(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
        return false;
    len = number_decode(head);
    if (len < 0 || len > WIRE_RECORD_MAX_BYTES) {
        errno = EBADMSG;
        return false;
    }
    room = pool_alloc_as(pool, TAINTED, (size_t)len + 1);
    if (file_read_full(fd, room, (size_t)len) != (ssize_t)len)
        return false;
    *record_out = str_make(room, (size_t)len);
    return true;
}
