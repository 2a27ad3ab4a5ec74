/* expand/saslauthd.c -- ${if saslauthd {{user}{password}{service}{realm}}}: ask the Cyrus daemon.
 *
 * A request is four texts, each behind its length in two octets, highest first; so is the answer, "OK…" or "NO…". */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/deadline.h"
#include "expand/rows.h"

#define SASLAUTHD_SOCKET "/var/run/saslauthd/mux"
enum { TIMEOUT_S = 30, TEXT_MAX_BYTES = 65535, ANSWER_MAX_BYTES = 4096, ARGUMENTS = 4 };

static int
daemon_connect(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SASLAUTHD_SOCKET };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd != -1 && connect(fd, (const struct sockaddr *)&address, sizeof address) == -1) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Read exactly so many octets. */
static bool
read_full(int fd, char *to, size_t size_bytes, struct deadline deadline)
{
    for (size_t got = 0, count; got < size_bytes; got += count)
        if (fd_read(fd, to + got, size_bytes - got, deadline, &count) != IO_DONE)
            return false;
    return true;
}

static bool
read_answer(int fd, struct deadline deadline, bool *is_good_out)
{
    unsigned char length[2];
    char answer[ANSWER_MAX_BYTES];
    size_t size_bytes;

    if (!read_full(fd, (char *)length, sizeof length, deadline))
        return false;
    size_bytes = (size_t)length[0] << 8 | length[1];
    if (size_bytes < 2 || size_bytes > sizeof answer || !read_full(fd, answer, size_bytes, deadline))
        return false;
    *is_good_out = memcmp(answer, "OK", 2) == 0;
    return true;
}

static enum outcome
saslauthd_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct deadline deadline = deadline_in_s(TIMEOUT_S);
    struct buf request;
    bool is_done;
    int fd;

    buf_init(&request, scope->pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < ARGUMENTS; i++) {
        struct str text = { "", 0 };
        enum outcome outcome = i < call->arg_count ? expand_node_eval(call->args[i], scope, &text, why) : OK;

        if (outcome != OK)
            return outcome;
        if (text.len > TEXT_MAX_BYTES)
            return why_fail(why, 0, NULL, "argument of saslauthd is too long");
        buf_add_char(&request, (char)(text.len >> 8));
        buf_add_char(&request, (char)text.len);
        buf_add(&request, text);
    }
    if ((fd = daemon_connect()) == -1)
        return why_defer(why, errno, NULL, "cannot connect to saslauthd daemon at %s", SASLAUTHD_SOCKET);
    is_done = fd_write(fd, buf_str(&request), deadline) == IO_DONE && read_answer(fd, deadline, is_true_out);
    close(fd);
    return is_done ? OK : why_defer(why, 0, NULL, "no answer of the saslauthd daemon at %s", SASLAUTHD_SOCKET);
}

const struct expand_condition saslauthd_conditions[] = {
    { .name = "saslauthd", .args_min = 2, .args_max = ARGUMENTS, .is_wrapped = true, .test = saslauthd_test },
    { .name = NULL }
};
