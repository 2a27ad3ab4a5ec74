/* Remote deliveries: children of the delivery, as the mail user, remote_max_parallel at a time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/deadline.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "deliver/result.h"
#include "deliver/wire.h"
#include "log/log.h"
#include "match/match.h"

enum { PARALLEL_MAX = 256 };

struct remote_child {
    struct delivery *delivery;
    pid_t pid;
    int fd;                         /* -1: free */
    int64_t start_ms;
    struct address **addresses;
    bool *reported;
};

/* ---- In the child */

struct remote_task {
    struct delivery_state *state;
    struct delivery *delivery;
    struct launch_link *link;       /* our own, for messages that follow on the connection */
    struct retry_notes notes;
    int fd;
    bool has_reported;
};

/* To the parent, which then goes on without us. */
static void
report(void *data, struct address *addresses)
{
    struct remote_task *task = data;
    struct address **array = addresses_array(task->state->pool, task->delivery);
    struct buf done;
    size_t i = 0;

    if (task->has_reported)
        return;
    task->has_reported = true;
    for (struct address *addr = addresses; addr != NULL; addr = addr->next)
        if (!wire_send(task->fd, result_address_encode(addr, i++, task->state->pool)))
            _exit(EXIT_FAILURE);
    buf_init(&done, task->state->pool, 64);
    wire_put_number(&done, RESULT_DONE);
    wire_send(task->fd, result_retry_encode(&task->notes, array, task->delivery->address_count, task->state->pool));
    wire_send(task->fd, buf_str(&done));
    close(task->fd);
    spool_forget(task->state->message);
}

static bool
waiting_deliver(void *data, const char *id, struct transport_channel *channel)
{
    struct remote_task *task = data;

    return task->has_reported && deliver_waiting_message(id, channel, task->link);
}

static bool
is_stopping(void *data)
{
    (void)data;
    return process.got_term != 0;
}

_Noreturn static void
remote_child_run(struct delivery_state *state, struct delivery *delivery, struct launch_link *link, int fd)
{
    struct remote_task task = { .state = state, .delivery = delivery, .link = link, .fd = fd };
    struct transport_hooks hooks = { .data = &task, .report = report, .deliver_waiting = waiting_deliver,
                                     .is_stopping = is_stopping };
    struct transport_run run = { .pool = state->pool,
                                 .transport = delivery->transport,
                                 .message = state->message,
                                 .addresses = delivery->addresses,
                                 .duplicates = duplicates_of(state, delivery->addresses),
                                 .hooks = &hooks,
                                 .retry_notes = &task.notes,
                                 .is_dont_deliver = state->message->is_dont_deliver,
                                 .is_forced = state->options->is_forced };
    int body_fd;

    process.purpose = "remote delivery";
    signal(SIGPIPE, SIG_IGN);
    task.notes.pool = state->pool;
    body_fd = body_open(state->message);
    if (body_fd != -1)
        state->message->body_fd = body_fd;
    run.scope = state->scope;
    run.scope.host = delivery->addresses->hosts;
    transport_run(&run);
    report(&task, delivery->addresses);
    _exit(EXIT_SUCCESS);
}

/* ---- In the parent */

static bool
child_start(struct delivery_state *state, struct delivery *delivery, struct remote_child *child)
{
    struct launch_link *link;
    int pair[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
        return false;
    link = state->link == NULL ? NULL : launch_link_more(state->link);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(pair[0]);
        remote_child_run(state, delivery, link, pair[1]);
    }
    if (link != NULL)
        launch_link_close(link);
    close(pair[1]);
    if (pid == -1) {
        close(pair[0]);
        return false;
    }
    *child = (struct remote_child){
        .delivery = delivery, .pid = pid, .fd = pair[0], .start_ms = monotonic_ms(),
        .addresses = addresses_array(state->pool, delivery),
        .reported = POOL_NEW_ARRAY(state->pool, bool, delivery->address_count)
    };
    return true;
}

