/* base/deadline.c -- see deadline.h. */
#include "base/deadline.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t
monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline
deadline_in_ms(int64_t ms)
{
    int64_t now = monotonic_ms();

    if (ms < 0)
        ms = 0;
    return (struct deadline){ ms > INT64_MAX - now ? INT64_MAX : now + ms };
}

struct deadline
deadline_in_s(int seconds)
{
    return seconds <= 0 ? deadline_never() : deadline_in_ms((int64_t)seconds * 1000);
}

bool
deadline_has_passed(struct deadline deadline)
{
    return deadline.at_ms != INT64_MAX && monotonic_ms() >= deadline.at_ms;
}

struct deadline
deadline_sooner(struct deadline a, struct deadline b)
{
    return a.at_ms < b.at_ms ? a : b;
}

int
deadline_left_ms(struct deadline deadline)
{
    int64_t left;

    if (deadline.at_ms == INT64_MAX)
        return -1;
    left = deadline.at_ms - monotonic_ms();
    if (left <= 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

/* One poll(); interrupted waits are the caller's to continue. */
static enum io_result
wait_once(int fd, short events, struct deadline deadline)
{
    struct pollfd polled = { .fd = fd, .events = events };
    int left_ms = deadline_left_ms(deadline);
    int count = poll(&polled, 1, left_ms);

    if (count > 0) {
        if ((polled.revents & POLLNVAL) != 0) {
            errno = EBADF;
            return IO_FAILED;
        }
        return IO_DONE;
    }
    if (count == -1)
        return errno == EINTR ? IO_INTERRUPTED : IO_FAILED;
    /* An int of milliseconds may be shorter than what was asked for. */
    return left_ms == INT_MAX ? IO_INTERRUPTED : IO_TIMEOUT;
}

enum io_result
fd_wait(int fd, short events, struct deadline deadline)
{
    enum io_result result;

    do
        result = wait_once(fd, events, deadline);
    while (result == IO_INTERRUPTED);
    return result;
}

enum io_result
fd_wait_signal(int fd, short events, struct deadline deadline)
{
    return wait_once(fd, events, deadline);
}

enum io_result
fd_read(int fd, char *to, size_t room_bytes, struct deadline deadline, size_t *count_out)
{
    for (;;) {
        enum io_result result = fd_wait(fd, POLLIN, deadline);
        ssize_t count;

        if (result != IO_DONE)
            return result;
        count = read(fd, to, room_bytes);
        if (count > 0) {
            *count_out = (size_t)count;
            return IO_DONE;
        }
        if (count == 0)
            return IO_END;
        if (errno != EINTR && errno != EAGAIN)
            return IO_FAILED;
    }
}

/* A write that never blocks on sockets and never raises SIGPIPE there. */
static ssize_t
write_some(int fd, struct str data)
{
    ssize_t count = send(fd, data.ptr, data.len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (count == -1 && errno == ENOTSOCK)
        count = write(fd, data.ptr, data.len);
    return count;
}

enum io_result
fd_write(int fd, struct str data, struct deadline deadline)
{
    while (data.len > 0) {
        ssize_t count = write_some(fd, data);
        enum io_result result;

        if (count >= 0) {
            data = str_from(data, (size_t)count);
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return IO_FAILED;
        result = fd_wait(fd, POLLOUT, deadline);
        if (result != IO_DONE)
            return result;
    }
    return IO_DONE;
}

bool
fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags != -1 && ((flags & O_NONBLOCK) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1);
}
