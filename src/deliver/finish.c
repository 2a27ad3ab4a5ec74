/* After the attempts: retry times, bounces, warnings, and what becomes of the message. */
#include <stdio.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "log/log.h"
#include "net/host.h"

/* The last trouble is in the log already; the sender is told what he was told to be told, and that time is over. */
static void
time_out(struct delivery_state *state, struct address *addr)
{
    struct str text = STR("retry timeout exceeded");

    addr->outcome = FAIL;
    addr->why.user_text = addr->why.user_text.len == 0
        ? text : pool_printf_tainted(state->pool, "%.*s: %.*s", STR_ARG(addr->why.user_text), STR_ARG(text));
    addr->why.text = text;
    addr->why.enhanced = "5.4.7";
    addr->host_used = NULL;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "** %.*s: %.*s", STR_ARG(log_address(state, addr, false)),
              STR_ARG(text));
    msglog_write(state, "%.*s: %.*s", STR_ARG(log_address(state, addr, false)), STR_ARG(text));
}

/* Deferred addresses that have had their last try now fail. */
static void
timed_out_fail(struct delivery_state *state)
{
    struct address *addr = state->deferred, *next;

    state->deferred = NULL;
    state->deferred_end = &state->deferred;
    for (; addr != NULL; addr = next) {
        struct str host_name = addr->host_used != NULL ? addr->host_used->name : STR("");

        next = addr->next;
        addr->next = NULL;
        if (!retry_is_timed_out(&state->notes, addr) &&
            !retry_is_past_ultimate(addr, host_name, state->message, &addr->why, &state->scope)) {
            *state->deferred_end = addr;
            state->deferred_end = &addr->next;
            continue;
        }
        time_out(state, addr);
        *state->failed_end = addr;
        state->failed_end = &addr->next;
    }
}

/* ---- What stays on the spool */

/* one_time: what a redirection gave and could not be delivered becomes a recipient of its own; its parent is done. */
static void
one_time_settle(struct delivery_state *state)
{
    for (struct address *addr = state->deferred; addr != NULL; addr = addr->next) {
        const struct address *top = address_top(addr);
        struct recipient *recipient;

        if (!addr->is_one_time || addr->parent == NULL || addr->kind != ADDRESS_MAIL)
            continue;
        recipient = message_add_recipient(state->message, addr->text);
        recipient->errors_to = addr->has_errors_to ? addr->errors_to : STR("");
        recipient->parent = top->recipient_index;
        recipient->notify = addr->notify;
        recipient->original = addr->original_recipient;
        for (struct address *above = addr->parent; above != NULL; above = above->parent)
            map_add(&state->message->nonrecipients, above->unique, above);
        state->has_progress = true;
    }
}

static void
freeze(struct delivery_state *state)
{
    const char *text = state->is_bounce_undeliverable ? "Frozen (delivery error message)" : "Frozen";

    state->message->frozen_at = state->now.tv_sec;
    state->is_header_changed = true;
    if (state->message->sender.len > 0 || !state->message->is_local_error)
        freeze_tell_send(state);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "%s", text);
    msglog_flush(state);
    if (config->message_logs)
        spool_msglog_add(state->spool, state->message->id, pool_printf(state->pool, "*** %s", text));
}

/* preserve_message_logs: out of the way of the removal. */
static void
message_log_keep(struct delivery_state *state)
{
    struct str from = spool_msglog_path(state->spool, state->pool, state->message->id);
    struct str directory = pool_printf(state->pool, "%.*s/msglog.OLD", STR_ARG(state->spool->directory));
    struct str to = pool_printf(state->pool, "%.*s/%s", STR_ARG(directory), state->message->id);

    msglog_flush(state);
    if (file_make_directory(pool_cstr(state->pool, directory), state->spool->directory_mode))
        rename(pool_cstr(state->pool, from), pool_cstr(state->pool, to));
}

static void
message_complete(struct delivery_state *state)
{
    struct why why;

    why_init(&why, state->pool);
    if (config->message_logs && config->preserve_message_logs)
        message_log_keep(state);
    log_completed(state);
    if (!state->is_removed && spool_remove(state->message, &why) != OK)
        log_panic(state->message->id, "failed to remove the message from the spool: %.*s", STR_ARG(why.text));
}

/* The journal goes only after what it says is in -H. */
static void
message_keep(struct delivery_state *state)
{
    struct why why;

    msglog_flush(state);
    if (state->message->is_first_try) {
        state->message->is_first_try = false;
        state->is_header_changed = true;
    }
    if (!state->has_progress && !state->is_header_changed && !spool_has_journal(state->message))
        return;
    why_init(&why, state->pool);
    if (spool_rewrite_header(state->message, &why) == OK)
        spool_journal_remove(state->message);
    else
        log_panic(state->message->id, "failed to rewrite the message's -H file: %.*s", STR_ARG(why.text));
}

void
delivery_finish(struct delivery_state *state)
{
    bool is_mua = state->options->is_mua_wrapper;

    if (!is_mua && !state->is_cancelled)
        retry_update(&state->notes, state->message, &state->scope);
    if (!is_mua && !state->is_partial)
        timed_out_fail(state);
    notices_send(state);
    success_notifications_send(state);
    if (is_mua)
        for (struct address *addr = state->failed; addr != NULL; addr = addr->next)
            address_finish(state, addr);
    else
        bounces_send(state);
    one_time_settle(state);
    if (state->deferred == NULL && !state->is_bounce_undeliverable) {
        message_complete(state);
        return;
    }
    if (is_mua) {
        message_complete(state);
        return;
    }
    if (state->is_partial) {
        message_keep(state);
        return;
    }
    warning_send(state);
    if (state->is_freeze_wanted || state->is_bounce_undeliverable)
        freeze(state);
    message_keep(state);
}
