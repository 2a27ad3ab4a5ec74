/* base/map.h -- a hash map from text to a pointer; entries keep the order of insertion.  Pure. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/pool.h"

struct map_entry {
    struct map_entry *next_in_bucket, *next;    /* next: in order of insertion */
    struct str key;
    void *value;
    uint64_t hash;
};

struct map {
    struct pool *pool;
    struct map_entry **buckets;
    size_t bucket_count, count;
    struct map_entry *first, *last;
    bool is_folded;             /* ASCII letters of keys compare alike in both cases */
};

void map_init(struct map *map, struct pool *pool, bool is_folded);

/* NULL if there is no such key. */
void *map_get(const struct map *map, struct str key);
struct map_entry *map_find(const struct map *map, struct str key);

/* Set or replace.  The key is not copied: it must live as long as the map. */
void map_set(struct map *map, struct str key, void *value);

/* False, and nothing changed, if the key is there already: a set for duplicates. */
bool map_add(struct map *map, struct str key, void *value);
#endif
