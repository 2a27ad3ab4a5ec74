/* smtp_server/data.c -- DATA: the message up to CRLF . CRLF (RFC 5321 section 4.1.1.4; manual: the DATA ACLs). */
#include "base/deadline.h"
#include "smtp_server/server.h"

static enum bare_newline
bare_newline_option(void)
{
    return str_ieq_c(config->smtp_bare_newline, "normalize") ? BARE_NEWLINE_NORMALIZE : BARE_NEWLINE_REJECT;
}

/* Read to the real end, whatever becomes of the message. */
static enum input_result
read_message(struct smtp_session *session)
{
    struct data_reader reader;
    int64_t began_ms = monotonic_ms();
    size_t kept = 0, count, used;
    char *octets;

    data_reader_init(&reader, bare_newline_option());
    for (;;) {
        struct deadline deadline = session_data_deadline(session, began_ms, reader.facts.wire_bytes);
        enum input_result result = input_more(&session->input, deadline, kept, &octets, &count);
        enum body_step step;
        struct str text;

        if (result != INPUT_OK)
            return result;
        step = data_reader_push(&reader, octets, count, &used, &text);
        reception_add(session->reception, text);
        input_take(&session->input, used);
        kept = count - used;
        if (step == BODY_END)
            break;
    }
    if (reader.facts.has_bare_newline && reader.bare_newline == BARE_NEWLINE_REJECT)
        reception_fail(session->reception, SMTP_REFUSED, STR("5.6.0"),
                       STR("bare CR or LF in message: lines must end with CRLF"));
    return INPUT_OK;
}

/* The list run before the message is read; false: it said no. */
static bool
run_predata(struct smtp_session *session, struct acl_reply *reply)
{
    enum acl_result result = ACL_ACCEPT;

    *reply = (struct acl_reply){ 0 };
    if (config->acl_smtp_predata != NULL)
        result = session_acl(session, ACL_AT_PREDATA, config->acl_smtp_predata, NULL, reply);
    if (result == ACL_ACCEPT)
        return true;
    session_refuse(session, ACL_AT_PREDATA, result, reply, STR("DATA"));
    session_reset(session, NULL);
    return false;
}

static void
data_run(struct smtp_session *session)
{
    struct receive_result result = { .fate = RECEIVE_FAILED };
    struct acl_reply reply;
    enum input_result read;

    if (session->is_recipients_over && config->recipients_max_reject) {
        session_reply(session, SMTP_FAILED, STR("Too many recipients"));
        session_reset(session, NULL);
        return;
    }
    if (!run_predata(session, &reply))
        return;
    session_accept(session, &reply, SMTP_START_INPUT, STR("Enter message, ending with \".\" on a line by itself"));
    session_flush(session);
    session_reception_begin(session, false);
    read = read_message(session);
    if (read != INPUT_OK) {
        session_data_lost(session, read);
        session_reset(session, NULL);
        return;
    }
    reception_end(session->reception, &result);
    session_message_done(session, &result);
}

const struct smtp_command data_command = { .name = "DATA", .event = EVENT_DATA, .is_mail = true, .run = data_run };
