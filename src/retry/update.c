/* retry/update.c -- after the tries: note what happened, compute the next times, write the hints. */
#include <string.h>
#include "base/clock.h"
#include "base/trace.h"
#include "config/config.h"
#include "message/message.h"
#include "net/dns.h"
#include "retry/record.h"

enum { FACTOR_ONE = 1000, INTERVAL_MAX_S = 24 * 3600, NUMBER_NONE = -1 };

struct retry_note *
retry_note(struct retry_notes *notes, struct address *addr, struct str key, const struct why *why)
{
    struct retry_note *note = POOL_NEW(notes->pool, struct retry_note);

    note->address = addr;
    note->key = pool_dup(notes->pool, key);
    if (why != NULL) {
        note->why = *why;
        note->why.text = pool_dup(notes->pool, why->text);
    }
    if (notes->last == NULL)
        notes->first = note;
    else
        notes->last->next = note;
    notes->last = note;
    return note;
}

void
retry_note_tell_host(struct retry_notes *notes, struct retry_note *note, const struct host *host)
{
    if (note->why.sys_errno > 0)
        note->why.text = str_of(strerror(note->why.sys_errno));
    else if (!str_is_empty(note->why.text))
        note->why.text = pool_printf_tainted(notes->pool, "H=%.*s [%.*s]: %.*s", STR_ARG(host->name),
            STR_ARG(host->address), STR_ARG(note->why.text));
}

struct retry_note *
retry_note_success(struct retry_notes *notes, struct address *addr, struct str key)
{
    struct retry_note *note = retry_note(notes, addr, key, NULL);

    note->is_success = true;
    return note;
}

/* A growing interval: the first of the series that is greater than the latest one. */
static int64_t
grow(const struct retry_param *param, int64_t latest_s, int64_t limit_s)
{
    int64_t interval_s = param->interval_s;

    while (param->factor > FACTOR_ONE && interval_s <= latest_s && interval_s < limit_s) {
        int64_t next_s = interval_s * param->factor / FACTOR_ONE;

        interval_s = next_s > interval_s ? next_s : interval_s + 1;
    }
    return interval_s;
}

/* Somewhere between the rule's interval and the latest one multiplied. */
static int64_t
grow_randomly(const struct retry_param *param, int64_t latest_s, int64_t limit_s)
{
    int64_t most_s = latest_s * param->factor / FACTOR_ONE;

    if (most_s > limit_s)
        most_s = limit_s;
    if (most_s <= param->interval_s)
        return param->interval_s;
    return param->interval_s + dns_random((unsigned)(most_s - param->interval_s) + 1);
}

bool
retry_next_try(const struct retry_rule *rule, const struct retry_record *before, time_t first_failed, time_t now,
               time_t *next_out)
{
    int64_t limit_s = config != NULL && config->retry_interval_max > 0 ? config->retry_interval_max : INTERVAL_MAX_S;
    int64_t latest_s = before != NULL && before->next_try > before->last_try ? before->next_try - before->last_try : 0;
    const struct retry_param *param = rule->params, *last = rule->params;
    int64_t interval_s;

    while (param != NULL && now - first_failed >= param->cutoff_s) {
        last = param;
        param = param->next;
    }
    if (param != NULL)
        last = param;
    interval_s = last->algorithm == 'F' ? last->interval_s : last->algorithm == 'G' ? grow(last, latest_s, limit_s) :
        grow_randomly(last, latest_s, limit_s);
    *next_out = now + (interval_s < limit_s ? interval_s : limit_s);
    return param == NULL;
}

/* The rule for a note: a host's by its name, then by the domain; an address's as its key has it, whole or by its
 * domain only. */
static const struct retry_rule *
rule_of(const struct retry_note *note, struct scope *scope)
{
    const struct address *addr = note->address;
    struct str domain = addr != NULL ? addr->domain : STR(""), key = domain, alternate = STR("");

    if (!str_is_empty(note->host_name)) {
        key = note->host_name;
        alternate = domain;
    } else if (addr != NULL && str_find(note->key, '@') != STR_NONE) {
        key = addr->text;
    }
    return retry_find_rule(key, alternate, &note->why, scope);
}

