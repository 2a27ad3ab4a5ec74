/* match/item_set.c -- many networks, or many literal names, looked up at once. */
#include <string.h>
#include "match/list.h"

enum { KEY_BYTES = 18 };

/* Networks: a hash of (family, length, masked address), asked once for each length that occurs. */
struct item_set {
    struct map entries;
    bool has_length[2][129];
};

static struct str
network_key(const struct ip_address *ip, int bits, char *key)
{
    struct ip_address masked = *ip;

    ip_mask(&masked, bits);
    key[0] = ip->is_v6 ? '6' : '4';
    key[1] = (char)bits;
    memcpy(key + 2, masked.octets, 16);
    return str_make(key, KEY_BYTES);
}

struct item_set *
item_set_build(const struct match_item *items, size_t count, struct pool *pool)
{
    struct item_set *set = POOL_NEW(pool, struct item_set);

    map_init(&set->entries, pool, items->kind == ITEM_LITERAL);
    for (size_t i = 0; i < count; i++) {
        const struct match_item *item = &items[i];
        struct str key = item->text;

        if (item->kind == ITEM_NETWORK) {
            key = network_key(&item->ip, item->ip_bits, pool_alloc(pool, KEY_BYTES));
            set->has_length[item->ip.is_v6][item->ip_bits] = true;
        }
        map_add(&set->entries, key, (void *)(uintptr_t)item);
    }
    return set;
}

const struct match_item *
item_set_find_ip(const struct item_set *set, const struct ip_address *ip)
{
    const struct match_item *first = NULL;
    char key[KEY_BYTES];

    for (int bits = 0; bits <= ip_bits(ip); bits++) {
        const struct match_item *item;

        if (!set->has_length[ip->is_v6][bits])
            continue;
        item = map_get(&set->entries, network_key(ip, bits, key));
        if (item != NULL && (first == NULL || item < first))
            first = item;
    }
    return first;
}

const struct match_item *
item_set_find_text(const struct item_set *set, struct str text)
{
    return map_get(&set->entries, text);
}
