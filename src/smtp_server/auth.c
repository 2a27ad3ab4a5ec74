/* smtp_server/auth.c -- AUTH (RFC 4954): authenticators are not there yet, so it is never offered. */
#include "smtp_server/server.h"

static void
auth_run(struct smtp_session *session)
{
    session_error(session, LOG_SMTP_PROTOCOL_ERROR, SMTP_BAD_SEQUENCE, STR("AUTH command used when not advertised"));
}

const struct smtp_command auth_command = { .name = "AUTH", .event = EVENT_AUTH, .has_argument = true, .run = auth_run };
