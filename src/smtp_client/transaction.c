#include "smtp_client/transaction.h"
#include <errno.h>
#include <string.h>

enum { CHUNK_MAX_BYTES = 131072, RCPTS_UNANSWERED_MAX = 100, CHUNKS_UNANSWERED_MAX = 8 };

/* ---- Results */

static void
recipient_finish(struct smtp_recipient *rcpt, enum outcome outcome, enum smtp_error_kind error, const struct why *why)
{
    if (rcpt->is_done)
        return;
    rcpt->is_done = true;
    rcpt->outcome = outcome;
    rcpt->error = outcome == DEFER ? error : SMTP_ERROR_NONE;
    if (why != NULL)
        rcpt->why = *why;
}

/* For all that have no result yet. */
static void
finish_all(struct smtp_transaction *tx, enum outcome outcome, enum smtp_error_kind error)
{
    if (outcome == DEFER)
        tx->error = error;
    for (size_t i = 0; i < tx->recipient_count; i++)
        recipient_finish(&tx->recipients[i], outcome, error, &tx->why);
}

static struct str
shown(struct smtp_transaction *tx, const char *what)
{
    return pool_printf(tx->pool, "%s%s", tx->was_pipelined ? "pipelined " : "", what);
}

static struct str
mail_shown(struct smtp_transaction *tx)
{
    return pool_printf_tainted(tx->pool, "%sMAIL FROM:<%.*s>%.*s", tx->was_pipelined ? "pipelined " : "",
                               STR_ARG(tx->sender), STR_ARG(tx->mail_parameters));
}

/* The whole transaction ends with this reply (or none).  number: for a 4yz. */
static bool
fail_whole(struct smtp_transaction *tx, const struct smtp_client_reply *reply, struct str command, enum why_cause cause,
           int number, enum smtp_error_kind lost_kind)
{
    enum outcome outcome = smtp_client_why(tx->client, reply, command, &tx->why);

    if (reply->code / 100 == 4) {
        tx->why.cause = cause;
        tx->why.sys_errno = number;
    }
    finish_all(tx, outcome, reply->code != 0 ? SMTP_ERROR_MESSAGE : lost_kind);
    return false;
}

/* ---- MAIL and RCPT */

static enum smtp_error_kind
kind_after_timeout(const struct smtp_transaction *tx, enum smtp_error_kind kind)
{
    return tx->client->failure == CLIENT_TIMED_OUT ? kind : SMTP_ERROR_HOST;
}

static bool
take_mail_reply(struct smtp_transaction *tx)
{
    struct smtp_client_reply reply;

    tx->is_mail_answered = true;
    smtp_client_read(tx->client, 0, &reply);
    if (reply.code / 100 == 2)
        return true;
    return fail_whole(tx, &reply, mail_shown(tx), CAUSE_MAIL_4XX, SMTP_NUMBER_MAIL_4XX,
                      kind_after_timeout(tx, SMTP_ERROR_MESSAGE));
}

/* A timeout is this recipient's; the others are deferred without blame. */
static bool
rcpt_unanswered(struct smtp_transaction *tx, struct smtp_recipient *rcpt, struct str command)
{
    enum smtp_error_kind kind = kind_after_timeout(tx, SMTP_ERROR_RECIPIENT);

    smtp_client_why(tx->client, &rcpt->reply, command, &tx->why);
    recipient_finish(rcpt, DEFER, kind, &tx->why);
    finish_all(tx, DEFER, kind == SMTP_ERROR_HOST ? SMTP_ERROR_HOST : SMTP_ERROR_NONE);
    return false;
}

static bool
take_rcpt_reply(struct smtp_transaction *tx)
{
    struct smtp_recipient *rcpt = &tx->recipients[tx->rcpts_answered++];
    struct str command = pool_printf_tainted(tx->pool, "RCPT TO:<%.*s>", STR_ARG(rcpt->address));
    enum outcome outcome;

    smtp_client_read(tx->client, 0, &rcpt->reply);
    if (rcpt->reply.code / 100 == 2) {
        rcpt->is_accepted = true;
        tx->accepted_count++;
        return true;
    }
    if (rcpt->reply.code == 0)
        return rcpt_unanswered(tx, rcpt, command);
    why_init(&rcpt->why, tx->pool);
    outcome = smtp_client_why(tx->client, &rcpt->reply, command, &rcpt->why);
    if (rcpt->reply.code / 100 == 4) {
        rcpt->why.cause = CAUSE_RCPT_4XX;
        rcpt->why.sys_errno = SMTP_NUMBER_RCPT_4XX;
    }
    recipient_finish(rcpt, outcome, SMTP_ERROR_RECIPIENT, NULL);
    return true;
}

