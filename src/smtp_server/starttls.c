/* smtp_server/starttls.c -- STARTTLS (RFC 3207): TLS is not there yet, so it is never offered. */
#include "smtp_server/server.h"

static void
starttls_run(struct smtp_session *session)
{
    session_error(session, LOG_SMTP_PROTOCOL_ERROR, SMTP_BAD_SEQUENCE,
                  STR("STARTTLS command used when not advertised"));
}

const struct smtp_command starttls_command = { .name = "STARTTLS", .event = EVENT_STARTTLS, .run = starttls_run };
