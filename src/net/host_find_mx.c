/* net/host_find_mx.c -- hosts for a domain: SRV, MX, address records; sorted, shuffled, cut at ourselves. */
#include "base/trace.h"
#include "config/config.h"
#include "net/dns.h"
#include "net/host_find.h"
#include "net/list_hook.h"

enum { HOSTS_MAX = 256, SORT_STEP = 1000 };

/* One search under way. */
struct search {
    const struct host_find_request *request;
    struct scope *scope;
    struct str domain;
    struct host_find_result *result;
    struct why *why;
    bool is_dnssec_wanted, is_dnssec_required;
    bool has_mx, has_address_mx;    /* has_address_mx: one that names an IP address, which is not allowed */
};

/* Put a host in its place by sort key; hosts of one name: the better one stays. */
static void
host_insert(struct host **list, struct host *host)
{
    struct host **place = list;

    while (*place != NULL && (*place)->sort_key <= host->sort_key) {
        if (str_ieq((*place)->name, host->name) && (*place)->port == host->port)
            return;
        place = &(*place)->next;
    }
    host->next = *place;
    *place = host;
    for (struct host **later = &host->next; *later != NULL; later = &(*later)->next)
        if (str_ieq((*later)->name, host->name) && (*later)->port == host->port) {
            *later = (*later)->next;
            break;
        }
}

static enum host_find
trouble(struct search *search, const struct dns_result *dns, enum dns_type type)
{
    why_defer(search->why, 0, "4.4.3", "host lookup did not complete: %s lookup for %.*s: %s", dns_type_name(type),
        STR_ARG(search->domain), dns->problem != NULL ? dns->problem : "failed");
    return HOST_FIND_AGAIN;
}

static enum host_find
insecure(struct search *search, enum dns_type type)
{
    why_defer(search->why, 0, "4.7.5", "%s lookup for %.*s did not give a DNSSEC-validated answer", dns_type_name(type),
        STR_ARG(search->domain));
    return HOST_FIND_INSECURE;
}

/* Choose the next of equal priority by weight (RFC 2782): a larger weight comes first more often. */
static const struct dns_record *
srv_choose(const struct dns_record **rest, size_t count)
{
    unsigned total = 0, chosen;
    size_t i;

    for (i = 0; i < count; i++)
        total += (unsigned)rest[i]->weight;
    chosen = dns_random(total + 1);
    for (i = 0; i + 1 < count; i++) {
        if ((unsigned)rest[i]->weight >= chosen && rest[i]->weight > 0)
            break;
        chosen -= (unsigned)rest[i]->weight < chosen ? (unsigned)rest[i]->weight : chosen;
    }
    return rest[i];
}

/* Give hosts of one SRV priority their order. */
static void
srv_add_priority(struct search *search, struct host **list, const struct dns_record **same, size_t count, int *sort_key)
{
    while (count > 0) {
        const struct dns_record *record = srv_choose(same, count);
        struct host *host = host_new(search->scope->pool, record->target, STR(""), record->preference);

        host->port = record->port;
        host->sort_key = (*sort_key)++;
        host->is_dnssec = search->result->is_secure;
        host_insert(list, host);
        for (size_t i = 0; i < count; i++)
            if (same[i] == record)
                same[i] = same[--count];
    }
}

static void
srv_add_all(struct search *search, struct host **list, const struct dns_record *records)
{
    const struct dns_record *same[HOSTS_MAX];
    int sort_key = 0;

    for (int priority = -1;;) {
        int next = -1;
        size_t count = 0;

        for (const struct dns_record *record = records; record != NULL; record = record->next)
            if (record->preference > priority && (next == -1 || record->preference < next))
                next = record->preference;
        if (next == -1)
            return;
        for (const struct dns_record *record = records; record != NULL && count < HOSTS_MAX; record = record->next)
            if (record->preference == next && record->target.len > 0)
                same[count++] = record;
        srv_add_priority(search, list, same, count, &sort_key);
        priority = next;
    }
}

