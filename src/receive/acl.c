/* receive/acl.c -- the lists run when the whole message is there, and what they ask for. */
#include "base/clock.h"
#include "message/header.h"
#include "net/host_name.h"
#include "receive/reception.h"

struct str
reception_host(const struct reception *r, bool is_tagged)
{
    return origin_log_host(r->origin, is_tagged, r->pool);
}

struct str
reception_rejected_header(const struct reception *r)
{
    const struct message *message = r->message;
    struct buf text;

    if (!log_wants(LOG_REJECTED_HEADER) || (message->headers == NULL && message->recipient_count == 0))
        return STR("");
    buf_init(&text, r->pool, HEADER_SECTION_MAX_BYTES);
    buf_taint(&text);
    buf_addf_tainted(&text, "Envelope-from: <%.*s>\n", STR_ARG(message->sender));
    for (size_t i = 0; i < message->recipient_count; i++)
        buf_addf_tainted(&text, "%s<%.*s>\n", i == 0 ? "Envelope-to: " : "    ",
                         STR_ARG(message->recipients[i].address));
    for (const struct header_field *field = message->headers; field != NULL; field = field->next) {
        buf_addf(&text, "%c ", (char)field->kind);
        buf_add(&text, field->text);
    }
    return buf_str(&text);
}

/* " A=plain:ann", empty without authentication. */
static struct str
authentication(const struct reception *r)
{
    const struct origin *origin = r->origin;

    if (origin->authenticator.len == 0)
        return STR("");
    return pool_printf_tainted(r->pool, " A=%.*s%s%.*s", STR_ARG(origin->authenticator),
                               origin->authenticated_id.len > 0 ? ":" : "", STR_ARG(origin->authenticated_id));
}

static void
log_rejection(struct reception *r, bool is_temporary, struct str log_text)
{
    bool is_data = r->request.is_smtp_data;
    struct str host = is_data ? reception_host(r, true) : STR(""), auth = is_data ? authentication(r) : STR("");

    if (r->scope.acl->log_reject == 0)
        return;
    log_write_rejected(LOG_ALWAYS, r->scope.acl->log_reject, r->message->id, reception_rejected_header(r),
                       "%.*s%sF=<%.*s>%.*s %srejected %s%s%.*s", STR_ARG(host), host.len > 0 ? " " : "",
                       STR_ARG(r->message->sender), STR_ARG(auth), is_temporary && is_data ? "temporarily " : "",
                       is_data ? "after DATA" : "by non-SMTP ACL", log_text.len > 0 ? ": " : "", STR_ARG(log_text));
}

/* The verdict of a list that did not accept. */
static void
refuse(struct reception *r, enum acl_result result, const struct acl_reply *reply, struct receive_result *out)
{
    bool is_temporary = result == ACL_DEFER || result == ACL_ERROR;
    struct str details, log_text = reply->log_text;

    out->fate = RECEIVE_REJECTED;
    out->code = is_temporary ? SMTP_LOCAL_ERROR : SMTP_REFUSED;
    out->reply = reply->user_text;
    if (result == ACL_ERROR || (result == ACL_DEFER && out->reply.len == 0))
        out->reply = STR("Temporary local problem - please try later");
    else if (out->reply.len == 0)
        out->reply = STR("Administrative prohibition");
    else if (!acl_message_code(&out->reply, &out->code, &out->enhanced) && str_eq(log_text, reply->user_text))
        log_text = pool_printf_tainted(r->pool, "%d %.*s", out->code, STR_ARG(out->reply));
    out->is_close_wanted = result == ACL_DROP;
    details = acl_report_sender(reply, &r->scope);
    if (details.len > 0)
        out->reply = pool_printf_tainted(r->pool, "%.*s%.*s", STR_ARG(details), STR_ARG(out->reply));
    log_rejection(r, is_temporary, log_text);
    if (result == ACL_DROP && r->request.is_smtp_data) {
        struct str host = reception_host(r, false);

        log_write(LOG_SMTP_CONNECTION, LOG_TO_MAIN, r->message->id, "SMTP connection from %.*s closed by DROP in ACL",
                  STR_ARG(host));
    }
}

/* Taken and thrown away: the log says so, the sender is told that all is well. */
static void
discard(struct reception *r, const char *point, struct str log_text, struct receive_result *out)
{
    out->fate = RECEIVE_DISCARDED;
    out->code = SMTP_OK;
    out->reply = pool_printf(r->pool, "OK id=%s", r->message->id);
    r->message->received_complete_at = clock_now();
    arrival_log(r);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, r->message->id, "=> blackhole (%s ACL discarded recipients)%s%.*s", point,
              log_text.len > 0 ? ": " : "", STR_ARG(log_text));
    log_write(LOG_ALWAYS, LOG_TO_MAIN, r->message->id, "Completed");
}

/* What the lists up to now, those of the envelope among them, ask of this message. */
static void
take_controls(struct reception *r, struct receive_result *out)
{
    const struct acl_message_controls *controls = &r->scope.acl->message;
    struct message *message = r->message;

    if (controls->freeze) {
        message->frozen_at = clock_seconds();
        message->is_manually_thawed = false;
    }
    if (controls->queue_only)
        out->is_queued_only = message->is_queue_only_policy = true;
    message->is_submission = controls->submission;
    message->is_submission_sender_retained = controls->submission_sender_retain;
}

bool
reception_acl(struct reception *r, struct receive_result *out)
{
    enum acl_point point = r->request.is_smtp_data ? ACL_AT_DATA : ACL_AT_NOT_SMTP;
    struct template *option = r->request.is_smtp_data ? config->acl_smtp_data : config->acl_not_smtp;
    struct acl_reply reply = { 0 };
    enum acl_result result = ACL_ACCEPT;

    acl_apply_headers(r->scope.acl, r->message);
    if (r->message->recipient_count == 0 && r->request.discarded_by != NULL) {
        discard(r, r->request.discarded_by, STR(""), out);
        return false;
    }
    if (!reception_prdr(r, out))
        return false;
    if (option != NULL && !r->is_own && r->message->recipient_count > 0) {
        r->scope.acl->point = point;
        result = acl_run(point, option, &r->scope, &reply);
        acl_apply_headers(r->scope.acl, r->message);
    }
    if (result == ACL_DISCARD) {
        discard(r, r->request.is_smtp_data ? "DATA" : "non-SMTP", reply.log_text, out);
        return false;
    }
    if (result != ACL_ACCEPT) {
        refuse(r, result, &reply, out);
        return false;
    }
    out->code = SMTP_OK;
    if (reply.has_message && reply.user_text.len > 0) {
        out->reply = reply.user_text;
        acl_message_code(&out->reply, &out->code, &out->enhanced);
    }
    take_controls(r, out);
    return true;
}
