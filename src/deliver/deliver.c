/* One message from the spool to its end, or to its next try. */
#include "deliver/deliver.h"
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "log/log.h"
#include "net/dns.h"

/* ---- Frozen messages (manual: auto_thaw, ignore_bounce_errors_after, timeout_frozen_after) */

enum frozen_fate { FROZEN_STAYS, FROZEN_TRY, FROZEN_CANCEL };

static enum frozen_fate
frozen_fate(const struct delivery_state *state)
{
    const struct message *message = state->message;
    const struct deliver_options *options = state->options;
    time_t frozen_s = state->now.tv_sec - message->frozen_at, age_s = state->now.tv_sec - message->received_at.tv_sec;

    if (options->is_frozen_forced || options->is_thawing)
        return FROZEN_TRY;
    if (options->is_queue_run || options->is_forced) {
        if (config->timeout_frozen_after > 0 && frozen_s >= config->timeout_frozen_after)
            return FROZEN_CANCEL;
        if (message->sender.len == 0 && age_s >= config->ignore_bounce_errors_after)
            return FROZEN_TRY;
        if (message->sender.len > 0 && config->auto_thaw > 0 && frozen_s >= config->auto_thaw)
            return FROZEN_TRY;
    }
    return FROZEN_STAYS;
}

/* False: the message stays frozen and nothing is done. */
static bool
frozen_decide(struct delivery_state *state, bool *is_cancelled_out)
{
    struct message *message = state->message;

    *is_cancelled_out = false;
    if (message->frozen_at == 0)
        return true;
    switch (frozen_fate(state)) {
    case FROZEN_STAYS:
        log_write(LOG_SKIP_DELIVERY, LOG_TO_MAIN, message->id, "Message is frozen");
        return false;
    case FROZEN_CANCEL:
        log_write(LOG_ALWAYS, LOG_TO_MAIN, message->id, "cancelled by timeout_frozen_after");
        *is_cancelled_out = true;
        break;
    case FROZEN_TRY:
        if (!state->options->is_frozen_forced && !state->options->is_thawing)
            log_write(LOG_ALWAYS, LOG_TO_MAIN, message->id, "Unfrozen by %s", message->sender.len == 0
                      ? "errmsg timer" : "auto-thaw");
        break;
    }
    message->frozen_at = 0;
    state->is_header_changed = true;
    return true;
}

/* ---- The plan */

static void
scope_fill(struct delivery_state *state)
{
    state->scope = scope_make(state->pool);
    state->scope.message = state->message;
    state->scope.origin = state->message->origin;
    state->scope.delivery = state;
    state->scope.captures = &state->captures;
}

/* All that is left fails at once: -Mg, timeout_frozen_after. */
static void
plan_cancel(struct delivery_state *state)
{
    struct message *message = state->message;
    struct ptr_list left = { 0 };

    for (size_t i = 0; i < message->recipient_count; i++) {
        struct address *addr = address_new(state->pool, message->recipients[i].address);

        if (map_find(&message->nonrecipients, addr->unique) != NULL)
            continue;
        addr->recipient_index = (int)i;
        addr->notify = message->recipients[i].notify;
        addr->original_recipient = message->recipients[i].original;
        if (message->recipients[i].errors_to.len > 0) {
            addr->errors_to = message->recipients[i].errors_to;
            addr->has_errors_to = true;
        }
        why_init(&addr->why, state->pool);
        addr->outcome = FAIL;
        addr->is_already_logged = true;
        ptr_list_add(&left, state->pool, addr);
    }
    addresses_settle(state, (struct address **)left.items, left.count);
}

/* mua_wrapper: everything goes in one remote transaction, or nothing goes at all. */
static bool
is_mua_plan_good(const struct plan *plan)
{
    return plan->failed == NULL && plan->deferred == NULL && plan->local == NULL &&
        (plan->remote == NULL || plan->remote->next == NULL);
}

static void
plan_refuse(struct delivery_state *state)
{
    struct delivery *const chains[] = { state->plan.local, state->plan.remote };
    struct why why;

    why_init(&why, state->pool);
    why_fail(&why, 0, "5.3.5", "the message cannot go in one transaction (mua_wrapper)");
    for (size_t i = 0; i < COUNT(chains); i++)
        for (struct delivery *delivery = chains[i]; delivery != NULL; delivery = delivery->next)
            addresses_settle_chain(state, delivery->addresses, FAIL, &why);
    addresses_settle_chain(state, state->plan.failed, FAIL, NULL);
    addresses_settle_chain(state, state->plan.deferred, FAIL, NULL);
}

