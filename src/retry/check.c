/* retry/check.c -- before a try: what do the hints say about this address, about that host? */
#include "base/buf.h"
#include "base/clock.h"
#include "base/trace.h"
#include "config/config.h"
#include "message/message.h"
#include "retry/record.h"

enum { KEY_MAX_BYTES = 2048, SMTP_PORT = 25 };

static struct str
address_key(const char *prefix, const struct address *addr, bool has_local_part, struct pool *pool)
{
    struct buf key;

    buf_init(&key, pool, KEY_MAX_BYTES);
    buf_add_c(&key, prefix);
    if (addr->kind != ADDRESS_MAIL)
        buf_add(&key, addr->text);
    else {
        if (has_local_part) {
            buf_add(&key, addr->local_part);
            buf_add_char(&key, '@');
        }
        buf_add(&key, addr->domain);
    }
    return buf_str(&key);
}

struct str
retry_key_routing(const struct address *addr, bool is_local_part_included, struct pool *pool)
{
    return address_key("R:", addr, is_local_part_included, pool);
}

struct str
retry_key_sender(const struct address *addr, struct str sender, struct pool *pool)
{
    struct str key = address_key("R:", addr, true, pool);

    return pool_printf_tainted(pool, "%.*s:<%.*s>", STR_ARG(key), STR_ARG(sender));
}

struct str
retry_key_transport(const struct address *addr, struct pool *pool)
{
    return address_key("T:", addr, true, pool);
}

struct str
retry_key_host(const struct host *host, int port, const char *message_id, bool has_address, struct pool *pool)
{
    struct buf key;

    buf_init(&key, pool, KEY_MAX_BYTES);
    buf_add_c(&key, "T:");
    buf_add(&key, host->name);
    if (has_address) {
        buf_add_char(&key, ':');
        buf_add(&key, host->address);
    }
    if (port != HOST_PORT_NONE && port != SMTP_PORT)
        buf_addf(&key, ":%d", port);
    if (message_id != NULL)
        buf_addf(&key, ":%s", message_id);
    return buf_str(&key);
}

static bool
is_message_past_cutoff(const struct retry_rule *rule, const struct message *message)
{
    return message != NULL && clock_seconds() - message->received_at.tv_sec > retry_last_cutoff(rule);
}

bool
retry_is_past_ultimate(const struct address *addr, struct str host_name, const struct message *message,
                       const struct why *why,
                       struct scope *scope)
{
    struct str key = str_is_empty(host_name) ? addr->text : host_name;
    const struct retry_rule *rule = retry_find_rule(key, addr->domain, why, scope);

    return rule != NULL && (rule->params == NULL || is_message_past_cutoff(rule, message));
}

/* The same for an error of earlier. */
static bool
has_waited_out(const struct retry_record *record, struct str key, struct str alternate, const struct message *message,
               struct scope *scope)
{
    struct why why;
    const struct retry_rule *rule;

    why_init(&why, scope->pool);
    why.cause = record->cause;
    why.detail = record->detail;
    why.is_via_mx = record->is_via_mx;
    rule = retry_find_rule(key, alternate, &why, scope);
    return rule != NULL && is_message_past_cutoff(rule, message);
}

/* What a record means for the address. */
static enum retry_answer
judge(const struct retry_record *record, const struct address *addr, struct scope *scope)
{
    if (clock_seconds() >= record->next_try)
        return record->is_expired ? RETRY_EXPIRED : RETRY_NOW;
    if (record->is_expired || has_waited_out(record, addr->text, addr->domain, scope->message, scope))
        return RETRY_EXPIRED;
    return RETRY_NOT_YET;
}

/* Look at some keys of an address; the strictest answer counts. */
static struct retry_check
check_keys(const struct str *keys, size_t count, const struct address *addr, struct scope *scope)
{
    struct retry_check check = { .answer = RETRY_NOW };
    struct hints *hints = hints_open("retry", HINTS_READ);

    for (size_t i = 0; hints != NULL && i < count; i++) {
        struct retry_record record;
        enum retry_answer answer;

        if (!retry_read_from(hints, keys[i], scope->pool, &record))
            continue;
        answer = judge(&record, addr, scope);
        trace(TRACE_RETRY, "retry record %.*s: %s", STR_ARG(keys[i]), answer == RETRY_NOT_YET ?
            "retry time not reached" :
            answer == RETRY_EXPIRED ? "past the last cutoff" : "may be tried");
        if (!check.has_record || answer == RETRY_NOT_YET || (answer == RETRY_EXPIRED && check.answer == RETRY_NOW)) {
            check.answer = answer;
            check.record = record;
        }
        check.has_record = true;
    }
    hints_close(hints);
    return check;
}

struct retry_check
retry_check_routing(const struct address *addr, struct scope *scope)
{
    struct str sender = scope->message != NULL ? scope->message->sender : STR("");
    struct str keys[] = {
        retry_key_routing(addr, false, scope->pool), retry_key_routing(addr, true, scope->pool),
        retry_key_sender(addr, sender, scope->pool),
    };

    return check_keys(keys, COUNT(keys), addr, scope);
}

struct retry_check
retry_check_address(const struct address *addr, struct scope *scope)
{
    struct str keys[] = { retry_key_transport(addr, scope->pool), address_key("T:", addr, false, scope->pool) };

    return check_keys(keys, COUNT(keys), addr, scope);
}

/* One record about a host: its effect on the host. */
static enum retry_answer
judge_host(struct host *host, const struct retry_record *record, const struct message *message, struct str domain)
{
    struct scope scope = scope_make(message->pool);

    host->last_try = record->last_try;
    if (clock_seconds() >= record->next_try)
        return RETRY_NOW;
    if (record->is_expired) {
        host->status = HOST_UNUSABLE_EXPIRED;
        host->why_unusable = "all retry times passed";
        return RETRY_EXPIRED;
    }
    scope.message = (struct message *)(uintptr_t)message;
    if (has_waited_out(record, host->name, domain, message, &scope))
        return RETRY_NOW;
    host->status = HOST_UNUSABLE;
    host->why_unusable = "retry time not reached";
    return RETRY_NOT_YET;
}

enum retry_answer
retry_check_host(struct host *host, int port, bool has_address, const struct message *message, struct str domain,
                 struct str *host_key_out, struct str *message_key_out)
{
    struct str key = retry_key_host(host, port, NULL, has_address, message->pool);
    enum retry_answer answer = RETRY_NOW;
    struct retry_record record;
    struct hints *hints = hints_open("retry", HINTS_READ);

    host->status = HOST_USABLE;
    host->why_unusable = NULL;
    *host_key_out = *message_key_out = STR("");
    if (hints != NULL && retry_read_from(hints, key, message->pool, &record)) {
        *host_key_out = key;
        answer = judge_host(host, &record, message, domain);
    }
    key = retry_key_host(host, port, message->id, has_address, message->pool);
    if (hints != NULL && retry_read_from(hints, key, message->pool, &record)) {
        *message_key_out = key;
        if (answer == RETRY_NOW)
            answer = judge_host(host, &record, message, domain);
    }
    hints_close(hints);
    trace(TRACE_RETRY, "host %.*s [%.*s]: %s", STR_ARG(host->name), STR_ARG(host->address),
        host->why_unusable != NULL ? host->why_unusable : "may be tried");
    return answer;
}