/* SRV records, if they are wanted.  HOST_FIND_FAILED: there are none. */
static enum host_find
find_srv(struct search *search, struct host **list)
{
    struct dns_result dns;
    struct str name;
    enum dns_answer answer;

    if (str_is_empty(search->request->srv_service))
        return HOST_FIND_FAILED;
    name = pool_printf_tainted(search->scope->pool, "_%.*s._tcp.%.*s", STR_ARG(search->request->srv_service),
        STR_ARG(search->domain));
    answer = dns_lookup(name, DNS_SRV, search->is_dnssec_wanted, search->scope->pool, &dns);
    if (answer == DNS_AGAIN || answer == DNS_FAIL) {
        if (list_hook_domain(search->request->srv_fail_domains, search->domain, search->scope, NULL) != OK)
            return trouble(search, &dns, DNS_SRV);
        answer = DNS_NODATA;
    }
    if (answer != DNS_FOUND)
        return HOST_FIND_FAILED;
    if (search->is_dnssec_required && !dns.is_secure)
        return insecure(search, DNS_SRV);
    search->result->is_secure = dns.is_secure;
    if (dns.count == 1 && str_is_empty(dns.records->target)) {
        why_fail(search->why, 0, "5.1.10", "an MX or SRV record indicated no SMTP service");
        return HOST_FIND_REFUSED;
    }
    srv_add_all(search, list, dns.records);
    return HOST_FOUND;
}

/* An address in the place of a name counts only if the main option allows it. */
static bool
is_target_allowed(struct str target)
{
    struct ip_address ip;

    if (!ip_parse(target, &ip))
        return true;
    return config != NULL && config->allow_mx_to_ip;
}

/* MX records.  HOST_FIND_FAILED: there are none. */
static enum host_find
find_mx(struct search *search, struct host **list)
{
    struct dns_result dns;
    size_t count = 0;
    enum dns_answer answer = dns_lookup(search->domain, DNS_MX, search->is_dnssec_wanted, search->scope->pool, &dns);

    if (answer == DNS_AGAIN || answer == DNS_FAIL) {
        if (list_hook_domain(search->request->mx_fail_domains, search->domain, search->scope, NULL) != OK)
            return trouble(search, &dns, DNS_MX);
        answer = DNS_NODATA;
    }
    if (answer != DNS_FOUND)
        return HOST_FIND_FAILED;
    if (search->is_dnssec_required && !dns.is_secure)
        return insecure(search, DNS_MX);
    search->result->is_secure = dns.is_secure;
    if (dns.count == 1 && str_is_empty(dns.records->target)) {
        why_fail(search->why, 0, "5.1.10", "an MX or SRV record indicated no SMTP service");
        return HOST_FIND_REFUSED;
    }
    for (const struct dns_record *record = dns.records; record != NULL && count < HOSTS_MAX; record = record->next) {
        struct host *host;

        if (str_is_empty(record->target))
            continue;
        count++;
        host = host_new(search->scope->pool, record->target, STR(""), record->preference);
        host->sort_key = record->preference * SORT_STEP + (int)dns_random(SORT_STEP);
        host->is_dnssec = dns.is_secure;
        search->has_mx = true;
        if (is_target_allowed(host->name)) {
            host_insert(list, host);
            continue;
        }
        search->has_address_mx = true;
        trace(TRACE_HOST_LOOKUP, "MX of %.*s is an IP address, which allow_mx_to_ip does not allow: %.*s",
                STR_ARG(search->domain), STR_ARG(host->name));
    }
    return HOST_FOUND;
}

/* Drop the hosts from the one with this preference on. */
static void
cut_at_preference(struct host **list, int preference)
{
    while (*list != NULL && (*list)->mx < preference)
        list = &(*list)->next;
    *list = NULL;
}

/* What became of the addresses of all hosts. */
struct tally {
    bool is_again, is_ignored, is_insecure, is_found;
};

/* Fill the addresses of the list's hosts, dropping those that have none.  True: one of the most preferred is this
 * host. */
static bool
fill_addresses(struct search *search, struct host **list, struct tally *tally)
{
    int best = *list != NULL ? (*list)->mx : 0;
    bool is_local = false;

    for (struct host **place = list; *place != NULL;) {
        struct host *host = *place, *after = host->next;
        enum host_find found = host_find_addresses(host, search->request, search->scope, search->why);

        if (found == HOST_FOUND || found == HOST_FOUND_LOCAL) {
            if (found == HOST_FOUND_LOCAL && host->mx == best)
                is_local = true;
            if (found == HOST_FOUND_LOCAL && host->mx != best && !search->request->is_local_kept) {
                trace(TRACE_HOST_LOOKUP, "local host %.*s has MX %d: removed, with all less preferred",
                    STR_ARG(host->name), host->mx);
                search->result->is_local_removed = true;
                *place = NULL;
                cut_at_preference(list, host->mx);
                break;
            }
            tally->is_found = true;
            while (*place != after)
                place = &(*place)->next;
            continue;
        }
        tally->is_again |= found == HOST_FIND_AGAIN;
        tally->is_ignored |= found == HOST_FIND_IGNORED;
        tally->is_insecure |= found == HOST_FIND_INSECURE;
        *place = after;
    }
    return is_local;
}

