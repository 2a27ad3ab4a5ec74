#include "smtp_server/output.h"
#include <string.h>

void
output_init(struct smtp_output *output, struct pool *pool, int fd)
{
    *output = (struct smtp_output){ .fd = fd, .room = pool_alloc_as(pool, TAINTED, OUTPUT_ROOM_BYTES) };
}

void
output_flush(struct smtp_output *output, struct deadline deadline)
{
    if (output->len > 0 && !output->is_failed && output->fd != -1)
        output->is_failed = fd_write(output->fd, str_make(output->room, output->len), deadline) != IO_DONE;
    output->len = 0;
}

void
output_add(struct smtp_output *output, struct str reply, struct deadline deadline)
{
    while (reply.len > 0) {
        size_t part = OUTPUT_ROOM_BYTES - output->len;

        if (part > reply.len)
            part = reply.len;
        memcpy(output->room + output->len, reply.ptr, part);
        output->len += part;
        reply = str_from(reply, part);
        if (output->len == OUTPUT_ROOM_BYTES)
            output_flush(output, deadline);
    }
}