/* Replies that are due, down to the last one. */
static bool
take_envelope_replies(struct smtp_transaction *tx)
{
    if (!tx->is_mail_answered && !take_mail_reply(tx))
        return false;
    while (tx->rcpts_answered < tx->rcpts_said)
        if (!take_rcpt_reply(tx))
            return false;
    return true;
}

/* A text of ours that must not be sent: an address with CR or LF, a line that does not fit. */
static void
cannot_say(struct smtp_transaction *tx, struct smtp_recipient *rcpt)
{
    why_init(&rcpt->why, tx->pool);
    recipient_finish(
        rcpt, why_fail(&rcpt->why, 0, "5.1.3", "the address <%.*s> cannot be sent by SMTP", STR_ARG(rcpt->address)),
        SMTP_ERROR_NONE, NULL);
}

static bool
say_mail(struct smtp_transaction *tx)
{
    if (smtp_client_sayf(tx->client, "MAIL FROM:<%.*s>%.*s", STR_ARG(tx->sender), STR_ARG(tx->mail_parameters)))
        return tx->was_pipelined || take_mail_reply(tx);
    if (tx->client->is_dead)
        smtp_client_why(tx->client, &(struct smtp_client_reply){ 0 }, mail_shown(tx), &tx->why);
    else
        why_fail(&tx->why, 0, "5.1.7", "the sender address <%.*s> cannot be sent by SMTP", STR_ARG(tx->sender));
    finish_all(tx, tx->client->is_dead ? DEFER : FAIL, SMTP_ERROR_HOST);
    return false;
}

/* Recipients that cannot be said are moved behind the others, so that replies stay in step. */
static bool
say_rcpts(struct smtp_transaction *tx)
{
    size_t last = tx->recipient_count;

    while (tx->rcpts_said < last) {
        struct smtp_recipient *rcpt = &tx->recipients[tx->rcpts_said], refused;

        if (smtp_client_sayf(tx->client, "RCPT TO:<%.*s>%.*s", STR_ARG(rcpt->address), STR_ARG(rcpt->parameters))) {
            tx->rcpts_said++;
        } else if (tx->client->is_dead) {
            return rcpt_unanswered(tx, rcpt, STR("RCPT TO"));
        } else {
            cannot_say(tx, rcpt);
            refused = *rcpt;
            *rcpt = tx->recipients[--last];
            tx->recipients[last] = refused;
        }
        if ((!tx->was_pipelined || tx->rcpts_said - tx->rcpts_answered >= RCPTS_UNANSWERED_MAX)
            && !take_envelope_replies(tx))
            return false;
    }
    return true;
}

/* ---- After refusal: the session as it was before MAIL */

static void
reset(struct smtp_transaction *tx)
{
    tx->client->is_reset_due = !tx->client->is_dead;
}

/* Before the next transaction, so that a session that ends now is spared the round trip. */
static bool
reset_now(struct smtp_client *client)
{
    struct smtp_client_reply reply;

    if (!client->is_reset_due)
        return true;
    client->is_reset_due = false;
    smtp_client_ask(client, STR("RSET"), &reply);
    if (reply.code / 100 != 2)
        smtp_client_close(client);
    return !client->is_dead;
}

/* What was pipelined behind a refused MAIL still gets its replies; with 421 the host is about to close. */
static void
drain(struct smtp_transaction *tx)
{
    struct smtp_client_reply reply;
    bool has_accepted = tx->accepted_count > 0;

    while (!tx->client->is_dead && tx->rcpts_answered < tx->rcpts_said) {
        tx->rcpts_answered++;
        smtp_client_read(tx->client, 0, &reply);
        has_accepted |= reply.code / 100 == 2;
    }
    if (tx->client->is_dead || !tx->is_data_said)
        return;
    smtp_client_read(tx->client, 0, &reply);
    if (reply.code / 100 != 3)
        return;
    /* The host waits for a message that we will not send.  Without a recipient an empty one goes nowhere (RFC 2920
     * section 3.1); a host that has recipients all the same must not take it for mail. */
    if (has_accepted) {
        smtp_client_close(tx->client);
        return;
    }
    smtp_client_write(tx->client, ".\r\n", 3);
    smtp_client_read(tx->client, tx->client->settings.final_timeout_s, &reply);
}

