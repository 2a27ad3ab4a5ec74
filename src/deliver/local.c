/* Local deliveries: each batch in a child that is the user, started by the launcher. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "address/mailbox.h"
#include "base/deadline.h"
#include "base/file.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "deliver/job.h"
#include "deliver/result.h"
#include "deliver/wire.h"
#include "log/log.h"
#include "message/header.h"
#include "receive/receive.h"

/* With more recipients than this, children are not told of all of them. */
enum { RECIPIENTS_TOLD_MAX = 100 };

struct address *
duplicates_of(struct delivery_state *state, const struct address *addresses)
{
    struct address *first = NULL;

    for (; addresses != NULL; addresses = addresses->next)
        for (struct address *each = addresses->duplicates; each != NULL; each = each->next_duplicate) {
            struct address *copy = POOL_NEW(state->pool, struct address);

            *copy = *each;
            copy->next = first;
            first = copy;
        }
    return first;
}

/* Bytes that only a child reads: an anonymous file, sealed. -1 with errno. */
static int
sealed_file(const char *name, struct str bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd == -1)
        return -1;
    if (!file_write_all(fd, bytes) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

int
body_open(const struct message *message)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", message->body_fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The message's envelope and header section, made once for all batches. */
static int
message_file(struct delivery_state *state)
{
    struct message told = *state->message;

    if (state->job_message_fd != -1)
        return state->job_message_fd;
    if (told.recipient_count > RECIPIENTS_TOLD_MAX)
        told.recipient_count = RECIPIENTS_TOLD_MAX;
    map_init(&told.nonrecipients, state->pool, false);
    state->job_message_fd = sealed_file("message", spool_header_format(&told, state->pool, -1));
    return state->job_message_fd;
}

/* ---- What the child says */

/* To:, Cc: and Bcc: of a message that a transport made, as -t takes them; Bcc: is not sent on. */
static void
recipients_from_header(struct pool *pool, struct str text, struct str_list *recipients_out, struct str *text_out)
{
    struct address_rules rules = receive_address_rules();
    struct str rest = text, line, field = STR("");
    struct buf kept;

    buf_init(&kept, pool, BUF_NO_LIMIT);
    buf_taint(&kept);
    rules.allow_unqualified = true;
    while (rest.len > 0) {
        struct str name, body, start = rest;
        bool is_recipient_field;

        str_take_line(&rest, &line);
        if (line.len == 0) {
            buf_add(&kept, start);
            break;
        }
        while (rest.len > 0 && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t'))
            str_take_line(&rest, &line);
        field = str_head(start, (size_t)(rest.ptr - start.ptr));
        is_recipient_field = header_split(field, &name, &body) &&
            (str_ieq_c(name, "to") || str_ieq_c(name, "cc") || str_ieq_c(name, "bcc"));
        if (is_recipient_field) {
            struct address_list list;
            struct address_list_item item;
            enum address_list_step step;

            address_list_init(&list, pool, header_unfold(pool, body), &rules);
            while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END)
                if (step == ADDRESS_LIST_ADDRESS && item.parse.address.len > 0)
                    str_list_add(recipients_out, pool, receive_qualify(pool, item.parse.address, true));
        }
        if (!is_recipient_field || !str_ieq_c(name, "bcc"))
            buf_add(&kept, field);
    }
    *text_out = buf_str(&kept);
}

/* A message from an autoreply: taken in here, where the spool may be written. */
static bool
submission_take(struct delivery_state *state, struct str record, int fd)
{
    struct wire_reader reader = { .rest = record };
    struct str_list recipients = { 0 };
    struct str sender, text, kept, answer = STR("no");
    char id[MESSAGE_ID_MAX_BYTES + 1];
    struct why why;

    (void)wire_take_number(&reader);
    sender = wire_take_text(&reader);
    text = wire_take_text(&reader);
    if (!wire_is_done(&reader))
        return false;
    why_init(&why, state->pool);
    recipients_from_header(state->pool, text, &recipients, &kept);
    if (recipients.count == 0) {
        answer = STR("ok");
    } else if (receive_own_message(state->pool, sender, recipients.items, recipients.count, kept,
                                   str_of(state->message->id), id, &why) == OK) {
        answer = STR("ok");
        delivery_start(state, id);
    } else {
        log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "submission of a generated message failed: %.*s",
                  STR_ARG(why.text));
    }
    return wire_send(fd, answer);
}

