/* net/host_name.c -- names of a client: reverse lookup, confirmed by a forward lookup of each name. */
#include "net/host_name.h"
#include <netdb.h>
#include "base/items.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/scope.h"
#include "log/log.h"
#include "net/dns.h"
#include "net/host_find.h"
#include "net/hosts_file.h"

enum { NAMES_MAX = 16, NAME_MAX_BYTES = 253 };

/* Names found for an address, not yet confirmed. */
struct names {
    struct str items[NAMES_MAX];
    size_t count;
    bool is_secure, is_again;
};

/* Only what can be a host name goes on into logs, header fields and lists. */
static bool
is_host_name(struct str name)
{
    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alnum(name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '.' && name.ptr[i] != '_')
            return false;
    return true;
}

static void
names_add(struct names *names, struct str name)
{
    if (names->count < NAMES_MAX && is_host_name(name))
        names->items[names->count++] = name;
}

/* PTR records. */
static void
names_by_dns(struct names *names, const struct ip_address *ip, struct pool *pool)
{
    struct dns_result result;
    enum dns_answer answer = dns_lookup(ip_reverse_name(ip, NULL, pool), DNS_PTR, true, pool, &result);

    names->is_secure = answer == DNS_FOUND && result.is_secure;
    names->is_again |= answer == DNS_AGAIN;
    for (const struct dns_record *record = result.records; record != NULL; record = record->next)
        names_add(names, record->target);
}

/* The hosts file, then what else the system knows, unless DNS servers of our own are named. */
static void
names_by_address(struct names *names, const struct ip_address *ip, struct pool *pool)
{
    struct str found[NAMES_MAX];
    size_t count = hosts_file_names(ip, found, NAMES_MAX, pool);
    struct sockaddr_storage address;
    socklen_t length;
    char name[NI_MAXHOST];
    int result;

    for (size_t i = 0; i < count; i++)
        names_add(names, found[i]);
    if (count > 0 || (config != NULL && config->dns_servers != NULL))
        return;
    ip_to_sockaddr(ip, 0, &address, &length);
    result = getnameinfo((struct sockaddr *)&address, length, name, sizeof(name), NULL, 0, NI_NAMEREQD);
    if (result == 0)
        names_add(names, pool_dup_tainted(pool, str_of(name)));
    names->is_again |= result == EAI_AGAIN;
}

/* Ask in the order of host_lookup_order until one way gives a name. */
static void
names_find(struct names *names, const struct ip_address *ip, struct pool *pool)
{
    struct items ways = items_of(config != NULL && config->host_lookup_order != NULL ? config->host_lookup_order->text :
        STR("bydns:byaddr"));
    struct str way;

    while (names->count == 0 && items_next(&ways, pool, &way)) {
        if (str_ieq_c(way, "bydns"))
            names_by_dns(names, ip, pool);
        else if (str_ieq_c(way, "byaddr"))
            names_by_address(names, ip, pool);
    }
}

/* Does one of the name's addresses equal the client's? */
static enum outcome
name_confirm(struct str name, const struct ip_address *ip, struct pool *pool, bool *is_secure_out)
{
    struct scope scope = scope_make(pool);
    struct host_find_request request = host_find_request_default();
    struct template any = { .text = STR_INIT("*") };
    struct host *host = host_new(pool, name, STR(""), MX_NONE);
    enum host_find found;

    request.dnssec_request_domains = &any;
    found = host_find_by_name(host, &request, &scope, NULL);
    *is_secure_out = host->is_dnssec;
    if (found == HOST_FIND_AGAIN)
        return DEFER;
    if (found != HOST_FOUND && found != HOST_FOUND_LOCAL)
        return FAIL;
    for (; host != NULL; host = host->next) {
        struct ip_address address;

        if (ip_parse(host->address, &address) && ip_equal(&address, ip))
            return OK;
    }
    return FAIL;
}

/* Keep the confirmed names in origin: the first is the name, others are aliases. */
static enum outcome
names_confirm(struct origin *origin, const struct names *names, const struct ip_address *ip)
{
    enum outcome outcome = FAIL;

    for (size_t i = 0; i < names->count; i++) {
        bool is_secure = false;
        enum outcome confirmed = name_confirm(names->items[i], ip, origin->pool, &is_secure);

        if (confirmed == OK && str_is_empty(origin->host_name)) {
            origin->host_name = pool_dup_tainted(origin->pool, names->items[i]);
            origin->is_host_dnssec = names->is_secure && is_secure;
        } else if (confirmed == OK) {
            str_list_add(&origin->host_aliases, origin->pool, pool_dup_tainted(origin->pool, names->items[i]));
        }
        if (confirmed == OK)
            outcome = OK;
        else if (confirmed == DEFER && outcome == FAIL)
            outcome = DEFER;
        trace(TRACE_HOST_LOOKUP, "%.*s: %s", STR_ARG(names->items[i]), confirmed == OK ? "IP address matched" :
            confirmed == DEFER ? "lookup deferred" : "no IP address matched");
    }
    return outcome;
}

