#include "base/map.h"

enum { FIRST_BUCKETS = 16 };

void
map_init(struct map *map, struct pool *pool, bool is_folded)
{
    *map = (struct map){ .pool = pool, .is_folded = is_folded };
}

static uint64_t
key_hash(const struct map *map, struct str key)
{
    return map->is_folded ? str_hash_folded(key) : str_hash(key);
}

static struct map_entry *
find_hashed(const struct map *map, struct str key, uint64_t hash)
{
    struct map_entry *entry = map->bucket_count == 0 ? NULL : map->buckets[hash & (map->bucket_count - 1)];

    for (; entry != NULL; entry = entry->next_in_bucket)
        if (entry->hash == hash && (map->is_folded ? str_ieq(entry->key, key) : str_eq(entry->key, key)))
            return entry;
    return NULL;
}

struct map_entry *
map_find(const struct map *map, struct str key)
{
    return find_hashed(map, key, key_hash(map, key));
}

void *
map_get(const struct map *map, struct str key)
{
    struct map_entry *entry = map_find(map, key);

    return entry == NULL ? NULL : entry->value;
}

static void
put_in_bucket(struct map *map, struct map_entry *entry)
{
    struct map_entry **bucket = &map->buckets[entry->hash & (map->bucket_count - 1)];

    entry->next_in_bucket = *bucket;
    *bucket = entry;
}

static void
widen(struct map *map)
{
    map->bucket_count = map->bucket_count == 0 ? FIRST_BUCKETS : map->bucket_count * 2;
    map->buckets = POOL_NEW_ARRAY(map->pool, struct map_entry *, map->bucket_count);
    for (struct map_entry *entry = map->first; entry != NULL; entry = entry->next)
        put_in_bucket(map, entry);
}

bool
map_add(struct map *map, struct str key, void *value)
{
    uint64_t hash = key_hash(map, key);
    struct map_entry *entry;

    if (find_hashed(map, key, hash) != NULL)
        return false;
    if (map->count >= map->bucket_count)
        widen(map);
    entry = POOL_NEW(map->pool, struct map_entry);
    *entry = (struct map_entry){ .key = key, .value = value, .hash = hash };
    if (map->last == NULL)
        map->first = entry;
    else
        map->last->next = entry;
    map->last = entry;
    map->count++;
    put_in_bucket(map, entry);
    return true;
}

void
map_set(struct map *map, struct str key, void *value)
{
    struct map_entry *entry = map_find(map, key);

    if (entry != NULL)
        entry->value = value;
    else
        map_add(map, key, value);
}
