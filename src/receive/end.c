/* receive/end.c -- from the last octet to the verdict, in the manual's order: fix-ups, rewriting, Received:, ACLs,
 * spool. */
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "message/header.h"
#include "receive/reception.h"
#include "rewrite/rewrite.h"

void
reception_counts(struct reception *r)
{
    struct message *message = r->message;

    message->body_bytes = r->count.bytes;
    message->body_lines = (int)(r->count.lines < INT32_MAX ? r->count.lines : INT32_MAX);
    message->body_zeros = (int)(r->count.zeros < INT32_MAX ? r->count.zeros : INT32_MAX);
    message->max_received_line_bytes = (int)(r->count.max_line_bytes < INT32_MAX ? r->count.max_line_bytes : INT32_MAX);
    message->received_lines = message->body_lines + 1;
    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        for (struct str rest = field->text, line; rest.len > 0; message->received_lines++)
            str_cut(rest, '\n', &line, &rest);
}

/* $message_size and S=: the header fields that are sent, the empty line, the body. */
static void
count_size(struct message *message)
{
    message->message_bytes = message->body_bytes + 1;
    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        if (field->kind != HEADER_DELETED)
            message->message_bytes += (int64_t)field->text.len;
}

static void
our_trouble(struct reception *r, const struct why *why, struct receive_result *out)
{
    reception_log_trouble(r, why);
    out->fate = RECEIVE_FAILED;
    out->code = why->smtp_code != 0 ? why->smtp_code : SMTP_LOCAL_ERROR;
    out->reply = why->smtp_code == SMTP_NO_SPACE ? STR("Error while writing spool file")
                                                 : STR("Temporary local problem - please try later");
}

void
reception_report_trouble(struct reception *r, struct receive_result *out)
{
    struct str host = reception_host(r, true);
    /* A local program is not listened to beyond the limit. */
    int64_t read_bytes =
        r->request.is_smtp_data ? (int64_t)r->header.len + 1 + r->count.bytes : r->size_limit_bytes + 1;

    out->fate = r->failure == FAILURE_SPOOL ? RECEIVE_FAILED : RECEIVE_REJECTED;
    out->code = r->fail_code;
    out->enhanced = r->fail_enhanced;
    out->reply = r->fail_reply;
    if (r->failure == FAILURE_TOO_BIG)
        log_write_rejected(LOG_SIZE_REJECT, LOG_TO_MAIN | LOG_TO_REJECT, r->message->id, reception_rejected_header(r),
                           "rejected from <%.*s>%s%.*s: message too big: read=%lld max=%lld",
                           STR_ARG(r->message->sender), host.len > 0 ? " " : "", STR_ARG(host), (long long)read_bytes,
                           (long long)r->size_limit_bytes);
    else if (r->failure == FAILURE_SOURCE)
        log_write_rejected(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, r->message->id[0] != '\0' ? r->message->id : NULL,
                           reception_rejected_header(r), "rejected from <%.*s>%s%.*s: %.*s",
                           STR_ARG(r->message->sender), host.len > 0 ? " " : "", STR_ARG(host), STR_ARG(r->fail_reply));
}

/* The header section as it will be kept. */
static enum outcome
fix_up(struct reception *r, struct why *why)
{
    bool is_resent = fixup_has_resent(r->message);

    fixup_unwanted_fields(r);
    fixup_sender_removal(r);
    fixup_from_login(r, false);
    if (is_resent)
        fixup_from_login(r, true);
    rewrite_message_headers(r->message, &r->scope);
    fixup_added_fields(r);
    return received_add(r, why);
}

static void
say_accepted(struct reception *r, struct receive_result *out)
{
    const struct acl_message_controls *controls = &r->scope.acl->message;

    out->fate = RECEIVE_ACCEPTED;
    if (controls->fake_code != 0) {
        out->code = controls->fake_code;
        out->reply = controls->fake_text;
        if (out->reply.len == 0)
            out->reply = STR("Your message has been rejected but is being kept for evaluation.\nIf it was a legitimate "
                             "message, it may still be delivered to the target\nrecipient(s).");
        return;
    }
    if (out->reply.len == 0)
        out->reply = receive_accepted_text(r->pool, &out->token);
}

/* For local input (SMTP sessions look for themselves, connection by connection). */
static bool
is_over_load(const struct reception *r)
{
    double load;

    if (r->request.is_smtp_data || config->queue_only_load < 0 || getloadavg(&load, 1) != 1
        || load * 1000 <= config->queue_only_load)
        return false;
    log_write(LOG_DELAY_DELIVERY, LOG_TO_MAIN, r->message->id, "no immediate delivery: load average %.2f", load);
    return true;
}

/* queue_only and its kin; what the command line asks for counts where it may. */
static void
decide_queueing(struct reception *r, struct receive_result *out)
{
    bool is_queue_only = config->queue_only;

    if (config->queue_only_file != NULL && !is_queue_only) {
        struct str path = config->queue_only_file->text;

        /* "smtp" before a path means only remote deliveries: the delivery itself looks at it. */
        is_queue_only = path.len > 0 && path.ptr[0] == '/' && access(pool_cstr(r->pool, path), F_OK) == 0;
    }
    out->is_delivery_at_once = r->options->is_delivery_wanted && config->queue_only_override;
    if (r->options->is_queue_only || (is_queue_only && !out->is_delivery_at_once))
        out->is_queued_only = true;
    else if (!out->is_queued_only && !r->is_own && is_over_load(r))
        out->is_queued_only = true;
}

/* The promise: nothing is told as accepted before this has succeeded. */
static void
commit(struct reception *r, struct receive_result *out)
{
    struct message *message = r->message;
    struct why why;

    why_init(&why, r->pool);
    message->received_complete_at = clock_now();
    received_update(r);
    count_size(message);
    if (r->is_pretending) {
        for (size_t i = 0; i < sizeof(out->token.id); i++)
            out->token.id[i] = message->id[i];
    } else if (spool_commit(message, &out->token, &why) != OK) {
        our_trouble(r, &why, out);
        return;
    }
    arrival_log(r);
    if (message->frozen_at != 0)
        log_write(LOG_ALWAYS, LOG_TO_MAIN, message->id, "frozen by ACL");
    say_accepted(r, out);
}

void
reception_finish(struct reception *r, struct receive_result *out)
{
    struct why why;

    why_init(&why, r->pool);
    /* A trusted caller who names another sender speaks for that one. */
    if (r->is_local_input && !r->message->is_sender_local
        && r->origin->authenticated_id.ptr == r->origin->caller_login.ptr)
        r->origin->authenticated_id = STR("");
    if (spool_body_end(r->message, &why) != OK || fix_up(r, &why) != OK) {
        our_trouble(r, &why, out);
    } else {
        /* The ACLs see what was read; the log and the spool, what is kept. */
        r->message->message_bytes = (int64_t)r->header.len + 1 + r->message->body_bytes;
        if (reception_acl(r, out)) {
            decide_queueing(r, out);
            commit(r, out);
        }
    }
}

void
reception_release(struct reception *r)
{
    spool_abandon(r->message);
    spool_close(r->message);
}

void
reception_end(struct reception *r, struct receive_result *out)
{
    *out = (struct receive_result){ .fate = RECEIVE_FAILED, .code = SMTP_LOCAL_ERROR };
    if (r->phase == PHASE_HEADER)
        header_section_end(r);
    if (r->is_failed) {
        reception_report_trouble(r, out);
    } else {
        reception_counts(r);
        reception_finish(r, out);
    }
    reception_release(r);
}
