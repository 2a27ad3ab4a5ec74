/* base/process.h -- all mutable state of a process that is not passed as an argument. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config;
struct log;
struct pool;
struct trace;

/* Two reserved ranges of addresses, see base/pool.h. */
struct arena {
    uintptr_t base[2];
    size_t size_bytes;
    size_t used_bytes[2];
    void *free_chunks[2][24];       /* by power of two above the smallest size */
};

struct process {
    struct arena arena;
    struct trace *trace;            /* decision records and debug output; NULL: neither wanted */
    struct log *log;                /* log/log.h */
    void *caches;                   /* process_cache() below */
    const char *purpose;            /* "daemon", "session" …: for diagnostics */
    bool is_test_harness;           /* running in the test harness */
    volatile sig_atomic_t got_hup, got_term, got_child, got_alarm, got_usr1;   /* set by handlers only */
};
extern struct process process;

/* The configuration: read once, then constant. */
extern const struct config *config;

/* A room's own cache for the life of the process: the same zeroed object of size_bytes for the same key on each
 * call (key: the address of any constant of the room).  For what may be lost at any moment, nothing else. */
void *process_cache(const void *key, size_t size_bytes);

/* A pool for what such caches hold. */
struct pool *process_pool(void);

/* Forget all caches: the configuration that they may point into is replaced. */
void process_caches_drop(void);
#endif