bool
results_take(struct delivery_state *state, int fd, struct address *const *addresses, size_t count, bool *reported)
{
    struct str record;

    while (wire_receive(fd, state->pool, &record)) {
        size_t index;

        switch (result_kind_of(record)) {
        case RESULT_ADDRESS:
            if (!result_address_decode(record, addresses, count, state->pool, &index))
                return false;
            reported[index] = true;
            break;
        case RESULT_RETRY:
            if (!result_retry_decode(record, addresses, count, &state->notes, state->pool))
                return false;
            break;
        case RESULT_SUBMISSION:
            if (!submission_take(state, record, fd))
                return false;
            break;
        case RESULT_DONE:
            return true;
        default:
            return false;
        }
    }
    return false;
}

struct address **
addresses_array(struct pool *pool, const struct delivery *delivery)
{
    struct address **array = POOL_NEW_ARRAY(pool, struct address *, delivery->address_count);
    size_t i = 0;

    for (struct address *addr = delivery->addresses; addr != NULL; addr = addr->next)
        array[i++] = addr;
    return array;
}

void
results_settle(struct delivery_state *state, struct address *const *addresses, size_t count, const bool *reported,
               const struct why *lost, double seconds)
{
    for (size_t i = 0; i < count; i++) {
        struct address *addr = addresses[i];

        if (!reported[i]) {
            addr->outcome = DEFER;
            addr->why = *lost;
        }
        if (addr->transport_time_s == 0)
            addr->transport_time_s = seconds;
    }
    addresses_settle(state, addresses, count);
}

/* Retry hints of a local address, by its transport key. */
static void
local_retry_note(struct delivery_state *state, struct address *addr, bool has_record)
{
    struct str key = retry_key_transport(addr, state->pool);

    if (addr->outcome == DEFER && addr->why.cause != CAUSE_RETRY_NOT_REACHED)
        retry_note(&state->notes, addr, key, &addr->why);
    else if (addr->outcome != DEFER && has_record)
        retry_note_success(&state->notes, addr, key);
}

/* In a queue run an address waits for its time; a first attempt is always made. */
static bool
is_before_retry(struct delivery_state *state, struct delivery *delivery, bool *has_record_out)
{
    struct address *addr = delivery->addresses;
    struct retry_check check = retry_check_address(addr, &state->scope);
    struct why why;

    *has_record_out = check.has_record;
    if (!state->options->is_queue_run || state->options->is_forced || check.answer != RETRY_NOT_YET)
        return false;
    why_init(&why, state->pool);
    why_defer(&why, 0, "4.2.0", "Retry time not yet reached");
    why.cause = CAUSE_RETRY_NOT_REACHED;
    addresses_settle_chain(state, delivery->addresses, DEFER, &why);
    return true;
}

