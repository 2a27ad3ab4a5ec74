/* lookups/iplsearch.c -- linear search for the first network that holds an IP address (manual: iplsearch). */
#include "lookups/linear.h"
#include "lookups/lookup.h"
#include "net/ip_address.h"

struct network {
    struct ip_address ip;
    int bits;
    struct linear_entry entry;
};

struct lookup_handle {
    struct pool *pool;
    struct network *networks;
    size_t count;
    const struct linear_entry *star;        /* the default of iplsearch* */
    struct linear_entry star_entry;
};

static size_t
entries_count(struct str text, struct pool *pool)
{
    struct linear_entry entry;
    size_t count = 0;

    while (linear_next(&text, pool, &entry))
        count++;
    return count;
}

static struct lookup_handle *
iplsearch_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);
    struct linear_file text;
    struct linear_entry entry;

    handle->pool = pool;
    if (!linear_file_read(file, "iplsearch", pool, &text, why))
        return NULL;
    handle->networks = POOL_NEW_ARRAY(pool, struct network, entries_count(text.text, pool) + 1);
    while (linear_next(&text.text, pool, &entry)) {
        struct network *network = &handle->networks[handle->count];

        if (str_eq_c(entry.key, "*") && handle->star == NULL) {
            handle->star_entry = entry;
            handle->star = &handle->star_entry;
        } else if (ip_parse_network(entry.key, &network->ip, &network->bits)) {
            network->entry = entry;
            handle->count++;
        }
    }
    return handle;
}

static enum lookup_answer
iplsearch_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    struct str ret;
    bool is_full = lookup_option(query->options, "ret", &ret) && str_eq_c(ret, "full");
    const struct linear_entry *found = str_eq_c(query->key, "*") ? handle->star : NULL;
    struct ip_address ip;

    if (str_eq_c(query->key, "*")) {
        if (found == NULL)
            return LOOKUP_NOT_FOUND;
    } else if (!ip_parse(query->key, &ip)) {
        why_defer(why, 0, NULL, "\"%.*s\" is not a valid iplsearch key (an IP address, with optional CIDR mask, is wanted): "
                  "in a host list, use net-iplsearch as the search type", STR_ARG(query->key));
        return LOOKUP_DEFERRED;
    } else {
        ip_unmap(&ip);
        for (size_t i = 0; i < handle->count && found == NULL; i++)
            if (ip_in_network(&ip, &handle->networks[i].ip, handle->networks[i].bits))
                found = &handle->networks[i].entry;
    }
    if (found == NULL)
        return LOOKUP_NOT_FOUND;
    *value_out = linear_data(found, is_full, query->scope->pool);
    return LOOKUP_FOUND;
}

const struct lookup_driver iplsearch_driver = {
    .name = "iplsearch", .is_single_key = true, .is_file = true, .open = iplsearch_open, .find = iplsearch_find,
};
