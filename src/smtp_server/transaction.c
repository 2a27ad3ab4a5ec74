/* smtp_server/transaction.c -- from MAIL to the reply after the end of the message; after it the session is as new. */
#include "base/buf.h"
#include "base/clock.h"
#include "log/log.h"
#include "net/dns.h"
#include "smtp_server/server.h"

enum { RECIPIENTS_SHOWN_MAX_BYTES = 4096, DATA_LEAST_BYTES_PER_S = 64 };

bool
session_in_transaction(const struct smtp_session *session)
{
    return session->state == STATE_MAIL || session->state == STATE_RCPT || session->state == STATE_CHUNKS;
}

/* "… incomplete transaction (RSET) from <a@b> for c@d e@f" */
static void
log_incomplete(struct smtp_session *session, const char *why)
{
    const struct message *message = session->message;
    struct str host = session_host(session, true), names, sender = message->sender;
    struct buf text;

    buf_init(&text, session->scratch, RECIPIENTS_SHOWN_MAX_BYTES);
    if (message->recipient_count > 0)
        buf_add_c(&text, " for");
    for (size_t i = 0; i < message->recipient_count && !buf_overflowed(&text); i++) {
        buf_add_char(&text, ' ');
        buf_add(&text, message->recipients[i].address);
    }
    names = buf_str(&text);
    log_write(LOG_SMTP_INCOMPLETE_TRANSACTION, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
              "%.*s incomplete transaction (%s) from <%.*s>%.*s",
              STR_ARG(host), why, STR_ARG(sender), STR_ARG(names));
}

void
session_reset(struct smtp_session *session, const char *why)
{
    if (why != NULL && session_in_transaction(session))
        log_incomplete(session, why);
    if (session->reception != NULL)
        reception_abandon(session->reception);
    session->reception = NULL;
    if (session->state != STATE_CONNECTED && session->state != STATE_CLOSED)
        session->state = STATE_READY;
    pool_reset(session->message_pool, session->message_mark);
    session->message = message_new(session->message_pool, session->origin);
    acl_state_reset_message(&session->acl);
    verify_state_reset(&session->verify);
    dns_budget_reset();
    session->is_discarding = session->is_recipients_over = session->is_rcpt_refusal_same = session->is_pipelined =
        false;
    session->discarded_count = session->rcpt_count = 0;
    session->rcpt_refusal = STR("");
    session->rcpt_refusal_code = 0;
    session->rcpt_delay_s = 0;
    session->body = SMTP_BODY_UNSET;
}

/* ---- Receiving */

void
session_reception_begin(struct smtp_session *session, bool is_chunking)
{
    struct scope *scope = POOL_NEW(session->message_pool, struct scope);
    struct receive_request request = {
        .pool = session->message_pool, .origin = session->origin, .message = session->message,
        .options = &session->receive_options, .session = session, .scope = scope, .is_smtp_data = !session->is_batch,
        .is_chunking = is_chunking, .is_pipelining = session->is_pipelined,
        .is_8bitmime = session->body == SMTP_BODY_8BITMIME, .say = session_reply,
        .is_prdr = session->acl.is_prdr_requested && config->acl_smtp_data_prdr != NULL &&
                   session->message->recipient_count > 1,
        .is_pipelining_offered = session->offers.pipelining,
        .body_8bit = session->body == SMTP_BODY_8BITMIME ? 8 : session->body == SMTP_BODY_7BIT ? 7 : 0,
    };

    if (session->message->recipient_count == 0 && session->discarded_count > 0)
        request.discarded_by = session->is_discarding ? "MAIL" : "RCPT";
    *scope = session_scope(session);
    scope->pool = session->message_pool;
    session->acl.rcpt_count = session->rcpt_count;
    session->reception = reception_begin(&request);
}

struct deadline
session_data_deadline(const struct smtp_session *session, int64_t began_ms, uint64_t bytes)
{
    struct deadline idle = session_deadline(session), whole = deadline_never();

    if (session->receive_timeout_s > 0)
        whole.at_ms =
            began_ms + (int64_t)session->receive_timeout_s * 1000 + (int64_t)(bytes / DATA_LEAST_BYTES_PER_S) * 1000;
    return deadline_sooner(idle, whole);
}

struct str
session_data_refusal(struct smtp_session *session, const char *text)
{
    if (session->rcpt_refusal_code == 0 || !session->is_rcpt_refusal_same)
        return str_of(text);
    return pool_printf_tainted(session->scratch, "All RCPT commands were rejected with this error:\n%d %.*s\n%s",
                               session->rcpt_refusal_code, STR_ARG(session->rcpt_refusal), text);
}

void
session_data_lost(struct smtp_session *session, enum input_result result)
{
    struct str host = session_host(session, false), sender = session->message->sender;

    session->is_end_told = true;
    if (result == INPUT_TIMEOUT) {
        log_write(LOG_LOST_INCOMING_CONNECTION, LOG_TO_MAIN, NULL,
                  "SMTP data timeout (message abandoned) on connection from %.*s F=<%.*s>",
                  STR_ARG(host), STR_ARG(sender));
        session_replyf(session, SMTP_UNAVAILABLE, "%.*s SMTP incoming data timeout - closing connection.",
                       STR_ARG(session->active_hostname));
        session_close(session, "data-timeout");
        return;
    }
    log_write(LOG_LOST_INCOMING_CONNECTION, LOG_TO_MAIN, NULL, "SMTP connection from %.*s lost while reading message "
              "data",
              STR_ARG(host));
    session_reply(session, SMTP_UNAVAILABLE, STR("Lost incoming connection"));
    session_close(session, "connection-lost");
}

void
session_message_done(struct smtp_session *session, const struct receive_result *result)
{
    session->reception = NULL;
    session_reply(session, result->code, session_with_enhanced(session, result->enhanced, result->reply));
    if (result->fate == RECEIVE_ACCEPTED) {
        session->message_count++;
        session_flush(session);
        session_deliver(session, result);
    }
    session->state = STATE_READY;
    session_reset(session, NULL);
    if (result->is_close_wanted)
        session_close(session, "acl-drop");
}
