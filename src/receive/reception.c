/* receive/reception.c -- take message text in: header section to memory, body to the spool. */
#include <errno.h>
#include "base/clock.h"
#include "expand/expand.h"
#include "match/match.h"
#include "receive/reception.h"

/* "50M": digits with K, M or G.  False if it is anything else. */
static bool
size_parse(struct str text, int64_t *size_out)
{
    int64_t factor = 1;

    text = str_trim(text);
    if (text.len > 0 && !ascii_is_digit(text.ptr[text.len - 1])) {
        switch (ascii_upper(text.ptr[text.len - 1])) {
        case 'K': factor = 1024; break;
        case 'M': factor = 1024 * 1024; break;
        case 'G': factor = 1024 * 1024 * 1024; break;
        default: return false;
        }
        text.len--;
    }
    return str_to_i64(text, size_out) && *size_out >= 0 && !__builtin_mul_overflow(*size_out, factor, size_out);
}

static void
find_size_limit(struct reception *r)
{
    struct str text;
    struct why why;

    why_init(&why, r->pool);
    if (config->message_size_limit == NULL)
        return;
    if (expand(config->message_size_limit, &r->scope, &text, &why) == OK && size_parse(text, &r->size_limit_bytes))
        return;
    log_panic(NULL, "unable to expand message_size_limit: %.*s", STR_ARG(why.text));
    reception_trouble(r, FAILURE_SOURCE, SMTP_LOCAL_ERROR, STR(""), STR("Temporary local problem"));
}

/* Do addresses of the header section that lack a domain get one (manual: unqualified addresses)? */
static void
find_qualification(struct reception *r)
{
    struct message *message = r->message;

    if (r->is_local_input) {
        message->was_allowed_unqualified_sender = message->was_allowed_unqualified_recipient = !r->options->no_qualify;
        return;
    }
    message->was_allowed_unqualified_sender =
        match_client_host(config->sender_unqualified_hosts, &r->scope, NULL, NULL) == MATCH_YES;
    message->was_allowed_unqualified_recipient
        = match_client_host(config->recipient_unqualified_hosts, &r->scope, NULL, NULL) == MATCH_YES;
}

struct reception *
reception_begin(const struct receive_request *request)
{
    static const struct receive_options no_options;
    struct reception *r = POOL_NEW(request->pool, struct reception);

    r->request = *request;
    r->pool = request->pool;
    r->message = request->message;
    r->origin = request->origin;
    r->options = request->options != NULL ? request->options : &no_options;
    r->scope = request->scope != NULL ? *request->scope : scope_make(request->pool);
    r->scope.pool = r->pool;
    r->scope.origin = r->origin;
    r->scope.message = r->message;
    r->scope.session = request->session;
    r->scope.captures = &r->captures;
    if (r->scope.acl == NULL) {
        acl_state_init(&r->own_acl, r->pool, r->pool);
        r->own_acl.client_fd = -1;
        r->scope.acl = &r->own_acl;
    }
    if (r->scope.verify == NULL) {
        verify_state_init(&r->own_verify, r->pool);
        r->scope.verify = &r->own_verify;
    }
    r->is_pretending = r->scope.acl->is_pretending;
    r->is_local_input = r->origin->host_address.len == 0;
    r->message->received_at = clock_now();
    r->message->is_first_try = true;
    r->message->is_dont_deliver = r->options->is_dont_deliver;
    buf_init(&r->header, r->pool, BUF_NO_LIMIT);
    buf_taint(&r->header);
    find_qualification(r);
    find_size_limit(r);
    return r;
}

void
reception_trouble(struct reception *r, enum receive_failure failure, int code, struct str enhanced, struct str reply)
{
    r->phase = PHASE_DISCARD;
    if (r->is_failed)
        return;
    r->is_failed = true;
    r->failure = failure;
    r->fail_code = code;
    r->fail_enhanced = enhanced;
    r->fail_reply = reply;
    spool_abandon(r->message);
}

void
reception_log_trouble(const struct reception *r, const struct why *why)
{
    bool is_full = why->sys_errno == ENOSPC || why->sys_errno == EDQUOT || why->sys_errno == EFBIG;

    log_write(LOG_ALWAYS, is_full ? LOG_TO_MAIN : LOG_TO_MAIN | LOG_TO_PANIC,
              r->message->id[0] != '\0' ? r->message->id : NULL, "%.*s", STR_ARG(why->text));
}

/* The disk did not take it: the log has the reason, the client a word. */
static void
spool_trouble(struct reception *r, const struct why *why)
{
    reception_log_trouble(r, why);
    reception_trouble(r, FAILURE_SPOOL, SMTP_NO_SPACE, STR(""), STR("Error while writing spool file"));
}

bool
reception_open_spool(struct reception *r)
{
    const struct spool *spool;
    struct why why;

    if (r->is_failed)
        return false;
    if (r->message->spool != NULL)
        return true;
    why_init(&why, r->pool);
    spool = spool_configured(&why);
    if (spool != NULL && r->message->queue_name.len > 0) {
        spool = spool_of_queue(spool, r->pool, r->message->queue_name);
        if (spool == NULL)
            why_defer(&why, 0, NULL, "\"%.*s\" cannot be the name of a queue", STR_ARG(r->message->queue_name));
    }
    if (spool != NULL
        && (r->is_pretending ? spool_pretend(spool, r->message, &why) : spool_create(spool, r->message, &why)) == OK)
        return true;
    spool_trouble(r, &why);
    return false;
}

static void
body_add(struct reception *r, struct str text)
{
    struct why why;

    body_count_add(&r->count, text);
    if (r->size_limit_bytes > 0 && (int64_t)r->header.len + 1 + r->count.bytes > r->size_limit_bytes) {
        reception_trouble(r, FAILURE_TOO_BIG, SMTP_TOO_BIG, STR(""), STR("Message size exceeds maximum permitted"));
        return;
    }
    why_init(&why, r->pool);
    if (reception_open_spool(r) && spool_body_add(r->message, text, &why) != OK)
        spool_trouble(r, &why);
}

void
reception_add(struct reception *r, struct str text)
{
    if (r->phase == PHASE_HEADER)
        header_section_add(r, &text);
    if (text.len == 0)
        return;
    if (r->phase == PHASE_BODY)
        body_add(r, text);
    else if (r->failure == FAILURE_TOO_BIG)
        r->count.bytes += (int64_t)text.len;
}

bool
reception_is_failed(const struct reception *r)
{
    return r->is_failed;
}

void
reception_fail(struct reception *r, int code, struct str enhanced, struct str reply)
{
    reception_trouble(r, FAILURE_SOURCE, code, enhanced, reply);
}

void
reception_abandon(struct reception *r)
{
    reception_release(r);
    r->phase = PHASE_DISCARD;
}
