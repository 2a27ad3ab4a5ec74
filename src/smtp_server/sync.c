/* smtp_server/sync.c -- input that comes before its turn (manual: smtp_enforce_sync, pipelining_advertise_hosts). */
#include "base/buf.h"
#include "log/log.h"
#include "smtp_server/server.h"

enum { SHOWN_MAX_BYTES = 150 };

static bool
is_enforced(const struct smtp_session *session)
{
    if (!session->origin->is_socket || session->options->is_pretending || session->is_batch)
        return false;
    return session->acl.session.enforce_sync || (config->smtp_enforce_sync && !session->acl.session.no_enforce_sync);
}

/* The input as the log shows it: line ends and other controls as escapes. */
static struct str
shown_input(struct smtp_session *session, struct str input)
{
    struct buf text;

    buf_init(&text, session->scratch, SHOWN_MAX_BYTES * 4 + 8);
    buf_taint(&text);
    for (size_t i = 0; i < input.len && i < SHOWN_MAX_BYTES; i++) {
        unsigned char c = (unsigned char)input.ptr[i];

        if (c == '\r' || c == '\n')
            buf_add_c(&text, c == '\r' ? "\\r" : "\\n");
        else if (c < 0x20 || c >= 0x7f)
            buf_addf(&text, "\\%03o", c);
        else
            buf_add_char(&text, (char)c);
    }
    return buf_str(&text);
}

bool
session_talked_early(struct smtp_session *session)
{
    struct str waiting, host, shown;

    if (!is_enforced(session))
        return false;
    waiting = input_waiting(&session->input, 0);
    if (waiting.len == 0)
        return false;
    host = session_host(session, true);
    shown = shown_input(session, waiting);
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "SMTP protocol synchronization error (input sent without "
              "waiting for "
              "greeting): rejected connection from %.*s input=\"%.*s\"", STR_ARG(host), STR_ARG(shown));
    session_reply(session, SMTP_FAILED, STR("SMTP synchronization error"));
    return true;
}

bool
session_is_out_of_sync(struct smtp_session *session)
{
    struct str waiting, host, shown, line = session->line;

    if (!is_enforced(session) || (session->offers.pipelining && !smtp_event_ends_group(session->event)))
        return false;
    waiting = input_waiting(&session->input, 0);
    if (waiting.len == 0)
        return false;
    host = session_host(session, true);
    shown = shown_input(session, waiting);
    session_reset(session, "sync failure");
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "SMTP protocol synchronization error (next input sent too "
              "soon: "
              "pipelining was%s advertised): rejected \"%.*s\" %.*s next input=\"%.*s\"",
                  session->offers.pipelining ? "" : " not",
              STR_ARG(line), STR_ARG(host), STR_ARG(shown));
    session_reply(session, SMTP_FAILED, STR("SMTP synchronization error"));
    session_close(session, "synchronization-error");
    return true;
}
