/* smtp_server/unknown.c -- what is no command (manual: unrecognized SMTP commands). */
#include <string.h>
#include "log/log.h"
#include "smtp_server/server.h"

/* A web client that was led here: nothing it says is mail (SECURITY.md TLS-03). */
static bool
is_http(struct str line)
{
    static const char *const verbs[] = { "GET ", "POST ", "HEAD ", "PUT ", "CONNECT ", "OPTIONS " };

    for (size_t i = 0; i < COUNT(verbs); i++)
        if (str_starts(line, str_of(verbs[i])) && str_find_str(line, STR(" HTTP/")) != STR_NONE)
            return true;
    return false;
}

static void
unknown_run(struct smtp_session *session)
{
    struct str host, line = session->line;

    if (is_http(line)) {
        host = session_host(session, true);
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "rejected HTTP from %.*s: \"%.*s\"", STR_ARG(host),
                  STR_ARG(line));
        session_reply(session, SMTP_FAILED, STR("SMTP service: HTTP is not spoken here"));
        session_close(session, "bad-commands");
        return;
    }
    if (++session->unknown_count <= config->smtp_max_unknown_commands) {
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_SYNTAX, STR("unrecognized command"));
        return;
    }
    host = session_host(session, true);
    log_write(LOG_SMTP_SYNTAX_ERROR, LOG_TO_MAIN, NULL, "SMTP syntax error in \"%.*s\" %.*s unrecognized command",
              STR_ARG(line),
              STR_ARG(host));
    session_reset(session, "unrecognized command");
    host = session_host(session, false);
    session_reply(session, SMTP_SYNTAX, STR("Too many unrecognized commands"));
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
              "SMTP call from %.*s dropped: too many unrecognized commands (last was \"%.*s\")", STR_ARG(host),
                  STR_ARG(line));
    session_close(session, "bad-commands");
}

const struct smtp_command unknown_command = { .name = "", .event = EVENT_UNKNOWN, .has_argument = true,
                                              .run = unknown_run };
