/* lookups/iplsearch.c -- text files whose keys are addresses and networks; the first that fits counts. */
#include <stdlib.h>
#include "lookups/lookup.h"
#include "lookups/text_file.h"
#include "net/ip_address.h"

enum { BITS_MAX = 129 };

/* A network of the file with its place in it. */
struct network {
    struct text_entry entry;
    size_t number;
};

/* The networks by family and length of mask; each map is from the masked address. */
struct lookup_handle {
    struct text_file *file;
    bool is_indexed;
    struct map networks[2][BITS_MAX];
    bool is_used[2][BITS_MAX];
};

static struct lookup_handle *
iplsearch_open(struct str path, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    handle->file = text_file_open(path, pool, why);
    return handle->file == NULL ? NULL : handle;
}

static struct str
network_key(const struct ip_address *ip, int bits, struct pool *pool)
{
    struct ip_address masked = *ip;

    ip_mask(&masked, bits);
    return ip_format(&masked, pool);
}

static void
make_index(struct lookup_handle *handle)
{
    struct pool *pool = handle->file->pool;
    struct text_entry entry;
    size_t at = 0;

    handle->is_indexed = true;
    for (size_t number = 0; text_entry_next(handle->file, &at, pool, &entry); number++) {
        struct ip_address ip;
        struct network *network;
        int bits, family;

        if (!ip_parse_network(entry.key, &ip, &bits))
            continue;
        family = ip.is_v6;
        if (bits < 0 || bits > (family ? 128 : 32))
            bits = family ? 128 : 32;
        if (!handle->is_used[family][bits]) {
            map_init(&handle->networks[family][bits], pool, false);
            handle->is_used[family][bits] = true;
        }
        network = POOL_NEW(pool, struct network);
        network->entry = entry;
        network->number = number;
        map_add(&handle->networks[family][bits], network_key(&ip, bits, pool), network);
    }
}

static enum lookup_answer
iplsearch_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
               struct str *value_out, struct why *why)
{
    const struct network *best = NULL;
    struct ip_address ip;
    struct str value;
    int family;

    (void)path;
    if (str_eq_c(key, "*"))
        return LOOKUP_NOT_FOUND;
    if (!ip_parse(key, &ip)) {
        why_defer(why, 0, NULL,
                  "\"%.*s\" is not a valid iplsearch key (an IP address, with optional CIDR mask, is wanted): "
                  "in a host list, use net-iplsearch as the search type",
                  STR_ARG(key));
        return LOOKUP_DEFERRED;
    }
    ip_unmap(&ip);
    if (!handle->is_indexed)
        make_index(handle);
    family = ip.is_v6;
    for (int bits = 0; bits <= (family ? 128 : 32); bits++) {
        const struct network *network;

        if (!handle->is_used[family][bits])
            continue;
        network = map_get(&handle->networks[family][bits], network_key(&ip, bits, scope->pool));
        if (network != NULL && (best == NULL || network->number < best->number))
            best = network;
    }
    if (best == NULL)
        return LOOKUP_NOT_FOUND;
    *value_out =
        text_entry_data(&best->entry, lookup_option(options, "ret", &value) && str_eq_c(value, "full"), scope->pool);
    return LOOKUP_FOUND;
}

const struct lookup_driver iplsearch_lookup = {
    .name = "iplsearch",
    .is_single_key = true,
    .is_absolute_file = true,
    .open = iplsearch_open,
    .find = iplsearch_find,
};