/* The child has said something: hear it out.  If it is done with this message, it may go on with others: it is not
 * waited for. */
static void
child_finish(struct delivery_state *state, struct remote_child *child)
{
    bool is_complete =
        results_take(state, child->fd, child->addresses, child->delivery->address_count, child->reported);
    int status = 0;
    struct why why;

    why_init(&why, state->pool);
    transport_turn_give_back(child->delivery->transport, state->pool);
    close(child->fd);
    child->fd = -1;
    if (!is_complete) {
        while (waitpid(child->pid, &status, 0) == -1 && errno == EINTR)
            continue;
        if (WIFSIGNALED(status))
            why_defer(&why, 0, "4.3.0", "remote delivery process ended by signal %d", WTERMSIG(status));
        else
            why_defer(&why, 0, "4.3.0", "remote delivery process ended without a result (exit code %d)",
                      WEXITSTATUS(status));
    } else if (waitpid(child->pid, &status, WNOHANG) == 0) {
        ptr_list_add(&state->going_on, state->pool, (void *)(intptr_t)child->pid);
    }
    results_settle(state, child->addresses, child->delivery->address_count, child->reported, &why,
                   (double)(monotonic_ms() - child->start_ms) / 1000);
}

void
deliveries_await_end(struct delivery_state *state)
{
    for (size_t i = 0; i < state->going_on.count; i++)
        while (waitpid((pid_t)(intptr_t)state->going_on.items[i], NULL, 0) == -1 && errno == EINTR)
            continue;
}

static void
children_wait(struct delivery_state *state, struct remote_child *children, size_t count)
{
    struct pollfd watched[PARALLEL_MAX];
    size_t slots[PARALLEL_MAX], open_count = 0;

    for (size_t i = 0; i < count; i++)
        if (children[i].fd != -1) {
            watched[open_count] = (struct pollfd){ .fd = children[i].fd, .events = POLLIN };
            slots[open_count++] = i;
        }
    if (open_count == 0 || poll(watched, open_count, -1) <= 0)
        return;
    for (size_t i = 0; i < open_count; i++)
        if (watched[i].revents != 0)
            child_finish(state, &children[slots[i]]);
}

static size_t
open_children(const struct remote_child *children, size_t count, const struct transport *transport)
{
    size_t open_count = 0;

    for (size_t i = 0; i < count; i++)
        if (children[i].fd != -1 && (transport == NULL || children[i].delivery->transport == transport))
            open_count++;
    return open_count;
}

/* A free place, once the limits of all and of this transport allow one more. */
static struct remote_child *
place_find(struct delivery_state *state, struct remote_child *children, size_t count, const struct delivery *delivery)
{
    int own_limit = transport_max_parallel(delivery->transport, &state->scope);

    for (;;) {
        bool is_own_full = own_limit > 0 && open_children(children, count, delivery->transport) >= (size_t)own_limit;

        for (size_t i = 0; i < count && !is_own_full; i++)
            if (children[i].fd == -1)
                return &children[i];
        children_wait(state, children, count);
    }
}

/* Routing is done: whoever reaches one of the hosts first takes this message along. */
static void
hosts_waited_for(struct delivery_state *state, struct delivery *delivery)
{
    struct transport_run run = {
        .pool = state->pool, .transport = delivery->transport, .message = state->message,
            .addresses = delivery->addresses,
        .scope = state->scope
    };

    if (transport_driver(delivery->transport)->wait_for != NULL)
        transport_driver(delivery->transport)->wait_for(&run);
}

