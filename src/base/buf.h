/* base/buf.h -- build text in a pool, up to a stated limit.
 *
 * The text is clean until something tainted is appended; then all of it is tainted.  What passes
 * the limit is cut off and remembered: check buf_overflowed() where that matters. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include <stdarg.h>
#include "base/pool.h"

struct buf {
    struct pool *pool;
    char *ptr;
    size_t len, room_bytes, limit_bytes;
    bool is_tainted, has_overflowed;
};

#define BUF_NO_LIMIT ((size_t)1 << 40)

void buf_init(struct buf *buf, struct pool *pool, size_t limit_bytes);
void buf_add(struct buf *buf, struct str s);
void buf_add_c(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);             /* a clean octet */

/* Formatted text.  Arguments' trust cannot be seen through "%s": buf_addf is for clean ones, buf_addf_tainted for
 * the rest. */
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_addf_tainted(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *buf, enum trust trust, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Make what is there, and what comes, tainted. */
void buf_taint(struct buf *buf);

/* Room for more bytes at the end, to be filled by the caller and then declared by buf_grow(). NULL past the limit. */
char *buf_space(struct buf *buf, size_t more_bytes);
void buf_grow(struct buf *buf, size_t added_bytes);

void buf_truncate(struct buf *buf, size_t len);
static inline struct str buf_str(const struct buf *buf) { return str_make(buf->len == 0 ? "" : buf->ptr, buf->len); }

/* The text, NUL-terminated; lives in the pool. */
const char *buf_cstr(struct buf *buf);
static inline bool buf_overflowed(const struct buf *buf) { return buf->has_overflowed; }
#endif
