/* smtp_server/rset.c -- RSET (RFC 5321 section 4.1.1.5). */
#include "smtp_server/server.h"

static void
rset_run(struct smtp_session *session)
{
    session_reset(session, "RSET");
    session_reply(session, SMTP_OK, STR("Reset OK"));
}

const struct smtp_command rset_command = { .name = "RSET", .event = EVENT_RSET, .run = rset_run };
