/* routers/manualroute.c -- hosts by rules of the configuration. */
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"
#include "message/message.h"
#include "net/dns.h"
#include "net/interface.h"
#include "routers/router_driver.h"

enum lost_host { LOST_DECLINE, LOST_DEFER, LOST_FAIL, LOST_FREEZE, LOST_IGNORE, LOST_PASS, LOST_WORDS };

static const char *const lost_words[LOST_WORDS] = { "decline", "defer", "fail", "freeze", "ignore", "pass" };

struct manualroute_options {
    struct str host_all_ignored, host_find_failed;
    bool hosts_randomize, same_domain_copy_routing;
    struct template *route_data;
    struct str route_list;
    enum lost_host all_ignored_code, find_failed_code;
    struct route_list_rule *rules;
};

static const struct manualroute_options defaults = { .host_all_ignored = STR_INIT("defer"),
                                                     .host_find_failed = STR_INIT("freeze") };

#define M struct manualroute_options
static const struct option options[] = {
    OPTION_TEXT(M, host_all_ignored),
    OPTION_TEXT(M, host_find_failed),
    OPTION_BOOL(M, hosts_randomize),
    OPTION_EXPANDED(M, route_data),
    OPTION_TEXT(M, route_list),
    OPTION_BOOL(M, same_domain_copy_routing),
    OPTION_END
};
#undef M

/* route_list, taken apart once. */
struct route_list_rule {
    struct route_list_rule *next;
    struct template pattern;        /* a domain list of one item */
    struct str rest;
};

static bool
lost_word_find(struct str word, const char *option, bool has_ignore, struct pool *pool, enum lost_host *code_out,
               struct str *why_out)
{
    for (size_t i = 0; i < LOST_WORDS; i++)
        if (str_eq_c(word, lost_words[i]) && (has_ignore || i != LOST_IGNORE)) {
            *code_out = (enum lost_host)i;
            return true;
        }
    *why_out = pool_printf(pool, "invalid setting for %s: \"%.*s\"; expected decline, defer, fail, freeze, %sor pass",
                           option, STR_ARG(word), has_ignore ? "ignore, " : "");
    return false;
}

/* A one-item list must not be cut at ":" or "<": say that the separator is a control character. */
static struct str
pattern_as_list(struct pool *pool, struct str pattern)
{
    return pool_printf(pool, "<\n%.*s", STR_ARG(pattern));
}

static bool
rules_make(struct manualroute_options *opt, const struct driver_instance *instance, struct pool *pool,
           struct str *why_out)
{
    struct route_list_rule **end = &opt->rules;
    struct str list = opt->route_list, text;
    struct items items;

    if (str_trim_left(list).len == 0 || str_trim_left(list).ptr[0] != '<')
        list = pool_printf(pool, "<;%.*s", STR_ARG(list));
    items = items_of(list);
    while (items_next(&items, pool, &text)) {
        struct str pattern, rest = text;

        if (str_trim(text).len == 0 || !route_word_next(&rest, pool, &pattern))
            continue;
        *end = POOL_NEW(pool, struct route_list_rule);
        (*end)->pattern = (struct template){ .text = pattern_as_list(pool, pattern),
                                             .at = instance->at,
                                             .option_name = "route_list",
                                             .owner = "manualroute router" };
        (*end)->rest = pool_dup(pool, str_trim(rest));
        end = &(*end)->next;
    }
    if (opt->rules == NULL && opt->route_list.len > 0)
        *why_out = STR("route_list has no rule");
    return opt->rules != NULL || opt->route_list.len == 0;
}

static bool
manualroute_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct manualroute_options *opt = instance->options;

    if ((opt->route_data == NULL) == (opt->route_list.len == 0)) {
        *why_out = STR("route_list or route_data (but not both) must be set");
        return false;
    }
    return lost_word_find(opt->host_find_failed, "host_find_failed", true, pool, &opt->find_failed_code, why_out) &&
        lost_word_find(opt->host_all_ignored, "host_all_ignored", false, pool, &opt->all_ignored_code, why_out) &&
        rules_make(opt, instance, pool, why_out);
}

