/* What a delivery learned goes to the hints (manual: retry parameters, long-term failures, deliveries that work intermittently). */
#include <stdlib.h>
#include "base/clock.h"
#include "base/trace.h"
#include "config/config.h"
#include "message/message.h"
#include "retry/parts.h"

enum { THOUSAND = 1000, TEXT_MAX_BYTES = 1000 };

static struct retry_note *
note_add(struct retry_notes *notes, struct address *addr, struct str key)
{
    struct retry_note *note = POOL_NEW(notes->pool, struct retry_note);

    note->address = addr;
    note->key = pool_dup(notes->pool, key);
    if (notes->last == NULL)
        notes->first = note;
    else
        notes->last->next = note;
    notes->last = note;
    return note;
}

struct retry_note *
retry_note(struct retry_notes *notes, struct address *addr, struct str key, const struct why *why)
{
    struct retry_note *note = note_add(notes, addr, key);

    note->why = *why;
    note->why.text = pool_dup(notes->pool, why->text);
    return note;
}

struct retry_note *
retry_note_success(struct retry_notes *notes, struct address *addr, struct str key)
{
    struct retry_note *note = note_add(notes, addr, key);

    note->is_success = true;
    return note;
}

/* Longer than the interval before, as the factor gives it. */
static int64_t
grown(const struct retry_param *param, int64_t before_s)
{
    int64_t interval_s = param->interval_s;

    while (interval_s <= before_s)
        interval_s = interval_s * param->factor / THOUSAND + 1;
    return interval_s;
}

static int64_t
next_interval(const struct retry_param *param, int64_t before_s)
{
    int64_t interval_s = param->interval_s;

    if (param->algorithm == 'G')
        interval_s = grown(param, before_s);
    if (param->algorithm == 'H' && before_s >= param->interval_s) {
        int64_t most_s = before_s * param->factor / THOUSAND;

        interval_s += most_s > interval_s ? random() % (most_s - interval_s + 1) : 0;
    }
    return interval_s < config->retry_interval_max ? interval_s : config->retry_interval_max;
}

/* The parameters in force so long after the first failure; the last ones, and *is_past_out, when all cutoffs have passed. */
static const struct retry_param *
param_for(const struct retry_rule *rule, int64_t failing_s, bool *is_past_out)
{
    const struct retry_param *param = rule->params;

    while (param->next != NULL && failing_s > param->cutoff_s)
        param = param->next;
    *is_past_out = failing_s > param->cutoff_s;
    return param;
}

static struct str
rule_key(const struct retry_note *note)
{
    if (!str_is_empty(note->host_name))
        return note->host_name;
    return str_find(note->key, '@') == STR_NONE ? note->address->domain : note->address->text;
}

static const struct retry_rule *
rule_of(const struct retry_note *note, struct scope *scope)
{
    struct str alternate = str_is_empty(note->host_name) ? STR("") : note->address->domain;

    return retry_find_rule(rule_key(note), alternate, &note->why, scope);
}

/* An error of the message, not of a host, counts from the message's arrival if that is earlier. */
static bool
is_message_error(const struct why *why)
{
    return why->cause == CAUSE_MAIL_4XX || why->cause == CAUSE_DATA_4XX || why->cause == CAUSE_QUOTA;
}

static void
record_fill(struct retry_record *record, const struct retry_note *note, const struct message *message, time_t now)
{
    if (record->first_failed == 0 || record->first_failed > now)
        record->first_failed = now;
    record->cause = note->why.cause;
    record->detail = note->why.detail;
    record->sys_errno = note->why.sys_errno;
    record->is_via_mx = note->why.is_via_mx;
    record->text = str_head(note->why.text, TEXT_MAX_BYTES);
    if ((note->is_message || is_message_error(&note->why)) && message->received_at.tv_sec < record->first_failed)
        record->first_failed = message->received_at.tv_sec;
}

static void
failure_write(struct hints *hints, struct retry_note *note, const struct message *message, struct scope *scope)
{
    struct retry_record record = { 0 };
    const struct retry_rule *rule = rule_of(note, scope);
    const struct retry_param *param;
    time_t now = clock_seconds();
    int64_t before_s;

    if (rule == NULL || rule->params == NULL) {
        note->is_past_cutoff = true;
        return;
    }
    if (hints != NULL && !retry_record_get(hints, note->key, scope->pool, &record))
        record = (struct retry_record){ 0 };
    before_s = record.next_try > record.last_try ? record.next_try - record.last_try : 0;
    record_fill(&record, note, message, now);
    param = param_for(rule, now - record.first_failed, &note->is_past_cutoff);
    /* The message has waited out the rule: it fails, and others are to be tried at once. */
    if (!note->is_past_cutoff && now - message->received_at.tv_sec > retry_last_cutoff(rule)) {
        note->is_past_cutoff = true;
        return;
    }
    record.is_expired = note->is_past_cutoff;
    record.last_try = now;
    record.next_try = now + next_interval(param, before_s);
    trace(TRACE_RETRY, "%.*s: next try in %lld seconds%s", STR_ARG(note->key), (long long)(record.next_try - now),
          record.is_expired ? ", past the last cutoff" : "");
    if (hints != NULL)
        hints_put(hints, note->key, retry_record_pack(&record, now, scope->pool));
}

static bool
has_failures(const struct retry_notes *notes)
{
    for (const struct retry_note *note = notes->first; note != NULL; note = note->next)
        if (!note->is_success)
            return true;
    return false;
}

/* The same key may have been noted for many addresses: it is written once. */
void
retry_update(struct retry_notes *notes, const struct message *message, struct scope *scope)
{
    struct hints *hints;
    struct map done;

    if (notes->first == NULL)
        return;
    hints = hints_open("retry", has_failures(notes) ? HINTS_CREATE : HINTS_WRITE);
    map_init(&done, notes->pool, false);
    for (struct retry_note *note = notes->first; note != NULL; note = note->next) {
        const struct retry_note *before = map_get(&done, note->key);

        if (before != NULL && before->is_success == note->is_success) {
            note->is_past_cutoff = before->is_past_cutoff;
            continue;
        }
        map_set(&done, note->key, note);
        if (!note->is_success)
            failure_write(hints, note, message, scope);
        else if (hints != NULL)
            hints_delete(hints, note->key);
    }
    hints_close(hints);
}

bool
retry_is_timed_out(const struct retry_notes *notes, const struct address *addr)
{
    bool has_any = false;

    for (const struct retry_note *note = notes->first; note != NULL; note = note->next) {
        if (note->address != addr || note->is_success)
            continue;
        if (!note->is_past_cutoff)
            return false;
        has_any = true;
    }
    return has_any;
}

bool
retry_is_past_ultimate(const struct address *addr, struct str host_name, const struct message *message, const struct why *why,
                       struct scope *scope)
{
    struct str key = str_is_empty(host_name) ? addr->text : host_name;
    const struct retry_rule *rule = retry_find_rule(key, addr->domain, why, scope);

    return rule != NULL && (rule->params == NULL || clock_seconds() - message->received_at.tv_sec > retry_last_cutoff(rule));
}