/* queue_smtp_domains, -odqs: left for a queue run, as is everything in the first pass of one. */
static bool
is_queued(struct delivery_state *state, struct delivery *delivery)
{
    const char *text = NULL;
    struct why why;

    why_init(&why, state->pool);
    if (state->options->is_forced)
        return false;
    if (state->options->is_first_pass || state->options->is_local_only)
        text = "first-pass only routing due to -odqs, queue_smtp_domains or control=queue";
    else if (!state->options->is_queue_run && config->queue_smtp_domains != NULL &&
             match_domain(config->queue_smtp_domains, delivery->addresses->domain, &state->scope, NULL, &why) ==
                 MATCH_YES)
        text = "first-pass only routing due to -odqs, queue_smtp_domains or control=queue";
    if (text == NULL)
        return false;
    why_defer(&why, 0, "4.2.0", "%s", text);
    why.sys_errno = -1;
    hosts_waited_for(state, delivery);
    for (struct address *addr = delivery->addresses; addr != NULL; addr = addr->next)
        addr->is_already_logged = state->options->is_first_pass;
    addresses_settle_chain(state, delivery->addresses, DEFER, &why);
    return true;
}

static void
not_started(struct delivery_state *state, struct delivery *delivery)
{
    struct why why;

    why_init(&why, state->pool);
    why_defer(&why, errno, "4.3.0", "cannot start a remote delivery process");
    addresses_settle_chain(state, delivery->addresses, DEFER, &why);
}

/* What does not go over the connection is left to an ordinary delivery of the message. */
static void
left_alone(struct delivery_state *state, struct delivery *delivery)
{
    for (struct address *addr = delivery->addresses; addr != NULL; addr = addr->next)
        addr->is_already_logged = true;
    addresses_settle_chain(state, delivery->addresses, DEFER, NULL);
}

bool
deliveries_run_on_channel(struct delivery_state *state, struct delivery *first, struct transport_channel *channel)
{
    bool has_run = false;

    for (struct delivery *delivery = first, *next; delivery != NULL; delivery = next) {
        struct address **addresses = addresses_array(state->pool, delivery);
        bool *reported = POOL_NEW_ARRAY(state->pool, bool, delivery->address_count);
        int64_t start_ms = monotonic_ms();
        struct transport_run run = { .pool = state->pool,
                                     .transport = delivery->transport,
                                     .message = state->message,
                                     .addresses = delivery->addresses,
                                     .duplicates = duplicates_of(state, delivery->addresses),
                                     .retry_notes = &state->notes,
                                     .channel = channel,
                                     .scope = state->scope,
                                     .is_dont_deliver = state->message->is_dont_deliver };

        next = delivery->next;
        if (delivery->is_local || !transport_channel_fits(channel, delivery->addresses, &state->scope)) {
            left_alone(state, delivery);
            continue;
        }
        run.scope.host = delivery->addresses->hosts;
        transport_run(&run);
        has_run = true;
        for (size_t i = 0; i < delivery->address_count; i++)
            reported[i] = true;
        results_settle(state, addresses, delivery->address_count, reported, NULL,
                       (double)(monotonic_ms() - start_ms) / 1000);
    }
    return has_run;
}

/* max_parallel counts the runs of all processes. */
static bool
has_no_turn(struct delivery_state *state, struct delivery *delivery)
{
    struct why why;

    why_init(&why, state->pool);
    if (transport_turn_take(delivery->transport, &state->scope, &why) == OK)
        return false;
    addresses_settle_chain(state, delivery->addresses, DEFER, &why);
    return true;
}

void
deliveries_run_remote(struct delivery_state *state, struct delivery *first)
{
    struct remote_child children[PARALLEL_MAX];
    size_t count = config->remote_max_parallel < 1 ? 1 : (size_t)config->remote_max_parallel;

    count = count > PARALLEL_MAX ? PARALLEL_MAX : count;
    for (size_t i = 0; i < count; i++)
        children[i].fd = -1;
    for (struct delivery *delivery = first, *next; delivery != NULL; delivery = next) {
        struct remote_child *child;

        next = delivery->next;
        if (is_queued(state, delivery))
            continue;
        child = place_find(state, children, count, delivery);
        if (has_no_turn(state, delivery))
            continue;
        if (!child_start(state, delivery, child)) {
            transport_turn_give_back(delivery->transport, state->pool);
            not_started(state, delivery);
        }
    }
    while (open_children(children, count, NULL) > 0)
        children_wait(state, children, count);
}
