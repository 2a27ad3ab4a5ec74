/* net/dns.c -- one question: checks before it, the cache, CNAMEs, and what the main options make of the answer. */
#include "net/dns.h"
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include "address/idn.h"
#include "base/deadline.h"
#include "base/map.h"
#include "base/process.h"
#include "base/regex.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/scope.h"
#include "log/log.h"
#include "net/dns_send.h"
#include "net/list_hook.h"

/* How long answers are kept: temporary trouble briefly, so that one dead zone does not cost a message one time-out for
 * each recipient; TTLs are taken within bounds. */
enum {
    AGAIN_TTL_S = 30, TTL_MIN_S = 5, TTL_MAX_S = 3600, CACHE_MAX_BYTES = 2 << 20
};

struct cached_answer {
    struct str wire;                /* empty: problem */
    const char *problem;
    int64_t until_ms;
};

struct dns_state {
    struct pool *pool;              /* of the cache */
    struct map answers;
    int queries;                    /* since dns_budget_reset() */
    bool is_asking_list;            /* a list of ours is being matched: no list inside it */
};

static const char dns_key;

static struct dns_state *
state(void)
{
    struct dns_state *s = process_cache(&dns_key, sizeof(*s));

    if (s->pool == NULL) {
        s->pool = pool_new("dns cache");
        map_init(&s->answers, s->pool, true);
    }
    return s;
}

void
dns_cache_clear(void)
{
    struct dns_state *s = state();

    pool_free(s->pool);
    s->pool = NULL;
}

void
dns_budget_reset(void)
{
    state()->queries = 0;
}

static const struct { enum dns_type type; const char *name; } type_names[] = {
    { DNS_A, "A" }, { DNS_NS, "NS" }, { DNS_CNAME, "CNAME" }, { DNS_SOA, "SOA" }, { DNS_PTR, "PTR" }, { DNS_MX, "MX" },
    { DNS_TXT, "TXT" }, { DNS_AAAA, "AAAA" }, { DNS_SRV, "SRV" }, { DNS_TLSA, "TLSA" }, { DNS_SPF, "SPF" },
        { DNS_ANY, "ANY" },
    { DNS_CSA, "CSA" },
};

bool
dns_type_find(struct str word, enum dns_type *type_out)
{
    for (size_t i = 0; i < COUNT(type_names); i++)
        if (str_ieq_c(word, type_names[i].name)) {
            *type_out = type_names[i].type;
            return true;
        }
    return false;
}

const char *
dns_type_name(enum dns_type type)
{
    for (size_t i = 0; i < COUNT(type_names); i++)
        if (type_names[i].type == type)
            return type_names[i].name;
    return "?";
}

const char *
dns_answer_name(enum dns_answer answer)
{
    static const char *const names[] = { "DNS_SUCCEED", "DNS_NOMATCH", "DNS_NODATA", "DNS_AGAIN", "DNS_FAIL" };

    return names[answer];
}

unsigned
dns_random(unsigned limit)
{
    uint32_t value = 0;

    if (getrandom(&value, sizeof(value), 0) != sizeof(value))
        value = (uint32_t)random();
    return value % limit;
}

/* Is name in a domain list of the main section?  Lists inside such a list are not asked: they could ask us for ever. */
static bool
is_in_list(struct template *list, struct str name, struct pool *pool)
{
    struct dns_state *s = state();
    struct scope scope = scope_make(pool);
    enum outcome outcome;

    if (list == NULL || s->is_asking_list)
        return false;
    s->is_asking_list = true;
    outcome = list_hook_domain(list, name, &scope, NULL);
    s->is_asking_list = false;
    return outcome == OK;
}

/* dns_check_names_pattern: for types whose names may begin with "_" labels, those are left out of the check; names of
 * reversed addresses are ours. */
