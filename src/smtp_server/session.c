/* smtp_server/session.c -- the loop: a line, the command it is, whether it is legal now, what it does. */
#include "smtp_server/server.h"
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/trace.h"
#include "expand/expand.h"
#include "log/log.h"
#include "net/host_name.h"

/* ---- Hooks for access control lists */

static void
hook_flush(void *owner)
{
    session_flush(owner);
}

/* A delay ends early when the client goes away. */
static bool
hook_wait(void *owner, int seconds)
{
    struct smtp_session *session = owner;
    struct deadline until = deadline_in_s(seconds);

    if (!session->origin->is_socket) {
        fd_wait(-1, 0, until);
        return true;
    }
    return fd_wait(session->input.fd, POLLRDHUP, until) == IO_TIMEOUT;
}

static int
receive_timeout(struct smtp_session *session)
{
    struct scope scope = session_scope(session);
    struct str text;
    struct why why;
    int seconds;

    if (config->smtp_receive_timeout == NULL)
        return 0;
    why_init(&why, session->scratch);
    if (expand(config->smtp_receive_timeout, &scope, &text, &why) != OK)
        text = config->smtp_receive_timeout->text;
    seconds = interval_parse(str_trim(text));
    return seconds < 0 ? 5 * 60 : seconds;
}

void
session_init(struct smtp_session *session, int in_fd, int out_fd, struct origin *origin,
             const struct smtp_session_options *options)
{
    *session = (struct smtp_session){
        .pool = pool_new("session"), .message_pool = pool_new("message"), .scratch = pool_new("command"),
            .origin = origin,
        .options = options, .nonmail_max = -1, .is_rset_free = true, .is_helo_free = true, .is_auth_free = true,
        .is_starttls_free = true, .started_at = clock_now(),
    };
    session->message_mark = pool_mark(session->message_pool);
    session->scratch_mark = pool_mark(session->scratch);
    if (options->receive_options != NULL)
        session->receive_options = *options->receive_options;
    session->receive_options.is_queue_only |= options->is_queue_only;
    session->receive_options.is_queue_smtp |= options->is_queue_smtp;
    acl_state_init(&session->acl, session->pool, session->message_pool);
    session->acl.owner = session;
    session->acl.flush = hook_flush;
    session->acl.wait = hook_wait;
    session->acl.is_pretending = options->is_pretending;
    session->acl.is_callout_allowed = !options->is_pretending || options->does_callouts;
    session->acl.client_fd = origin->is_socket && !options->is_pretending ? in_fd : -1;
    verify_state_init(&session->verify, session->message_pool);
    session->line = session->argument = session->reply_text = session->rcpt_refusal = STR("");
    session->message = message_new(session->message_pool, origin);
    session->active_hostname = config->primary_hostname;
    session->receive_timeout_s = receive_timeout(session);
    input_init(&session->input, session->pool, in_fd);
    output_init(&session->output, session->pool, out_fd);
}

void
session_release(struct smtp_session *session)
{
    pool_free(session->scratch);
    pool_free(session->message_pool);
    pool_free(session->pool);
}

/* ---- One command */

/* NUL and bare CR have no place in a command (RFC 5321 section 2.3.8). */
static bool
has_odd_octets(struct str line)
{
    return str_find(line, '\0') != STR_NONE || str_find(line, '\r') != STR_NONE;
}

static void
note_history(struct smtp_session *session)
{
    if (session->event != EVENT_UNKNOWN)
        session->history[session->history_count++ % HISTORY_MAX] = session->event;
}

/* A command out of its turn. */
static void
refuse_illegal(struct smtp_session *session, struct smtp_legality legality)
{
    /* The followers of a refused MAIL in a pipeline are no errors. */
    bool is_explained = legality.is_expected && session->offers.pipelining && session->is_mail_refused &&
                        session->expected_count++ < EXPECTED_MAX;
    struct str text = str_of(legality.text);

    if (session->event == EVENT_DATA)
        text = session_data_refusal(session, is_explained ? "Valid RCPT command must precede DATA" : legality.text);
    if (session->event == EVENT_RCPT)
        session->rcpt_count++;
    if (is_explained)
        session_reply(session, legality.code, text);
    else
        session_error_logged(session, LOG_SMTP_PROTOCOL_ERROR, legality.code, str_of(legality.text), text);
    if (session->event == EVENT_RCPT && session->rcpt_refusal_code == 0) {
        session->rcpt_refusal = str_of(legality.text);
        session->rcpt_refusal_code = legality.code;
        session->is_rcpt_refusal_same = true;
    }
}

