#include <errno.h>
#include "smtp_client/client.h"

static enum outcome
why_no_reply(struct smtp_client *client, struct str command, struct why *why)
{
    switch (client->failure) {
    case CLIENT_TIMED_OUT:
        why_defer(why, 0, "4.4.2", "SMTP timeout after %.*s", STR_ARG(command));
        why->sys_errno = ETIMEDOUT;
        why->cause = CAUSE_TIMEOUT;
        return DEFER;
    case CLIENT_MALFORMED:
        why_defer(why, 0, "4.5.0", "Malformed SMTP reply in response to %.*s: %.*s", STR_ARG(command),
                  STR_ARG(client->failure_text));
        why->sys_errno = SMTP_NUMBER_MALFORMED;
        return DEFER;
    case CLIENT_IO_ERROR:
        why_defer(why, 0, "4.4.2", "Connection lost after %.*s", STR_ARG(command));
        why->sys_errno = client->failure_errno;
        why->cause = CAUSE_LOST_CONNECTION;
        return DEFER;
    case CLIENT_CLOSED:
    case CLIENT_ALIVE:
        break;
    }
    why_defer(why, 0, "4.4.2", "Remote host closed connection in response to %.*s", STR_ARG(command));
    why->sys_errno = SMTP_NUMBER_CLOSED;
    why->cause = CAUSE_LOST_CONNECTION;
    return DEFER;
}

/* The enhanced code outlives the reply as the texts do. */
static const char *
kept_code(struct why *why, struct str enhanced)
{
    return enhanced.len > 0 ? pool_cstr(why->pool, enhanced) : NULL;
}

enum outcome
smtp_client_why(struct smtp_client *client, const struct smtp_client_reply *reply, struct str command, struct why *why)
{
    if (reply->code == 0)
        return why_no_reply(client, command, why);
    if (reply->code / 100 == 5)
        why_fail(why, 0, kept_code(why, reply->enhanced), "SMTP error from remote mail server after %.*s: %.*s",
                 STR_ARG(command), STR_ARG(reply->text));
    else
        why_defer(why, 0, kept_code(why, reply->enhanced), "SMTP error from remote mail server after %.*s: %.*s",
                  STR_ARG(command), STR_ARG(reply->text));
    why->smtp_code = reply->code;
    why->detail = reply->code;
    return reply->code / 100 == 5 ? FAIL : DEFER;
}
