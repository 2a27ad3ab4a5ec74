/* net/host_find.c -- addresses for one named host: literal, hosts file, system, DNS. */
#include "net/host_find.h"
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "net/dns.h"
#include "net/host_find_parts.h"
#include "net/hosts_file.h"
#include "net/interface.h"
#include "net/list_hook.h"

const char *
host_find_name(enum host_find found)
{
    static const char *const names[] = {
        "found", "found, local", "failed", "refused", "temporary failure", "not validated", "ignored"
    };

    return names[found];
}

struct host_find_request
host_find_request_default(void)
{
    return (struct host_find_request){ .is_mx_wanted = true, .is_a_wanted = true };
}

enum outcome
host_find_option_is_on(struct template *option, struct scope *scope, bool *is_on_out, struct why *why)
{
    struct str text;
    enum outcome outcome;
    struct why inner;

    *is_on_out = false;
    if (option == NULL)
        return OK;
    why_init(&inner, scope->pool);
    outcome = expand(option, scope, &text, &inner);
    if (outcome == FAIL && inner.is_forced)
        return OK;
    if (outcome != OK) {
        if (why != NULL)
            *why = inner;
        return DEFER;
    }
    *is_on_out = !str_is_empty(text) && !str_eq_c(text, "0") && !str_ieq_c(text, "no") && !str_ieq_c(text, "false");
    return OK;
}

struct host *
host_new(struct pool *pool, struct str name, struct str address, int mx)
{
    struct host *host = POOL_NEW(pool, struct host);

    host->name = name;
    host->address = address;
    host->mx = mx;
    return host;
}

bool
host_is_local(const struct host *host, struct scope *scope)
{
    struct ip_address ip;

    if (config != NULL && list_hook_domain(config->hosts_treat_as_local, host->name, scope, NULL) == OK)
        return true;
    return !str_is_empty(host->address) && ip_parse(host->address, &ip) && ip_is_local(&ip);
}

static bool
is_ignored(const struct host *host, const struct host_find_request *request, struct scope *scope)
{
    struct scope inner = *scope;

    if (request->ignore_target_hosts == NULL)
        return false;
    inner.host = host;
    return list_hook_host(request->ignore_target_hosts, host, &inner, NULL) == OK;
}

void
host_addresses_begin(struct host_addresses *found, struct host *host, const struct host_find_request *request,
                     struct scope *scope)
{
    *found = (struct host_addresses){ .host = host, .request = request, .scope = scope, .rest = host->next };
    found->last = host;
}

/* Keep each address once; those to be ignored are only counted. */
void
host_addresses_add(struct host_addresses *found, const struct ip_address *ip, bool is_secure)
{
    struct str text = ip_format(ip, found->scope->pool);
    struct host candidate = *found->host;
    struct host *entry;

    if (ip->is_v6 && ((config != NULL && config->disable_ipv6) || found->request->is_ipv4_only))
        return;
    for (const struct host *known = found->host; known != found->rest; known = known->next)
        if (str_eq(known->address, text))
            return;
    candidate.address = text;
    candidate.is_dnssec = found->host->is_dnssec && is_secure;
    if (is_ignored(&candidate, found->request, found->scope)) {
        trace(TRACE_HOST_LOOKUP, "ignored host %.*s [%.*s]", STR_ARG(candidate.name), STR_ARG(text));
        found->ignored_count++;
        return;
    }
    candidate.is_local = ip_is_local(ip);
    found->is_local_seen |= candidate.is_local;
    if (str_is_empty(found->host->address)) {
        entry = found->host;
    } else {
        entry = POOL_NEW(found->scope->pool, struct host);
        found->last->next = entry;
    }
    candidate.next = found->rest;
    *entry = candidate;
    found->last = entry;
    found->count++;
}

enum host_find
host_addresses_end(struct host_addresses *found, bool is_again)
{
    if (found->count == 0)
        return is_again ? HOST_FIND_AGAIN : found->ignored_count > 0 ? HOST_FIND_IGNORED : HOST_FIND_FAILED;
    if (found->is_local_seen || host_is_local(found->host, found->scope)) {
        found->host->is_local = true;
        return HOST_FOUND_LOCAL;
    }
    return HOST_FOUND;
}

static void
shuffle(struct ip_address *addresses, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = dns_random((unsigned)i);
        struct ip_address swapped = addresses[i - 1];

        addresses[i - 1] = addresses[j];
        addresses[j] = swapped;
    }
}

enum { ADDRESSES_MAX = 64 };

/* A host is known by the name that its alias leads to.  Its certificate may still be for the alias, unless the way
 * there was validated. */
static void
take_canonical_name(struct host *host, struct str name, bool is_secure)
{
    if (str_is_empty(name) || str_ieq(name, host->name))
        return;
    if (!is_secure && str_is_empty(host->certificate_name))
        host->certificate_name = host->name;
    host->name = name;
}

/* Ask for A or AAAA and add what comes, in random order. */
static enum dns_answer
add_records(struct host_addresses *found, enum dns_type type, bool is_dnssec_wanted, struct dns_result *result)
{
    struct ip_address addresses[ADDRESSES_MAX];
    size_t count = 0;
    enum dns_answer answer = dns_lookup(found->host->name, type, is_dnssec_wanted, found->scope->pool, result);

    for (const struct dns_record *record = result->records; record != NULL &&
        count < ADDRESSES_MAX; record = record->next)
        addresses[count++] = record->ip;
    shuffle(addresses, count);
    if (found->is_security_required && answer == DNS_FOUND && !result->is_secure) {
        found->is_insecure = true;
        return DNS_NODATA;
    }
    if (count > 0 && result->is_alias)
        take_canonical_name(found->host, result->name, result->is_secure);
    for (size_t i = 0; i < count; i++)
        host_addresses_add(found, &addresses[i], result->is_secure);
    return answer;
}

