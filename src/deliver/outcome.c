/* What follows from the outcome of an address. */
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "log/log.h"

static void
chain_add(struct address ***end, struct address *addr)
{
    addr->next = NULL;
    **end = addr;
    *end = &addr->next;
}

/* The addresses that this one finishes: itself, and each parent of which it was the last child. */
static void
done_collect(struct delivery_state *state, struct address *addr, struct str_list *done)
{
    while (addr != NULL) {
        if (map_add(&state->message->nonrecipients, addr->unique, addr))
            str_list_add(done, state->pool, addr->unique);
        addr->is_done = true;
        addr = addr->parent;
        if (addr == NULL || --addr->open_children > 0)
            return;
        msglog_write(state, "%.*s: children all complete", STR_ARG(addr->text));
    }
}

static void
duplicates_collect(struct delivery_state *state, const struct address *addr, struct str_list *done)
{
    for (struct address *each = addr->duplicates; each != NULL; each = each->next_duplicate)
        done_collect(state, each, done);
}

/* The whole message was this one delivery, and nothing more follows from it. */
static bool
is_all_there_is(const struct delivery_state *state, const struct address *addr)
{
    const struct message *message = state->message;

    return message->recipient_count == 1 && message->nonrecipients.count == 0 && state->plan.address_count == 1
        && addr->outcome == OK && addr->parent == NULL && addr->duplicates == NULL && (addr->notify & DSN_SUCCESS) == 0
        && !(config->message_logs && config->preserve_message_logs) && !state->options->is_mua_wrapper;
}

/* Then the message's removal is the record of it: no journal is made only to be removed. */
static bool
removed_at_once(struct delivery_state *state, const struct address *addr)
{
    struct why why;

    why_init(&why, state->pool);
    state->is_removed = is_all_there_is(state, addr) && spool_remove_durably(state->message, &why) == OK;
    return state->is_removed;
}

/* Durable before anyone is told; one flush for all of them. */
void
addresses_finish(struct delivery_state *state, struct address *const *addresses, size_t count)
{
    struct str_list done = { 0 };
    struct why why;

    if (count == 1 && !state->has_progress && removed_at_once(state, addresses[0])) {
        addresses[0]->is_done = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        done_collect(state, addresses[i], &done);
        duplicates_collect(state, addresses[i], &done);
    }
    if (done.count == 0)
        return;
    why_init(&why, state->pool);
    state->has_progress = true;
    if (spool_journal_add(state->message, done.items, done.count, &why) != OK)
        log_panic(state->message->id, "failed to update journal for %.*s: %.*s", STR_ARG(done.items[0]),
                  STR_ARG(why.text));
}

void
address_finish(struct delivery_state *state, struct address *addr)
{
    addresses_finish(state, &addr, 1);
}

/* It is in the journal by now. */
static void
delivered_tell(struct delivery_state *state, struct address *addr, const char *flag)
{
    log_delivered(state, addr, flag);
    if (addr->transport != NULL)
        msglog_write(state, "%.*s: %s transport succeeded", STR_ARG(log_address(state, addr, false)),
                     transport_driver(addr->transport)->info.is_local ? "local"
                                                                      : transport_driver(addr->transport)->info.name);
    chain_add(&state->delivered_end, addr);
}

/* One address at a time is frozen for; the first reason is told. */
static void
freeze_note(struct delivery_state *state, const struct address *addr)
{
    if (addr->special_action != ACTION_FREEZE && !addr->is_freeze_wanted)
        return;
    state->is_freeze_wanted = true;
    if (state->freeze_text.len == 0)
        state->freeze_text = addr->why.text;
}

static void
address_settle(struct delivery_state *state, struct address *addr, const char *flag)
{
    log_output(state, addr);
    switch (addr->outcome) {
    case OK:
        delivered_tell(state, addr, flag);
        return;
    case FAIL:
        freeze_note(state, addr);
        log_failed(state, addr);
        chain_add(&state->failed_end, addr);
        return;
    case DEFER:
        freeze_note(state, addr);
        log_deferred(state, addr);
        chain_add(&state->deferred_end, addr);
        for (struct address *above = addr->parent; above != NULL; above = above->parent)
            above->is_held = true;
        return;
    }
}

void
addresses_settle(struct delivery_state *state, struct address *const *addresses, size_t count)
{
    struct address **delivered = POOL_NEW_ARRAY(state->pool, struct address *, count);
    const char *flag = state->message->is_dont_deliver ? "*>" : "=>";
    size_t delivered_count = 0;

    for (size_t i = 0; i < count; i++)
        if (addresses[i]->outcome == OK)
            delivered[delivered_count++] = addresses[i];
    addresses_finish(state, delivered, delivered_count);
    for (size_t i = 0; i < count; i++) {
        address_settle(state, addresses[i], flag);
        if (addresses[i]->outcome == OK && addresses[i]->transport != NULL && flag[0] == '=')
            flag = "->";
    }
}

void
addresses_settle_chain(struct delivery_state *state, struct address *first, enum outcome outcome, const struct why *why)
{
    struct ptr_list list = { 0 };

    for (struct address *addr = first; addr != NULL; addr = addr->next) {
        addr->outcome = outcome;
        if (why != NULL)
            addr->why = *why;
        ptr_list_add(&list, state->pool, addr);
    }
    addresses_settle(state, (struct address **)list.items, list.count);
}
