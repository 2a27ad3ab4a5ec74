/* routers/ipliteral.c -- route user@[192.0.2.1] to the host it names.
 * Address literals: RFC 5321 section 4.1.3. */
#include "match/match.h"
#include "net/interface.h"
#include "routers/router_driver.h"

static const struct option options[] = { OPTION_END };

struct ipliteral_options {
    bool unused;
};

static const struct ipliteral_options defaults = { 0 };

static bool
literal_parse(struct str domain, struct ip_address *ip_out)
{
    if (domain.len < 2 || domain.ptr[0] != '[')
        return false;
    if (str_istarts(domain, STR("[ipv4:")))
        return ip_parse(str_sub(domain, 6, domain.len - 7), ip_out);
    return ip_parse_literal(domain, ip_out);
}

/* Decline what is not a literal, so that the next router sees it. */
static enum route_outcome
ipliteral_route(const struct router *router, struct route_run *run, struct address *addr)
{
    struct ip_address ip;
    struct host *host;

    if (!literal_parse(addr->domain, &ip))
        return ROUTE_DECLINE;
    host = host_new(run->pool, addr->domain, ip_format(&ip, run->pool), MX_NONE);
    if (router->ignore_target_hosts != NULL) {
        struct why why;

        why_init(&why, run->pool);
        switch (match_host(router->ignore_target_hosts, host, run->scope, NULL, &why)) {
        case MATCH_YES: return ROUTE_DECLINE;
        case MATCH_DEFER: addr->why = why; return ROUTE_DEFER;
        case MATCH_NO: break;
        }
    }
    if (ip_is_local(&ip)) {
        enum route_outcome outcome = router_self(router, run, addr, host);

        if (outcome != ROUTE_ACCEPT)
            return outcome;
    }
    addr->hosts = host;
    return ROUTE_ACCEPT;
}

const struct router_driver ipliteral_driver = {
    .info = { .name = "ipliteral",
              .options = options,
              .defaults = &defaults,
              .options_size = sizeof(struct ipliteral_options) },
    .is_transport_needed = true,
    .route = ipliteral_route,
};