/* Start the child and hear it out.  DEFER: nothing was started. */
static enum outcome
batch_run(struct delivery_state *state, struct delivery *delivery, const struct job *job, struct why *why)
{
    struct address **addresses = addresses_array(state->pool, delivery);
    bool *reported = POOL_NEW_ARRAY(state->pool, bool, delivery->address_count);
    struct launch_run run = {
        .transport = pool_cstr(state->pool, ((const struct driver_instance *)delivery->transport)->name),
        .ids = { job->identity.uid, job->identity.gid, job->identity.does_initgroups }, .fd_count = 4
    };
    int pair[2], job_fd, status = 0, fds[4];
    int64_t start_ms = monotonic_ms();
    unsigned child;
    enum outcome started;
    bool is_complete;
    double seconds;

    job_fd = sealed_file("job", job_pack(job, state->pool));
    if (job_fd == -1 || message_file(state) == -1)
        return why_defer(why, errno, "4.3.0", "cannot make the job of a local delivery");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
        close(job_fd);
        return why_defer(why, errno, "4.3.0", "cannot make a socket pair for a local delivery");
    }
    fds[0] = job_fd;
    fds[1] = state->job_message_fd;
    fds[2] = body_open(state->message);
    fds[3] = pair[1];
    run.fds = fds;
    started = fds[2] == -1 ? why_defer(why, errno, "4.3.0", "cannot open the message's body for a local delivery")
                           : launch_run(state->link, state->message->id, &run, &child, why);
    close(job_fd);
    close(fds[2]);
    close(pair[1]);
    if (started != OK) {
        close(pair[0]);
        return started;
    }
    is_complete = results_take(state, pair[0], addresses, delivery->address_count, reported);
    close(pair[0]);
    seconds = (double)(monotonic_ms() - start_ms) / 1000;
    /* What was reported is recorded before anything else is waited for. */
    if (is_complete)
        results_settle(state, addresses, delivery->address_count, reported, why, seconds);
    if (launch_run_wait(state->link, child, &status, why) == OK && !is_complete)
        why_defer(why, 0, "4.3.0", "failed to read delivery status for %.*s from delivery subprocess (exit code %d)",
                  STR_ARG(delivery->addresses->text), status);
    if (!is_complete)
        results_settle(state, addresses, delivery->address_count, reported, why, seconds);
    return OK;
}

static enum outcome
batch_run_in_turn(struct delivery_state *state, struct delivery *delivery, const struct job *job, struct why *why)
{
    enum outcome outcome = transport_turn_take(delivery->transport, &state->scope, why);

    if (outcome != OK)
        return outcome;
    outcome = batch_run(state, delivery, job, why);
    transport_turn_give_back(delivery->transport, state->pool);
    return outcome;
}

/* As whom: under deliver_drop_privilege the mail user, which this process is, whatever the transport says. */
static enum outcome
identity_find(struct delivery_state *state, const struct delivery *delivery, struct job *job, struct why *why)
{
    enum outcome outcome = transport_identity_find(delivery->transport, delivery->addresses, &state->scope,
                                                   &job->identity, why);

    if (config->deliver_drop_privilege) {
        job->identity.uid = geteuid();
        job->identity.gid = getegid();
        job->identity.does_initgroups = false;
    }
    return outcome;
}

static void
delivery_run_local(struct delivery_state *state, struct delivery *delivery)
{
    struct address *first = delivery->addresses;
    struct job job = { .transport = delivery->transport, .addresses = first, .count = delivery->address_count,
                       .duplicates = duplicates_of(state, first), .is_dont_deliver = state->message->is_dont_deliver,
                       .is_forced = state->options->is_forced };
    struct address **addresses = addresses_array(state->pool, delivery);
    bool has_record;
    struct why why;

    if (is_before_retry(state, delivery, &has_record))
        return;
    why_init(&why, state->pool);
    state->scope.address = first;
    if (identity_find(state, delivery, &job, &why) != OK ||
        batch_run_in_turn(state, delivery, &job, &why) != OK)
        addresses_settle_chain(state, delivery->addresses, DEFER, &why);
    state->scope.address = NULL;
    for (size_t i = 0; i < delivery->address_count; i++)
        local_retry_note(state, addresses[i], has_record);
}

void
deliveries_run_local(struct delivery_state *state, struct delivery *first)
{
    for (struct delivery *delivery = first; delivery != NULL; delivery = delivery->next) {
        trace_begin(TRACE_DELIVER, "local delivery of %.*s by %.*s", STR_ARG(delivery->addresses->text),
                    STR_ARG(((const struct driver_instance *)delivery->transport)->name));
        delivery_run_local(state, delivery);
        trace_end(TRACE_DELIVER, "done");
    }
}
