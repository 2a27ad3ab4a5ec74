#include "expand/expand.h"
#include "log/log.h"
#include "retry/retry.h"
#include "transports/mail_parameters.h"
#include "transports/smtp/smtp.h"

enum { CHUNK_ROOM_MORE_BYTES = 4096 };

/* Deferred, whatever the reason so far: the next host may take it. */
bool
smtp_is_pending(const struct address *addr)
{
    return addr->outcome == DEFER;
}

bool
smtp_has_pending(const struct smtp_job *job)
{
    for (const struct address *addr = job->run->addresses; addr != NULL; addr = addr->next)
        if (smtp_is_pending(addr))
            return true;
    return false;
}

/* ---- Which addresses go together */

/* How many recipients one transaction may have here; 0: no limit. */
static int
recipients_max(const struct smtp_job *job)
{
    int limit = job->channel->client.limit_rcpt;

    return limit > 0 && (job->max_rcpt == 0 || limit < job->max_rcpt) ? limit : job->max_rcpt;
}

/* Put the next pending ones that have not been sent over this connection into batch. */
static size_t
next_batch(struct smtp_job *job, struct address **cursor, struct ptr_list *batch)
{
    int limit = recipients_max(job);
    bool is_one_domain = job->channel->client.limit_rcpt_domain == 1;
    struct address *addr = *cursor;

    batch->count = 0;
    for (; addr != NULL; addr = addr->next) {
        if (!smtp_is_pending(addr))
            continue;
        if (limit > 0 && batch->count >= (size_t)limit)
            break;
        if (is_one_domain && batch->count > 0 && !str_ieq(addr->domain, ((struct address *)batch->items[0])->domain))
            break;
        ptr_list_add(batch, job->pool, addr);
    }
    *cursor = addr;
    return batch->count;
}

/* ---- Results */

static void
take_success(struct smtp_job *job, struct address *addr, const struct smtp_transaction *tx,
             const struct smtp_recipient *rcpt)
{
    struct transport_run *run = job->run;
    struct retry_record record;
    struct str key = retry_key_sender(addr, run->message->sender, job->pool);

    addr->confirmation = pool_dup(job->pool, rcpt->reply.text);
    addr->delivered_bytes = tx->octets;
    addr->log_fields = pool_printf(job->pool, "%s%s", tx->was_pipelined && log_wants(LOG_PIPELINING) ? " L" : "",
                                   tx->is_chunking ? " K" : "");
    addr->dsn_aware = smtp_client_can(tx->client, CAP_DSN) ? 2 : 1;
    /* A record of this recipient is cleared by the message that made it, which is not at its first try. */
    if (run->retry_notes != NULL && !run->message->is_first_try && retry_read(key, job->pool, &record))
        retry_note_success(run->retry_notes, addr, key);
}

static void
take_result(struct smtp_job *job, const struct host *host, const struct smtp_transaction *tx,
            const struct smtp_recipient *rcpt)
{
    struct transport_run *run = job->run;
    struct address *addr = rcpt->owner;

    addr->outcome = rcpt->outcome;
    addr->why = rcpt->why;
    addr->why.pool = job->pool;
    addr->why.text = pool_dup(job->pool, rcpt->why.text);
    addr->why.is_via_mx = host->mx != MX_NONE;
    addr->host_used = POOL_NEW(job->pool, struct host);
    *addr->host_used = *host;
    addr->host_used->port = job->channel->port;
    addr->log_connection = job->log_connection;
    if (rcpt->outcome == OK)
        take_success(job, addr, tx, rcpt);
    if (rcpt->outcome != DEFER || rcpt->error != SMTP_ERROR_RECIPIENT)
        return;
    transport_event(run->transport, &run->scope, "msg:rcpt:host:defer", addr->why.text);
    if (run->retry_notes != NULL) {
        struct str key = job->options->address_retry_include_sender
                             ? retry_key_sender(addr, run->message->sender, job->pool)
                             : retry_key_routing(addr, true, job->pool);
        struct retry_note *note = retry_note(run->retry_notes, addr, key, &addr->why);

        note->is_routing = true;
        retry_note_tell_host(run->retry_notes, note, host);
    }
}

/* ---- One transaction */

static enum outcome
find_auth(struct smtp_job *job, struct str *auth_out, struct why *why)
{
    struct str reason;

    *auth_out = STR("");
    if (job->options->authenticated_sender == NULL)
        return OK;
    if (expand(job->options->authenticated_sender, &job->run->scope, auth_out, why) != OK) {
        *auth_out = STR("");
        if (why->is_forced)
            return OK;
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "failed to expand authenticated_sender: %.*s", STR_ARG(reason));
    }
    if (!job->options->authenticated_sender_force)
        *auth_out = STR("");
    return OK;
}