/* ---- Which rule */

/* The rule's text in *text_out; captures of the pattern and $value stay in scope. */
static enum route_outcome
rule_find(const struct router *router, struct route_run *run, struct address *addr, struct scope *scope,
          struct str *text_out)
{
    const struct manualroute_options *opt = router->instance.options;
    struct why why;

    why_init(&why, run->pool);
    if (opt->route_data != NULL) {
        if (expand(opt->route_data, scope, text_out, &why) == OK)
            return str_trim(*text_out).len > 0 ? ROUTE_ACCEPT : ROUTE_DECLINE;
        if (why.is_forced)
            return ROUTE_DECLINE;
        why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\": %.*s", STR_ARG(opt->route_data->text),
                  STR_ARG(why.text));
        return ROUTE_DEFER;
    }
    for (struct route_list_rule *rule = opt->rules; rule != NULL; rule = rule->next) {
        struct match_result result = { 0 };

        switch (match_domain(&rule->pattern, addr->domain, scope, &result, &why)) {
        case MATCH_NO:
            continue;
        case MATCH_DEFER:
            log_write(LOG_ALWAYS, LOG_TO_MAIN, run->scope->message != NULL ? run->scope->message->id : NULL, "%.*s",
                      STR_ARG(why.text));
            why_defer(&addr->why, 0, "4.3.5", "lookup defer in route_list");
            return ROUTE_DEFER;
        case MATCH_YES:
            break;
        }
        if (scope->captures->count == 0)
            *scope->captures = (struct captures){ .values = { addr->domain }, .count = 1 };
        if (result.has_data)
            scope->value = result.data;
        *text_out = rule->rest;
        return ROUTE_ACCEPT;
    }
    return ROUTE_DECLINE;
}

/* ---- Finding the hosts */

static enum route_outcome
host_lost(const struct router *router, struct route_run *run, struct address *addr, enum lost_host code,
          struct str text)
{
    (void)run;
    switch (code) {
    case LOST_PASS: return ROUTE_PASS;
    case LOST_DECLINE: return ROUTE_DECLINE;
    case LOST_FAIL:
        why_fail(&addr->why, 0, "5.1.2", "%.*s", STR_ARG(text));
        return ROUTE_FAIL;
    case LOST_FREEZE:
        addr->special_action = ACTION_FREEZE;
        break;
    default:
        break;
    }
    why_defer(&addr->why, 0, "4.4.4", "%.*s", STR_ARG(text));
    trace(TRACE_ROUTE, "%.*s router: %.*s", STR_ARG(router->instance.name), STR_ARG(text));
    return ROUTE_DEFER;
}

static enum host_find
host_item_find(struct host *host, const struct host_item *item, const struct route_rule *rule,
               const struct host_find_request *request, struct scope *scope, struct host **hosts_out, struct why *why)
{
    enum host_find found;

    *hosts_out = host;
    if (item->is_mx) {
        struct host_find_result result;

        found = host_find_by_dns(item->name, request, scope, &result, why);
        *hosts_out = result.hosts;
        return found;
    }
    if (rule->way == LOOKUP_WAY_BYNAME)
        return host_find_by_name(host, request, scope, why);
    found = host_find_addresses(host, request, scope, why);
    if (found == HOST_FIND_FAILED && rule->way == LOOKUP_WAY_DEFAULT)
        found = host_find_by_name(host, request, scope, why);
    return found;
}

/* The order of the items, shuffled between "+" borders. */
static void
items_shuffle(struct host_item *items, size_t count)
{
    for (size_t start = 0; start < count; start++) {
        size_t end = start;

        while (end < count && !items[end].is_group_border)
            end++;
        for (size_t i = end; i > start + 1; i--) {
            size_t other = start + dns_random((unsigned)(i - start));
            struct host_item kept = items[i - 1];

            items[i - 1] = items[other];
            items[other] = kept;
        }
        start = end;
    }
}

