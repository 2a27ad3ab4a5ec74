#include "transports/child_stream.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { CHUNK_BYTES = 32768 };

static void
close_end(int *fd)
{
    if (*fd != -1)
        close(*fd);
    *fd = -1;
}

enum outcome
child_stream_start(struct child_stream *stream, const struct child_spec *spec, struct why *why)
{
    struct child_spec piped = *spec;
    int in[2], out[2];
    enum outcome outcome;

    stream->to_child = stream->from_child = -1;
    signal(SIGPIPE, SIG_IGN);
    if (child_pipe(&in[0], &in[1], why) != OK)
        return DEFER;
    if (child_pipe(&out[0], &out[1], why) != OK) {
        close(in[0]);
        close(in[1]);
        return DEFER;
    }
    piped.in_fd = in[0];
    piped.out_fd = piped.err_fd = out[1];
    outcome = child_start(&piped, &stream->child, why);
    close(in[0]);
    close(out[1]);
    stream->to_child = in[1];
    stream->from_child = out[0];
    if (outcome != OK)
        child_stream_abort(stream);
    else
        fd_set_nonblocking(stream->to_child);
    return outcome;
}

static void
take_output(struct child_stream *stream)
{
    char chunk[CHUNK_BYTES];
    ssize_t count = read(stream->from_child, chunk, sizeof(chunk));

    if (count > 0) {
        if (!stream->receive(stream->data, str_make(chunk, (size_t)count)))
            stream->has_stopped = true;
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_end(&stream->from_child);
    }
}

/* Wait until something can be done; false when the deadline passed. */
static bool
wait_for_either(struct child_stream *stream, bool *is_writable_out)
{
    struct pollfd polled[2] = {
        { .fd = stream->from_child, .events = POLLIN },
        { .fd = stream->to_child, .events = POLLOUT },
    };
    int ready = poll(polled, 2, deadline_left_ms(stream->deadline));

    *is_writable_out = false;
    if (ready == 0) {
        stream->has_timed_out = true;
        return false;
    }
    if (ready == -1)
        return true;
    if (polled[0].revents != 0)
        take_output(stream);
    *is_writable_out = polled[1].revents != 0;
    return true;
}

bool
child_stream_write(struct child_stream *stream, struct str octets)
{
    while (octets.len > 0) {
        ssize_t written;
        bool is_writable;

        if (stream->has_timed_out || stream->has_stopped || stream->to_child == -1)
            return false;
        written = write(stream->to_child, octets.ptr, octets.len);
        if (written > 0) {
            octets = str_from(octets, (size_t)written);
        } else if (written == -1 && errno != EAGAIN && errno != EINTR) {
            stream->write_errno = errno;
            stream->has_stopped_reading = errno == EPIPE;
            close_end(&stream->to_child);
            return false;
        } else if (!wait_for_either(stream, &is_writable)) {
            return false;
        }
    }
    return true;
}

enum child_end
child_stream_finish(struct child_stream *stream)
{
    bool is_writable;
    int left_ms;

    close_end(&stream->to_child);
    while (stream->from_child != -1 && !stream->has_stopped && !stream->has_timed_out)
        wait_for_either(stream, &is_writable);
    close_end(&stream->from_child);
    left_ms = deadline_left_ms(stream->deadline);
    if (stream->has_timed_out || stream->has_stopped || left_ms == 0) {
        child_kill(&stream->child);
        return CHILD_TIMED_OUT;
    }
    return child_wait(&stream->child, left_ms == -1 ? 0 : left_ms / 1000 + 1);
}

void
child_stream_abort(struct child_stream *stream)
{
    close_end(&stream->to_child);
    close_end(&stream->from_child);
    child_kill(&stream->child);
}