static void
give_up(struct smtp_transaction *tx)
{
    if (tx->why.smtp_code == 421)
        smtp_client_close(tx->client);
    drain(tx);
    reset(tx);
}

/* ---- The end of the data: one reply, or with LMTP one for each recipient that was accepted */

static void
take_final_reply(struct smtp_transaction *tx, struct smtp_recipient *rcpt, const struct smtp_client_reply *reply)
{
    struct str command = tx->is_chunking ? shown(tx, "end of data") : STR("end of data");
    enum outcome outcome;

    if (reply->code / 100 == 2) {
        rcpt->reply = *reply;
        recipient_finish(rcpt, OK, SMTP_ERROR_NONE, NULL);
        tx->delivered_count++;
        return;
    }
    if (reply->code == 0 && tx->client->failure == CLIENT_TIMED_OUT)
        command = pool_printf(tx->pool, "end of data (%lld bytes written)", (long long)tx->octets);
    why_init(&rcpt->why, tx->pool);
    outcome = smtp_client_why(tx->client, reply, command, &rcpt->why);
    if (reply->code / 100 == 4) {
        rcpt->why.cause = CAUSE_DATA_4XX;
        rcpt->why.sys_errno = SMTP_NUMBER_DATA_4XX;
    }
    rcpt->reply = *reply;
    tx->why = rcpt->why;
    if (outcome == DEFER)
        tx->error = SMTP_ERROR_MESSAGE;
    recipient_finish(rcpt, outcome,
                     tx->client->settings.is_lmtp && reply->code != 0 ? SMTP_ERROR_RECIPIENT : SMTP_ERROR_MESSAGE,
                     NULL);
}

static void
take_final_replies(struct smtp_transaction *tx)
{
    struct smtp_client_reply reply = { 0 };
    bool is_lmtp = tx->client->settings.is_lmtp, has_reply = false;

    for (size_t i = 0; i < tx->recipient_count; i++) {
        struct smtp_recipient *rcpt = &tx->recipients[i];

        if (rcpt->is_done)
            continue;
        if (!has_reply || is_lmtp)
            smtp_client_read(tx->client, tx->client->settings.final_timeout_s, &reply);
        has_reply = true;
        take_final_reply(tx, rcpt, &reply);
    }
    if (tx->delivered_count > 0)
        tx->client->message_count++;
    if (reply.code == 421)
        smtp_client_close(tx->client);
}

/* ---- DATA */

static void
send_failed(struct smtp_transaction *tx, struct why *why)
{
    if (why->text.len == 0 || tx->client->is_dead) {
        struct smtp_client_reply reply;

        /* The host may have said why it takes no more. */
        smtp_client_read(tx->client, 1, &reply);
        fail_whole(tx, &reply, pool_printf(tx->pool, "sending data block"), CAUSE_DATA_4XX, SMTP_NUMBER_DATA_4XX,
                   SMTP_ERROR_HOST);
    } else {
        tx->why = *why;
        finish_all(tx, DEFER, SMTP_ERROR_NONE);
    }
    smtp_client_close(tx->client);
}

static void
run_data(struct smtp_transaction *tx)
{
    struct smtp_client_reply reply;
    struct why why;

    if (!tx->is_data_said)
        smtp_client_say(tx->client, STR("DATA"));
    tx->is_data_said = false;
    smtp_client_read(tx->client, 0, &reply);
    if (reply.code / 100 != 3) {
        fail_whole(tx, &reply, shown(tx, "DATA"), CAUSE_DATA_4XX, SMTP_NUMBER_DATA_4XX, SMTP_ERROR_HOST);
        give_up(tx);
        return;
    }
    why_init(&why, tx->pool);
    if (tx->send(tx->data, tx, &why) != OK) {
        send_failed(tx, &why);
        return;
    }
    smtp_client_write(tx->client, ".\r\n", 3);
    take_final_replies(tx);
}

/* ---- BDAT */