static void
plan_execute(struct delivery_state *state)
{
    plan_init(&state->plan, state->pool, state->message);
    state->plan.is_forced = state->options->is_forced;
    state->plan.is_queue_run = state->options->is_queue_run;
    state->plan.notes = &state->notes;
    trace_begin(TRACE_DELIVER, "planning %s", state->message->id);
    plan_make(&state->plan, &state->run);
    trace_end(TRACE_DELIVER, "%zu addresses considered", state->plan.address_count);
    state->is_header_changed |= header_domains_change(state);
    for (struct address *addr = state->plan.finished; addr != NULL; addr = addr->next)
        state->has_progress |= map_add(&state->message->nonrecipients, addr->unique, addr);
    if (state->options->is_mua_wrapper && !is_mua_plan_good(&state->plan)) {
        plan_refuse(state);
        return;
    }
    addresses_settle_chain(state, state->plan.failed, FAIL, NULL);
    addresses_settle_chain(state, state->plan.discarded, OK, NULL);
    addresses_settle_chain(state, state->plan.deferred, DEFER, NULL);
    deliveries_run_local(state, state->plan.local);
    deliveries_run_remote(state, state->plan.remote);
}

/* A system filter decides about the whole message: without one that can be run nothing may go out. */
static bool
is_filter_missing(struct delivery_state *state)
{
    if (config->system_filter == NULL)
        return false;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id,
              "delivery deferred: system_filter is set, and this version of Tern does not run filter files");
    return true;
}

/* ---- The whole */

static enum deliver_result
not_opened(enum spool_state opened, const char *id, const struct why *why, const struct spool *spool)
{
    switch (opened) {
    case SPOOL_LOCKED:
        log_write(LOG_SKIP_DELIVERY, LOG_TO_MAIN, id,
                  "Spool file is locked (another process is handling this message)");
        return DELIVER_LOCKED;
    case SPOOL_HALF:
        spool_discard_half(spool, id);
        return DELIVER_NOTHING_TO_DO;
    case SPOOL_BAD:
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, id, "Format error in spool file: %.*s", STR_ARG(why->text));
        return DELIVER_UNREADABLE;
    case SPOOL_ERROR:
        log_write(LOG_ALWAYS, LOG_TO_MAIN, id, "spool file could not be read: %.*s", STR_ARG(why->text));
        return DELIVER_UNREADABLE;
    case SPOOL_GONE:
    case SPOOL_OK:
        break;
    }
    return DELIVER_NOTHING_TO_DO;
}

static void
state_init(struct delivery_state *state)
{
    state->failed_end = &state->failed;
    state->deferred_end = &state->deferred;
    state->delivered_end = &state->delivered;
    state->notes.pool = state->pool;
    state->job_message_fd = -1;
    state->now = clock_now();
    scope_fill(state);
    route_run_init(&state->run, state->pool, &state->scope, ROUTE_FOR_DELIVERY);
    state->run.link = state->link;
    dns_budget_reset();
}

static enum deliver_result
message_work(struct delivery_state *state)
{
    bool is_cancelled;

    if (!frozen_decide(state, &is_cancelled))
        return DELIVER_NOTHING_TO_DO;
    if (state->options->is_giving_up) {
        log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "cancelled by %.*s",
                  STR_ARG(state->options->cancelled_by.len > 0 ? state->options->cancelled_by : STR("administrator")));
        is_cancelled = true;
    }
    if (!is_cancelled && is_filter_missing(state))
        return DELIVER_NOTHING_TO_DO;
    state->is_cancelled = is_cancelled;
    if (is_cancelled)
        plan_cancel(state);
    else
        plan_execute(state);
    delivery_finish(state);
    return DELIVER_ATTEMPTED;
}

static enum deliver_result
mua_result(const struct delivery_state *state)
{
    return state->failed == NULL && state->deferred == NULL ? DELIVER_MUA_SUCCEEDED : DELIVER_MUA_FAILED;
}