static enum outcome
no_name(struct origin *origin, bool is_again, struct str text, struct why *why)
{
    origin->name_lookup = is_again ? NAME_LOOKUP_DEFERRED : NAME_LOOKUP_FAILED;
    origin->name_lookup_error = text;
    if (is_again)
        return why_defer(why, 0, "4.4.3", "%.*s", STR_ARG(text));
    return why_fail(why, 0, "5.7.25", "%.*s", STR_ARG(text));
}

enum outcome
host_name_lookup(struct origin *origin, struct why *why)
{
    struct names names = { 0 };
    struct ip_address ip;
    enum outcome outcome;

    if (!str_is_empty(origin->host_name))
        return OK;
    if (origin->name_lookup == NAME_LOOKUP_FAILED || !ip_parse(origin->host_address, &ip))
        return why_fail(why, 0, "5.7.25", "%.*s", STR_ARG(origin->name_lookup_error));
    trace(TRACE_HOST_LOOKUP, "looking up host name for %.*s", STR_ARG(origin->host_address));
    names_find(&names, &ip, origin->pool);
    if (names.count == 0) {
        if (!names.is_again)
            log_write(LOG_HOST_LOOKUP_FAILED, LOG_TO_MAIN, NULL, "no host name found for IP address %.*s",
                STR_ARG(origin->host_address));
        return no_name(origin, names.is_again, names.is_again ? STR("host lookup deferred for reverse DNS") :
            STR("failed to find host name from IP address"), why);
    }
    outcome = names_confirm(origin, &names, &ip);
    if (outcome != OK) {
        struct str text = pool_printf_tainted(origin->pool, "%.*s does not match any IP address for %.*s",
            STR_ARG(origin->host_address), STR_ARG(names.items[0]));

        if (outcome == FAIL)
            log_write(LOG_HOST_LOOKUP_FAILED, LOG_TO_MAIN, NULL, "%.*s", STR_ARG(text));
        return no_name(origin, outcome == DEFER, text, why);
    }
    origin->name_lookup = NAME_FOUND;
    origin->name_lookup_error = STR("");
    return OK;
}

static bool
is_known_name(const struct origin *origin, struct str name)
{
    return (!str_is_empty(origin->host_name) && str_ieq(origin->host_name, name)) ||
        str_list_ihas(&origin->host_aliases, name);
}

enum outcome
origin_helo_verify(struct origin *origin, struct why *why)
{
    struct ip_address ip, literal;
    bool is_secure = false;
    enum outcome outcome, by_name;

    if (origin->is_helo_verify_done)
        return origin->is_helo_verified ? OK : why_fail(why, 0, "5.7.1", "HELO name does not fit the host");
    if (!ip_parse(origin->host_address, &ip) || str_is_empty(origin->helo_name))
        return why_fail(why, 0, "5.7.1", "no HELO name to verify");
    if (ip_parse_literal(origin->helo_name, &literal)) {
        origin->is_helo_verify_done = true;
        origin->is_helo_verified = ip_equal(&literal, &ip);
        return origin->is_helo_verified ? OK : why_fail(why, 0, "5.7.1", "HELO literal is another address");
    }
    by_name = host_name_lookup(origin, NULL);
    if (by_name == OK && is_known_name(origin, origin->helo_name)) {
        origin->helo_dnssec = origin->is_host_dnssec;
        outcome = OK;
    } else {
        outcome = name_confirm(origin->helo_name, &ip, origin->pool, &is_secure);
        origin->helo_dnssec = outcome == OK && is_secure;
        if (outcome == FAIL && by_name == DEFER)
            outcome = DEFER;
    }
    if (outcome == DEFER)
        return why_defer(why, 0, "4.4.3", "HELO name could not be looked up now");
    origin->is_helo_verify_done = true;
    origin->is_helo_verified = outcome == OK;
    trace(TRACE_HOST_LOOKUP, "HELO %.*s: %s", STR_ARG(origin->helo_name), outcome == OK ? "verified" : "not verified");
    return outcome == OK ? OK : why_fail(why, 0, "5.7.1", "HELO name does not fit the host");
}
