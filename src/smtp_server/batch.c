/* smtp_server/batch.c -- -bS: transactions from a file or pipe, no replies (manual: incoming batched SMTP). */
#include <stdio.h>
#include "smtp_server/server.h"

enum { EXIT_ALL_GOOD = 0, EXIT_SOME_GOOD = 1, EXIT_NONE_GOOD = 2 };

/* The message up to a line with a dot; false: the input ended first. */
static bool
read_message(struct smtp_session *session)
{
    struct local_reader reader;
    size_t kept = 0, count, used;
    char *octets;

    local_reader_init(&reader, true, true);
    for (;;) {
        struct str text;
        enum body_step step;

        if (input_more(&session->input, session_deadline(session), kept, &octets, &count) != INPUT_OK)
            return false;
        step = local_reader_push(&reader, octets, count, &used, &text);
        for (size_t i = 0; i < text.len; i++)
            session->batch_line += text.ptr[i] == '\n';
        reception_add(session->reception, text);
        input_take(&session->input, used);
        kept = count - used;
        if (step == BODY_END) {
            session->batch_line++;
            return true;
        }
    }
}

/* DATA: acl_not_smtp_start, the message, its end. */
static void
take_message(struct smtp_session *session)
{
    struct receive_result result = { .fate = RECEIVE_FAILED };
    struct acl_reply reply;

    session->line = STR("");
    if (config->acl_not_smtp_start != NULL)
        session_acl(session, ACL_AT_NOT_SMTP_START, config->acl_not_smtp_start, NULL, &reply);
    session_reception_begin(session, false);
    if (!read_message(session)) {
        session_data_lost(session, INPUT_END);
        return;
    }
    reception_end(session->reception, &result);
    session_message_done(session, &result);
}

static void
batch_command(struct smtp_session *session, struct str line)
{
    const struct smtp_command *command = smtp_command_find(str_trim_right(line), &session->argument);
    struct smtp_legality legality;

    session->line = line;
    session->event = command == NULL ? EVENT_UNKNOWN : command->event;
    switch (session->event) {
    case EVENT_HELO:
    case EVENT_EHLO:
        session->origin->helo_name = pool_dup(session->pool, session->argument);
        session_reset(session, NULL);
        return;
    case EVENT_RSET:
        session_reset(session, NULL);
        return;
    case EVENT_NOOP:
    case EVENT_VRFY:
    case EVENT_EXPN:
    case EVENT_ETRN:
    case EVENT_HELP:
        return;
    case EVENT_QUIT:
        session->state = STATE_CLOSED;
        return;
    case EVENT_MAIL:
    case EVENT_RCPT:
    case EVENT_DATA:
        break;
    default:
        session_reply(session, SMTP_SYNTAX, STR("Command unrecognized"));
        return;
    }
    legality = smtp_event_legality(session->state, session->event);
    if (session->event == EVENT_MAIL)
        session->batch_start_line = session->batch_line;
    if (legality.text != NULL)
        session_reply(session, legality.code, session->event == EVENT_RCPT ? STR("No sender yet given")
                      : str_of(legality.text));
    else if (session->event == EVENT_DATA)
        take_message(session);
    else
        command->run(session);
}

/* The report for programs on standard output, for people on standard error. */
static int
report(const struct smtp_session *session)
{
    struct str error = session->batch_error, line = session->line;
    int done = session->message_count;

    if (!session->has_batch_failed)
        return EXIT_ALL_GOOD;
    printf("%.*s\n", STR_ARG(error));
    printf("Transaction started in line %d\n", session->batch_start_line);
    printf("Error detected in line %d\n", session->batch_line);
    if (line.len > 0)
        printf("%.*s\n", STR_ARG(line));
    fflush(stdout);
    fprintf(stderr, "An error was detected while processing a file of BSMTP input.\nThe error message was:\n\n  "
            "%.*s\n\n",
            STR_ARG(error));
    fprintf(stderr, "The SMTP transaction started in line %d.\n", session->batch_start_line);
    fprintf(stderr, "The error was detected in line %d.\n", session->batch_line);
    if (line.len > 0)
        fprintf(stderr, "The SMTP command at fault was:\n\n   %.*s\n\n", STR_ARG(line));
    fprintf(stderr, "%d previous message%s successfully processed.\nThe rest of the batch was abandoned.\n", done,
            done == 1 ? " was" : "s were");
    return done > 0 ? EXIT_SOME_GOOD : EXIT_NONE_GOOD;
}

int
smtp_batch_run(int in_fd, struct origin *origin, const struct smtp_session_options *options)
{
    struct smtp_session session;
    int status;

    origin->is_batched = true;
    origin->is_smtp = false;
    origin->protocol = STR("local-bsmtp");
    session_init(&session, in_fd, -1, origin, options);
    session.is_batch = true;
    session.state = STATE_READY;
    session_log_connection(&session);
    while (session.state != STATE_CLOSED && !session.has_batch_failed) {
        struct str line;
        enum input_result result;

        pool_reset(session.scratch, session.scratch_mark);
        result = input_line(&session.input, session_deadline(&session), &line);
        if (result != INPUT_OK) {
            if (result != INPUT_END)
                session_reply(&session, SMTP_UNAVAILABLE, STR("SMTP command timeout - closing connection"));
            break;
        }
        session.batch_line++;
        batch_command(&session, pool_dup(session.scratch, line));
    }
    status = report(&session);
    session_reset(&session, NULL);
    session_release(&session);
    return status;
}