/* The local host first, so that callers see it where they look. */
static void
local_first(struct host **list)
{
    for (struct host **place = list; *place != NULL; place = &(*place)->next)
        if ((*place)->is_local && *place != *list) {
            struct host *local = *place;

            *place = local->next;
            local->next = *list;
            *list = local;
            return;
        }
}

static enum host_find
finish(struct search *search, struct host *list)
{
    struct tally tally = { 0 };
    bool is_local = fill_addresses(search, &list, &tally);

    search->result->hosts = list;
    if (list == NULL && tally.is_again)
        return HOST_FIND_AGAIN;
    if (list == NULL && tally.is_insecure)
        return insecure(search, DNS_A);
    if (list == NULL) {
        if (search->has_mx)
            why_fail(search->why, 0, "5.4.4", "all relevant MX records point to non-existent hosts%s",
                search->has_address_mx ? " or (invalidly) to IP addresses" : "");
        return tally.is_ignored ? HOST_FIND_IGNORED : HOST_FIND_FAILED;
    }
    if (is_local)
        local_first(&search->result->hosts);
    return is_local ? HOST_FOUND_LOCAL : HOST_FOUND;
}

/* The whole search for one spelling of the domain. */
static enum host_find
find_domain(struct search *search)
{
    struct host *list = NULL;
    enum host_find found;

    search->is_dnssec_required = list_hook_domain(search->request->dnssec_require_domains, search->domain,
        search->scope, NULL) == OK;
    search->is_dnssec_wanted = search->is_dnssec_required ||
        list_hook_domain(search->request->dnssec_request_domains, search->domain, search->scope, NULL) == OK;
    found = find_srv(search, &list);
    if (found == HOST_FIND_FAILED && search->request->is_mx_wanted)
        found = find_mx(search, &list);
    if (found == HOST_FIND_FAILED && search->request->is_a_wanted) {
        list = host_new(search->scope->pool, search->domain, STR(""), MX_NONE);
        found = HOST_FOUND;
    }
    return found == HOST_FOUND ? finish(search, list) : found;
}

/* Spellings to try: as it is, and completed as the resolver's rules say. */
static struct str_list
spellings(struct str domain, const struct host_find_request *request, struct pool *pool)
{
    bool has_dot = str_find(domain, '.') != STR_NONE;
    struct str_list all = { 0 }, search = { 0 };

    if (request->is_search_parents || (request->is_qualify_single && !has_dot))
        search = dns_search_domains(request->is_search_parents, pool);
    if (has_dot)
        str_list_add(&all, pool, domain);
    for (size_t i = 0; i < search.count; i++)
        str_list_add(&all, pool, pool_printf_tainted(pool, "%.*s.%.*s", STR_ARG(domain), STR_ARG(search.items[i])));
    if (!has_dot)
        str_list_add(&all, pool, domain);
    return all;
}

enum host_find
host_find_by_dns(struct str domain, const struct host_find_request *request, struct scope *scope,
                 struct host_find_result *result_out, struct why *why)
{
    struct str_list names;
    enum host_find found = HOST_FIND_FAILED;

    if (str_ends(domain, STR(".")))
        domain.len--;
    names = spellings(domain, request, scope->pool);
    for (size_t i = 0; i < names.count && found == HOST_FIND_FAILED; i++) {
        struct search search = {
            .request = request, .scope = scope, .domain = names.items[i], .result = result_out, .why = why
        };

        *result_out = (struct host_find_result){ 0 };
        found = find_domain(&search);
        if (!str_ieq(names.items[i], domain))
            result_out->full_name = names.items[i];
    }
    result_out->found = found;
    trace(TRACE_HOST_LOOKUP, "hosts for %.*s: %s", STR_ARG(domain), host_find_name(found));
    return found;
}
