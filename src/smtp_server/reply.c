/* smtp_server/reply.c -- say something to the client, and count what it did wrong. */
#include "smtp_server/server.h"
#include "base/clock.h"
#include "base/buf.h"
#include "base/trace.h"
#include "log/log.h"
#include "net/host_name.h"

enum { HISTORY_TEXT_MAX_BYTES = 512 };

struct deadline
session_deadline(const struct smtp_session *session)
{
    return deadline_in_s(session->receive_timeout_s);
}

struct str
session_host(const struct smtp_session *session, bool is_tagged)
{
    return origin_log_host(session->origin, is_tagged, session->scratch);
}

struct str
session_duration(const struct smtp_session *session)
{
    return interval_format_ms(session->scratch, timeval_minus(clock_now(), session->started_at),
                              log_wants(LOG_MILLISEC));
}

struct str
session_history(const struct smtp_session *session)
{
    struct buf text;
    size_t first = session->history_count > HISTORY_MAX ? session->history_count - HISTORY_MAX : 0;

    if (session->history_count == 0)
        return STR("");
    buf_init(&text, session->scratch, HISTORY_TEXT_MAX_BYTES);
    buf_add_c(&text, first > 0 ? " C=..." : " C=");
    for (size_t i = first; i < session->history_count; i++)
        buf_addf(&text, "%s%s", i > first || first > 0 ? "," : "", smtp_event_word(session->history[i % HISTORY_MAX]));
    return buf_str(&text);
}

static struct str
first_line(struct str text)
{
    struct str first, rest;

    str_cut(text, '\n', &first, &rest);
    return first;
}

void
session_reply(struct smtp_session *session, int code, struct str text)
{
    if (session->acl.session.no_multiline_responses)
        text = first_line(text);
    session->reply_code = code;
    session->reply_text = text;
    if (session->is_batch) {
        if (code >= 400 && !session->has_batch_failed) {
            session->has_batch_failed = true;
            session->batch_error = pool_printf_tainted(session->pool, "%d %.*s", code, STR_ARG(first_line(text)));
        }
        return;
    }
    trace(TRACE_RECEIVE, "SMTP>> %d %.*s", code, STR_ARG(text));
    output_add(&session->output, smtp_reply_format(session->scratch, code, STR(""), text), session_deadline(session));
}

void
session_replyf(struct smtp_session *session, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    session_reply(session, code, pool_vprintf(session->scratch, TAINTED, format, args));
    va_end(args);
}

void
session_flush(struct smtp_session *session)
{
    output_flush(&session->output, session_deadline(session));
}

void
session_close(struct smtp_session *session, const char *reason)
{
    session->state = STATE_CLOSED;
    if (session->notquit_reason == NULL)
        session->notquit_reason = reason;
}

static void
too_many_errors(struct smtp_session *session, int code, struct str text)
{
    struct str host = session_host(session, false), history = session_history(session), line = session->line;

    session_reset(session, "too many syntax or protocol errors");
    session_replyf(session, code, "%.*s\nToo many syntax or protocol errors", STR_ARG(text));
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
              "SMTP call from %.*s dropped: too many syntax or protocol errors (last command was \"%.*s\", %.*s)",
                  STR_ARG(host),
              STR_ARG(line), STR_ARG(history));
    session_close(session, "bad-commands");
}

static void
log_error(struct smtp_session *session, enum log_selector selector, struct str text)
{
    struct str host = session_host(session, true), line = session->line;

    log_write(selector, LOG_TO_MAIN, session->message->id[0] != '\0' ? session->message->id : NULL,
              "SMTP %s error in \"%.*s\" %.*s %.*s", selector == LOG_SMTP_SYNTAX_ERROR ? "syntax" : "protocol",
                  STR_ARG(line),
              STR_ARG(host), STR_ARG(text));
}

void
session_error_logged(struct smtp_session *session, enum log_selector selector, int code, struct str log_text,
                     struct str text)
{
    log_error(session, selector, log_text);
    if (++session->synprot_count > config->smtp_max_synprot_errors && !session->is_batch)
        too_many_errors(session, code, text);
    else
        session_reply(session, code, text);
}

void
session_error(struct smtp_session *session, enum log_selector selector, int code, struct str text)
{
    session_error_logged(session, selector, code, text, text);
}