/* An address outside ASCII needs a host that says SMTPUTF8 (RFC 6531 section 3.2). */
static bool
needs_utf8(const struct smtp_job *job)
{
    return job->run->message->is_smtputf8 && !smtp_client_can(&job->channel->client, CAP_SMTPUTF8);
}

static void
fill_transaction(struct smtp_job *job, struct smtp_transaction *tx, const struct ptr_list *batch, struct str auth)
{
    struct transport_run *run = job->run;
    int64_t size = run->message->message_bytes + run->message->body_lines + CHUNK_ROOM_MORE_BYTES;

    tx->client = &job->channel->client;
    tx->pool = job->pool;
    tx->sender = run->return_path;
    tx->is_chunking = smtp_client_can(tx->client, CAP_CHUNKING) && !job->is_lmtp;
    tx->chunk_room = size < INT32_MAX ? (size_t)size : 0;
    tx->mail_parameters = mail_parameters(run, tx->client, job->options->size_addition, auth);
    tx->recipients = POOL_NEW_ARRAY(job->pool, struct smtp_recipient, batch->count);
    tx->recipient_count = batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        struct address *addr = batch->items[i];

        tx->recipients[i] = (struct smtp_recipient){
            .owner = addr, .address = transport_rcpt_address(addr, run->transport->rcpt_include_affixes, job->pool),
            .parameters = rcpt_parameters(addr, tx->client, job->options->lmtp_ignore_quota && job->is_lmtp, job->pool),
        };
    }
}

static void
fail_batch(struct smtp_job *job, const struct host *host, const struct ptr_list *batch, enum outcome outcome,
           const struct why *why)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct address *addr = batch->items[i];

        addr->outcome = outcome;
        addr->why = *why;
        addr->host_used = POOL_NEW(job->pool, struct host);
        *addr->host_used = *host;
        addr->log_connection = job->log_connection;
    }
}

static enum smtp_error_kind
run_transaction(struct smtp_job *job, const struct host *host, const struct ptr_list *batch, struct why *why)
{
    struct message_sender sender = { job->run };
    struct smtp_transaction tx = { .send = message_send, .data = &sender };
    struct str auth;

    if (find_auth(job, &auth, why) != OK) {
        fail_batch(job, host, batch, DEFER, why);
        return SMTP_ERROR_NONE;
    }
    if (needs_utf8(job)) {
        fail_batch(job, host, batch, why_fail(why, 0, "5.6.7", "utf8 support required but not offered for forwarding"),
                   why);
        return SMTP_ERROR_NONE;
    }
    fill_transaction(job, &tx, batch, auth);
    smtp_transaction_run(&tx);
    for (size_t i = 0; i < tx.recipient_count; i++)
        take_result(job, host, &tx, &tx.recipients[i]);
    if (tx.delivered_count > 0)
        job->channel->sequence++;
    *why = tx.why;
    why->text = pool_dup(job->pool, tx.why.text);
    return tx.error;
}

/* ---- All of them */

/* May one more message go over this connection? */
static bool
has_room(const struct smtp_job *job)
{
    const struct smtp_channel *channel = job->channel;
    int limit = job->options->connection_max_messages;

    if (channel->client.is_dead || (channel->client.limit_mail > 0 && channel->sequence >= channel->client.limit_mail))
        return false;
    return limit == 0 || channel->sequence < limit;
}

static enum outcome
reconnect(struct smtp_job *job, const struct host *host, struct why *why)
{
    bool is_serialized = job->channel->is_serialized;
    enum outcome outcome;

    job->channel->is_serialized = false;
    smtp_disconnect(job);
    outcome = smtp_connect(job, host, why);
    if (job->channel != NULL)
        job->channel->is_serialized = is_serialized;
    return outcome;
}

enum smtp_error_kind
smtp_deliver(struct smtp_job *job, const struct host *host, struct why *why)
{
    struct address *cursor = job->run->addresses;
    struct ptr_list batch = { 0 };
    enum smtp_error_kind worst = SMTP_ERROR_NONE;

    while (next_batch(job, &cursor, &batch) > 0) {
        enum smtp_error_kind kind;

        smtp_note_ends(job);
        kind = run_transaction(job, host, &batch, why);

        if (kind == SMTP_ERROR_HOST)
            return kind;
        if (kind == SMTP_ERROR_MESSAGE)
            worst = kind;
        if (cursor == NULL || (has_room(job)))
            continue;
        /* A connection that belongs to whoever called is not replaced. */
        if (job->run->channel != NULL || reconnect(job, host, why) != OK)
            return job->channel == NULL ? SMTP_ERROR_HOST : worst;
    }
    return worst;
}
