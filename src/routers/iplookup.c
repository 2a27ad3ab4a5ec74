/* routers/iplookup.c -- ask a server by UDP or TCP for an address (manual: the iplookup router).  The options are
 * complete; the routing itself is not built yet, and an address that comes here waits. */
#include "routers/router_driver.h"

struct iplookup_options {
    struct str hosts;
    bool optional;
    int port;
    struct str protocol;
    struct template *query, *reroute;
    struct str response_pattern;
    int timeout;
};

#define O struct iplookup_options

static const struct option options[] = {
    OPTION_TEXT(O, hosts),
    OPTION_BOOL(O, optional),
    OPTION_INT(O, port),
    OPTION_TEXT(O, protocol),       /* udp if not set */
    OPTION_EXPANDED(O, query),
    OPTION_EXPANDED(O, reroute),
    OPTION_TEXT(O, response_pattern),
    OPTION_ROW(OPTION_TYPE_TIME, int, O, timeout, .initial = "5s",),
    OPTION_END
};

static bool
iplookup_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    const struct iplookup_options *opt = instance->options;

    (void)pool;
    if (opt->port < 1 || opt->port > 65535)
        *why_out = STR("a port must be specified");
    else if (opt->protocol.len > 0 && !str_eq_c(opt->protocol, "udp") && !str_eq_c(opt->protocol, "tcp"))
        *why_out = STR("protocol not specified as udp or tcp");
    else if (opt->hosts.len == 0)
        *why_out = STR("a host list must be specified");
    return why_out->len == 0;
}

static enum route_outcome
iplookup_route(const struct router *router, struct route_run *run, struct address *addr)
{
    why_init(&addr->why, run->pool);
    why_defer(&addr->why, 0, "4.3.5", "the iplookup driver of the router %.*s is not acted on yet",
              STR_ARG(router->instance.name));
    return ROUTE_DEFER;
}

const struct router_driver iplookup_driver = {
    .info = {
        .name = "iplookup", .options = options, .options_size = sizeof(struct iplookup_options), .init = iplookup_init
    },
    .route = iplookup_route,
};
