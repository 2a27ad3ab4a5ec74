/* smtp_server/help.c -- HELP (RFC 5321 section 4.1.1.8). */
#include "base/buf.h"
#include "smtp_server/server.h"

enum { TEXT_MAX_BYTES = 512 };

static void
help_run(struct smtp_session *session)
{
    struct buf text;

    buf_init(&text, session->scratch, TEXT_MAX_BYTES);
    buf_add_c(&text, "Commands supported:\nAUTH HELO EHLO MAIL RCPT DATA BDAT NOOP QUIT RSET HELP");
    if (config->acl_smtp_etrn != NULL)
        buf_add_c(&text, " ETRN");
    if (config->acl_smtp_expn != NULL)
        buf_add_c(&text, " EXPN");
    if (config->acl_smtp_vrfy != NULL)
        buf_add_c(&text, " VRFY");
    session_reply(session, SMTP_HELP, buf_str(&text));
}

const struct smtp_command help_command = { .name = "HELP", .event = EVENT_HELP, .has_argument = true, .run = help_run };
