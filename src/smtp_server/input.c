#include "smtp_server/input.h"
#include <string.h>

void
input_init(struct smtp_input *input, struct pool *pool, int fd)
{
    *input = (struct smtp_input){ .fd = fd, .room = pool_alloc_as(pool, TAINTED, INPUT_ROOM_BYTES) };
}

/* Read what comes next behind what waits; the buffer has room. */
static enum input_result
fill(struct smtp_input *input, struct deadline deadline)
{
    size_t count;

    if (input->is_ended)
        return INPUT_END;
    if (input->start > 0) {
        memmove(input->room, input->room + input->start, input->end - input->start);
        input->end -= input->start;
        input->start = 0;
    }
    switch (fd_read(input->fd, input->room + input->end, INPUT_ROOM_BYTES - input->end, deadline, &count)) {
    case IO_DONE:
        input->end += count;
        input->total_bytes += count;
        return INPUT_OK;
    case IO_END:
        input->is_ended = true;
        return INPUT_END;
    case IO_TIMEOUT:
        return INPUT_TIMEOUT;
    default:
        input->is_ended = true;
        return INPUT_FAILED;
    }
}

static size_t
waiting_bytes(const struct smtp_input *input)
{
    return input->end - input->start;
}

/* Throw a line away that does not fit. */
static enum input_result
discard_line(struct smtp_input *input, struct deadline deadline)
{
    size_t discarded = 0;

    for (;;) {
        char *lf = memchr(input->room + input->start, '\n', waiting_bytes(input));
        enum input_result result;

        if (lf != NULL) {
            input->start = (size_t)(lf - input->room) + 1;
            return INPUT_TOO_LONG;
        }
        discarded += waiting_bytes(input);
        input->start = input->end = 0;
        if (discarded > INPUT_DISCARD_MAX_BYTES)
            return INPUT_FLOOD;
        result = fill(input, deadline);
        if (result != INPUT_OK)
            return result;
    }
}

enum input_result
input_line(struct smtp_input *input, struct deadline deadline, struct str *line_out)
{
    size_t searched = 0;

    for (;;) {
        char *begin = input->room + input->start;
        char *lf = memchr(begin + searched, '\n', waiting_bytes(input) - searched);
        enum input_result result;

        if (lf != NULL) {
            *line_out = str_make(begin, (size_t)(lf - begin));
            input->start += line_out->len + 1;
            if (line_out->len > 0 && line_out->ptr[line_out->len - 1] == '\r')
                line_out->len--;
            return INPUT_OK;
        }
        searched = waiting_bytes(input);
        if (searched == INPUT_ROOM_BYTES)
            return discard_line(input, deadline);
        result = fill(input, deadline);
        if (result != INPUT_OK)
            return result;
    }
}

enum input_result
input_more(struct smtp_input *input, struct deadline deadline, size_t wanted_bytes, char **octets_out,
           size_t *count_out)
{
    while (waiting_bytes(input) <= wanted_bytes) {
        enum input_result result = fill(input, deadline);

        if (result != INPUT_OK)
            return result;
    }
    *octets_out = input->room + input->start;
    *count_out = waiting_bytes(input);
    return INPUT_OK;
}

enum input_result
input_some(struct smtp_input *input, struct deadline deadline, char **octets_out, size_t *count_out)
{
    return input_more(input, deadline, 0, octets_out, count_out);
}

void
input_take(struct smtp_input *input, size_t count)
{
    input->start += count;
}

struct str
input_waiting(struct smtp_input *input, int wait_ms)
{
    if (waiting_bytes(input) == 0 && !input->is_ended)
        fill(input, deadline_in_ms(wait_ms));
    return str_make(input->room + input->start, waiting_bytes(input));
}

bool
input_has_line(const struct smtp_input *input)
{
    return memchr(input->room + input->start, '\n', waiting_bytes(input)) != NULL;
}
