/* smtp_server/bdat.c -- BDAT: the message in chunks of declared size (RFC 3030).
 *
 * The octets of a chunk are always read, also those of a refused one: they are never commands. */
#include "base/deadline.h"
#include "smtp_server/server.h"

enum { CHUNKS_PER_BYTE_SLACK = 1000, EMPTY_CHUNKS_MAX = 1000, DISCARD_SLACK_BYTES = 1 << 20 };

/* Read and throw away; false: the connection is lost. */
static bool
discard_chunk(struct smtp_session *session, uint64_t size)
{
    int64_t began_ms = monotonic_ms();
    uint64_t done = 0;

    while (done < size) {
        size_t count;
        char *octets;
        enum input_result result = input_some(&session->input, session_data_deadline(session, began_ms, done), &octets,
                                              &count);

        if (result != INPUT_OK) {
            session_data_lost(session, result);
            return false;
        }
        if (count > size - done)
            count = (size_t)(size - done);
        input_take(&session->input, count);
        done += count;
    }
    return true;
}

/* The chunk's octets go to the message. */
static bool
read_chunk(struct smtp_session *session, uint64_t size)
{
    int64_t began_ms = monotonic_ms();
    enum body_step step = BODY_MORE;
    size_t kept = 0;

    bdat_reader_chunk(&session->bdat, size);
    if (size == 0)
        return true;
    while (step != BODY_END) {
        struct deadline deadline = session_data_deadline(session, began_ms, session->bdat.facts.wire_bytes);
        size_t count, used;
        char *octets;
        struct str text;
        enum input_result result = input_more(&session->input, deadline, kept, &octets, &count);

        if (result != INPUT_OK) {
            session_data_lost(session, result);
            return false;
        }
        step = bdat_reader_push(&session->bdat, octets, count, &used, &text);
        reception_add(session->reception, text);
        input_take(&session->input, used);
        kept = count - used;
    }
    return true;
}

/* Throw a refused chunk away; one beyond all reason is not waited for: the session ends. */
static bool
get_rid_of(struct smtp_session *session, uint64_t size)
{
    uint64_t cap = DISCARD_SLACK_BYTES + (session->size_limit_bytes > 0 ? (uint64_t)session->size_limit_bytes
                                          : (uint64_t)1 << 32);

    session_flush(session);
    if (size <= cap)
        return discard_chunk(session, size);
    session_reply(session, SMTP_TOO_BIG, STR("Message size exceeds maximum permitted"));
    session_close(session, "bad-commands");
    return false;
}

/* Refuse a chunk after its octets were read. */
static void
refuse(struct smtp_session *session, uint64_t size, int code, struct str text, bool is_expected)
{
    if (!get_rid_of(session, size))
        return;
    if (is_expected)
        session_reply(session, code, text);
    else
        session_error(session, LOG_SMTP_PROTOCOL_ERROR, code, text);
}

static void
finish(struct smtp_session *session)
{
    struct receive_result result = { .fate = RECEIVE_FAILED };

    reception_add(session->reception, bdat_reader_finish(&session->bdat));
    if (session->bdat.facts.has_bare_newline && session->bdat.bare_newline == BARE_NEWLINE_REJECT)
        reception_fail(session->reception, SMTP_REFUSED, STR("5.6.0"),
                       STR("bare CR or LF in message: lines must end with CRLF"));
    reception_end(session->reception, &result);
    session_message_done(session, &result);
}

/* Chunks that carry nothing are talk: each one more than the message has octets counts as a non-mail command
 * (BDAT-01). */
static bool
is_flood(struct smtp_session *session)
{
    session->bdat_count++;
    if (session->bdat_count <= EMPTY_CHUNKS_MAX + session->bdat.facts.wire_bytes / CHUNKS_PER_BYTE_SLACK)
        return false;
    session_replyf(session, SMTP_UNAVAILABLE, "%.*s too many small chunks", STR_ARG(session->active_hostname));
    session_close(session, "bad-commands");
    return true;
}

/* With this chunk the message passes the limit: it is over, and so is the transaction. */
static bool
is_too_big(struct smtp_session *session, uint64_t size)
{
    uint64_t limit = (uint64_t)session->size_limit_bytes, total = session->bdat.facts.wire_bytes + size;
    struct str host = session_host(session, true), sender = session->message->sender;

    if (limit == 0 || (size <= limit && total <= limit))
        return false;
    log_write(LOG_SIZE_REJECT, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
              "rejected from <%.*s> %.*s: message too big: read=%llu max=%llu",
              STR_ARG(sender), STR_ARG(host), (unsigned long long)total, (unsigned long long)limit);
    session_reset(session, NULL);
    if (get_rid_of(session, size))
        session_reply(session, SMTP_TOO_BIG, STR("Message size exceeds maximum permitted"));
    return true;
}

static void
begin(struct smtp_session *session)
{
    bdat_reader_init(&session->bdat, str_ieq_c(config->smtp_bare_newline, "normalize") ? BARE_NEWLINE_NORMALIZE
                                                                                        : BARE_NEWLINE_REJECT);
    session->bdat_count = 0;
    session_reception_begin(session, true);
    session->state = STATE_CHUNKS;
}

static void
bdat_run(struct smtp_session *session)
{
    struct smtp_legality legality = smtp_event_legality(session->state, EVENT_BDAT);
    uint64_t size;
    bool is_last;

    if (!smtp_bdat_argument(session->argument, &size, &is_last)) {
        /* How many octets follow cannot be known. */
        session_error(session, LOG_SMTP_PROTOCOL_ERROR, SMTP_BAD_ARGUMENT, STR("missing size for BDAT command"));
        session_close(session, "bad-commands");
        return;
    }
    if (!session->offers.chunking) {
        refuse(session, size, SMTP_BAD_SEQUENCE, STR("BDAT command used when CHUNKING not advertised"), false);
        return;
    }
    if (legality.text != NULL) {
        refuse(session, size, legality.code, session_data_refusal(session, legality.text), legality.is_expected);
        return;
    }
    if (session->is_recipients_over && config->recipients_max_reject) {
        refuse(session, size, SMTP_FAILED, STR("Too many recipients"), true);
        return;
    }
    if (session->state != STATE_CHUNKS)
        begin(session);
    if (is_flood(session) || is_too_big(session, size))
        return;
    if (!read_chunk(session, size)) {
        session_reset(session, NULL);
        return;
    }
    if (is_last)
        finish(session);
    else
        session_replyf(session, SMTP_OK, "%llu byte chunk received", (unsigned long long)size);
}

const struct smtp_command bdat_command = { .name = "BDAT", .event = EVENT_BDAT, .is_mail = true, .has_argument = true,
                                           .run = bdat_run };