/* An error of the message, not of a host, counts from the message's arrival if that is earlier. */
static bool
is_of_message(const struct retry_note *note)
{
    enum why_cause cause = note->why.cause;

    return note->is_message || cause == CAUSE_MAIL_4XX || cause == CAUSE_DATA_4XX || cause == CAUSE_QUOTA;
}

/* What is shown of the failure: the system's words if it was the system's. */
static struct str
text_of(const struct why *why)
{
    if (why->sys_errno > 0)
        return str_of(strerror(why->sys_errno));
    return why->text;
}

static void
write_failure(struct hints *hints, struct retry_note *note, const struct message *message, struct scope *scope)
{
    const struct retry_rule *rule = rule_of(note, scope);
    time_t now = clock_seconds(), received = message != NULL ? message->received_at.tv_sec : now;
    struct retry_record before, record = {
        .first_failed = now, .last_try = now, .cause = note->why.cause, .detail = note->why.detail,
        .sys_errno = note->why.sys_errno != 0 || note->is_host ? note->why.sys_errno : NUMBER_NONE,
        .is_via_mx = note->why.is_via_mx, .is_of_host = note->is_host, .text = text_of(&note->why)
    };
    bool has_before = hints != NULL && retry_read_from(hints, note->key, scope->pool, &before);

    if (rule == NULL || rule->params == NULL) {
        trace(TRACE_RETRY, "no retry rule for %.*s: no retries", STR_ARG(note->key));
        note->is_past_cutoff = true;
        return;
    }
    if (has_before)
        record.first_failed = before.first_failed;
    /* So that a message that alone has trouble cannot wait for ever while others reset the host's clock. */
    if (is_of_message(note) && received < record.first_failed)
        record.first_failed = received;
    record.is_expired = retry_next_try(rule, has_before ? &before : NULL, record.first_failed, now, &record.next_try);
    note->is_past_cutoff = record.is_expired || now - received > retry_last_cutoff(rule);
    trace(TRACE_RETRY, "%.*s: first failed %lld s ago, next try in %lld s%s", STR_ARG(note->key),
        (long long)(now - record.first_failed), (long long)(record.next_try - now), note->is_past_cutoff ?
            ", past the last cutoff" : "");
    /* A message that has timed out by its own age leaves the times for others as they are. */
    if (!record.is_expired && note->is_past_cutoff)
        return;
    hints_put(hints, note->key, retry_record_encode(&record, now, scope->pool));
}

/* A later note about the same key takes the place of this one. */
static bool
is_superseded(const struct retry_note *note)
{
    for (const struct retry_note *later = note->next; later != NULL; later = later->next)
        if (later->is_success == note->is_success && str_eq(later->key, note->key))
            return true;
    return false;
}

/* Past the cutoff is what all notes of one key are, whichever was written. */
static void
share_cutoff(struct retry_notes *notes, const struct retry_note *written)
{
    for (struct retry_note *note = notes->first; note != NULL; note = note->next)
        if (note != written && !note->is_success && str_eq(note->key, written->key))
            note->is_past_cutoff = written->is_past_cutoff;
}

void
retry_update(struct retry_notes *notes, const struct message *message, struct scope *scope)
{
    bool has_failure = false;
    struct hints *hints;

    for (const struct retry_note *note = notes->first; note != NULL; note = note->next)
        has_failure |= !note->is_success;
    if (notes->first == NULL)
        return;
    hints = hints_open("retry", has_failure ? HINTS_CREATE : HINTS_WRITE);
    for (struct retry_note *note = notes->first; note != NULL; note = note->next) {
        if (is_superseded(note))
            continue;
        if (note->is_success) {
            trace(TRACE_RETRY, "deleting retry record %.*s", STR_ARG(note->key));
            hints_delete(hints, note->key);
            continue;
        }
        write_failure(hints, note, message, scope);
        share_cutoff(notes, note);
    }
    hints_close(hints);
}

bool
retry_is_timed_out(const struct retry_notes *notes, const struct address *addr)
{
    bool has_note = false;

    for (const struct retry_note *note = notes->first; note != NULL; note = note->next) {
        if (note->address != addr || note->is_success)
            continue;
        if (!note->is_past_cutoff)
            return false;
        has_note = true;
    }
    return has_note;
}
