#include "base/buf.h"
#include <stdio.h>
#include <string.h>
#include "base/outcome.h"

enum { FIRST_ROOM_BYTES = 64 };

void
buf_init(struct buf *buf, struct pool *pool, size_t limit_bytes)
{
    *buf = (struct buf){ .pool = pool, .limit_bytes = limit_bytes };
}

static void
move_to(struct buf *buf, enum trust trust, size_t room_bytes)
{
    char *moved = pool_alloc_as(buf->pool, trust, room_bytes);

    if (buf->len > 0)
        memcpy(moved, buf->ptr, buf->len);
    buf->ptr = moved;
    buf->room_bytes = room_bytes;
}

void
buf_taint(struct buf *buf)
{
    if (buf->is_tainted)
        return;
    buf->is_tainted = true;
    if (buf->room_bytes > 0)
        move_to(buf, TAINTED, buf->room_bytes);
}

/* One octet more than is used is always kept for a terminator. */
static void
reserve(struct buf *buf, size_t more_bytes)
{
    size_t needed = buf->len + more_bytes + 1;
    size_t room = buf->room_bytes == 0 ? FIRST_ROOM_BYTES : buf->room_bytes;

    if (needed <= buf->room_bytes)
        return;
    while (room < needed)
        room *= 2;
    if (buf->room_bytes > 0 && pool_extend(buf->pool, buf->ptr, buf->room_bytes, room))
        buf->room_bytes = room;
    else
        move_to(buf, buf->is_tainted ? TAINTED : CLEAN, room);
}

static size_t
allowed(struct buf *buf, size_t more_bytes)
{
    size_t left = buf->limit_bytes - buf->len;

    if (more_bytes <= left)
        return more_bytes;
    buf->has_overflowed = true;
    return left;
}

void
buf_add(struct buf *buf, struct str s)
{
    size_t len = allowed(buf, s.len);

    if (len == 0)
        return;
    if (is_tainted(s.ptr))
        buf_taint(buf);
    reserve(buf, len);
    memcpy(buf->ptr + buf->len, s.ptr, len);
    buf->len += len;
}

void
buf_add_c(struct buf *buf, const char *text)
{
    buf_add(buf, str_of(text));
}

void
buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, str_make(&c, 1));
}

void
buf_vaddf(struct buf *buf, enum trust trust, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    must(len >= 0);
    if (trust == TAINTED)
        buf_taint(buf);
    reserve(buf, (size_t)len);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
    va_end(again);
    buf->len += allowed(buf, (size_t)len);
}

void
buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vaddf(buf, CLEAN, format, args);
    va_end(args);
}

void
buf_addf_tainted(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vaddf(buf, TAINTED, format, args);
    va_end(args);
}

char *
buf_space(struct buf *buf, size_t more_bytes)
{
    if (more_bytes > buf->limit_bytes - buf->len) {
        buf->has_overflowed = true;
        return NULL;
    }
    reserve(buf, more_bytes);
    return buf->ptr + buf->len;
}

void
buf_grow(struct buf *buf, size_t added_bytes)
{
    must(buf->len + added_bytes < buf->room_bytes);
    buf->len += added_bytes;
}

void
buf_truncate(struct buf *buf, size_t len)
{
    if (len < buf->len)
        buf->len = len;
}

const char *
buf_cstr(struct buf *buf)
{
    reserve(buf, 0);
    buf->ptr[buf->len] = '\0';
    return buf->ptr;
}
