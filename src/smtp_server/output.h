/* smtp_server/output.h -- replies: gathered while the client's pipeline has more, sent when it waits. */
#ifndef SMTP_SERVER_OUTPUT_H
#define SMTP_SERVER_OUTPUT_H
#include "base/deadline.h"
#include "base/pool.h"

enum { OUTPUT_ROOM_BYTES = 8192 };

struct smtp_output {
    int fd;                         /* -1: nowhere (-bS) */
    char *room;
    size_t len;
    bool is_failed;                 /* the client reads no more: what is to be said is thrown away */
};

void output_init(struct smtp_output *output, struct pool *pool, int fd);

/* Put a whole reply into the buffer; a full buffer is sent first.  Every wait ends at the deadline. */
void output_add(struct smtp_output *output, struct str reply, struct deadline deadline);
void output_flush(struct smtp_output *output, struct deadline deadline);
#endif
