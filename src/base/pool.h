/* base/pool.h -- memory by lifetime, with trust kept in the address.
 *
 * Each pool has a clean and a tainted side, carved out of two reserved address ranges, so that
 * is_tainted() is one comparison.  Bytes from outside (network, header fields, command-line
 * addresses, DNS, lookup keys) are put on the tainted side; copies stay there.  Running out of
 * memory ends the process with EX_TEMPFAIL: nothing not yet durable was promised to anyone. */
#ifndef BASE_POOL_H
#define BASE_POOL_H
#include <stdarg.h>
#include "base/str.h"

struct pool;

enum trust { CLEAN, TAINTED };

/* A pool named for diagnostics; name must outlive it.  pool_free releases all that came out of it. */
struct pool *pool_new(const char *name);
void pool_free(struct pool *pool);

/* What was allocated after the mark is released; marks nest. */
struct pool_mark {
    void *chunk[2];
    size_t used[2];
};
struct pool_mark pool_mark(struct pool *pool);
void pool_reset(struct pool *pool, struct pool_mark mark);

/* Zeroed memory aligned for any type, on the clean or on the given side. */
void *pool_alloc(struct pool *pool, size_t size_bytes);
void *pool_alloc_as(struct pool *pool, enum trust trust, size_t size_bytes);
void *pool_alloc_array(struct pool *pool, size_t count, size_t item_bytes);
#define POOL_NEW(pool, type) ((type *)pool_alloc((pool), sizeof(type)))
#define POOL_NEW_ARRAY(pool, type, count) ((type *)pool_alloc_array((pool), (count), sizeof(type)))

/* Enlarge the last allocation in place if it is the last of its side and fits; false otherwise. */
bool pool_extend(struct pool *pool, void *ptr, size_t old_bytes, size_t new_bytes);

/* Copies.  pool_dup keeps the trust of the source; pool_dup_tainted makes it tainted.
 * pool_dup_clean is the explicit act of trusting: only after a check that is named in a comment at the call. */
struct str pool_dup(struct pool *pool, struct str s);
struct str pool_dup_tainted(struct pool *pool, struct str s);
struct str pool_dup_clean(struct pool *pool, struct str s);

/* Terminated copy for libc and libraries; keeps trust.  NULL if s holds a NUL octet. */
char *pool_cstr(struct pool *pool, struct str s);

/* Formatted text ("%.*s" with STR_ARG for views); tainted if trust says so. */
struct str pool_printf(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str pool_printf_tainted(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str pool_vprintf(struct pool *pool, enum trust trust, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

bool is_tainted(const void *ptr);
static inline bool str_is_tainted(struct str s) { return s.len > 0 && is_tainted(s.ptr); }
static inline enum trust str_trust(struct str s) { return str_is_tainted(s) ? TAINTED : CLEAN; }

/* Bytes held by the pool, both sides; for budgets. */
size_t pool_bytes(const struct pool *pool);
#endif
