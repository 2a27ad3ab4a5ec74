#include "base/pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/outcome.h"
#include "base/process.h"

enum { CHUNK_MIN_BYTES = 8192, CHUNK_GROWTH_MAX_BYTES = 256 * 1024, ALIGNMENT = 16, SIZE_CLASSES = 24 };

/* A chunk is its header followed by the memory handed out. */
struct chunk {
    struct chunk *next;             /* older chunk of the pool, or next free one */
    size_t size_bytes;              /* header included; a power of two times CHUNK_MIN_BYTES */
    size_t used_bytes;
    size_t unused;                  /* keeps the header a multiple of ALIGNMENT */
};

struct pool {
    const char *name;
    struct chunk *side[2];
};

/* Present in sanitizer builds only. */
extern void __asan_poison_memory_region(void const volatile *addr, size_t size) __attribute__((weak));
extern void __asan_unpoison_memory_region(void const volatile *addr, size_t size) __attribute__((weak));

static void
poison(void *ptr, size_t size_bytes)
{
    if (__asan_poison_memory_region != NULL)
        __asan_poison_memory_region(ptr, size_bytes);
}

static void
unpoison(void *ptr, size_t size_bytes)
{
    if (__asan_unpoison_memory_region != NULL)
        __asan_unpoison_memory_region(ptr, size_bytes);
}

_Noreturn static void
out_of_memory(const char *name)
{
    static const char text[] = "tern: out of memory in pool ";

    if (write(STDERR_FILENO, text, sizeof text - 1) == -1 || write(STDERR_FILENO, name, strlen(name)) == -1
        || write(STDERR_FILENO, "\n", 1) == -1)
        _exit(EX_TEMPFAIL);
    _exit(EX_TEMPFAIL);
}

/* Both ranges in one reservation; halved until the address space limit allows it. */
static void
arena_reserve(struct arena *arena)
{
    for (size_t size = (size_t)32 << 30; size >= (size_t)16 << 20; size /= 2) {
        void *base = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (base == MAP_FAILED)
            continue;
        arena->base[CLEAN] = (uintptr_t)base;
        arena->base[TAINTED] = (uintptr_t)base + size;
        arena->size_bytes = size;
        return;
    }
    out_of_memory("arena");
}

static unsigned
size_class(size_t size_bytes)
{
    unsigned class = 0;

    while (((size_t)CHUNK_MIN_BYTES << class) < size_bytes)
        if (++class >= SIZE_CLASSES)
            out_of_memory("chunk");
    return class;
}

static struct chunk *
chunk_new(enum trust trust, size_t wanted_bytes)
{
    struct arena *arena = &process.arena;
    unsigned class = size_class(wanted_bytes);
    size_t size_bytes = (size_t)CHUNK_MIN_BYTES << class;
    struct chunk *chunk = arena->free_chunks[trust][class];

    if (chunk != NULL) {
        arena->free_chunks[trust][class] = chunk->next;
    } else {
        if (arena->size_bytes == 0)
            arena_reserve(arena);
        if (arena->size_bytes - arena->used_bytes[trust] < size_bytes)
            out_of_memory("arena");
        chunk = (struct chunk *)(arena->base[trust] + arena->used_bytes[trust]);
        arena->used_bytes[trust] += size_bytes;
    }
    chunk->next = NULL;
    chunk->size_bytes = size_bytes;
    chunk->used_bytes = sizeof *chunk;
    poison(chunk + 1, size_bytes - sizeof *chunk);
    return chunk;
}

/* Large chunks give their pages back to the system. */
static void
chunk_free(enum trust trust, struct chunk *chunk)
{
    unsigned class = size_class(chunk->size_bytes);

    if (chunk->size_bytes > CHUNK_GROWTH_MAX_BYTES) {
        size_t kept = (size_t)sysconf(_SC_PAGESIZE);

        madvise((char *)chunk + kept, chunk->size_bytes - kept, MADV_DONTNEED);
    }
    poison(chunk + 1, chunk->size_bytes - sizeof *chunk);
    chunk->next = process.arena.free_chunks[trust][class];
    process.arena.free_chunks[trust][class] = chunk;
}

struct pool *
pool_new(const char *name)
{
    struct chunk *chunk = chunk_new(CLEAN, CHUNK_MIN_BYTES);
    struct pool *pool = (struct pool *)(chunk + 1);

    unpoison(pool, sizeof *pool);
    chunk->used_bytes += (sizeof *pool + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    *pool = (struct pool){ .name = name, .side = { [CLEAN] = chunk } };
    return pool;
}

static void
release_side(struct pool *pool, enum trust trust, const struct chunk *until)
{
    struct chunk *chunk = pool->side[trust];

    while (chunk != until) {
        struct chunk *older = chunk->next;

        chunk_free(trust, chunk);
        chunk = older;
    }
}

void
pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    release_side(pool, TAINTED, NULL);
    release_side(pool, CLEAN, NULL);
}

