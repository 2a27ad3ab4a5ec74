/* match/host.c -- items of host lists: by address, by the name of the host, by the addresses of a name. */
#include "base/trace.h"
#include "config/config.h"
#include "log/log.h"
#include "match/list.h"
#include "net/host_find.h"
#include "net/host_name.h"
#include "net/interface.h"

/* Make sure that the host's name is known, if it can be. */
static enum item_match
name_get(struct match_run *run)
{
    enum outcome outcome;

    if (run->origin == NULL)
        return str_is_empty(run->host_name) ? ITEM_UNKNOWN : ITEM_YES;
    outcome = host_name_lookup(run->origin, run->why);
    run->host_name = run->origin->host_name;
    if (outcome == OK)
        return ITEM_YES;
    run->unknown_text = pool_printf(run->scope->pool, "failed to find host name for %.*s", STR_ARG(run->address_text));
    return outcome == DEFER ? ITEM_DEFER : ITEM_UNKNOWN;
}

/* Test one of the host's names. */
static enum item_match
name_matches(const struct match_item *item, struct str name, struct match_run *run)
{
    struct str folded = match_fold(name, run->scope->pool);

    switch (item->kind) {
    case ITEM_HOST_SUFFIX:
        if (item->text.ptr[0] != '*')
            return str_ieq(folded, item->rest) ? match_item_is(item, run) : ITEM_NO;
        return str_iends(folded, item->rest) ? match_item_is(item, run) : ITEM_NO;
    case ITEM_HOST_REGEX:
        return match_item_regex(item, folded, true, run);
    case ITEM_LOOKUP:
        return match_item_lookup(item, folded, run);
    default:
        return ITEM_NO;
    }
}

static enum item_match
by_name(const struct match_item *item, struct match_run *run)
{
    enum item_match matched = name_get(run);

    if (matched != ITEM_YES)
        return matched;
    matched = name_matches(item, run->host_name, run);
    for (size_t i = 0; run->origin != NULL && matched == ITEM_NO && i < run->origin->host_aliases.count; i++)
        matched = name_matches(item, run->origin->host_aliases.items[i], run);
    return matched;
}

/* Do the addresses of a name include the host's? */
static enum item_match
by_addresses_of(const struct match_item *item, struct str name, struct match_run *run)
{
    struct host_find_request request = host_find_request_default();
    struct host *host = host_new(run->scope->pool, name, STR(""), MX_NONE);
    enum host_find found = host_find_by_name(host, &request, run->scope, run->why);

    if (found == HOST_FIND_AGAIN)
        return ITEM_DEFER;
    if (found != HOST_FOUND && found != HOST_FOUND_LOCAL) {
        if (run->origin != NULL)
            log_write(LOG_HOST_LOOKUP_FAILED, LOG_TO_MAIN, NULL,
                "no IP address found for host %.*s (during SMTP connection from %.*s)",
                STR_ARG(name), STR_ARG(origin_full_host(run->origin, run->scope->pool)));
        run->unknown_text = pool_printf(run->scope->pool, "failed to find IP address for %.*s", STR_ARG(name));
        return ITEM_UNKNOWN;
    }
    for (; host != NULL; host = host->next) {
        struct ip_address ip;

        if (ip_parse(host->address, &ip) && ip_equal(&ip, &run->ip))
            return match_item_is(item, run);
    }
    return ITEM_NO;
}

/* The key of a net- lookup: the address in full, masked if the item says so. */
static struct str
net_key(const struct match_item *item, const struct match_run *run)
{
    struct ip_address ip = run->ip;
    bool is_iplsearch = str_eq_c(str_of(item->spec.driver->name), "iplsearch");
    struct str text;

    if (item->mask_bits < 0)
        return ip_format_full(&ip, is_iplsearch ? ':' : '.', run->scope->pool);
    ip_mask(&ip, item->mask_bits);
    text = ip_format_full(&ip, is_iplsearch ? ':' : '.', run->scope->pool);
    return pool_printf(run->scope->pool, "%.*s/%d", STR_ARG(text), item->mask_bits);
}

static enum item_match
by_lookup(const struct match_item *item, struct match_run *run)
{
    if (!item->spec.driver->is_single_key)
        return match_item_lookup(item, STR(""), run);
    if (item->is_net || run->is_ip_only)
        return match_item_lookup(item, net_key(item, run), run);
    return by_name(item, run);
}

/* The result of a match is worth something for lookups only: hosts have no other data. */
static enum item_match
matched_host(struct match_run *run)
{
    *run->result = (struct match_result){ .data = STR(""), .has_data = true };
    return ITEM_YES;
}

/* Items for which a name or its addresses must be looked up. */
static enum item_match
test_host_by_name(const struct match_item *item, struct match_run *run)
{
    switch (item->kind) {
    case ITEM_PRIMARY:
        return by_addresses_of(item, config != NULL ? config->primary_hostname : STR(""), run);
    case ITEM_HOST_NAME:
        return by_addresses_of(item, item->text, run);
    case ITEM_HOST_SUFFIX:
    case ITEM_HOST_REGEX:
        return by_name(item, run);
    default:
        return ITEM_NO;
    }
}

static enum item_match
test_host(const struct match_item *item, struct match_run *run)
{
    switch (item->kind) {
    case ITEM_LOCAL_ADDRESS:
        return ip_is_local(&run->ip) ? ITEM_YES : ITEM_NO;
    case ITEM_NETWORK:
        return ip_in_network(&run->ip, &item->ip, item->ip_bits) ? ITEM_YES : ITEM_NO;
    case ITEM_BAD:
        why_defer(run->why, 0, NULL, "%s", item->problem);
        return ITEM_DEFER;
    default:
        return run->is_ip_only ? ITEM_NO : test_host_by_name(item, run);
    }
}

enum item_match
match_item_host(const struct match_item *item, struct match_run *run)
{
    enum item_match matched;

    switch (item->kind) {
    case ITEM_ANY:
        return matched_host(run);
    case ITEM_EMPTY:
        return str_is_empty(run->address_text) ? matched_host(run) : ITEM_NO;
    case ITEM_NAMED:
        return match_item_named(item, run->form, run);
    case ITEM_LOOKUP:
        return run->has_ip || !item->spec.driver->is_single_key ? by_lookup(item, run) : ITEM_NO;
    default:
        break;
    }
    if (!run->has_ip)
        return item->kind == ITEM_BAD ? test_host(item, run) : ITEM_NO;
    matched = test_host(item, run);
    return matched == ITEM_YES ? matched_host(run) : matched;
}
