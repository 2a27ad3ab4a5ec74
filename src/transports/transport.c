#include "transports/transport.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/process.h"
#include "base/trace.h"
#include "expand/expand.h"
#include "log/log.h"
#include "rewrite/rewrite.h"
#include "routers/router.h"
#include "transports/common.h"
#include "transports/turns.h"

static const struct transport generic_defaults = { .retry_use_local_part = true, .transport_filter_timeout = 300 };

static const struct option generic_options[] = {
    OPTION_BOOL(struct transport, body_only),
    OPTION_EXPANDED(struct transport, current_directory),
    OPTION_EXPANDED(struct transport, debug_print),
    OPTION_BOOL(struct transport, delivery_date_add),
    OPTION_BOOL(struct transport, disable_logging),
    OPTION_BOOL(struct transport, envelope_to_add),
    OPTION_EXPANDED(struct transport, event_action),
    OPTION_GID(struct transport, group),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, struct transport, headers_add, .is_repeatable = true,
               .joiner = '\n', ),
    OPTION_BOOL(struct transport, headers_only),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, struct transport, headers_remove, .is_repeatable = true,
               .joiner = ':', ),
    OPTION_TEXT(struct transport, headers_rewrite),
    OPTION_EXPANDED(struct transport, home_directory),
    OPTION_BOOL(struct transport, initgroups),
    OPTION_EXPANDED_INT(struct transport, max_parallel),
    OPTION_EXPANDED(struct transport, message_size_limit),
    OPTION_BOOL(struct transport, rcpt_include_affixes),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, struct transport, retry_use_local_part,
               .is_set_offset = offsetof(struct transport, is_retry_use_local_part_set), ),
    OPTION_EXPANDED(struct transport, return_path),
    OPTION_BOOL(struct transport, return_path_add),
    OPTION_EXPANDED(struct transport, shadow_condition),
    OPTION_TEXT(struct transport, shadow_transport),
    OPTION_EXPANDED(struct transport, transport_filter),
    OPTION_TIME(struct transport, transport_filter_timeout),
    OPTION_UID(struct transport, user),
    OPTION_END
};

static bool
generic_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct transport *transport = (struct transport *)instance;
    struct why why;

    why_init(&why, pool);
    if (!transport->is_retry_use_local_part_set)
        transport->retry_use_local_part = transport_driver(transport)->info.is_local;
    if (transport->body_only && transport->headers_only) {
        *why_out = STR("headers_only and body_only are mutually exclusive");
        return false;
    }
    if (transport->headers_rewrite.len == 0)
        return true;
    transport->rewrite_rules = rewrite_rules_parse(transport->headers_rewrite, pool, &why);
    if (transport->rewrite_rules == NULL)
        *why_out = pool_printf(pool, "headers_rewrite: %.*s", STR_ARG(why.text));
    return transport->rewrite_rules != NULL;
}

const struct driver_family transport_family = {
    .name = "transport",
    .section = "transports",
    .generic_options = generic_options,
    .generic_defaults = &generic_defaults,
    .instance_size = sizeof(struct transport),
    .drivers = (const struct driver_info *const *)transports_rows,
    .init = generic_init,
};

struct transport *
transport_find(struct str name)
{
    return (struct transport *)driver_find(config, "transport", name);
}

void
transport_set_size(struct address *addr, int64_t octets)
{
    for (; addr != NULL; addr = addr->next)
        addr->delivered_bytes = octets;
}

void
transport_set_all(struct address *addr, enum outcome outcome, const struct why *why)
{
    for (; addr != NULL; addr = addr->next) {
        addr->outcome = outcome;
        if (why != NULL)
            addr->why = *why;
    }
}

void
transport_batching_find(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    const struct transport_driver *driver = transport_driver(transport);

    *out = (struct transport_batching){ .max_addresses = 1, .is_multi_domain = true };
    if (driver->batching != NULL)
        driver->batching(transport, scope, out);
}

