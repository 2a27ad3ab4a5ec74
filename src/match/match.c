/* match/match.c -- the questions others ask. */
#include "match/match.h"
#include "base/items.h"
#include "expand/expand.h"
#include "match/list.h"
#include "net/host.h"

enum match
match_domain_as(struct template *list, struct str domain, unsigned flags, struct scope *scope,
                struct match_result *result_out,
                struct why *why)
{
    struct match_run run = { .form = FORM_DOMAIN, .scope = scope, .why = why, .subject = domain, .flags = flags };

    if (list == NULL)
        return MATCH_NO;
    run.folded = match_fold(domain, scope->pool);
    return match_template(list, &run, result_out);
}

enum match
match_domain(struct template *list, struct str domain, struct scope *scope, struct match_result *result_out,
             struct why *why)
{
    return match_domain_as(list, domain, 0, scope, result_out, why);
}

enum match
match_local_part_as(struct template *list, struct str local_part, unsigned flags, struct scope *scope,
                    struct match_result *result_out, struct why *why)
{
    struct match_run run = { .form = FORM_LOCAL_PART, .scope = scope, .why = why, .subject = local_part,
        .flags = flags };

    if (list == NULL)
        return MATCH_NO;
    run.folded = match_fold(local_part, scope->pool);
    return match_template(list, &run, result_out);
}

enum match
match_local_part(struct template *list, struct str local_part, struct scope *scope, struct match_result *result_out,
                 struct why *why)
{
    return match_local_part_as(list, local_part, 0, scope, result_out, why);
}

enum match
match_address_as(struct template *list, struct str address, unsigned flags, struct scope *scope,
                 struct match_result *result_out, struct why *why)
{
    struct match_run run = { .form = FORM_ADDRESS, .scope = scope, .why = why, .subject = address, .flags = flags };

    if (list == NULL)
        return MATCH_NO;
    run.folded = match_fold(address, scope->pool);
    return match_template(list, &run, result_out);
}

enum match
match_address(struct template *list, struct str address, struct scope *scope, struct match_result *result_out,
              struct why *why)
{
    return match_address_as(list, address, 0, scope, result_out, why);
}

enum match
match_string(struct template *list, struct str text, bool is_case_sensitive, struct scope *scope, struct why *why)
{
    struct str expanded, item;
    struct items items;
    struct why inner;
    enum outcome outcome;

    if (list == NULL)
        return MATCH_NO;
    why_init(&inner, scope->pool);
    outcome = expand(list, scope, &expanded, &inner);
    if (outcome == FAIL && inner.is_forced)
        return MATCH_NO;
    if (outcome != OK) {
        why_defer(why, 0, NULL, "failed to expand \"%.*s\" while checking a list: %.*s", STR_ARG(list->text),
            STR_ARG(inner.text));
        return MATCH_DEFER;
    }
    items = items_of(expanded);
    while (items_next(&items, scope->pool, &item))
        if (is_case_sensitive ? str_eq(item, text) : str_ieq(item, text))
            return MATCH_YES;
    return MATCH_NO;
}

/* What of a host's address the items need. */
static void
run_set_address(struct match_run *run, struct str address)
{
    run->address_text = address;
    run->has_ip = ip_parse(address, &run->ip);
    ip_unmap(&run->ip);
}

enum match
match_client_host(struct template *list, struct scope *scope, struct match_result *result_out, struct why *why)
{
    struct match_run run = { .form = FORM_HOST, .scope = scope, .why = why, .origin = scope->origin };

    if (list == NULL)
        return MATCH_NO;
    if (scope->origin != NULL)
        run_set_address(&run, scope->origin->host_address);
    return match_template(list, &run, result_out);
}

enum match
match_host(struct template *list, const struct host *host, struct scope *scope, struct match_result *result_out,
           struct why *why)
{
    struct match_run run = { .form = FORM_HOST, .scope = scope, .why = why, .host_name = host->name };

    if (list == NULL)
        return MATCH_NO;
    run_set_address(&run, host->address);
    run.unknown_text = pool_printf_tainted(scope->pool, "no host name for %.*s", STR_ARG(host->address));
    return match_template(list, &run, result_out);
}

enum match
match_ip(struct template *list, struct str ip, struct scope *scope, struct match_result *result_out, struct why *why)
{
    struct match_run run = { .form = FORM_HOST, .scope = scope, .why = why, .flags = MATCH_EXPANDED,
        .is_ip_only = true };

    if (list == NULL)
        return MATCH_NO;
    run_set_address(&run, ip);
    return match_template(list, &run, result_out);
}
