#include "base/items.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "match/match.h"
#include "net/host_find.h"
#include "net/interface.h"
#include "routers/router_driver.h"
#include "transports/smtp/smtp.h"
#include <stdlib.h>

/* ---- Order */

static bool
is_randomizing(struct smtp_job *job)
{
    struct why why;
    bool value = false;

    why_init(&why, job->pool);
    return expand_bool(job->options->hosts_randomize, &job->run->scope, &value, &why) == OK && value;
}

/* Shuffle the hosts from *first up to end. */
static void
shuffle(struct host **first, struct host *end)
{
    struct host *left = *first, **tail = first;
    uint32_t count = 0;

    for (struct host *host = left; host != end; host = host->next)
        count++;
    for (; count > 0; count--) {
        struct host **pick = &left;

        for (uint32_t skip = arc4random_uniform(count); skip > 0; skip--)
            pick = &(*pick)->next;
        *tail = *pick;
        *pick = (*pick)->next;
        tail = &(*tail)->next;
    }
    *tail = end;
}

/* ---- Lists of the transport's own */

static struct host *
copy_list(const struct host *hosts, struct pool *pool)
{
    struct host *first = NULL, **end = &first;

    for (; hosts != NULL; hosts = hosts->next) {
        *end = POOL_NEW(pool, struct host);
        **end = *hosts;
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

/* Groups are separated by "+": each is shuffled on its own. */
static enum outcome
parse_list(struct smtp_job *job, struct str list, bool is_random, struct host **hosts_out, struct why *why)
{
    struct items items = items_of(list);
    struct host *first = NULL, **group = &first, **end = &first;
    struct str text;

    while (items_next(&items, job->pool, &text)) {
        struct host_item item;
        const char *reason;

        if (text.len == 0)
            continue;
        if (!host_item_parse(text, &item, &reason))
            return transport_defer(why, NUMBER_NONE, "%s in \"%.*s\" (hosts of %.*s transport)", reason, STR_ARG(text),
                                   STR_ARG(job->run->transport->instance.name));
        if (item.is_group_border) {
            if (is_random) {
                shuffle(group, NULL);
                for (end = group; *end != NULL; end = &(*end)->next)
                    ;
            }
            group = end;
            continue;
        }
        *end = host_new(job->pool, pool_dup(job->pool, item.name), STR(""), MX_NONE);
        (*end)->port = item.port;
        (*end)->is_mx_indirect = item.is_mx;
        end = &(*end)->next;
    }
    if (is_random)
        shuffle(group, NULL);
    *hosts_out = first;
    return OK;
}

enum outcome
smtp_hosts_make(struct smtp_job *job, struct host **hosts_out, struct why *why)
{
    const struct smtp_options *opt = job->options;
    const struct address *addr = job->run->addresses;
    struct str name = job->run->transport->instance.name, text, reason;

    if (addr->hosts != NULL && !(opt->hosts_override && opt->hosts != NULL)) {
        *hosts_out = copy_list(addr->hosts, job->pool);
        if ((*hosts_out)->mx == MX_NONE && !addr->is_host_list_random && is_randomizing(job))
            shuffle(hosts_out, NULL);
        return OK;
    }
    if (opt->hosts == NULL)
        return transport_defer(why, NUMBER_NONE, "%.*s transport called with no hosts set", STR_ARG(name));
    if (expand(opt->hosts, &job->run->scope, &text, why) != OK) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "failed to expand list of hosts \"%.*s\" in %.*s transport: %.*s",
                               STR_ARG(opt->hosts->text), STR_ARG(name), STR_ARG(reason));
    }
    if (parse_list(job, text, is_randomizing(job), hosts_out, why) != OK)
        return DEFER;
    if (*hosts_out == NULL)
        return transport_defer(why, NUMBER_NONE, "%.*s transport has empty hosts setting", STR_ARG(name));
    return OK;
}

/* The router's list first. */
struct host *
smtp_hosts_fallback(struct smtp_job *job)
{
    const struct address *addr = job->run->addresses;
    struct template *option = job->options->fallback_hosts;
    struct host *hosts = NULL;
    struct why why;

    why_init(&why, job->pool);
    if (addr->fallback_hosts != NULL) {
        hosts = copy_list(addr->fallback_hosts, job->pool);
        if (is_randomizing(job))
            shuffle(&hosts, NULL);
        return hosts;
    }
    if (option == NULL || parse_list(job, option->text, is_randomizing(job), &hosts, &why) != OK)
        return NULL;
    return hosts;
}

/* ---- Addresses of a host */

static struct host_find_request
find_request(const struct smtp_options *opt)
{
    struct host_find_request request = host_find_request_default();

    request.dnssec_request_domains = opt->dnssec_request_domains;
    request.dnssec_require_domains = opt->dnssec_require_domains;
    request.is_qualify_single = opt->dns_qualify_single;
    request.is_search_parents = opt->dns_search_parents;
    return request;
}

static enum host_find
find_via_mx(struct smtp_job *job, struct host *host, const struct host_find_request *request, struct why *why)
{
    struct host *last, *next = host->next;
    struct host_find_result result;
    int port = host->port;

    host_find_by_dns(host->name, request, &job->run->scope, &result, why);
    if (result.hosts == NULL)
        return result.found;
    for (last = result.hosts; last->next != NULL; last = last->next)
        ;
    last->next = next;
    *host = *result.hosts;
    for (struct host *each = host; each != next; each = each->next)
        each->port = port;
    return result.found;
}

enum outcome
smtp_host_find(struct smtp_job *job, struct host *host, struct why *why)
{
    struct host_find_request request = find_request(job->options);
    struct str name = job->run->transport->instance.name;
    enum host_find found;

    if (host->address.len > 0)
        return OK;
    if (host->is_mx_indirect)
        found = find_via_mx(job, host, &request, why);
    else if (job->options->gethostbyname)
        found = host_find_by_name(host, &request, &job->run->scope, why);
    else
        found = host_find_addresses(host, &request, &job->run->scope, why);
    if ((found == HOST_FOUND_LOCAL || host->is_local) && !job->options->allow_localhost)
        return transport_defer(why, NUMBER_LOCAL_HOST, "%.*s transport found host %.*s to be local", STR_ARG(name),
                               STR_ARG(host->name));
    if ((found == HOST_FOUND || found == HOST_FOUND_LOCAL) && host->address.len > 0)
        return OK;
    transport_defer(why, NUMBER_UNKNOWN_HOST, "failed to lookup IP address for %.*s", STR_ARG(host->name));
    why->cause = CAUSE_DNS;
    return DEFER;
}
