/* Is it time? (manual: retry configuration, long-term failures) */
#include "base/clock.h"
#include "base/trace.h"
#include "message/message.h"
#include "base/buf.h"
#include "retry/parts.h"

enum { SMTP_PORT = 25 };

struct str
retry_key_routing(const struct address *addr, bool is_local_part_included, struct pool *pool)
{
    if (is_local_part_included)
        return pool_printf_tainted(pool, "R:%.*s@%.*s", STR_ARG(addr->local_part), STR_ARG(addr->domain));
    return pool_printf_tainted(pool, "R:%.*s", STR_ARG(addr->domain));
}

struct str
retry_key_transport(const struct address *addr, struct pool *pool)
{
    return pool_printf_tainted(pool, "T:%.*s", STR_ARG(str_is_empty(addr->unique) ? addr->text : addr->unique));
}

struct str
retry_key_host(const struct host *host, int port, const char *message_id, bool has_address, struct pool *pool)
{
    struct buf key;

    buf_init(&key, pool, BUF_NO_LIMIT);
    buf_add_c(&key, "T:");
    buf_add(&key, host->name);
    if (has_address) {
        buf_add_char(&key, ':');
        buf_add(&key, host->address);
    }
    if (port != 0 && port != SMTP_PORT)
        buf_addf(&key, ":%d", port);
    if (message_id != NULL)
        buf_addf(&key, ":%s", message_id);
    return buf_str(&key);
}

static enum retry_answer
answer_for(const struct retry_record *record, time_t now)
{
    if (record->is_expired)
        return RETRY_EXPIRED;
    return now < record->next_try ? RETRY_NOT_YET : RETRY_NOW;
}

/* A message that has waited longer than the rule allows at all is tried even if it is not yet time. */
static bool
has_waited_out(struct str key, const struct retry_record *record, struct scope *scope)
{
    struct why why;
    const struct retry_rule *rule;

    if (scope->message == NULL)
        return false;
    why_init(&why, scope->pool);
    why.cause = record->cause;
    why.detail = record->detail;
    why.sys_errno = record->sys_errno;
    why.is_via_mx = record->is_via_mx;
    rule = retry_find_rule(key, STR(""), &why, scope);
    return rule != NULL && rule->params != NULL
        && clock_seconds() - scope->message->received_at.tv_sec > retry_last_cutoff(rule);
}

static struct retry_check
check_key(struct str key, struct str rule_key, struct scope *scope)
{
    struct retry_check check = { .answer = RETRY_NOW };

    check.has_record = retry_read(key, scope->pool, &check.record);
    if (check.has_record) {
        check.answer = answer_for(&check.record, clock_seconds());
        if (check.answer == RETRY_NOT_YET && has_waited_out(rule_key, &check.record, scope))
            check.answer = RETRY_NOW;
    }
    trace(TRACE_RETRY, "retry record %.*s: %s", STR_ARG(key), !check.has_record ? "none" : check.answer == RETRY_NOW ? "time reached"
          : check.answer == RETRY_EXPIRED ? "past its last retry time" : "retry time not reached");
    return check;
}

struct retry_check
retry_check_routing(const struct address *addr, struct scope *scope)
{
    struct retry_check check = check_key(retry_key_routing(addr, false, scope->pool), addr->domain, scope);

    if (check.has_record)
        return check;
    return check_key(retry_key_routing(addr, true, scope->pool), addr->text, scope);
}

struct retry_check
retry_check_address(const struct address *addr, struct scope *scope)
{
    return check_key(retry_key_transport(addr, scope->pool), addr->text, scope);
}

static void
host_judge(struct host *host, const struct retry_record *record, time_t now)
{
    if (host->last_try < record->last_try)
        host->last_try = record->last_try;
    if (now >= record->next_try)
        return;
    host->status = record->is_expired ? HOST_UNUSABLE_EXPIRED : HOST_UNUSABLE;
    host->why_unusable = record->is_expired ? "all retry times passed" : "retry time not reached";
}

static bool
host_record(struct hints *hints, struct str key, struct host *host, time_t now, struct str *key_out)
{
    struct pool *pool = pool_new("retry check");
    struct retry_record record;
    bool is_known = retry_record_get(hints, key, pool, &record);

    if (is_known) {
        *key_out = key;
        host_judge(host, &record, now);
    }
    pool_free(pool);
    return is_known;
}

enum retry_answer
retry_check_host(struct host *host, int port, bool has_address, const struct message *message, struct str domain,
                 struct str *host_key_out, struct str *message_key_out)
{
    struct hints *hints = hints_open("retry", HINTS_READ);
    struct pool *pool = message->pool;
    time_t now = clock_seconds();

    (void)domain;
    host->status = HOST_USABLE;
    *host_key_out = *message_key_out = STR("");
    if (hints == NULL)
        return RETRY_NOW;
    host_record(hints, retry_key_host(host, port, NULL, has_address, pool), host, now, host_key_out);
    if (host->status == HOST_USABLE)
        host_record(hints, retry_key_host(host, port, message->id, has_address, pool), host, now, message_key_out);
    hints_close(hints);
    trace(TRACE_RETRY, "host %.*s [%.*s]: %s", STR_ARG(host->name), STR_ARG(host->address),
          host->status == HOST_USABLE ? "usable" : host->why_unusable);
    return host->status == HOST_USABLE ? RETRY_NOW : host->status == HOST_UNUSABLE ? RETRY_NOT_YET : RETRY_EXPIRED;
}