/* A refused chunk ends the message; its reply decides for all. */
static bool
take_chunk_reply(struct smtp_transaction *tx)
{
    struct smtp_client_reply reply;

    tx->chunks_unanswered--;
    smtp_client_read(tx->client, tx->client->settings.final_timeout_s, &reply);
    if (reply.code / 100 == 2)
        return true;
    tx->has_chunk_failed = true;
    return fail_whole(tx, &reply, shown(tx, "BDAT"), CAUSE_DATA_4XX, SMTP_NUMBER_DATA_4XX, SMTP_ERROR_HOST);
}

/* A chunk that is not the last goes out once the recipients are known to be there. */
static bool
send_chunk(struct smtp_transaction *tx, bool is_last)
{
    if (!is_last) {
        if (!take_envelope_replies(tx) || tx->accepted_count == 0)
            return false;
        while (tx->chunks_unanswered > (tx->was_pipelined ? CHUNKS_UNANSWERED_MAX : 0))
            if (!take_chunk_reply(tx))
                return false;
    }
    if (!smtp_client_sayf(tx->client, "BDAT %zu%s", tx->chunk_bytes, is_last ? " LAST" : "")
        || !smtp_client_write(tx->client, tx->chunk, tx->chunk_bytes))
        return false;
    tx->chunk_bytes = 0;
    tx->chunks_unanswered++;
    return true;
}

bool
smtp_transaction_write(struct smtp_transaction *tx, struct str octets)
{
    tx->octets += (int64_t)octets.len;
    if (!tx->is_chunking)
        return smtp_client_write(tx->client, octets.ptr, octets.len);
    while (octets.len > 0) {
        size_t room = tx->chunk_room - tx->chunk_bytes, len = octets.len < room ? octets.len : room;

        if (room == 0) {
            if (!send_chunk(tx, false))
                return false;
            continue;
        }
        memcpy(tx->chunk + tx->chunk_bytes, octets.ptr, len);
        tx->chunk_bytes += len;
        octets = str_from(octets, len);
    }
    return true;
}

/* The first chunk may leave with the envelope: when it is also the last one, the transaction takes one round trip. */
static void
run_bdat(struct smtp_transaction *tx)
{
    struct smtp_client_reply reply;
    struct why why;

    why_init(&why, tx->pool);
    if (tx->chunk_room == 0 || tx->chunk_room > CHUNK_MAX_BYTES)
        tx->chunk_room = CHUNK_MAX_BYTES;
    tx->chunk = pool_alloc_as(tx->pool, TAINTED, tx->chunk_room);
    if (tx->send(tx->data, tx, &why) != OK || !send_chunk(tx, true)) {
        if (tx->has_chunk_failed
            || (tx->accepted_count == 0 && tx->is_mail_answered && !tx->client->is_dead && why.text.len == 0))
            give_up(tx);
        else
            send_failed(tx, &why);
        return;
    }
    if (!take_envelope_replies(tx) || tx->accepted_count == 0) {
        while (!tx->client->is_dead && tx->rcpts_answered < tx->rcpts_said) {
            tx->rcpts_answered++;
            smtp_client_read(tx->client, 0, &reply);
        }
        /* The chunk is refused too, for want of a recipient. */
        while (!tx->client->is_dead && tx->chunks_unanswered-- > 0)
            smtp_client_read(tx->client, tx->client->settings.final_timeout_s, &reply);
        reset(tx);
        return;
    }
    while (tx->chunks_unanswered > 1)
        if (!take_chunk_reply(tx)) {
            smtp_client_close(tx->client);
            return;
        }
    take_final_replies(tx);
}

/* ---- All of it */

static bool
run_envelope(struct smtp_transaction *tx)
{
    reset_now(tx->client);
    if (!say_mail(tx) || !say_rcpts(tx))
        return false;
    if (tx->is_chunking)
        return tx->was_pipelined ? tx->rcpts_said > 0 : tx->accepted_count > 0;
    if (tx->was_pipelined && tx->rcpts_said > 0 && smtp_client_say(tx->client, STR("DATA")))
        tx->is_data_said = true;
    return take_envelope_replies(tx) && tx->accepted_count > 0;
}

void
smtp_transaction_run(struct smtp_transaction *tx)
{
    why_init(&tx->why, tx->pool);
    tx->was_pipelined = smtp_client_can(tx->client, CAP_PIPELINING);
    if (!run_envelope(tx)) {
        give_up(tx);
        return;
    }
    if (tx->is_chunking)
        run_bdat(tx);
    else
        run_data(tx);
}
