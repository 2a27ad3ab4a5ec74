/* lookups/lsearch.c -- linear search of a text file (manual: single-key lookup types, lsearch).
 *
 * A file that is asked again and again gets an index. */
#include "base/map.h"
#include "lookups/linear.h"
#include "lookups/lookup.h"

enum { QUESTIONS_BEFORE_INDEX = 3 };

struct lookup_handle {
    struct pool *pool;
    struct linear_file file;
    unsigned questions;
    struct map index;               /* folded keys to struct linear_entry; filled when has_index */
    bool has_index;
};

static struct lookup_handle *
lsearch_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    handle->pool = pool;
    return linear_file_read(file, "lsearch", pool, &handle->file, why) ? handle : NULL;
}

static void
index_make(struct lookup_handle *handle)
{
    struct str rest = handle->file.text;
    struct linear_entry entry;

    map_init(&handle->index, handle->pool, true);
    while (linear_next(&rest, handle->pool, &entry)) {
        struct linear_entry *kept = POOL_NEW(handle->pool, struct linear_entry);

        *kept = entry;
        map_add(&handle->index, entry.key, kept);
    }
    handle->has_index = true;
}

static bool
scan(struct lookup_handle *handle, struct str key, struct linear_entry *entry_out)
{
    struct str rest = handle->file.text;

    while (linear_next(&rest, handle->pool, entry_out))
        if (str_ieq(entry_out->key, key))
            return true;
    return false;
}

static enum lookup_answer
lsearch_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    struct linear_entry entry;
    const struct linear_entry *found = NULL;
    struct str ret;
    bool is_full = lookup_option(query->options, "ret", &ret) && str_eq_c(ret, "full");

    (void)why;
    if (++handle->questions > QUESTIONS_BEFORE_INDEX && !handle->has_index)
        index_make(handle);
    if (handle->has_index)
        found = map_get(&handle->index, query->key);
    else if (scan(handle, query->key, &entry))
        found = &entry;
    if (found == NULL)
        return LOOKUP_NOT_FOUND;
    *value_out = linear_data(found, is_full, query->scope->pool);
    return LOOKUP_FOUND;
}

const struct lookup_driver lsearch_driver = {
    .name = "lsearch", .is_single_key = true, .is_file = true, .open = lsearch_open, .find = lsearch_find,
};
