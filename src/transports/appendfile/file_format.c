#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/items.h"
#include "transports/appendfile/appendfile.h"

enum { FORMAT_TEXT_MAX_BYTES = 512 };

/* The beginning of the file; 0 octets if there is none: then this transport's own format is taken. */
static ssize_t
read_beginning(const char *path, char *into)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    ssize_t count;

    if (fd == -1)
        return errno == ENOENT ? 0 : -1;
    count = read(fd, into, FORMAT_TEXT_MAX_BYTES);
    close(fd);
    return count;
}

enum outcome
append_check_format(const struct append_job *job, struct transport **transport_out, struct why *why)
{
    struct items items = items_of(job->options->file_format);
    char beginning[FORMAT_TEXT_MAX_BYTES];
    struct str text, name;
    ssize_t count;

    *transport_out = NULL;
    if (job->options->file_format.len == 0)
        return OK;
    count = read_beginning(job->path, beginning);
    if (count == -1)
        return transport_defer(why, errno, "unable to open %s for checking its format", job->path);
    if (count == 0)
        return OK;
    while (items_next(&items, job->pool, &text) && items_next(&items, job->pool, &name)) {
        if (!str_starts(str_make(beginning, (size_t)count), text))
            continue;
        *transport_out = transport_find(name);
        if (*transport_out == NULL)
            return transport_defer(why, NUMBER_TRANSPORT, "%.*s transport (for %.*s format) not found", STR_ARG(name),
                                   STR_ARG(text));
        if (*transport_out == job->run->transport)
            *transport_out = NULL;
        return OK;
    }
    return transport_defer(why, NUMBER_FILE_FORMAT, "mailbox file format unrecognized");
}