static bool
is_name_allowed(struct str name, enum dns_type type)
{
    struct regex *regex;

    if (config == NULL || str_is_empty(config->dns_check_names_pattern) || type == DNS_PTR)
        return true;
    if (type == DNS_SRV || type == DNS_TLSA || type == DNS_TXT || type == DNS_CNAME)
        while (str_starts(name, STR("_")) && str_find(name, '.') != STR_NONE)
            name = str_from(name, str_find(name, '.') + 1);
    regex = regex_compile(config->dns_check_names_pattern, REGEX_CASELESS, NULL);
    return regex == NULL || regex_matches(regex, name);
}

/* The A-label form of an internationalised name; as it is where there is none, to be refused by the pattern. */
static struct str
ascii_name(struct str name, struct pool *pool)
{
    struct str ascii;
    const char *reason;

    return text_has_8bit(name) && domain_to_ascii(pool, name, &ascii, &reason) ? ascii : name;
}

static void
log_if_slow(struct str name, enum dns_type type, int64_t began_ms)
{
    int64_t took_ms = monotonic_ms() - began_ms;

    if (config != NULL && config->slow_lookup_log > 0 && took_ms > config->slow_lookup_log)
        log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "Long %s lookup for '%.*s': %lld msec", dns_type_name(type),
            STR_ARG(name),
            (long long)took_ms);
}

/* Remember an answer as it came, or the trouble in its place. */
static void
cache_put(struct dns_state *s, struct str key, struct str wire, const char *problem, uint32_t ttl_s)
{
    struct cached_answer *entry;

    if (pool_bytes(s->pool) > CACHE_MAX_BYTES) {
        dns_cache_clear();
        s = state();
    }
    entry = map_get(&s->answers, key);
    if (entry == NULL) {
        entry = POOL_NEW(s->pool, struct cached_answer);
        map_set(&s->answers, pool_dup(s->pool, key), entry);
    }
    ttl_s = ttl_s < TTL_MIN_S ? TTL_MIN_S : ttl_s > TTL_MAX_S ? TTL_MAX_S : ttl_s;
    *entry = (struct cached_answer){
        .wire = pool_dup(s->pool, wire), .problem = problem, .until_ms = monotonic_ms() + (int64_t)ttl_s * 1000
    };
}

static enum dns_answer
trouble(struct dns_result *result, enum dns_answer answer, const char *problem)
{
    result->answer = answer;
    result->problem = problem;
    return answer;
}

/* Ask the servers; the budget counts what goes out. */
static enum dns_answer
ask(struct str name, enum dns_type type, bool is_dnssec_wanted, struct str key, struct pool *pool,
    struct dns_result *result)
{
    struct dns_state *s = state();
    struct str wire = STR("");
    const char *problem = NULL;
    int64_t began_ms = monotonic_ms();

    if (++s->queries > DNS_QUERIES_PER_MESSAGE)
        return trouble(result, DNS_AGAIN, "too many queries for one message");
    if (!dns_send(name, type, is_dnssec_wanted, pool, &wire, &problem)) {
        log_if_slow(name, type, began_ms);
        cache_put(s, key, STR(""), problem, AGAIN_TTL_S);
        return trouble(result, DNS_AGAIN, problem);
    }
    log_if_slow(name, type, began_ms);
    if (!dns_decode(wire, name, type, pool, result)) {
        cache_put(s, key, STR(""), result->problem, AGAIN_TTL_S);
        return result->answer;
    }
    cache_put(s, key, wire, NULL, result->ttl_s);
    return result->answer;
}

enum dns_answer
dns_lookup_raw(struct str name, enum dns_type type, bool is_dnssec_wanted, struct pool *pool,
               struct dns_result *result_out)
{
    struct dns_state *s = state();
    struct cached_answer *cached;
    struct str key;

