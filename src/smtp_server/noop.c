/* smtp_server/noop.c -- NOOP (RFC 5321 section 4.1.1.9). */
#include "smtp_server/server.h"

static void
noop_run(struct smtp_session *session)
{
    session_reply(session, SMTP_OK, STR("OK"));
}

const struct smtp_command noop_command = { .name = "NOOP", .event = EVENT_NOOP, .has_argument = true, .run = noop_run };
