/* The MBX format of the c-client library: a file header of 2048 octets; before each message a line with the internal
 * date, the size in octets (CR LF line ends) and flags. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "transports/appendfile/appendfile.h"

enum { MBX_HEADER_BYTES = 2048, MBX_KEYWORD_LINES = 30, COPY_BYTES = 65536 };

static bool
write_file_header(struct append_job *job, int fd)
{
    struct buf header;

    buf_init(&header, job->pool, MBX_HEADER_BYTES);
    buf_addf(&header, "*mbx*\r\n%08lx00000000\r\n", (unsigned long)clock_seconds());
    for (int i = 0; i < MBX_KEYWORD_LINES; i++)
        buf_add_c(&header, "\r\n");
    while (header.len < MBX_HEADER_BYTES)
        buf_add_char(&header, '\0');
    return file_write_all(fd, buf_str(&header));
}

static bool
copy(int from, int to, struct pool *pool)
{
    char *chunk = pool_alloc_as(pool, TAINTED, COPY_BYTES);
    off_t at = 0;

    for (;;) {
        ssize_t count = pread(from, chunk, COPY_BYTES, at);

        if (count == 0)
            return true;
        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1 || !file_write_all(to, str_make(chunk, (size_t)count)))
            return false;
        at += count;
    }
}

static enum outcome
write_with_size(struct append_job *job, int fd, int message_fd, struct why *why)
{
    struct str date = clock_format(job->pool, CLOCK_MBX, clock_now());
    struct str line =
        pool_printf(job->pool, "%.*s,%lld;%08lx%04x-%08x\r\n", STR_ARG(date), (long long)job->written, 0UL, 0U, 0U);

    if (file_write_all(fd, line) && copy(message_fd, fd, job->pool)) {
        job->written += (int64_t)line.len;
        return OK;
    }
    return append_error(errno, job->path, why);
}

static enum outcome
check_is_mbx(const struct append_job *job, int fd, struct why *why)
{
    char start[5];
    struct stat facts;

    if (fstat(fd, &facts) == 0 && facts.st_size == 0)
        return OK;
    if (pread(fd, start, sizeof(start), 0) == sizeof(start) && memcmp(start, "*mbx*", sizeof(start)) == 0)
        return OK;
    return transport_defer(why, NUMBER_FILE_FORMAT, "mailbox %s is not in MBX format", job->path);
}

enum outcome
append_mbx(struct append_job *job, int fd, bool is_new, struct why *why)
{
    struct stat facts;
    int message_fd;
    enum outcome outcome;

    if (!is_new && check_is_mbx(job, fd, why) != OK)
        return DEFER;
    if (fstat(fd, &facts) == 0 && facts.st_size == 0 && !write_file_header(job, fd))
        return append_error(errno, job->path, why);
    message_fd = memfd_create("message", MFD_CLOEXEC);
    if (message_fd == -1)
        return transport_defer(why, errno, "failed to make a temporary file for the message");
    outcome = append_write(job, message_fd, job->path, why);
    if (outcome == OK)
        outcome = write_with_size(job, fd, message_fd, why);
    close(message_fd);
    return outcome;
}
