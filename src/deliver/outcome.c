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

/* Durable before anyone is told. */
void
address_finish(struct delivery_state *state, struct address *addr)
{
    struct str_list done = { 0 };
    struct why why;

    done_collect(state, addr, &done);
    duplicates_collect(state, addr, &done);
    if (done.count == 0)
        return;
    why_init(&why, state->pool);
    state->has_progress = true;
    if (spool_journal_add(state->message, done.items, done.count, &why) != OK)
        log_panic(state->message->id, "failed to update journal for %.*s: %.*s", STR_ARG(addr->unique),
                  STR_ARG(why.text));
}

void
address_delivered(struct delivery_state *state, struct address *addr, const char *flag)
{
    address_finish(state, addr);
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

void
address_settle(struct delivery_state *state, struct address *addr, const char *flag)
{
    switch (addr->outcome) {
    case OK:
        address_delivered(state, addr, flag);
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