    *result_out = (struct dns_result){ .name = name };
    if (str_ends(name, STR(".")))
        name.len--;
    name = ascii_name(name, pool);
    if (str_is_empty(name) || !is_name_allowed(name, type)) {
        trace(TRACE_DNS, "DNS name syntax check failed: %.*s (%s)", STR_ARG(name), dns_type_name(type));
        return trouble(result_out, DNS_NOMATCH, "not a name for the DNS");
    }
    key = pool_printf_tainted(pool, "%d%c%.*s", (int)type, is_dnssec_wanted ? '+' : ':', STR_ARG(name));
    cached = map_get(&s->answers, key);
    if (cached != NULL && cached->until_ms > monotonic_ms()) {
        if (cached->problem != NULL)
            trouble(result_out, DNS_AGAIN, cached->problem);
        else
            dns_decode(pool_dup(pool, cached->wire), name, type, pool, result_out);
    } else {
        ask(name, type, is_dnssec_wanted, key, pool, result_out);
    }
    trace(TRACE_DNS, "DNS lookup of %.*s (%s) gave %s%s%s%s", STR_ARG(name), dns_type_name(type),
        dns_answer_name(result_out->answer), cached != NULL ? " (cached)" : "", result_out->problem != NULL ? ": " : "",
        result_out->problem != NULL ? result_out->problem : "");
    if (result_out->answer == DNS_AGAIN && type != DNS_TLSA && config != NULL &&
        is_in_list(config->dns_again_means_nonexist, name, pool)) {
        trace(TRACE_DNS, "%.*s is in dns_again_means_nonexist: returning DNS_NOMATCH", STR_ARG(name));
        result_out->answer = DNS_NOMATCH;
    }
    if (result_out->is_authoritative && !result_out->is_secure && config != NULL &&
        is_in_list(config->dns_trust_aa, result_out->authority_name, pool))
        result_out->is_secure = true;
    return result_out->answer;
}

enum dns_answer
dns_lookup(struct str name, enum dns_type type, bool is_dnssec_wanted, struct pool *pool, struct dns_result *result_out)
{
    int loops = config != NULL && config->dns_cname_loops < DNS_CNAME_MAX ? config->dns_cname_loops : DNS_CNAME_MAX;
    bool is_secure = true, is_alias = false;
    struct str found, text;
    struct dns_result inner;

    if (type == DNS_CSA)
        return dns_lookup_csa(name, pool, result_out, &found);
    text = name;
    for (int i = 0;; i++) {
        enum dns_answer answer = dns_lookup_raw(text, type, is_dnssec_wanted, pool, &inner);

        is_secure = is_secure && inner.is_secure;
        is_alias = is_alias || inner.is_alias;
        *result_out = inner;
        result_out->is_secure = is_secure;
        result_out->is_alias = is_alias;
        /* Only a chain whose end was not in the answer is to be followed. */
        if (answer != DNS_NODATA || !inner.is_alias || type == DNS_CNAME || inner.soa != NULL)
            return answer;
        if (i >= loops)
            return trouble(result_out, DNS_FAIL, "CNAME loop");
        text = inner.name;
    }
}

/* The domain to search for CSA: reversed addresses stand in the reverse tree. */
static struct str
csa_start(struct str name, struct pool *pool)
{
    struct ip_address ip;

    if ((ip_parse(name, &ip) || ip_parse_literal(name, &ip)) && config != NULL && config->dns_csa_use_reverse)
        return ip_reverse_name(&ip, NULL, pool);
    return name;
}

enum dns_answer
dns_lookup_csa(struct str name, struct pool *pool, struct dns_result *result_out, struct str *found_out)
{
    int limit = config != NULL ? config->dns_csa_search_limit : 5;
    struct str domain = csa_start(name, pool);
    enum dns_answer answer = DNS_NOMATCH;

    *found_out = domain;
    for (int i = 0; i <= limit; i++) {
        struct str where = pool_printf_tainted(pool, "_client._smtp.%.*s", STR_ARG(domain));
        size_t dot = str_find(domain, '.');

        answer = dns_lookup(where, DNS_SRV, false, pool, result_out);
        *found_out = domain;
        if (answer != DNS_NOMATCH && answer != DNS_NODATA)
            return answer;
        /* Do not ask for the top level itself. */
        if (dot == STR_NONE || str_find(str_from(domain, dot + 1), '.') == STR_NONE)
            return answer;
        domain = str_from(domain, dot + 1);
    }
    return answer;
}