struct pool_mark
pool_mark(struct pool *pool)
{
    struct pool_mark mark = { .chunk = { pool->side[CLEAN], pool->side[TAINTED] } };

    for (int i = CLEAN; i <= TAINTED; i++)
        mark.used[i] = pool->side[i] == NULL ? 0 : pool->side[i]->used_bytes;
    return mark;
}

void
pool_reset(struct pool *pool, struct pool_mark mark)
{
    for (int i = CLEAN; i <= TAINTED; i++) {
        struct chunk *chunk = mark.chunk[i];

        release_side(pool, i, chunk);
        pool->side[i] = chunk;
        if (chunk != NULL) {
            chunk->used_bytes = mark.used[i];
            poison((char *)chunk + chunk->used_bytes, chunk->size_bytes - chunk->used_bytes);
        }
    }
}

void *
pool_alloc_as(struct pool *pool, enum trust trust, size_t size_bytes)
{
    struct chunk *chunk = pool->side[trust];
    size_t rounded;
    void *ptr;

    if (__builtin_add_overflow(size_bytes, (size_t)ALIGNMENT - 1, &rounded) || rounded > SIZE_MAX / 4)
        out_of_memory(pool->name);
    rounded &= ~(size_t)(ALIGNMENT - 1);
    if (chunk == NULL || chunk->size_bytes - chunk->used_bytes < rounded) {
        size_t growth = chunk == NULL ? CHUNK_MIN_BYTES : chunk->size_bytes * 2;
        size_t wanted = rounded + sizeof *chunk;

        if (growth > CHUNK_GROWTH_MAX_BYTES)
            growth = CHUNK_GROWTH_MAX_BYTES;
        chunk = chunk_new(trust, wanted > growth ? wanted : growth);
        chunk->next = pool->side[trust];
        pool->side[trust] = chunk;
    }
    ptr = (char *)chunk + chunk->used_bytes;
    chunk->used_bytes += rounded;
    unpoison(ptr, size_bytes);
    memset(ptr, 0, size_bytes);
    return ptr;
}

void *
pool_alloc(struct pool *pool, size_t size_bytes)
{
    return pool_alloc_as(pool, CLEAN, size_bytes);
}

void *
pool_alloc_array(struct pool *pool, size_t count, size_t item_bytes)
{
    size_t size_bytes;

    if (__builtin_mul_overflow(count, item_bytes, &size_bytes))
        out_of_memory(pool->name);
    return pool_alloc(pool, size_bytes);
}

bool
pool_extend(struct pool *pool, void *ptr, size_t old_bytes, size_t new_bytes)
{
    struct chunk *chunk = pool->side[is_tainted(ptr) ? TAINTED : CLEAN];
    size_t old_rounded = (old_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    size_t start;

    if (chunk == NULL || (char *)ptr < (char *)chunk || (char *)ptr >= (char *)chunk + chunk->size_bytes)
        return false;
    start = (size_t)((char *)ptr - (char *)chunk);
    if (start + old_rounded != chunk->used_bytes || new_bytes > chunk->size_bytes - start - ALIGNMENT)
        return false;
    chunk->used_bytes = start + ((new_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
    unpoison(ptr, new_bytes);
    return true;
}

static struct str
copy_as(struct pool *pool, enum trust trust, struct str s)
{
    char *copy = pool_alloc_as(pool, trust, s.len + 1);

    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return str_make(copy, s.len);
}

struct str
pool_dup(struct pool *pool, struct str s)
{
    return copy_as(pool, str_trust(s), s);
}

struct str
pool_dup_tainted(struct pool *pool, struct str s)
{
    return copy_as(pool, TAINTED, s);
}

struct str
pool_dup_clean(struct pool *pool, struct str s)
{
    return copy_as(pool, CLEAN, s);
}

char *
pool_cstr(struct pool *pool, struct str s)
{
    if (str_find(s, '\0') != STR_NONE)
        return NULL;
    return (char *)pool_dup(pool, s).ptr;
}

struct str
pool_vprintf(struct pool *pool, enum trust trust, const char *format, va_list args)
{
    va_list again;
    int len;
    char *text;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    must(len >= 0);
    text = pool_alloc_as(pool, trust, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return str_make(text, (size_t)len);
}

struct str
pool_printf(struct pool *pool, const char *format, ...)
{
    va_list args;
    struct str text;

    va_start(args, format);
    text = pool_vprintf(pool, CLEAN, format, args);
    va_end(args);
    return text;
}

struct str
pool_printf_tainted(struct pool *pool, const char *format, ...)
{
    va_list args;
    struct str text;

    va_start(args, format);
    text = pool_vprintf(pool, TAINTED, format, args);
    va_end(args);
    return text;
}

bool
is_tainted(const void *ptr)
{
    return (uintptr_t)ptr - process.arena.base[TAINTED] < process.arena.size_bytes;
}

size_t
pool_bytes(const struct pool *pool)
{
    size_t sum = 0;

    for (int i = CLEAN; i <= TAINTED; i++)
        for (const struct chunk *chunk = pool->side[i]; chunk != NULL; chunk = chunk->next)
            sum += chunk->size_bytes;
    return sum;
}