static bool
is_ipv6_wanted(const struct host *host, const struct host_find_request *request, struct scope *scope)
{
    return config == NULL || (!config->disable_ipv6 && !request->is_ipv4_only &&
        list_hook_domain(config->dns_ipv4_lookup, host->name, scope, NULL) != OK);
}

/* A name that is an address already. */
static bool
find_literal(struct host *host, struct host_addresses *found)
{
    struct ip_address ip;

    if (!ip_parse(host->name, &ip) && !ip_parse_literal(host->name, &ip))
        return false;
    host_addresses_add(found, &ip, false);
    return true;
}

enum host_find
host_find_addresses(struct host *host, const struct host_find_request *request, struct scope *scope, struct why *why)
{
    struct host_addresses found;
    enum dns_answer first, second = DNS_NODATA;
    struct dns_result result;
    bool is_wanted, is_v6_first = !request->is_ipv4_preferred, has_v6 = is_ipv6_wanted(host, request, scope);
    enum host_find answer;

    host->address = STR("");
    host_addresses_begin(&found, host, request, scope);
    if (find_literal(host, &found))
        return host_addresses_end(&found, false);
    found.is_security_required = list_hook_domain(request->dnssec_require_domains, host->name, scope, NULL) == OK;
    is_wanted = found.is_security_required || list_hook_domain(request->dnssec_request_domains, host->name, scope,
        NULL) == OK;
    if (host->mx == MX_NONE)
        host->is_dnssec = true;     /* no MX that could be without validation; the records decide */
    first = !has_v6 && is_v6_first ? DNS_NODATA : add_records(&found, is_v6_first ? DNS_AAAA : DNS_A, is_wanted,
        &result);
    if (!is_v6_first ? has_v6 : true)
        second = add_records(&found, is_v6_first ? DNS_A : DNS_AAAA, is_wanted, &result);
    if (found.count == 0)
        host->is_dnssec = false;
    answer = host_addresses_end(&found, first == DNS_AGAIN || first == DNS_FAIL || second == DNS_AGAIN ||
        second == DNS_FAIL);
    if (answer == HOST_FIND_FAILED && found.is_insecure)
        answer = HOST_FIND_INSECURE;
    if (answer == HOST_FIND_AGAIN)
        why_defer(why, 0, "4.4.3", "host lookup for %.*s did not complete%s%s", STR_ARG(host->name),
            result.problem != NULL ? ": " : "", result.problem != NULL ? result.problem : "");
    trace(TRACE_HOST_LOOKUP, "addresses of %.*s: %s", STR_ARG(host->name), host_find_name(answer));
    return answer;
}

/* What the system's functions know (hosts file, NSS); they ask resolv.conf's servers, so they are not for
 * dns_servers. */
static enum host_find
find_by_system(struct host *host, struct host_addresses *found, struct why *why)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME }, *all = NULL;
    char *name = pool_cstr(found->scope->pool, host->name);
    int result = name == NULL ? EAI_NONAME : getaddrinfo(name, NULL, &hints, &all);
    bool is_again = result == EAI_AGAIN || result == EAI_SYSTEM || result == EAI_MEMORY;

    if (result == 0 && all->ai_canonname != NULL)
        take_canonical_name(host, pool_dup_tainted(found->scope->pool, str_of(all->ai_canonname)), false);
    for (const struct addrinfo *entry = result == 0 ? all : NULL; entry != NULL; entry = entry->ai_next) {
        struct ip_address ip;
        int port;

        if (ip_from_sockaddr(entry->ai_addr, &ip, &port))
            host_addresses_add(found, &ip, false);
    }
    if (all != NULL)
        freeaddrinfo(all);
    if (is_again && config != NULL &&
        list_hook_domain(config->dns_again_means_nonexist, host->name, found->scope, NULL) == OK)
        is_again = false;
    if (is_again)
        why_defer(why, 0, "4.4.3", "host lookup for %.*s did not complete: %s", STR_ARG(host->name),
            gai_strerror(result));
    return host_addresses_end(found, is_again);
}

enum host_find
host_find_by_name(struct host *host, const struct host_find_request *request, struct scope *scope, struct why *why)
{
    struct host_addresses found;
    enum host_find answer;

    host->address = STR("");
    host_addresses_begin(&found, host, request, scope);
    if (find_literal(host, &found))
        return host_addresses_end(&found, false);
    if (config != NULL && config->dns_servers != NULL) {
        struct ip_address addresses[ADDRESSES_MAX];
        size_t count = hosts_file_addresses(host->name, addresses, ADDRESSES_MAX);

        for (size_t i = 0; i < count; i++)
            host_addresses_add(&found, &addresses[i], false);
        if (count == 0)
            return host_find_addresses(host, request, scope, why);
        return host_addresses_end(&found, false);
    }
    answer = find_by_system(host, &found, why);
    trace(TRACE_HOST_LOOKUP, "%.*s by name: %s", STR_ARG(host->name), host_find_name(answer));
    return answer;
}
