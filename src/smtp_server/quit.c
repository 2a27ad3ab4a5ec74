/* smtp_server/quit.c -- QUIT (RFC 5321 section 4.1.1.10; manual: the QUIT ACL). */
#include "log/log.h"
#include "smtp_server/server.h"

static void
quit_run(struct smtp_session *session)
{
    struct acl_reply reply = { 0 };
    struct str text = pool_printf_tainted(session->scratch, "%.*s closing connection",
                                          STR_ARG(session->active_hostname)), host, log_text;
    enum acl_result result;

    if (config->acl_smtp_quit != NULL) {
        result = session_acl(session, ACL_AT_QUIT, config->acl_smtp_quit, NULL, &reply);
        log_text = reply.log_text;
        if (result == ACL_ERROR)
            log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "ACL for QUIT returned ERROR: %.*s",
                      STR_ARG(log_text));
        if (reply.has_message && reply.user_text.len > 0)
            text = reply.user_text;
    }
    session_reset(session, "QUIT");
    session_reply(session, SMTP_CLOSING, text);
    host = session_host(session, false);
    log_write(LOG_SMTP_CONNECTION, LOG_TO_MAIN, NULL, "SMTP connection from %.*s closed by QUIT", STR_ARG(host));
    session->state = STATE_CLOSED;
    session->has_quit = true;
}

const struct smtp_command quit_command = { .name = "QUIT", .event = EVENT_QUIT, .is_mail = true, .run = quit_run };