int
transport_max_parallel(const struct transport *transport, struct scope *scope)
{
    struct why why;
    int64_t value = 0;

    why_init(&why, scope->pool);
    if (transport->max_parallel == NULL)
        return 0;
    if (expand_int(transport->max_parallel, scope, &value, &why) != OK) {
        log_panic(NULL, "failed to expand max_parallel in the %.*s transport: %.*s", STR_ARG(transport->instance.name),
                  STR_ARG(why.text));
        return 0;
    }
    return value > 0 && value < INT32_MAX ? (int)value : 0;
}

enum outcome
transport_turn_take(const struct transport *transport, struct scope *scope, struct why *why)
{
    int limit = transport_max_parallel(transport, scope);

    if (limit == 0 || turn_take("tpt-serialize", transport->instance.name, limit, scope->pool))
        return OK;
    transport_defer(why, NUMBER_TURN, "concurrency limit reached for transport");
    why->cause = CAUSE_RETRY_NOT_REACHED;
    return DEFER;
}

void
transport_turn_give_back(const struct transport *transport, struct pool *pool)
{
    if (transport->max_parallel != NULL)
        turn_give_back("tpt-serialize", transport->instance.name, pool);
}

bool
transport_channel_fits(const struct transport_channel *channel, struct address *addr, const struct scope *scope)
{
    const struct transport_driver *driver = transport_driver(channel->transport);

    return addr->transport == channel->transport && driver->fits_channel != NULL
        && driver->fits_channel(channel, addr, scope);
}

/* Empty, "0", "no" and "false" say no. */
static bool
shadow_condition_holds(const struct transport *transport, struct scope *scope)
{
    struct why why;
    struct str value;

    why_init(&why, scope->pool);
    if (transport->shadow_condition == NULL)
        return true;
    if (expand(transport->shadow_condition, scope, &value, &why) != OK) {
        if (!why.is_forced)
            log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL,
                      "failed to expand shadow_condition in the %.*s transport: %.*s",
                      STR_ARG(transport->instance.name), STR_ARG(why.text));
        return false;
    }
    return value.len > 0 && !str_eq_c(value, "0") && !str_eq_c(value, "no") && !str_eq_c(value, "false");
}

struct transport *
transport_shadow(const struct transport *transport, struct address *addr, struct scope *scope)
{
    struct transport *shadow;

    if (transport->shadow_transport.len == 0 || !transport_driver(transport)->info.is_local)
        return NULL;
    scope->address = addr;
    if (!shadow_condition_holds(transport, scope))
        return NULL;
    shadow = transport_find(transport->shadow_transport);
    if (shadow == NULL || !transport_driver(shadow)->info.is_local) {
        log_panic(NULL, "shadow transport \"%.*s\" of the %.*s transport not found",
                  STR_ARG(transport->shadow_transport), STR_ARG(transport->instance.name));
        return NULL;
    }
    return shadow;
}

/* ---- A run */

/* $local_part and its kin are the one address's; of several only a domain they share is known (manual: section 23.4).
 */
static struct address *
address_for_scope(struct transport_run *run)
{
    struct address *shared;

    if (run->addresses->next == NULL)
        return run->addresses;
    shared = POOL_NEW(run->pool, struct address);
    shared->router = run->addresses->router;
    shared->transport = run->transport;
    shared->hosts = run->addresses->hosts;
    shared->home_directory = run->addresses->home_directory;
    shared->domain = run->addresses->domain;
    shared->domain_data = run->addresses->domain_data;
    shared->address_data = run->addresses->address_data;
    for (const struct address *addr = run->addresses->next; addr != NULL; addr = addr->next)
        if (!str_ieq(addr->domain, shared->domain)) {
            shared->domain = shared->domain_data = shared->address_data = STR("");
            break;
        }
    return shared;
}

static void
scope_fill(struct transport_run *run)
{
    struct router *router = run->addresses->router;

    run->scope.pool = run->pool;
    run->scope.message = run->message;
    run->scope.origin = run->message->origin;
    run->scope.address = address_for_scope(run);
    run->scope.host = run->addresses->hosts;
    run->values[0] = (struct scope_value){ run->scope.values, "return_path", run->return_path };
    run->values[1] = (struct scope_value){ &run->values[0], "transport_name", run->transport->instance.name };
    run->values[2] =
        (struct scope_value){ &run->values[1], "router_name", router != NULL ? router->instance.name : STR("") };
    run->scope.values = &run->values[2];
}