static enum outcome
items_parse(struct str list, struct route_run *run, struct address *addr, struct host_item **items_out,
            size_t *count_out)
{
    struct str_list texts = items_all(list, run->pool);
    struct host_item *items = POOL_NEW_ARRAY(run->pool, struct host_item, texts.count + 1);
    size_t count = 0;

    for (size_t i = 0; i < texts.count; i++) {
        const char *reason;

        if (str_trim(texts.items[i]).len == 0)
            continue;
        if (!host_item_parse(texts.items[i], &items[count], &reason))
            return why_defer(&addr->why, 0, "4.3.5", "%s in host list item \"%.*s\"", reason, STR_ARG(texts.items[i]));
        count++;
    }
    *items_out = items;
    *count_out = count;
    return OK;
}

/* Look each up; a host that is this one, and all after it, are dropped unless it is the first. */
static enum route_outcome
hosts_find(const struct router *router, struct route_run *run, struct address *addr, const struct route_rule *rule,
           struct host_item *items, size_t count)
{
    const struct manualroute_options *opt = router->instance.options;
    struct host_find_request request = router_find_request(router);
    struct host **end = &addr->hosts;
    bool has_ignored = false;

    request.is_ipv4_only = rule->is_ipv4_only;
    request.is_ipv4_preferred = rule->is_ipv4_preferred;
    addr->hosts = NULL;
    for (size_t i = 0; i < count; i++) {
        struct host *host = host_new(run->pool, items[i].name, STR(""), MX_NONE), *found_hosts;
        struct why why;
        enum host_find found;

        if (items[i].is_group_border)
            continue;
        why_init(&why, run->pool);
        host->port = items[i].port;
        found = host_item_find(host, &items[i], rule, &request, run->scope, &found_hosts, &why);
        trace(TRACE_ROUTE, "finding IP address for %.*s: %s", STR_ARG(items[i].name), host_find_name(found));
        if (found == HOST_FIND_AGAIN || found == HOST_FIND_INSECURE) {
            addr->is_pass_on_timeout = true;
            why_defer(&addr->why, 0, "4.4.3", "host lookup for %.*s did not complete (DNS timeout?)",
                      STR_ARG(items[i].name));
            addr->why.cause = CAUSE_DNS;
            return ROUTE_DEFER;
        }
        if (found != HOST_FOUND && found != HOST_FOUND_LOCAL) {
            if (opt->find_failed_code == LOST_IGNORE) {
                has_ignored = true;
                continue;
            }
            return host_lost(router, run, addr, opt->find_failed_code,
                             pool_printf_tainted(run->pool, "lookup of host \"%.*s\" failed in %.*s router",
                                                 STR_ARG(items[i].name), STR_ARG(router->instance.name)));
        }
        if (found == HOST_FOUND_LOCAL) {
            enum route_outcome outcome =
                addr->hosts == NULL ? router_self(router, run, addr, found_hosts) : ROUTE_DECLINE;

            if (outcome != ROUTE_ACCEPT && addr->hosts == NULL)
                return outcome;
            if (outcome != ROUTE_ACCEPT)
                break;
        }
        for (*end = found_hosts; *end != NULL; end = &(*end)->next)
            if (items[i].port != HOST_PORT_NONE)
                (*end)->port = items[i].port;
    }
    if (addr->hosts != NULL || !has_ignored)
        return ROUTE_ACCEPT;
    return host_lost(
        router, run, addr, opt->all_ignored_code,
        pool_printf(run->pool,
                    "lookup failed for all hosts in %.*s router: host_find_failed=%.*s host_all_ignored=%.*s",
                    STR_ARG(router->instance.name), STR_ARG(opt->host_find_failed), STR_ARG(opt->host_all_ignored)));
}

static enum route_outcome
configuration_error(const struct router *router, struct route_run *run, struct address *addr, struct str log_text,
                    const char *text)
{
    log_write(LOG_ALWAYS, LOG_TO_MAIN, run->scope->message != NULL ? run->scope->message->id : NULL,
              "Error in %.*s router: %.*s", STR_ARG(router->instance.name), STR_ARG(log_text));
    why_defer(&addr->why, 0, "4.3.5", "error in router: %s", text);
    return ROUTE_DEFER;
}

