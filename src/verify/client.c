/* verify/client.c -- the client's names: what it said in HELO, what its address leads to, what CSA says (manual:
 * verify = helo, verify = reverse_host_lookup, client SMTP authorization). */
#include "base/trace.h"
#include "config/config.h"
#include "net/dns.h"
#include "net/host_name.h"
#include "verify/verify.h"

enum outcome
verify_helo(struct scope *scope, struct why *why)
{
    struct origin *origin = scope->origin;

    if (!origin->is_socket)
        return OK;
    if (origin->is_helo_verify_done)
        return origin->is_helo_verified ? OK : FAIL;
    if (origin->helo_name.len == 0)
        return why_fail(why, 0, NULL, "no HELO or EHLO was given");
    return origin_helo_verify(origin, why);
}

enum outcome
verify_reverse_host_lookup(struct scope *scope, struct why *why)
{
    struct origin *origin = scope->origin;
    enum outcome outcome;

    if (!origin->is_socket)
        return OK;
    trace(TRACE_VERIFY, "looking up host name to force name/address consistency check");
    outcome = host_name_lookup(origin, why);
    if (outcome == OK)
        return OK;
    if (outcome == DEFER)
        return why_defer(why, 0, NULL, "host lookup deferred for reverse lookup check");
    return why_fail(why, 0, NULL, "host lookup failed for reverse lookup check%s%.*s%s",
                    origin->name_lookup_error.len > 0 ? " (" : "", STR_ARG(origin->name_lookup_error),
                    origin->name_lookup_error.len > 0 ? ")" : "");
}

/* ---- CSA: the SRV record's weight says whether the host may send, its target which addresses it has. */

enum { CSA_WEIGHT_NOT_AUTHORIZED = 1, CSA_WEIGHT_AUTHORIZED = 2, CSA_PORT_ASSERTS_SUBDOMAINS = 1 };

static bool
has_address(const struct dns_result *result, const struct ip_address *client)
{
    for (const struct dns_record *r = result->records; r != NULL; r = r->next)
        if (ip_equal(&r->ip, client))
            return true;
    return false;
}

static enum verify_csa
csa_target(struct str target, struct scope *scope, struct str *why_out)
{
    struct ip_address client;
    struct dns_result result;
    enum dns_answer answer;

    if (!ip_parse(scope->origin->host_address, &client))
        return CSA_OK;
    answer = dns_lookup(target, client.is_v6 ? DNS_AAAA : DNS_A, false, scope->pool, &result);
    if (answer == DNS_AGAIN) {
        *why_out = STR("DNS lookup failure for the CSA target address");
        return CSA_DEFER;
    }
    if (answer == DNS_FOUND && has_address(&result, &client))
        return CSA_OK;
    *why_out = answer == DNS_FOUND ? STR("client's IP address does not match any CSA target address")
                                   : STR("no usable CSA target address");
    return CSA_FAIL;
}

/* A bare address or a literal is looked for in the reverse DNS. */
static bool
csa_name(struct str domain, struct pool *pool, struct str *name_out)
{
    struct ip_address ip;

    *name_out = domain;
    if (!ip_parse(domain, &ip) && !ip_parse_literal(domain, &ip))
        return true;
    if (!config->dns_csa_use_reverse)
        return false;
    *name_out = ip_reverse_name(&ip, NULL, pool);
    return true;
}

enum verify_csa
verify_csa(struct str domain, struct scope *scope, struct str *why_out)
{
    struct dns_result result;
    struct str name, found;
    enum dns_answer answer;

    *why_out = STR("");
    if (domain.len == 0)
        domain = scope->origin->helo_name.len > 0 ? scope->origin->helo_name : scope->origin->host_address;
    if (domain.len == 0 || !csa_name(domain, scope->pool, &name))
        return CSA_UNKNOWN;
    answer = dns_lookup_csa(name, scope->pool, &result, &found);
    if (answer == DNS_AGAIN) {
        *why_out = STR("DNS lookup failure for the CSA record");
        return CSA_DEFER;
    }
    if (answer != DNS_FOUND)
        return CSA_UNKNOWN;
    for (const struct dns_record *r = result.records; r != NULL; r = r->next) {
        if (r->preference != 1)
            continue;
        if (!str_ieq(found, name)) {
            if ((r->port & CSA_PORT_ASSERTS_SUBDOMAINS) == 0)
                continue;
            *why_out = STR("client's host name has no CSA record, and a parent domain says that all must have one");
            return CSA_FAIL;
        }
        if (r->weight == CSA_WEIGHT_NOT_AUTHORIZED) {
            *why_out = STR("client's host name is explicitly not authorized");
            return CSA_FAIL;
        }
        if (r->weight == CSA_WEIGHT_AUTHORIZED)
            return csa_target(r->target, scope, why_out);
    }
    return CSA_UNKNOWN;
}
