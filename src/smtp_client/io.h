/* smtp_client/io.h -- the buffers of a session; the only place that reads and writes its descriptors. */
#ifndef SMTP_CLIENT_IO_H
#define SMTP_CLIENT_IO_H
#include "base/deadline.h"
#include "smtp_client/client.h"

enum { CLIENT_OUT_BYTES = 16384, CLIENT_IN_BYTES = 16384 };

struct smtp_client_io {
    char out[CLIENT_OUT_BYTES];
    size_t out_used;
    char in[CLIENT_IN_BYTES];
    size_t in_start, in_end;
};

void client_io_init(struct smtp_client *client);

/* Everything goes out before the deadline, or the session is dead.  Replies that come meanwhile are taken in, so that
 * neither side waits for the other. */
bool client_io_flush(struct smtp_client *client, struct deadline deadline);
bool client_io_send(struct smtp_client *client, struct str octets, struct deadline deadline);

/* The next line without its line end; false: timed out, closed, or longer than SMTP_REPLY_LINE_MAX_BYTES. */
bool client_io_read_line(struct smtp_client *client, struct deadline deadline, struct str *line_out);

/* The session is dead for this reason. */
bool client_fail(struct smtp_client *client, enum smtp_client_failure failure, int error);
#endif
