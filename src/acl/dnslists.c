/* acl/dnslists.c -- dnslists = …: is the client, or another key, in a DNS list? (manual: using DNS lists; RFC 5782) */
#include "acl/rows.h"
#include "base/buf.h"
#include "base/items.h"
#include "base/trace.h"
#include "log/log.h"
#include "net/dns.h"
#include "net/ip_address.h"

enum { VALUES_MAX_BYTES = 4096, TEXT_MAX_BYTES = 8192, LOOPBACK_NET = 127 };

/* What lookup trouble means for the items that follow. */
enum unknown { EXCLUDE_UNKNOWN, INCLUDE_UNKNOWN, DEFER_UNKNOWN };

/* "text.domain,domain!==1.2.3.4,5.6.7.8/keys" taken apart. */
struct dns_item {
    struct str text_domain, domain; /* the same without "," */
    struct str values;              /* comma-separated; empty: any record counts */
    bool is_mask, is_all, is_negated;
    struct str keys;
    bool has_keys;
};

static struct dns_item
item_parse(struct str text)
{
    struct dns_item item = { .values = STR("") };
    struct str names, rest;
    size_t at;

    item.has_keys = str_cut(text, '/', &names, &item.keys);
    at = str_find_any(names, "=&");
    if (at != STR_NONE) {
        rest = str_from(names, at);
        names = str_head(names, at);
        if (names.len > 0 && names.ptr[names.len - 1] == '!') {
            item.is_negated = true;
            names = str_head(names, names.len - 1);
        }
        if (rest.len > 1 && rest.ptr[0] == '=' && (rest.ptr[1] == '=' || rest.ptr[1] == '&')) {
            item.is_all = true;
            rest = str_from(rest, 1);
        }
        item.is_mask = rest.ptr[0] == '&';
        item.values = str_trim(str_from(rest, 1));
    }
    if (!str_cut(str_trim(names), ',', &item.text_domain, &item.domain))
        item.domain = item.text_domain;
    item.text_domain = str_trim(item.text_domain);
    item.domain = str_trim(item.domain);
    return item;
}

static bool
value_fits(const struct ip_address *found, const struct ip_address *wanted, bool is_mask)
{
    if (found->is_v6 != wanted->is_v6)
        return false;
    for (int i = 0; i < ip_octets(wanted); i++)
        if ((is_mask ? (found->octets[i] & wanted->octets[i]) : found->octets[i]) != wanted->octets[i])
            return false;
    return true;
}

/* Does one address fit one of the item's values? */
static bool
address_fits(const struct dns_item *item, const struct ip_address *found)
{
    struct str rest = item->values, value;
    struct ip_address wanted;

    while (rest.len > 0) {
        str_cut(rest, ',', &value, &rest);
        if (ip_parse(str_trim(value), &wanted) && value_fits(found, &wanted, item->is_mask))
            return true;
    }
    return false;
}

/* Addresses outside 127/8 are no answers of a list: someone else has the domain now. */
static bool
is_list_value(const struct dns_record *record)
{
    return !record->ip.is_v6 && record->ip.octets[0] == LOOPBACK_NET;
}

static bool
values_fit(const struct dns_item *item, const struct dns_result *result)
{
    bool is_any = false, is_every = true;

    if (item->values.len == 0)
        return true;
    for (const struct dns_record *r = result->records; r != NULL; r = r->next) {
        bool fits = is_list_value(r) && address_fits(item, &r->ip);

        if (!is_list_value(r))
            continue;
        is_any |= fits;
        is_every &= fits;
    }
    return (item->is_all ? is_every : is_any) != item->is_negated;
}

static struct str
values_text(const struct dns_result *result, struct pool *pool)
{
    struct buf text;

    buf_init(&text, pool, VALUES_MAX_BYTES);
    for (const struct dns_record *r = result->records; r != NULL; r = r->next) {
        if (!is_list_value(r))
            continue;
        if (text.len > 0)
            buf_add_c(&text, ", ");
        buf_add(&text, ip_format(&r->ip, pool));
    }
    return buf_str(&text);
}

static struct str
query_name(struct str key, struct str domain, struct pool *pool)
{
    struct ip_address ip;
    const char *zone;

    if (ip_parse(key, &ip)) {
        zone = pool_cstr(pool, domain);
        return zone == NULL ? STR("") : ip_reverse_name(&ip, zone, pool);
    }
    return str_is_tainted(key) || str_is_tainted(domain)
        ? pool_printf_tainted(pool, "%.*s.%.*s", STR_ARG(key), STR_ARG(domain))
        : pool_printf(pool, "%.*s.%.*s", STR_ARG(key), STR_ARG(domain));
}

/* The text that goes with the entry, for $dnslist_text. */
static struct str
entry_text(struct str name, struct pool *pool)
{
    struct dns_result result;

    if (dns_lookup(name, DNS_TXT, false, pool, &result) != DNS_FOUND || result.records == NULL)
        return STR("");
    return str_head(result.records->text, TEXT_MAX_BYTES);
}

static void
discard_note(const struct dns_result *result, struct str query, struct str domain, struct pool *pool)
{
    for (const struct dns_record *r = result->records; r != NULL; r = r->next)
        if (!is_list_value(r)) {
            struct str value = ip_format(&r->ip, pool);

            log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL,
                      "DNS list lookup for %.*s at %.*s returned %.*s; not in 127.0/8 and discarded", STR_ARG(query),
                      STR_ARG(domain), STR_ARG(value));
        }
}

static bool
has_list_value(const struct dns_result *result)
{
    for (const struct dns_record *r = result->records; r != NULL; r = r->next)
        if (is_list_value(r))
            return true;
    return false;
}

