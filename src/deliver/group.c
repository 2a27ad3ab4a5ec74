/* Accepted addresses to deliveries: who can share one run of a transport. */
#include <stdlib.h>
#include "base/buf.h"
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/plan.h"
#include "expand/expand.h"
#include "match/match.h"
#include "net/host.h"
#include "transports/transport.h"

enum { KEY_MAX_BYTES = 1 << 20, HOSTS_MAX = 1000 };

struct grouping {
    struct plan *plan;
    struct scope *scope;
    struct map open;                /* key → delivery with room for more */
    struct delivery *local, **local_end, *remote, **remote_end;
};

/* A part of a key can hold anything: its length in front keeps parts apart. */
static void
key_add(struct buf *key, struct str part)
{
    buf_addf_tainted(key, "%zu:%.*s,", part.len, STR_ARG(part));
}

static int
text_order(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The hosts in an order that does not depend on how equal ones were shuffled. */
static void
key_add_hosts(struct buf *key, const struct address *addr, struct pool *pool)
{
    struct str texts[HOSTS_MAX];
    size_t count = 0;

    for (const struct host *host = addr->hosts; host != NULL && count < HOSTS_MAX; host = host->next, count++)
        texts[count] = pool_printf_tainted(pool, "%d %.*s %d%s", host->mx, STR_ARG(host->name), host->port,
                                           host->mx == MX_NONE && !addr->is_host_list_random ? " in order" : "");
    qsort(texts, count, sizeof(texts[0]), text_order);
    for (size_t i = 0; i < count; i++)
        key_add(key, texts[i]);
}

static void
key_add_common(struct buf *key, const struct address *addr)
{
    key_add(key, ((const struct driver_instance *)addr->transport)->name);
    key_add(key, addr->has_errors_to ? addr->errors_to : STR("-"));
    for (const struct header_addition *each = addr->extra_headers; each != NULL; each = each->next)
        key_add(key, each->text);
    key_add(key, addr->remove_headers);
}

static void
key_add_local(struct buf *key, const struct address *addr)
{
    buf_addf(key, "%d %d %ld %d %ld %d,", addr->kind, addr->has_uid, addr->has_uid ? (long)addr->uid : -1L,
             addr->has_gid, addr->has_gid ? (long)addr->gid : -1L, addr->does_initgroups);
    if (addr->kind != ADDRESS_MAIL)
        key_add(key, addr->text);
    if (addr->hosts != NULL)
        key_add(key, addr->hosts->name);
    key_add(key, addr->home_directory);
    key_add(key, addr->current_directory);
}

/* What must be equal for two addresses to go together.  False: this one goes alone. */
static bool
key_make(struct grouping *g, struct address *addr, bool is_local, const struct transport_batching *batching,
         struct str *key_out)
{
    struct buf key;

    if (batching->max_addresses == 1)
        return false;
    buf_init(&key, g->plan->pool, KEY_MAX_BYTES);
    key_add_common(&key, addr);
    if (!batching->is_multi_domain)
        key_add(&key, addr->domain);
    if (batching->batch_id != NULL) {
        struct str id;
        struct why why;

        why_init(&why, g->plan->pool);
        if (expand(batching->batch_id, g->scope, &id, &why) != OK)
            return false;
        key_add(&key, id);
    }
    if (is_local)
        key_add_local(&key, addr);
    else
        key_add_hosts(&key, addr, g->plan->pool);
    *key_out = buf_str(&key);
    return !buf_overflowed(&key);
}

static struct delivery *
delivery_new(struct grouping *g, struct transport *transport, bool is_local)
{
    struct delivery *delivery = POOL_NEW(g->plan->pool, struct delivery);

    delivery->transport = transport;
    delivery->is_local = is_local;
    delivery->addresses_end = &delivery->addresses;
    if (is_local) {
        *g->local_end = delivery;
        g->local_end = &delivery->next;
    } else {
        *g->remote_end = delivery;
        g->remote_end = &delivery->next;
    }
    return delivery;
}

static void
address_group(struct grouping *g, struct address *addr)
{
    bool is_local = transport_driver(addr->transport)->info.is_local;
    struct transport_batching batching = { .max_addresses = 1 };
    struct address *outer = g->scope->address;
    struct delivery *delivery = NULL;
    struct str key;
    bool has_key;

    g->scope->address = addr;
    transport_batching_find(addr->transport, g->scope, &batching);
    has_key = key_make(g, addr, is_local, &batching, &key);
    g->scope->address = outer;
    if (has_key)
        delivery = map_get(&g->open, key);
    if (delivery == NULL || (batching.max_addresses > 0 && delivery->address_count >= (size_t)batching.max_addresses)) {
        delivery = delivery_new(g, addr->transport, is_local);
        if (has_key)
            map_set(&g->open, key, delivery);
    }
    addr->next = NULL;
    *delivery->addresses_end = addr;
    delivery->addresses_end = &addr->next;
    delivery->address_count++;
}

/* ---- remote_sort_domains */

static int
rank_of(struct str domain, struct template *items, size_t count, struct scope *scope)
{
    struct why why;

    why_init(&why, scope->pool);
    for (size_t i = 0; i < count; i++)
        if (match_domain(&items[i], domain, scope, NULL, &why) == MATCH_YES)
            return (int)i;
    return (int)count;
}

/* Stable, by rank: as many passes as there are items. */
static struct delivery *
sorted(struct plan *plan, struct delivery *first, struct scope *scope)
{
    struct str text;
    struct str_list texts;
    struct template *items;
    struct delivery *result = NULL, **end = &result;
    struct why why;

    why_init(&why, plan->pool);
    if (config->remote_sort_domains == NULL || first == NULL || first->next == NULL ||
        expand(config->remote_sort_domains, scope, &text, &why) != OK)
        return first;
    texts = items_all(text, plan->pool);
    items = POOL_NEW_ARRAY(plan->pool, struct template, texts.count + 1);
    for (size_t i = 0; i < texts.count; i++)
        items[i] = (struct template){ .text = pool_printf(plan->pool, "<\n%.*s", STR_ARG(texts.items[i])),
                                      .option_name = "remote_sort_domains", .owner = "main" };
    for (struct delivery *delivery = first; delivery != NULL; delivery = delivery->next)
        delivery->rank = rank_of(delivery->addresses->domain, items, texts.count, scope);
    for (int rank = 0; rank <= (int)texts.count; rank++)
        for (struct delivery **link = &first; *link != NULL;) {
            struct delivery *delivery = *link;

            if (delivery->rank != rank) {
                link = &delivery->next;
                continue;
            }
            *link = delivery->next;
            delivery->next = NULL;
            *end = delivery;
            end = &delivery->next;
        }
    return result;
}

void
plan_group(struct plan *plan, struct address *accepted, struct scope *scope)
{
    struct grouping g = { .plan = plan, .scope = scope };

    g.local_end = &g.local;
    g.remote_end = &g.remote;
    map_init(&g.open, plan->pool, false);
    while (accepted != NULL) {
        struct address *next = accepted->next;

        address_group(&g, accepted);
        accepted = next;
    }
    plan->local = g.local;
    plan->remote = sorted(plan, g.remote, scope);
}
