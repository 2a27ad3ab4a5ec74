/* Route all recipients of a message. */
#include "deliver/plan.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "match/match.h"
#include "message/message.h"
#include "net/host.h"
#include "retry/retry.h"
#include "routers/router.h"

struct chain {
    struct address *first, **end;
};

static void
chain_init(struct chain *chain)
{
    chain->first = NULL;
    chain->end = &chain->first;
}

static void
chain_add(struct chain *chain, struct address *addr)
{
    addr->next = NULL;
    *chain->end = addr;
    chain->end = &addr->next;
}

struct planning {
    struct plan *plan;
    struct route_run *run;
    struct map seen;                /* unique → first address that had it */
    struct chain waiting, accepted, failed, deferred, discarded, duplicates, finished;
    bool is_loop;                   /* more Received: fields than received_headers_max */
};

void
plan_init(struct plan *plan, struct pool *pool, struct message *message)
{
    *plan = (struct plan){ .pool = pool, .message = message };
}

/* A child is finished already: so is its parent when it was the last. */
static void
finished_before(struct planning *p, struct address *addr)
{
    for (addr = addr->parent; addr != NULL && --addr->open_children == 0; addr = addr->parent)
        chain_add(&p->finished, addr);
}

/* Is the domain in a list that says "not now"? */
static bool
is_in_list(struct template *list, const struct address *addr, struct scope *scope, struct why *why)
{
    return list != NULL && match_domain(list, addr->domain, scope, NULL, why) != MATCH_NO;
}

/* Numbers of the reference for what is no system error; logs show them. */
enum { NUMBER_HELD = -23, NUMBER_ROUTING_RETRY = -52, NUMBER_QUEUE_DOMAIN = -56 };

static void
later(struct address *addr, int number, const char *text)
{
    why_defer(&addr->why, 0, "4.2.0", "%s", text);
    addr->why.sys_errno = number;
}

/* hold_domains, queue_domains, retry times: true if the address is left for later. */
static bool
is_left_for_later(struct planning *p, struct address *addr, struct retry_check *check_out)
{
    struct scope *scope = p->run->scope;
    struct why why;

    *check_out = (struct retry_check){ .answer = RETRY_NOW };
    if (addr->kind != ADDRESS_MAIL || addr->is_unseen_copy)
        return false;
    why_init(&why, p->run->pool);
    if (!p->plan->is_forced && is_in_list(config->hold_domains, addr, scope, &why)) {
        later(addr, NUMBER_HELD, "domain is held");
        return true;
    }
    if (!p->plan->is_forced && !p->plan->is_queue_run && is_in_list(config->queue_domains, addr, scope, &why)) {
        later(addr, NUMBER_QUEUE_DOMAIN, "domain is in queue_domains");
        return true;
    }
    *check_out = retry_check_routing(addr, scope);
    if (p->plan->is_forced || !p->plan->is_queue_run)
        return false;
    if (check_out->answer != RETRY_NOT_YET && retry_check_address(addr, scope).answer != RETRY_NOT_YET)
        return false;
    later(addr, NUMBER_ROUTING_RETRY, "retry time not reached");
    addr->why.cause = CAUSE_RETRY_NOT_REACHED;
    addr->retry_at = check_out->record.next_try;
    return true;
}

/* What routing taught about the address's domain. */
static void
routing_note(struct planning *p, struct address *addr, const struct retry_check *check, enum route_result result)
{
    struct retry_notes *notes = p->plan->notes;
    bool has_local_part = addr->router == NULL || addr->router->retry_use_local_part;

    if (notes == NULL || addr->kind != ADDRESS_MAIL || addr->is_unseen_copy)
        return;
    if (result == ROUTED_DEFER) {
        retry_note(notes, addr, retry_key_routing(addr, has_local_part, p->run->pool), &addr->why)->is_routing = true;
    } else if (check->has_record) {
        retry_note_success(notes, addr, retry_key_routing(addr, true, p->run->pool))->is_routing = true;
        retry_note_success(notes, addr, retry_key_routing(addr, false, p->run->pool))->is_routing = true;
    }
}

static void
children_wait(struct planning *p, struct address *children)
{
    while (children != NULL) {
        struct address *next = children->next;

        chain_add(&p->waiting, children);
        children = next;
    }
}

static void
address_plan(struct planning *p, struct address *addr)
{
    struct retry_check check;
    enum route_result result;

    if (p->is_loop) {
        addr->outcome = why_fail(&addr->why, 0, "5.4.6", "Too many \"Received\" headers - suspected mail loop");
        chain_add(&p->failed, addr);
        return;
    }
    if (is_left_for_later(p, addr, &check)) {
        addr->outcome = DEFER;
        chain_add(&p->deferred, addr);
        return;
    }
    result = route_address(p->run, addr);
    routing_note(p, addr, &check, result);
    switch (result) {
    case ROUTED_TO_TRANSPORT:
        chain_add(addr->transport == NULL ? &p->discarded : &p->accepted, addr);
        break;
    case ROUTED_TO_CHILDREN:
        children_wait(p, route_run_take(p->run));
        break;
    case ROUTED_TO_NOTHING:
        chain_add(&p->discarded, addr);
        break;
    case ROUTED_FAIL:
        chain_add(&p->failed, addr);
        break;
    case ROUTED_DEFER:
        chain_add(&p->deferred, addr);
        break;
    }
}

