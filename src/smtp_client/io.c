#include "smtp_client/io.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
client_io_init(struct smtp_client *client)
{
    client->io = pool_alloc_as(client->pool, TAINTED, sizeof(struct smtp_client_io));
}

bool
client_fail(struct smtp_client *client, enum smtp_client_failure failure, int error)
{
    if (client->failure == CLIENT_ALIVE) {
        client->failure = failure;
        client->failure_errno = error;
    }
    client->is_dead = true;
    return false;
}

/* ---- In */

static size_t
in_room(const struct smtp_client_io *io)
{
    return CLIENT_IN_BYTES - (io->in_end - io->in_start);
}

static void
make_room(struct smtp_client_io *io)
{
    if (io->in_start == 0)
        return;
    memmove(io->in, io->in + io->in_start, io->in_end - io->in_start);
    io->in_end -= io->in_start;
    io->in_start = 0;
}

/* More octets, waiting for the first of them. */
static bool
take_in(struct smtp_client *client, struct deadline deadline)
{
    struct smtp_client_io *io = client->io;
    size_t count;

    make_room(io);
    switch (fd_read(client->read_fd, io->in + io->in_end, CLIENT_IN_BYTES - io->in_end, deadline, &count)) {
    case IO_DONE:
        io->in_end += count;
        return true;
    case IO_TIMEOUT:
        return client_fail(client, CLIENT_TIMED_OUT, ETIMEDOUT);
    case IO_END:
        return client_fail(client, CLIENT_CLOSED, 0);
    case IO_INTERRUPTED:
    case IO_FAILED:
        break;
    }
    return client_fail(client, errno == ECONNRESET ? CLIENT_CLOSED : CLIENT_IO_ERROR, errno);
}

bool
client_io_read_line(struct smtp_client *client, struct deadline deadline, struct str *line_out)
{
    struct smtp_client_io *io = client->io;

    if (client->read_fd == -1)
        return client_fail(client, CLIENT_CLOSED, 0);
    for (;;) {
        size_t have = io->in_end - io->in_start;
        const char *lf = memchr(io->in + io->in_start, '\n', have);

        if (lf != NULL) {
            *line_out = str_make(io->in + io->in_start, (size_t)(lf - io->in) - io->in_start);
            io->in_start += line_out->len + 1;
            if (line_out->len > 0 && line_out->ptr[line_out->len - 1] == '\r')
                line_out->len--;
            return line_out->len <= SMTP_REPLY_LINE_MAX_BYTES || client_fail(client, CLIENT_MALFORMED, 0);
        }
        if (have > SMTP_REPLY_LINE_MAX_BYTES) {
            client->failure_text = STR("line too long");
            return client_fail(client, CLIENT_MALFORMED, 0);
        }
        if (!take_in(client, deadline))
            return false;
    }
}

/* ---- Out */

static ssize_t
write_some(struct smtp_client *client, struct str octets)
{
    ssize_t count = send(client->write_fd, octets.ptr, octets.len, MSG_NOSIGNAL);

    if (count == -1 && errno == ENOTSOCK)
        count = write(client->write_fd, octets.ptr, octets.len);
    return count;
}

/* Nothing can be sent now: wait, and take in replies meanwhile. */
static bool
wait_to_send(struct smtp_client *client, struct deadline deadline)
{
    bool is_reading = in_room(client->io) > 0;
    struct pollfd polled[2] = {
        { .fd = client->write_fd, .events = POLLOUT },
        { .fd = is_reading ? client->read_fd : -1, .events = POLLIN },
    };
    int ready = poll(polled, 2, deadline_left_ms(deadline));

    if (ready == 0)
        return client_fail(client, CLIENT_TIMED_OUT, ETIMEDOUT);
    if (ready > 0 && (polled[1].revents & (POLLIN | POLLHUP)) != 0 && (polled[0].revents & POLLOUT) == 0)
        return take_in(client, deadline);
    return true;
}

bool
client_io_send(struct smtp_client *client, struct str octets, struct deadline deadline)
{
    while (octets.len > 0) {
        ssize_t count;

        if (client->write_fd == -1)
            return client_fail(client, CLIENT_CLOSED, 0);
        count = write_some(client, octets);
        if (count > 0)
            octets = str_from(octets, (size_t)count);
        else if (count == -1 && errno != EAGAIN && errno != EINTR)
            return client_fail(client, errno == EPIPE || errno == ECONNRESET ? CLIENT_CLOSED : CLIENT_IO_ERROR, errno);
        else if (!wait_to_send(client, deadline))
            return false;
    }
    return true;
}

bool
client_io_flush(struct smtp_client *client, struct deadline deadline)
{
    size_t used = client->io->out_used;

    client->io->out_used = 0;
    return client_io_send(client, str_make(client->io->out, used), deadline);
}
