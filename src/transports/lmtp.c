/* transports/lmtp.c -- LMTP to a program or a socket of this host (manual: chapter 28; RFC 2033). */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/child.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "net/socket.h"
#include "transports/command.h"
#include "transports/common.h"
#include "transports/mail_parameters.h"

struct lmtp_options {
    bool ignore_quota;
    int batch_max, timeout;
    struct template *batch_id, *command, *socket;
};

static const struct lmtp_options defaults = { .batch_max = 1, .timeout = 300 };

static const struct option options[] = {
    OPTION_EXPANDED(struct lmtp_options, batch_id),
    OPTION_INT(struct lmtp_options, batch_max),
    OPTION_EXPANDED(struct lmtp_options, command),
    OPTION_BOOL(struct lmtp_options, ignore_quota),
    OPTION_EXPANDED(struct lmtp_options, socket),
    OPTION_TIME(struct lmtp_options, timeout),
    OPTION_END
};

static bool
lmtp_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    const struct lmtp_options *opt = instance->options;

    (void)pool;
    if ((opt->command == NULL) == (opt->socket == NULL)) {
        *why_out = STR("one (and only one) of command or socket must be set");
        return false;
    }
    return true;
}

static void
lmtp_batching(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    const struct lmtp_options *opt = transport->instance.options;

    (void)scope;
    out->max_addresses = opt->batch_max;
    out->batch_id = opt->batch_id;
}

/* ---- The other side */

/* One socket of a pair is the program's standard input and output. */
static enum outcome
start_command(struct transport_run *run, struct child *child, int *fd_out, struct why *why)
{
    const struct lmtp_options *opt = run->transport->instance.options;
    struct str what = pool_printf(run->pool, "%.*s transport", STR_ARG(run->transport->instance.name));
    struct command_request request = { .line = opt->command->text,
                                       .what = pool_cstr(run->pool, what),
                                       .is_expanded = true };
    struct child_spec spec = { 0 };
    const char **argv;
    int pair[2];
    enum outcome outcome = command_make(&request, run, &argv, why);

    if (outcome != OK)
        return outcome;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
        return transport_defer(why, errno, "failed to create a socket pair for %s", request.what);
    spec = (struct child_spec){ .argv = argv, .in_fd = pair[1], .out_fd = pair[1] };
    outcome = child_start(&spec, child, why);
    close(pair[1]);
    if (outcome == OK) {
        *fd_out = pair[0];
        return OK;
    }
    close(pair[0]);
    return transport_defer(why, why->sys_errno, "Failed to create child process for %s: %s", request.what,
                           strerror(why->sys_errno));
}

static enum outcome
connect_socket(struct transport_run *run, int *fd_out, struct why *why)
{
    const struct lmtp_options *opt = run->transport->instance.options;
    struct str path, reason;

    if (expand(opt->socket, &run->scope, &path, why) != OK) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE,
                               "Expansion of \"%.*s\" (socket setting for %.*s transport) failed: %.*s",
                               STR_ARG(opt->socket->text), STR_ARG(run->transport->instance.name), STR_ARG(reason));
    }
    if (str_is_tainted(path))
        return transport_defer(why, NUMBER_NONE, "Tainted '%.*s' (socket name for %.*s transport) not permitted",
                               STR_ARG(path), STR_ARG(run->transport->instance.name));
    *fd_out = socket_connect_unix(path, deadline_in_s(opt->timeout), why);
    if (*fd_out != -1)
        return OK;
    reason = str_of(strerror(why->sys_errno));
    return transport_defer(why, NUMBER_NONE, "Failed to connect to socket %.*s for %.*s transport: %.*s",
                           STR_ARG(path), STR_ARG(run->transport->instance.name), STR_ARG(reason));
}

/* ---- The session */

static size_t
address_count(const struct address *addr)
{
    size_t count = 0;

    for (; addr != NULL; addr = addr->next)
        count++;
    return count;
}

/* With a program at the other end the words say LMTP, and what is amiss is never a host's. */
static void
take_results(const struct smtp_transaction *transaction)
{
    for (size_t i = 0; i < transaction->recipient_count; i++) {
        const struct smtp_recipient *rcpt = &transaction->recipients[i];
        struct address *addr = rcpt->owner;

        addr->outcome = rcpt->outcome;
        addr->why = rcpt->why;
        addr->confirmation = rcpt->outcome == OK ? rcpt->reply.text : STR("");
        addr->delivered_bytes = transaction->octets;
    }
}

static enum outcome
greet(struct smtp_client *client, struct why *why)
{
    struct smtp_client_reply reply;
    enum outcome outcome = smtp_client_greet(client, &reply, why);

    if (outcome != OK && reply.code == 0 && client->failure == CLIENT_CLOSED)
        return transport_defer(why, NUMBER_NONE, "LMTP connection closed after %s",
                               client->helo_word.len == 0 ? "initial connection" : "LHLO");
    return outcome == OK ? OK : DEFER;
}

static enum outcome
converse(struct transport_run *run, int fd, struct why *why)
{
    const struct lmtp_options *opt = run->transport->instance.options;
    struct smtp_client_settings settings = {
        .helo_name = config->primary_hostname,
        .is_lmtp = true,
        .command_timeout_s = opt->timeout,
        .data_timeout_s = opt->timeout,
        .final_timeout_s = opt->timeout,
        .ignored = CAP_CHUNKING,
    };
    struct message_sender sender = { run };
    struct smtp_transaction transaction = {
        .pool = run->pool, .sender = run->return_path, .send = message_send, .data = &sender
    };
    struct smtp_client client;

    smtp_client_open(&client, run->pool, fd, fd, &settings);
    if (greet(&client, why) != OK) {
        smtp_client_close(&client);
        return DEFER;
    }
    transaction.client = &client;
    transaction.mail_parameters = mail_parameters(run, &client, 0, STR(""));
    recipients_make(&transaction, run, run->addresses, address_count(run->addresses), opt->ignore_quota);
    smtp_transaction_run(&transaction);
    take_results(&transaction);
    smtp_client_quit(&client);
    return OK;
}

static void
lmtp_run(struct transport_run *run)
{
    const struct lmtp_options *opt = run->transport->instance.options;
    struct child child = { 0 };
    struct why why;
    enum outcome outcome;
    int fd = -1;

    why_init(&why, run->pool);
    if (run->is_dont_deliver) {
        transport_set_all(run->addresses, OK, NULL);
        return;
    }
    outcome = opt->command != NULL ? start_command(run, &child, &fd, &why) : connect_socket(run, &fd, &why);
    if (outcome == OK)
        outcome = converse(run, fd, &why);
    if (outcome != OK)
        transport_set_all(run->addresses, outcome, &why);
    if (child.pid != 0 && child_wait(&child, opt->timeout) == CHILD_TIMED_OUT)
        trace(TRACE_DELIVER, "the program of the %.*s transport did not end: killed",
              STR_ARG(run->transport->instance.name));
}

const struct transport_driver lmtp_driver = {
    .info = {
        .name = "lmtp", .is_local = true, .options = options, .defaults = &defaults,
        .options_size = sizeof(struct lmtp_options), .init = lmtp_init,
    },
    .batching = lmtp_batching,
    .run = lmtp_run,
};