/* Done before, the same as another, or to be routed. */
static void
address_consider(struct planning *p, struct address *addr)
{
    struct address *first;

    p->plan->address_count++;
    if (map_find(&p->plan->message->nonrecipients, addr->unique) != NULL) {
        trace(TRACE_DELIVER, "%.*s was delivered before", STR_ARG(addr->unique));
        finished_before(p, addr);
        return;
    }
    first = map_get(&p->seen, addr->unique);
    if (first != NULL) {
        trace(TRACE_DELIVER, "%.*s is a duplicate", STR_ARG(addr->text));
        addr->first_of_duplicates = first;
        addr->next_duplicate = first->duplicates;
        first->duplicates = addr;
        chain_add(&p->duplicates, addr);
        return;
    }
    map_set(&p->seen, addr->unique, addr);
    address_plan(p, addr);
}

static void
recipients_consider(struct planning *p)
{
    struct message *message = p->plan->message;

    for (size_t i = 0; i < message->recipient_count; i++) {
        struct recipient *recipient = &message->recipients[i];
        struct address *addr = address_new(p->plan->pool, recipient->address);

        addr->recipient_index = (int)i;
        addr->notify = recipient->notify;
        addr->original_recipient = recipient->original;
        if (recipient->errors_to.len > 0) {
            addr->errors_to = recipient->errors_to;
            addr->has_errors_to = true;
        }
        if (recipient->parent >= 0 && (size_t)recipient->parent < message->recipient_count)
            addr->one_time_parent = message->recipients[recipient->parent].address;
        if (addr->domain.len == 0) {
            chain_add(&p->failed, addr);
            continue;
        }
        address_consider(p, addr);
        /* Depth first: what one recipient turns into is routed before the next, and memory stays with what is open. */
        while (p->waiting.first != NULL) {
            struct address *child = p->waiting.first;

            p->waiting.first = child->next;
            if (p->waiting.first == NULL)
                p->waiting.end = &p->waiting.first;
            address_consider(p, child);
        }
    }
}

static bool
is_mail_loop(const struct message *message)
{
    int count = 0;

    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        count += field->kind == HEADER_RECEIVED;
    return count > config->received_headers_max;
}

void
plan_make(struct plan *plan, struct route_run *run)
{
    struct planning p = { .plan = plan, .run = run, .is_loop = is_mail_loop(plan->message) };

    map_init(&p.seen, plan->pool, false);
    chain_init(&p.waiting);
    chain_init(&p.accepted);
    chain_init(&p.failed);
    chain_init(&p.deferred);
    chain_init(&p.discarded);
    chain_init(&p.duplicates);
    chain_init(&p.finished);
    recipients_consider(&p);
    plan->failed = p.failed.first;
    plan->deferred = p.deferred.first;
    plan->discarded = p.discarded.first;
    plan->duplicates = p.duplicates.first;
    plan->finished = p.finished.first;
    plan_group(plan, p.accepted.first, run->scope);
}

void
plan_print(const struct plan *plan, FILE *out)
{
    const struct delivery *const chains[] = { plan->local, plan->remote };

    for (size_t i = 0; i < COUNT(chains); i++)
        for (const struct delivery *delivery = chains[i]; delivery != NULL; delivery = delivery->next) {
            const struct host *host = delivery->addresses->hosts;

            fprintf(out, "%s delivery by %.*s:", delivery->is_local ? "local" : "remote",
                    STR_ARG(((const struct driver_instance *)delivery->transport)->name));
            for (const struct address *addr = delivery->addresses; addr != NULL; addr = addr->next)
                fprintf(out, " %.*s", STR_ARG(addr->text));
            for (; host != NULL && !delivery->is_local; host = host->next)
                fprintf(out, "%s%.*s [%.*s]", host == delivery->addresses->hosts ? " to " : ", ", STR_ARG(host->name),
                        STR_ARG(host->address));
            fputc('\n', out);
        }
    for (const struct address *addr = plan->failed; addr != NULL; addr = addr->next)
        fprintf(out, "failed: %.*s: %.*s\n", STR_ARG(addr->text), STR_ARG(addr->why.text));
    for (const struct address *addr = plan->deferred; addr != NULL; addr = addr->next)
        fprintf(out, "deferred: %.*s: %.*s\n", STR_ARG(addr->text), STR_ARG(addr->why.text));
    for (const struct address *addr = plan->discarded; addr != NULL; addr = addr->next)
        fprintf(out, "discarded: %.*s\n", STR_ARG(addr->text));
}
