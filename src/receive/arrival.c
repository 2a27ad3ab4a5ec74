/* receive/arrival.c -- the "<=" line (manual: logging message reception). */
#include "base/clock.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "receive/reception.h"

static void
add_tls(struct buf *line, const struct tls_facts *tls)
{
    if (log_wants(LOG_TLS_CIPHER) && tls->cipher.len > 0)
        buf_addf_tainted(line, " X=%.*s", STR_ARG(tls->cipher));
    if (log_wants(LOG_TLS_CERTIFICATE_VERIFIED) && tls->cipher.len > 0)
        buf_addf(line, " CV=%s", tls->is_certificate_verified ? "yes" : "no");
    if (log_wants(LOG_TLS_PEERDN) && tls->peer_dn.len > 0)
        buf_addf_tainted(line, " DN=\"%.*s\"", STR_ARG(tls->peer_dn));
    if (log_wants(LOG_TLS_SNI) && tls->sni.len > 0)
        buf_addf_tainted(line, " SNI=\"%.*s\"", STR_ARG(tls->sni));
}

static void
add_session(struct buf *line, const struct reception *r)
{
    const struct receive_request *request = &r->request;
    const struct origin *origin = r->origin;

    if (origin->protocol.len > 0)
        buf_addf_tainted(line, " P=%.*s", STR_ARG(origin->protocol));
    if (log_wants(LOG_PIPELINING) && (request->is_pipelining || request->is_pipelining_offered))
        buf_add_c(line, request->is_pipelining ? " L" : " L-");
    if (log_wants(LOG_PROXY) && origin->proxy_local_address.len > 0)
        buf_addf_tainted(line, " PRX=%.*s", STR_ARG(origin->proxy_local_address));
    add_tls(line, &origin->tls);
    if (origin->authenticator.len > 0) {
        buf_addf_tainted(line, " A=%.*s", STR_ARG(origin->authenticator));
        if (origin->authenticated_id.len > 0)
            buf_addf_tainted(line, ":%.*s", STR_ARG(origin->authenticated_id));
        if (log_wants(LOG_SMTP_MAILAUTH) && r->message->authenticated_sender_for_mail.len > 0)
            buf_addf_tainted(line, "%s:%.*s", origin->authenticated_id.len > 0 ? "" : ":",
                             STR_ARG(r->message->authenticated_sender_for_mail));
    }
    if (request->is_prdr)
        buf_add_c(line, " PRDR");
    if (request->is_chunking)
        buf_add_c(line, " K");
}

/* "id=…": what stands in the first Message-ID: (or Resent-Message-ID:) field, without angle brackets. */
static void
add_id(struct buf *line, const struct reception *r)
{
    const struct header_field *field;
    struct str id;

    if (!log_wants(r->has_made_id ? LOG_MSG_ID_CREATED : LOG_MSG_ID))
        return;
    field = message_find_header(r->message, fixup_has_resent(r->message) ? STR("Resent-Message-ID") : STR("Message-ID"),
                                NULL);
    if (field == NULL)
        return;
    id = str_trim(header_body(field));
    if (id.len > 0 && id.ptr[0] == '<')
        id = str_from(id, 1);
    if (id.len > 0 && id.ptr[id.len - 1] == '>')
        id.len--;
    buf_addf_tainted(line, " id%s=", r->has_made_id ? "*" : "");
    /* Old programs put anything there: nothing of it may look like another item of the line. */
    for (size_t i = 0; i < id.len; i++)
        if (ascii_is_space(id.ptr[i]))
            buf_add_char(line, '+');
        else
            buf_add(line, str_sub(id, i, 1));
}

static void
add_subject(struct buf *line, const struct reception *r)
{
    const struct header_field *field = message_find_header(r->message, STR("Subject"), NULL);
    struct str subject;

    if (!log_wants(LOG_SUBJECT) || field == NULL)
        return;
    subject = str_trim(encoded_words_decode(r->pool, header_body(field), config->headers_charset,
                                            config->check_rfc2047_length, '?', NULL));
    buf_add_c(line, " T=\"");
    for (size_t i = 0; i < subject.len; i++) {
        if (subject.ptr[i] == '"' || subject.ptr[i] == '\\')
            buf_add_char(line, '\\');
        if (subject.ptr[i] == '\n')
            buf_add_c(line, "\\n");
        else
            buf_add(line, str_sub(subject, i, 1));
    }
    buf_add_char(line, '"');
}

static void
add_envelope(struct buf *line, const struct reception *r)
{
    const struct message *message = r->message;
    struct str sender = message->raw_sender.len > 0 ? message->raw_sender : message->sender;

    if (log_wants(LOG_RECEIVED_SENDER))
        buf_addf_tainted(line, " from <%.*s>", STR_ARG(sender));
    if (!log_wants(LOG_RECEIVED_RECIPIENTS))
        return;
    buf_add_c(line, " for");
    for (size_t i = 0; i < message->recipient_count; i++) {
        buf_add_char(line, ' ');
        buf_add(line, message->recipients[i].raw.len > 0 ? message->recipients[i].raw : message->recipients[i].address);
    }
}

void
arrival_log(struct reception *r)
{
    const struct message *message = r->message;
    struct str host = reception_host(r, true), text;
    struct buf line;

    buf_init(&line, r->pool, BUF_NO_LIMIT);
    buf_taint(&line);
    buf_add_c(&line, r->scope.acl->message.fake_code != 0 ? "(= " : "<= ");
    buf_add(&line, message->sender.len > 0 ? message->sender : STR("<>"));
    if (r->options->report_of_id.len > 0)
        buf_addf_tainted(&line, " R=%.*s", STR_ARG(r->options->report_of_id));
    if (host.len > 0)
        buf_addf_tainted(&line, " %.*s", STR_ARG(host));
    add_session(&line, r);
    if (message->queue_name.len > 0)
        buf_addf_tainted(&line, " Q=%.*s", STR_ARG(message->queue_name));
    buf_addf(&line, " S=%lld", (long long)message->message_bytes);
    if (log_wants(LOG_8BITMIME))
        buf_addf(&line, " M8S=%d", r->request.body_8bit);
    if (log_wants(LOG_RECEIVE_TIME))
        buf_addf_tainted(
            &line, " RT=%.*s",
            STR_ARG(interval_format_ms(r->pool, timeval_minus(message->received_complete_at, message->received_at),
                                       log_wants(LOG_MILLISEC))));
    add_id(&line, r);
    add_subject(&line, r);
    buf_add(&line, message->log_extra);
    add_envelope(&line, r);
    text = buf_str(&line);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, message->id, "%.*s", STR_ARG(text));
}
