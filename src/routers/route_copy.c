/* same_domain_copy_routing: what one address found out serves the others of its domain. */
#include "base/trace.h"
#include "routers/router_driver.h"

/* Routing of one address that others of the same domain may copy. */
struct copied_routing {
    struct router *router;
    struct address *addr;
};
struct route_cache {
    struct map by_domain;
};

struct route_cache *
route_cache_new(struct pool *pool)
{
    struct route_cache *cache = POOL_NEW(pool, struct route_cache);

    map_init(&cache->by_domain, pool, true);
    return cache;
}

void
route_cache_offer(struct route_run *run, struct address *addr)
{
    struct copied_routing *kept;

    if (run->purpose != ROUTE_FOR_DELIVERY || addr->start_router != NULL || addr->extra_headers != NULL ||
        addr->remove_headers.len > 0)
        return;
    kept = POOL_NEW(run->pool, struct copied_routing);
    *kept = (struct copied_routing){ addr->router, addr };
    map_set(&run->cache->by_domain, addr->domain, kept);
}

bool
route_is_copied(struct route_run *run, struct address *addr)
{
    const struct copied_routing *kept = NULL;

    if (run->purpose == ROUTE_FOR_DELIVERY && addr->start_router == NULL && run->cache->by_domain.count > 0)
        kept = map_get(&run->cache->by_domain, addr->domain);
    if (kept == NULL || kept->addr->transport == NULL)
        return false;
    trace(TRACE_ROUTE, "%.*s: routed as %.*s", STR_ARG(addr->text), STR_ARG(kept->addr->text));
    addr->router = kept->router;
    addr->transport = kept->addr->transport;
    addr->hosts = kept->addr->hosts;
    addr->fallback_hosts = kept->addr->fallback_hosts;
    addr->errors_to = kept->addr->errors_to;
    addr->has_errors_to = kept->addr->has_errors_to;
    addr->address_data = kept->addr->address_data;
    addr->domain_data = kept->addr->domain_data;
    addr->has_uid = kept->addr->has_uid;
    addr->has_gid = kept->addr->has_gid;
    addr->uid = kept->addr->uid;
    addr->gid = kept->addr->gid;
    return true;
}