/* Look one key up in one list. */
static enum dns_answer
entry_lookup(struct str domain, struct str key, struct pool *pool, struct dns_result *result_out)
{
    struct str query = query_name(key, domain, pool);
    enum dns_answer answer;

    trace(TRACE_DNSBL, "new DNS lookup for %.*s", STR_ARG(query));
    answer = dns_lookup(query, DNS_A, false, pool, result_out);
    if (answer == DNS_FOUND) {
        discard_note(result_out, query, domain, pool);
        if (!has_list_value(result_out))
            answer = DNS_NODATA;
    }
    trace(TRACE_DNSBL, "DNS lookup for %.*s %s", STR_ARG(query), answer == DNS_FOUND ? "succeeded" : "failed");
    return answer == DNS_FAIL ? DNS_NOMATCH : answer;
}

/* An entry was found in item's list: is it one of those wanted?  Then its facts go to $dnslist_…. */
static enum acl_test
entry_check(struct acl_call *call, const struct dns_item *item, struct str key, const struct dns_result *found)
{
    struct acl_state *state = call->state;
    struct pool *pool = call->scope->pool;
    struct dns_result again;
    const struct dns_result *shown = found;

    if (!values_fit(item, found)) {
        trace(TRACE_DNSBL, "=> but we are not accepting this block class because of the values returned");
        return ACL_NO;
    }
    if (!str_eq(item->text_domain, item->domain)) {
        if (entry_lookup(item->text_domain, key, pool, &again) != DNS_FOUND)
            return ACL_NO;
        shown = &again;
    }
    trace(TRACE_DNSBL, "=> that means %.*s is listed at %.*s", STR_ARG(key), STR_ARG(item->domain));
    state->dnslist_domain = pool_dup(state->message_pool, item->text_domain);
    state->dnslist_matched = pool_dup(state->message_pool, key);
    state->dnslist_value = values_text(shown, state->message_pool);
    state->dnslist_text = pool_dup(state->message_pool, entry_text(query_name(key, item->text_domain, pool), pool));
    return ACL_YES;
}

/* The keys of an item one after another until one is listed. */
static enum acl_test
item_test(struct acl_call *call, const struct dns_item *item)
{
    struct pool *pool = call->scope->pool;
    struct items keys = items_of(item->has_keys ? item->keys : call->scope->origin->host_address);
    enum acl_test result = ACL_NO;
    struct str key;

    if (!item->has_keys)
        keys.separator = ' ';
    while (items_next(&keys, pool, &key)) {
        struct dns_result found;
        enum dns_answer answer;

        if (key.len == 0)
            continue;
        trace(TRACE_DNSBL, "dnslists check: %.*s key %.*s", STR_ARG(item->domain), STR_ARG(key));
        answer = entry_lookup(item->domain, key, pool, &found);
        if (answer == DNS_FOUND && entry_check(call, item, key, &found) == ACL_YES)
            return ACL_YES;
        if (answer == DNS_AGAIN)
            result = ACL_CANNOT_TELL;
        else if (answer != DNS_FOUND)
            trace(TRACE_DNSBL, "=> that means %.*s is not listed at %.*s", STR_ARG(key), STR_ARG(item->domain));
    }
    return result;
}

static enum acl_test
unknown_result(struct acl_call *call, enum unknown unknown, struct str item)
{
    static const char *const words[] = { "assumed not in list", "assumed in list", "returned DEFER" };

    log_write(LOG_DNSLIST_DEFER, LOG_TO_MAIN, acl_message_id(call->scope),
              "DNS list lookup defer (probably timeout) for %.*s: %s", STR_ARG(item), words[unknown]);
    if (unknown == DEFER_UNKNOWN) {
        call->log_text =
            pool_printf_tainted(call->scope->pool, "DNS list lookup defer (probably timeout) for %.*s: returned DEFER",
                                STR_ARG(item));
        return ACL_CANNOT_TELL;
    }
    return unknown == INCLUDE_UNKNOWN ? ACL_YES : ACL_NO;
}

static bool
take_unknown_word(struct acl_call *call, struct str item, enum unknown *unknown)
{
    if (item.len == 0 || item.ptr[0] != '+')
        return false;
    if (str_ieq_c(item, "+include_unknown"))
        *unknown = INCLUDE_UNKNOWN;
    else if (str_ieq_c(item, "+exclude_unknown"))
        *unknown = EXCLUDE_UNKNOWN;
    else if (str_ieq_c(item, "+defer_unknown"))
        *unknown = DEFER_UNKNOWN;
    else
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, acl_message_id(call->scope),
                  "unknown item in dnslist (ignored): %.*s", STR_ARG(item));
    return true;
}

static enum acl_test
dnslists_test(struct acl_call *call)
{
    struct items items = items_of(call->argument);
    enum unknown unknown = EXCLUDE_UNKNOWN;
    struct str text;

    while (items_next(&items, call->scope->pool, &text)) {
        struct dns_item item;
        enum acl_test result;
        bool is_negated = text.len > 0 && text.ptr[0] == '!';

        if (text.len == 0 || take_unknown_word(call, text, &unknown))
            continue;
        trace(TRACE_ACL, "dnslists check: %.*s", STR_ARG(text));
        item = item_parse(is_negated ? str_trim_left(str_from(text, 1)) : text);
        result = item_test(call, &item);
        if (result == ACL_CANNOT_TELL)
            result = unknown_result(call, unknown, text);
        if (result == ACL_CANNOT_TELL)
            return result;
        if (result == ACL_YES)
            return is_negated ? ACL_NO : ACL_YES;
    }
    return ACL_NO;
}

const struct acl_condition acl_dnslists_conditions[] = {
    { .name = "dnslists",
      .forbidden = ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_START) | ACL_BIT(ACL_AT_NOT_SMTP_MIME),
      .test = dnslists_test },
    { .name = NULL }
};
