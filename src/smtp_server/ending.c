/* smtp_server/ending.c -- the end of a session that did not say QUIT, and its last log lines (manual: the not-QUIT
 * ACL). */
#include <string.h>
#include "log/log.h"
#include "smtp_server/server.h"

/* Run acl_smtp_notquit; its message takes the place of text. */
static struct str
notquit_text(struct smtp_session *session, struct str text)
{
    struct acl_reply reply = { 0 };
    struct str log_text;

    if (config->acl_smtp_notquit == NULL)
        return text;
    if (session_acl(session, ACL_AT_NOTQUIT, config->acl_smtp_notquit, NULL, &reply) == ACL_ERROR) {
        log_text = reply.log_text;
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "ACL for not-QUIT returned ERROR: %.*s",
                  STR_ARG(log_text));
    }
    return reply.has_message && reply.user_text.len > 0 ? reply.user_text : text;
}

static void
end_lost(struct smtp_session *session, bool was_in_transaction)
{
    struct str name = session->active_hostname, host, duration;
    struct str text = notquit_text(session, pool_printf_tainted(session->scratch, "%.*s lost input connection",
                                                                STR_ARG(name)));

    session_reply(session, SMTP_UNAVAILABLE, text);
    session_flush(session);
    host = session_host(session, false);
    duration = session_duration(session);
    if (was_in_transaction)
        log_write(LOG_LOST_INCOMING_CONNECTION, LOG_TO_MAIN, NULL,
                  "unexpected disconnection while reading SMTP command from %.*s D=%.*s", STR_ARG(host),
                      STR_ARG(duration));
    else
        log_write(LOG_SMTP_CONNECTION, LOG_TO_MAIN, NULL, "SMTP connection from %.*s lost D=%.*s", STR_ARG(host),
                  STR_ARG(duration));
}

static void
end_timeout(struct smtp_session *session)
{
    struct str name = session->active_hostname, host, duration, text;

    text = notquit_text(session, pool_printf_tainted(session->scratch,
                                                     "%.*s: SMTP command timeout - closing connection",
                                                     STR_ARG(name)));
    host = session_host(session, false);
    duration = session_duration(session);
    log_write(LOG_LOST_INCOMING_CONNECTION, LOG_TO_MAIN, NULL, "SMTP command timeout on connection from %.*s D=%.*s",
              STR_ARG(host),
              STR_ARG(duration));
    session_reply(session, SMTP_UNAVAILABLE, text);
}

/* "no MAIL in SMTP connection from … D=1.234s C=EHLO,QUIT" */
static void
log_no_mail(struct smtp_session *session)
{
    struct str host = session_host(session, false), duration = session_duration(session),
        history = session_history(session);

    if (session->mail_count == 0)
        log_write(LOG_SMTP_NO_MAIL, LOG_TO_MAIN, NULL, "no MAIL in SMTP connection from %.*s D=%.*s%.*s", STR_ARG(host),
                  STR_ARG(duration), STR_ARG(history));
}

void
session_end(struct smtp_session *session)
{
    const char *reason = session->notquit_reason;
    bool was_in_transaction = session->message->sender.len > 0 || session->message->recipient_count > 0;

    if (!session->has_quit && !session->is_end_told && reason != NULL && strcmp(reason, "connection-lost") == 0) {
        session->state = was_in_transaction ? STATE_MAIL : STATE_READY;
        session_reset(session, "connection lost");
        end_lost(session, was_in_transaction);
    } else if (!session->has_quit && reason != NULL && strcmp(reason, "command-timeout") == 0)
        end_timeout(session);
    else if (!session->has_quit && reason != NULL)
        notquit_text(session, STR(""));
    session->state = STATE_CLOSED;
    log_no_mail(session);
}
