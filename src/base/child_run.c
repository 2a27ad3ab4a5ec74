#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include "base/child.h"
#include "base/deadline.h"

enum { CHUNK_BYTES = 16384 };

/* Our ends of the pipes to a running child, and what is still to be fed. */
struct conversation {
    int to_child, from_child;
    struct str input;
    struct buf *output;
    struct deadline deadline;
};

static void
close_fd(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

/* A child that stops reading is not at fault: the rest of the input is dropped. */
static void
feed(struct conversation *talk)
{
    ssize_t written = write(talk->to_child, talk->input.ptr, talk->input.len);

    if (written >= 0)
        talk->input = str_from(talk->input, (size_t)written);
    else if (errno != EAGAIN && errno != EINTR)
        talk->input.len = 0;
    if (talk->input.len == 0)
        close_fd(&talk->to_child);
}

static void
collect(struct conversation *talk)
{
    char chunk[CHUNK_BYTES];
    ssize_t count = read(talk->from_child, chunk, sizeof(chunk));

    if (count > 0) {
        buf_taint(talk->output);
        buf_add(talk->output, str_make(chunk, (size_t)count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_fd(&talk->from_child);
    }
}

/* False when the deadline passed first. */
static bool
converse(struct conversation *talk)
{
    while (talk->from_child != -1 || talk->to_child != -1) {
        struct pollfd polled[2] = {
            { .fd = talk->from_child, .events = POLLIN },
            { .fd = talk->to_child, .events = POLLOUT },
        };
        int ready = poll(polled, 2, deadline_left_ms(talk->deadline));

        if (ready == 0)
            return false;
        if (ready == -1)
            continue;
        if (polled[0].revents != 0)
            collect(talk);
        if (polled[1].revents != 0)
            feed(talk);
    }
    return true;
}

static enum outcome
make_pipes(int in[2], int out[2], struct why *why)
{
    if (child_pipe(&in[0], &in[1], why) != OK)
        return DEFER;
    if (child_pipe(&out[0], &out[1], why) == OK)
        return OK;
    close(in[0]);
    close(in[1]);
    return DEFER;
}

enum outcome
child_run(const struct child_spec *spec, struct str input, struct buf *output, int timeout_s, enum child_end *end_out,
          struct child *child_out, struct why *why)
{
    struct child_spec piped = *spec;
    struct conversation talk = { .input = input, .output = output, .deadline = deadline_in_s(timeout_s) };
    struct sigaction ignored = { .sa_handler = SIG_IGN }, before;
    int in[2], out[2];
    enum outcome outcome;

    if (make_pipes(in, out, why) != OK)
        return DEFER;
    piped.in_fd = in[0];
    piped.out_fd = piped.err_fd = out[1];
    outcome = child_start(&piped, child_out, why);
    close(in[0]);
    close(out[1]);
    talk.to_child = in[1];
    talk.from_child = out[0];
    if (outcome != OK) {
        close(in[1]);
        close(out[0]);
        return outcome;
    }
    fd_set_nonblocking(talk.to_child);
    if (input.len == 0)
        close_fd(&talk.to_child);
    sigaction(SIGPIPE, &ignored, &before);
    if (converse(&talk)) {
        int left_ms = deadline_left_ms(talk.deadline);

        *end_out = child_wait(child_out, left_ms == -1 ? 0 : left_ms / 1000 + 1);
    } else {
        child_kill(child_out);
        *end_out = CHILD_TIMED_OUT;
    }
    sigaction(SIGPIPE, &before, NULL);
    close_fd(&talk.to_child);
    close_fd(&talk.from_child);
    return OK;
}
