/* base/deadline.h -- points in monotonic time, and waiting for descriptors until then.
 *
 * No alarm(), no signal: every wait is a poll() that knows when it must end.  Milliseconds. */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

struct deadline {
    int64_t at_ms;                  /* on the monotonic clock; INT64_MAX: never */
};

int64_t monotonic_ms(void);

static inline struct deadline deadline_never(void) { return (struct deadline){ INT64_MAX }; }
struct deadline deadline_in_ms(int64_t ms);

/* Seconds as options give them: 0 means no limit. */
struct deadline deadline_in_s(int seconds);

bool deadline_has_passed(struct deadline deadline);
struct deadline deadline_sooner(struct deadline a, struct deadline b);

/* What is left, for poll(): -1 for never, 0 when it has passed. */
int deadline_left_ms(struct deadline deadline);

enum io_result {
    IO_DONE,                        /* what was asked for */
    IO_END,                         /* the other side closed */
    IO_TIMEOUT,                     /* the deadline passed first */
    IO_INTERRUPTED,                 /* fd_wait_signal only: a signal came */
    IO_FAILED                       /* errno says why */
};

/* Wait until one of the events (POLLIN, POLLOUT) or an error condition is there.  Signals do not end the wait,
 * except in fd_wait_signal(), for loops that look at the flags of base/process.h. */
enum io_result fd_wait(int fd, short events, struct deadline deadline);
enum io_result fd_wait_signal(int fd, short events, struct deadline deadline);

/* Read what is there, waiting for the first octet; count_out (never 0) is set with IO_DONE only.
 * The descriptor may be blocking or not, of any kind. */
enum io_result fd_read(int fd, char *to, size_t room_bytes, struct deadline deadline, size_t *count_out);

/* Write all of it, or fail.  Sockets never raise SIGPIPE; for pipes the process ignores that signal. */
enum io_result fd_write(int fd, struct str data, struct deadline deadline);

bool fd_set_nonblocking(int fd);
#endif
