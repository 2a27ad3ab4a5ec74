/* routers/dnslookup.c -- the hosts that the DNS names for the domain: SRV, MX, address records.
 * RFC 5321 section 5.1, RFC 7505. */
#include "base/items.h"
#include "base/trace.h"
#include "expand/expand.h"
#include "match/match.h"
#include "routers/router_driver.h"

struct dnslookup_options {
    bool check_secondary_mx, qualify_single, rewrite_headers, same_domain_copy_routing, search_parents;
    struct template *check_srv, *fail_defer_domains, *ipv4_only, *ipv4_prefer, *mx_domains, *mx_fail_domains,
        *srv_fail_domains, *widen_domains;
};

static const struct dnslookup_options defaults = { .qualify_single = true, .rewrite_headers = true };

#define D struct dnslookup_options
static const struct option options[] = {
    OPTION_BOOL(D, check_secondary_mx),
    OPTION_EXPANDED(D, check_srv),
    OPTION_DOMAIN_LIST(D, fail_defer_domains),
    OPTION_EXPANDED(D, ipv4_only),
    OPTION_EXPANDED(D, ipv4_prefer),
    OPTION_DOMAIN_LIST(D, mx_domains),
    OPTION_DOMAIN_LIST(D, mx_fail_domains),
    OPTION_BOOL(D, qualify_single),
    OPTION_BOOL(D, rewrite_headers),
    OPTION_BOOL(D, same_domain_copy_routing),
    OPTION_BOOL(D, search_parents),
    OPTION_DOMAIN_LIST(D, srv_fail_domains),
    OPTION_STRING_LIST(D, widen_domains),
    OPTION_END
};
#undef D

static bool
is_in_domains(struct template *list, struct str domain, struct scope *scope)
{
    struct why why;

    why_init(&why, scope->pool);
    return list != NULL && match_domain(list, domain, scope, NULL, &why) == MATCH_YES;
}

static enum outcome
request_make(const struct router *router, struct route_run *run, struct address *addr,
             struct host_find_request *request_out)
{
    const struct dnslookup_options *opt = router->instance.options;
    struct why why;

    *request_out = router_find_request(router);
    request_out->is_a_wanted = !is_in_domains(opt->mx_domains, addr->domain, run->scope);
    request_out->mx_fail_domains = opt->mx_fail_domains;
    request_out->srv_fail_domains = opt->srv_fail_domains;
    request_out->is_qualify_single = opt->qualify_single;
    request_out->is_search_parents = opt->search_parents;
    why_init(&why, run->pool);
    if (host_find_option_is_on(opt->ipv4_only, run->scope, &request_out->is_ipv4_only, &why) != OK ||
        host_find_option_is_on(opt->ipv4_prefer, run->scope, &request_out->is_ipv4_preferred, &why) != OK)
        return why_defer(&addr->why, 0, "4.3.5", "%.*s router: ipv4_only or ipv4_prefer: %.*s",
                         STR_ARG(router->instance.name), STR_ARG(why.text));
    if (opt->check_srv == NULL)
        return OK;
    if (expand(opt->check_srv, run->scope, &request_out->srv_service, &why) == OK || why.is_forced)
        return OK;
    return why_defer(&addr->why, 0, "4.3.5", "%.*s router: failed to expand \"%.*s\": %.*s",
                     STR_ARG(router->instance.name), STR_ARG(opt->check_srv->text), STR_ARG(why.text));
}

/* The domain as it is, then with each ending of widen_domains. */
static enum host_find
find_widened(const struct router *router, struct route_run *run, struct address *addr,
             const struct host_find_request *request, struct host_find_result *result_out)
{
    const struct dnslookup_options *opt = router->instance.options;
    bool is_widening = opt->widen_domains != NULL && (run->purpose != ROUTE_FOR_SENDER_VERIFY || !opt->rewrite_headers);
    struct items items = items_of(is_widening ? opt->widen_domains->text : STR(""));
    struct str domain = addr->domain, ending;

    for (;;) {
        enum host_find found;

        found = host_find_by_dns(domain, request, run->scope, result_out, &addr->why);
        trace(TRACE_ROUTE, "DNS lookup of %.*s: %s", STR_ARG(domain), host_find_name(found));
        if (found != HOST_FIND_FAILED || !items_next(&items, run->pool, &ending)) {
            if (result_out->full_name.len == 0)
                result_out->full_name = domain;
            return found;
        }
        domain = pool_printf_tainted(run->pool, "%.*s.%.*s", STR_ARG(addr->domain), STR_ARG(ending));
    }
}

static enum route_outcome
not_found(const struct router *router, struct route_run *run, struct address *addr, enum host_find found)
{
    const struct dnslookup_options *opt = router->instance.options;

    switch (found) {
    case HOST_FIND_AGAIN:
        addr->is_pass_on_timeout = true;
        if (addr->why.text.len == 0)
            why_defer(&addr->why, 0, "4.4.3", "host lookup did not complete");
        addr->why.cause = CAUSE_DNS;
        return ROUTE_DEFER;
    case HOST_FIND_INSECURE:
        why_defer(&addr->why, 0, "4.7.0", "host lookup done insecurely");
        return ROUTE_DEFER;
    default:
        break;
    }
    if (is_in_domains(opt->fail_defer_domains, addr->domain, run->scope)) {
        why_defer(&addr->why, 0, "4.4.3", "all relevant MX records point to non-existent hosts");
        return ROUTE_DEFER;
    }
    return ROUTE_DECLINE;
}

static enum route_outcome
dnslookup_route(const struct router *router, struct route_run *run, struct address *addr)
{
    const struct dnslookup_options *opt = router->instance.options;
    struct host_find_request request;
    struct host_find_result result = { 0 };
    enum host_find found;
    enum route_outcome outcome = ROUTE_ACCEPT;

    if (addr->domain.len > 0 && addr->domain.ptr[0] == '[') {
        why_fail(&addr->why, 0, "5.1.2", "mail domain \"%.*s\" is syntactically invalid", STR_ARG(addr->domain));
        return ROUTE_DECLINE;
    }
    if (request_make(router, run, addr, &request) != OK)
        return ROUTE_DEFER;
    found = find_widened(router, run, addr, &request, &result);
    if (found != HOST_FOUND && found != HOST_FOUND_LOCAL)
        return not_found(router, run, addr, found);
    if (opt->check_secondary_mx && !result.is_local_removed)
        return ROUTE_DECLINE;
    if (!str_ieq(result.full_name, addr->domain) && result.full_name.ptr[0] != '*')
        return route_change_domain(run, addr, result.full_name, opt->rewrite_headers);
    if (found == HOST_FOUND_LOCAL)
        outcome = router_self(router, run, addr, result.hosts);
    if (outcome != ROUTE_ACCEPT)
        return outcome;
    addr->hosts = result.hosts;
    addr->is_routing_shared = opt->same_domain_copy_routing;
    return ROUTE_ACCEPT;
}

const struct router_driver dnslookup_driver = {
    .info = { .name = "dnslookup",
              .options = options,
              .defaults = &defaults,
              .options_size = sizeof(struct dnslookup_options) },
    .is_transport_needed = true,
    .route = dnslookup_route,
};