enum deliver_result
deliver_message(const char *id, const struct deliver_options *options, struct launch_link *link)
{
    struct pool *pool = pool_new("delivery");
    struct delivery_state *state = POOL_NEW(pool, struct delivery_state);
    enum deliver_result result;
    enum spool_state opened;
    struct why why;

    why_init(&why, pool);
    state->pool = pool;
    state->options = options;
    state->link = link;
    state->spool = spool_configured(&why);
    if (state->spool != NULL && options->queue_name.len > 0)
        state->spool = spool_of_queue(state->spool, pool, options->queue_name);
    opened = state->spool == NULL ? SPOOL_ERROR : spool_open(state->spool, pool, id, &state->message, &why);
    if (opened != SPOOL_OK) {
        result = not_opened(opened, id, &why, state->spool);
        pool_free(pool);
        return result;
    }
    state_init(state);
    result = message_work(state);
    if (options->is_mua_wrapper && result == DELIVER_ATTEMPTED)
        result = mua_result(state);
    if (state->job_message_fd != -1)
        close(state->job_message_fd);
    spool_close(state->message);
    deliveries_start_made(state);
    /* A queue run takes the next message only when those that wait for the same host have had their chance. */
    if (options->is_queue_run)
        deliveries_await_end(state);
    pool_free(pool);
    return result;
}

/* Routed anew, since much may have changed; only what fits the connection is tried. */
static bool
waiting_work(struct delivery_state *state, struct transport_channel *channel)
{
    bool has_run;

    if (state->message->frozen_at != 0 || config->system_filter != NULL)
        return false;
    state->is_partial = true;
    plan_init(&state->plan, state->pool, state->message);
    state->plan.is_queue_run = true;
    plan_make(&state->plan, &state->run);
    for (struct address *addr = state->plan.failed; addr != NULL; addr = addr->next)
        addr->is_already_logged = true;
    for (struct address *addr = state->plan.deferred; addr != NULL; addr = addr->next)
        addr->is_already_logged = true;
    addresses_settle_chain(state, state->plan.failed, DEFER, NULL);
    addresses_settle_chain(state, state->plan.deferred, DEFER, NULL);
    has_run = deliveries_run_on_channel(state, state->plan.remote, channel);
    if (has_run) {
        addresses_settle_chain(state, state->plan.discarded, OK, NULL);
        deliveries_run_on_channel(state, state->plan.local, channel);
        delivery_finish(state);
    }
    return has_run;
}

bool
deliver_waiting_message(const char *id, struct transport_channel *channel, struct launch_link *link)
{
    static const struct deliver_options options = { .is_queue_run = true };
    struct pool *pool = pool_new("waiting delivery");
    struct delivery_state *state = POOL_NEW(pool, struct delivery_state);
    bool has_run = false;
    struct why why;

    why_init(&why, pool);
    state->pool = pool;
    state->options = &options;
    state->link = link;
    state->spool = spool_configured(&why);
    if (state->spool != NULL && spool_open(state->spool, pool, id, &state->message, &why) == SPOOL_OK) {
        state_init(state);
        has_run = waiting_work(state, channel);
        spool_close(state->message);
        deliveries_start_made(state);
    }
    pool_free(pool);
    return has_run;
}

void
delivery_start(struct delivery_state *state, const char *id)
{
    str_list_add(&state->made, state->pool, pool_dup(state->pool, str_of(id)));
}

/* Bounces and the like go out now; without a launcher that may be asked they wait for a queue run. */
void
deliveries_start_made(struct delivery_state *state)
{
    struct deliver_options plain = { 0 };

    for (size_t i = 0; i < state->made.count; i++) {
        struct why why;

        why_init(&why, state->pool);
        if (config->queue_only || state->link == NULL ||
            launch_deliver(state->link, pool_cstr(state->pool, state->made.items[i]),
                           deliver_options_pack(&plain, state->pool), state->options->is_waiting_for_made, NULL,
                           &why) != OK)
            trace(TRACE_DELIVER, "%.*s waits for a queue run", STR_ARG(state->made.items[i]));
    }
}

int
deliver_duty(struct launch_link *link, const char *id, struct str options)
{
    struct deliver_options unpacked;

    process.purpose = "delivery";
    if (!deliver_options_unpack(options, &unpacked))
        return EX_USAGE;
    switch (deliver_message(id, &unpacked, link)) {
    case DELIVER_ATTEMPTED:
    case DELIVER_NOTHING_TO_DO:
    case DELIVER_MUA_SUCCEEDED:
        return EX_OK;
    case DELIVER_LOCKED:
        return EX_TEMPFAIL;
    case DELIVER_UNREADABLE:
        return EX_DATAERR;
    case DELIVER_MUA_FAILED:
        break;
    }
    return EXIT_FAILURE;
}