/* The transport of the rule, else of the router. */
static enum route_outcome
transport_choose(const struct router *router, struct route_run *run, struct address *addr,
                 const struct route_rule *rule)
{
    if (rule->transport.len > 0) {
        addr->transport = (struct transport *)driver_find(config, "transport", rule->transport);
        if (addr->transport == NULL) {
            struct str text = pool_printf_tainted(run->pool, "unknown routing option or transport name \"%.*s\"",
                                                  STR_ARG(rule->transport));

            return configuration_error(router, run, addr, text, pool_cstr(run->pool, text));
        }
        return ROUTE_ACCEPT;
    }
    if (router_set_transport(router, run, addr) != OK)
        return ROUTE_DEFER;
    if (addr->transport == NULL && !router->verify_only)
        return configuration_error(router, run, addr, STR("no transport defined"), "transport missing");
    return ROUTE_ACCEPT;
}

static enum route_outcome
rule_apply(const struct router *router, struct route_run *run, struct address *addr, struct scope *scope,
           struct str text)
{
    const struct manualroute_options *opt = router->instance.options;
    bool is_verify = run->purpose == ROUTE_FOR_RECIPIENT_VERIFY || run->purpose == ROUTE_FOR_SENDER_VERIFY;
    struct route_rule rule;
    struct str reason, list;
    struct host_item *items = NULL;
    struct why why;
    enum route_outcome outcome;
    size_t count = 0;

    if (!route_rule_parse(text, false, run->pool, &rule, &reason))
        return configuration_error(router, run, addr, reason, pool_cstr(run->pool, reason));
    why_init(&why, run->pool);
    if (opt->route_data != NULL)
        list = rule.hosts;
    else if (expand_text(rule.hosts, scope, &list, &why) != OK) {
        if (why.is_forced)
            return ROUTE_DECLINE;
        why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\": %.*s", STR_ARG(rule.hosts), STR_ARG(why.text));
        return ROUTE_DEFER;
    }
    outcome = transport_choose(router, run, addr, &rule);
    if (outcome != ROUTE_ACCEPT)
        return outcome;
    if (addr->transport == NULL || router_transport_is_local(addr->transport)) {
        if (list.len > 0)
            addr->hosts = host_new(run->pool, list, STR(""), MX_NONE);
        return ROUTE_ACCEPT;
    }
    if (str_trim(list).len == 0) {
        if (is_verify)
            return ROUTE_ACCEPT;
        why_defer(&addr->why, 0, "4.3.5", "error in %.*s router: no host(s) specified for domain %.*s",
                  STR_ARG(router->instance.name), STR_ARG(addr->domain));
        log_write(LOG_ALWAYS, LOG_TO_MAIN, run->scope->message != NULL ? run->scope->message->id : NULL, "%.*s",
                  STR_ARG(addr->why.text));
        return ROUTE_DEFER;
    }
    if (items_parse(list, run, addr, &items, &count) != OK)
        return ROUTE_DEFER;
    if (rule.is_randomize_set ? rule.is_randomized : opt->hosts_randomize)
        items_shuffle(items, count);
    addr->is_host_list_random = rule.is_randomize_set ? rule.is_randomized : opt->hosts_randomize;
    return hosts_find(router, run, addr, &rule, items, count);
}

static enum route_outcome
manualroute_route(const struct router *router, struct route_run *run, struct address *addr)
{
    const struct manualroute_options *opt = router->instance.options;
    struct captures captures = { 0 };
    struct scope scope = *run->scope;
    struct str text;
    enum route_outcome outcome;

    scope.captures = &captures;
    outcome = rule_find(router, run, addr, &scope, &text);
    if (outcome == ROUTE_ACCEPT)
        outcome = rule_apply(router, run, addr, &scope, text);
    addr->is_routing_shared = outcome == ROUTE_ACCEPT && opt->same_domain_copy_routing;
    return outcome;
}

const struct router_driver manualroute_driver = {
    .info = { .name = "manualroute",
              .options = options,
              .defaults = &defaults,
              .options_size = sizeof(struct manualroute_options),
              .init = manualroute_init },
    .is_transport_needed = true,
    .may_set_transport = true,
    .route = manualroute_route,
};
