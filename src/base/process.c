#include "base/process.h"
#include "base/pool.h"

struct process process;
const struct config *config;

struct cache_entry {
    struct cache_entry *next;
    const void *key;
    void *object;
};

struct caches {
    struct pool *pool;
    struct cache_entry *first;
};

static struct caches *
caches(void)
{
    if (process.caches == NULL) {
        struct pool *pool = pool_new("process");
        struct caches *made = POOL_NEW(pool, struct caches);

        made->pool = pool;
        process.caches = made;
    }
    return process.caches;
}

struct pool *
process_pool(void)
{
    return caches()->pool;
}

void *
process_cache(const void *key, size_t size_bytes)
{
    struct caches *all = caches();
    struct cache_entry *entry;

    for (entry = all->first; entry != NULL; entry = entry->next)
        if (entry->key == key)
            return entry->object;
    entry = POOL_NEW(all->pool, struct cache_entry);
    *entry = (struct cache_entry){ all->first, key, pool_alloc(all->pool, size_bytes) };
    all->first = entry;
    return entry->object;
}

void
process_caches_drop(void)
{
    if (process.caches != NULL)
        pool_free(process_pool());
    process.caches = NULL;
}