void
session_command(struct smtp_session *session, struct str line)
{
    const struct smtp_command *command;
    struct smtp_legality legality;

    session->line = pool_dup_tainted(session->scratch, str_trim_right(line));
    session->argument = STR("");
    command = has_odd_octets(line) ? &unknown_command : smtp_command_find(session->line, &session->argument);
    if (command == NULL)
        command = &unknown_command;
    session->event = command->event;
    trace(TRACE_RECEIVE, "SMTP<< %.*s", STR_ARG(session->line));
    session_count(session, command);
    if (session->state == STATE_CLOSED || (session->event != EVENT_BDAT && session_is_out_of_sync(session)))
        return;
    note_history(session);
    if (has_odd_octets(line)) {
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, STR("NUL or bare CR in command"));
        return;
    }
    if (!command->has_argument && session->argument.len > 0) {
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, STR("unexpected argument data"));
        return;
    }
    legality = smtp_event_legality(session->state, session->event);
    if (legality.text != NULL && session->event != EVENT_BDAT) {
        refuse_illegal(session, legality);
        return;
    }
    session->is_pipelined |= input_has_line(&session->input);
    session->is_mail_refused = false;
    command->run(session);
}

/* ---- The loop */

/* No further command: say so if there is anyone to hear it. */
static void
input_over(struct smtp_session *session, enum input_result result)
{
    switch (result) {
    case INPUT_TIMEOUT:
        session_close(session, "command-timeout");
        return;
    case INPUT_FLOOD:
        session_replyf(session, SMTP_UNAVAILABLE, "%.*s: line too long - closing connection",
                       STR_ARG(session->active_hostname));
        session_close(session, "bad-commands");
        return;
    default:
        session_close(session, "connection-lost");
        return;
    }
}

static void
step(struct smtp_session *session)
{
    enum input_result result;
    struct str line;

    pool_reset(session->scratch, session->scratch_mark);
    session->line = session->argument = STR("");
    session->acl.smtp_command = session->acl.smtp_command_argument = STR("");
    if (!input_has_line(&session->input))
        session_flush(session);
    if (session->output.is_failed) {
        session_close(session, "connection-lost");
        return;
    }
    result = input_line(&session->input, session_deadline(session), &line);
    if (result == INPUT_OK)
        session_command(session, line);
    else if (result == INPUT_TOO_LONG) {
        session->line = STR("(line too long)");
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_SYNTAX, STR("line too long"));
    } else
        input_over(session, result);
}

int
smtp_session_run(int in_fd, int out_fd, struct origin *origin, const struct smtp_session_options *options)
{
    struct smtp_session session;
    bool is_ended_badly;

    origin->is_smtp = true;
    session_init(&session, in_fd, out_fd, origin, options);
    session.state = STATE_CONNECTED;
    if (session_greet(&session)) {
        session_flush(&session);
        while (session.state != STATE_CLOSED)
            step(&session);
        session_end(&session);
    }
    session_flush(&session);
    /* Local callers see in the exit status that the session was cut short. */
    is_ended_badly = session.is_end_told || (!session.has_quit && session.notquit_reason != NULL &&
                                             strcmp(session.notquit_reason, "connection-lost") != 0);
    session_release(&session);
    return is_ended_badly ? EXIT_FAILURE : EXIT_SUCCESS;
}

void
smtp_session_refuse(int fd, const struct origin *origin, const char *log_text, const char *reply_text)
{
    struct pool *pool = pool_new("refusal");
    struct str host = origin_log_host(origin, false, pool), reply = smtp_reply_format(pool, SMTP_UNAVAILABLE, STR(""),
                                                                                      str_of(reply_text));

    if (log_text != NULL)
        log_write(LOG_CONNECTION_REJECT, LOG_TO_MAIN, NULL, "Connection from %.*s refused: %s", STR_ARG(host),
                  log_text);
    fd_write(fd, reply, deadline_in_ms(0));
    pool_free(pool);
}
