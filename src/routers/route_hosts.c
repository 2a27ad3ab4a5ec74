/* Lists of hosts for routers that find some; what to do when the first is this host. */
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "log/log.h"
#include "message/message.h"
#include "net/ip_address.h"
#include "routers/router_driver.h"

struct host_find_request
router_find_request(const struct router *router)
{
    struct host_find_request request = host_find_request_default();

    request.ignore_target_hosts = router->ignore_target_hosts;
    request.dnssec_request_domains = router->dnssec_request_domains;
    request.dnssec_require_domains = router->dnssec_require_domains;
    return request;
}

enum route_outcome
router_self(const struct router *router, struct route_run *run, struct address *addr, const struct host *host)
{
    const char *text =
        host->mx >= 0 ? "lowest numbered MX record points to local host" : "remote host address is the local host";

    trace(TRACE_ROUTE, "%s: self is \"%.*s\"", text, STR_ARG(router->self));
    switch (router->self_code) {
    case SELF_SEND:
        return ROUTE_ACCEPT;
    case SELF_PASS:
        addr->self_hostname = host->name;
        return ROUTE_PASS;
    case SELF_REROUTE:
        return route_change_domain(run, addr, router->self_domain, router->does_self_rewrite);
    case SELF_FAIL:
        why_fail(&addr->why, 0, "5.4.6", "%s", text);
        return ROUTE_FAIL;
    case SELF_FREEZE:
        log_write(LOG_ALWAYS, LOG_TO_MAIN, run->scope->message != NULL ? run->scope->message->id : NULL,
                  run->purpose == ROUTE_FOR_DELIVERY ? "%s: %.*s" : "%s: %.*s (while routing <%.*s>)", text,
                  STR_ARG(addr->domain), STR_ARG(addr->text));
        addr->special_action = ACTION_FREEZE;
        break;
    case SELF_DEFER:
        break;
    }
    why_defer(&addr->why, 0, "4.4.6", "%s", text);
    return ROUTE_DEFER;
}

struct host *
host_list_plain(struct str list, struct pool *pool, struct why *why)
{
    struct host *first = NULL, **end = &first;
    struct items items = items_of(list);
    struct str text;

    while (items_next(&items, pool, &text)) {
        struct host_item item;
        const char *reason;

        if (text.len == 0)
            continue;
        if (!host_item_parse(text, &item, &reason)) {
            why_defer(why, 0, "4.3.5", "%s in \"%.*s\"", reason, STR_ARG(text));
            return NULL;
        }
        if (item.is_group_border)
            continue;
        *end = host_new(pool, item.name, STR(""), item.is_mx ? 0 : MX_NONE);
        (*end)->port = item.port;
        (*end)->is_mx_indirect = item.is_mx;
        end = &(*end)->next;
    }
    return first;
}