static enum outcome
find_return_path(struct transport_run *run, struct why *why)
{
    const struct address *addr = run->addresses;
    struct str text;

    run->return_path = addr->has_errors_to ? addr->errors_to : run->message->sender;
    scope_fill(run);
    if (run->transport->return_path == NULL)
        return OK;
    if (expand(run->transport->return_path, &run->scope, &text, why) == OK) {
        run->return_path = text;
        run->values[0].value = text;
        return OK;
    }
    if (why->is_forced)
        return OK;
    text = why->text;
    return transport_defer(why, NUMBER_RETURN_PATH, "Failed to expand return path \"%.*s\" in %.*s transport: %.*s",
                     STR_ARG(run->transport->return_path->text), STR_ARG(run->transport->instance.name), STR_ARG(text));
}

static enum outcome
check_message_size(struct transport_run *run, struct why *why)
{
    const struct transport *transport = run->transport;
    struct str text;
    int64_t limit;

    if (transport_driver(transport)->has_reply_only || transport->message_size_limit == NULL)
        return OK;
    if (expand(transport->message_size_limit, &run->scope, &text, why) != OK) {
        text = why->text;
        return transport_defer(why, NUMBER_NONE, "failed to expand message_size_limit in %.*s transport: %.*s",
                               STR_ARG(transport->instance.name), STR_ARG(text));
    }
    if (!size_parse(text, &limit))
        return transport_defer(why, NUMBER_NONE,
                               "invalid message_size_limit in %.*s transport: integer expected but \"%.*s\" found",
                               STR_ARG(transport->instance.name), STR_ARG(text));
    if (limit > 0 && run->message->message_bytes > limit)
        return why_fail(why, 0, "5.3.4", "message is too big (transport limit = %lld)", (long long)limit);
    return OK;
}

static enum outcome
enter_directory(struct transport_run *run, struct why *why)
{
    const char *directory = "/";

    if (!transport_driver(run->transport)->info.is_local)
        return OK;
    if (run->identity.current_directory.len > 0)
        directory = pool_cstr(run->pool, run->identity.current_directory);
    if (directory != NULL && chdir(directory) == 0)
        return OK;
    return transport_defer(why, errno, "failed to chdir to %.*s", STR_ARG(run->identity.current_directory));
}

static void
print_debug(struct transport_run *run)
{
    struct why why;
    struct str text;

    why_init(&why, run->pool);
    trace(TRACE_TRANSPORT, "%.*s transport entered for %.*s", STR_ARG(run->transport->instance.name),
          STR_ARG(run->addresses->text));
    if (run->transport->debug_print == NULL || !trace_wants(TRACE_TRANSPORT))
        return;
    if (expand(run->transport->debug_print, &run->scope, &text, &why) == OK)
        trace(TRACE_TRANSPORT, "%.*s", STR_ARG(text));
    else
        trace(TRACE_TRANSPORT, "failed to expand debug_print of the %.*s transport: %.*s",
              STR_ARG(run->transport->instance.name), STR_ARG(why.text));
}

void
transport_run(struct transport_run *run)
{
    struct why why;
    enum outcome outcome;

    why_init(&why, run->pool);
    for (struct address *addr = run->addresses; addr != NULL; addr = addr->next) {
        addr->outcome = DEFER;
        why_init(&addr->why, run->pool);
        if (transport_driver(run->transport)->info.is_local)
            addr->home_directory = run->identity.home;
    }
    outcome = find_return_path(run, &why);
    if (outcome == OK)
        print_debug(run);
    if (outcome == OK)
        outcome = enter_directory(run, &why);
    if (outcome == OK)
        outcome = check_message_size(run, &why);
    if (outcome != OK) {
        transport_set_all(run->addresses, outcome, &why);
        return;
    }
    transport_driver(run->transport)->run(run);
    for (const struct address *addr = run->addresses; addr != NULL; addr = addr->next)
        trace(TRACE_TRANSPORT, "%.*s transport yields %s for %.*s%s%.*s", STR_ARG(run->transport->instance.name),
              outcome_name(addr->outcome), STR_ARG(addr->text), addr->outcome == OK ? "" : ": ",
              STR_ARG(addr->why.text));
}
