/* smtp_server/input.h -- the one input layer of a session: lines for commands, octets for messages, one buffer.
 *
 * Whatever reads next takes from the same buffer; nothing is pushed back, nothing is read ahead into another place. */
#ifndef SMTP_SERVER_INPUT_H
#define SMTP_SERVER_INPUT_H
#include "base/deadline.h"
#include "base/pool.h"

enum {
    INPUT_ROOM_BYTES = 16384,           /* also the longest command line */
    INPUT_DISCARD_MAX_BYTES = 1 << 20,  /* of a line that is too long, before the session ends */
};

struct smtp_input {
    int fd;
    char *room;                     /* tainted */
    size_t start, end;              /* octets waiting */
    bool is_ended;
    uint64_t total_bytes;           /* read so far */
};

enum input_result {
    INPUT_OK,
    INPUT_TOO_LONG,                 /* a line over the limit was thrown away to its end */
    INPUT_FLOOD,                    /* it had no end within INPUT_DISCARD_MAX_BYTES */
    INPUT_END, INPUT_TIMEOUT, INPUT_FAILED
};

void input_init(struct smtp_input *input, struct pool *pool, int fd);

/* A line ended by LF, without LF and a CR before it; a view into the buffer, good until the next call.  All of it must
 * come before the deadline. */
enum input_result input_line(struct smtp_input *input, struct deadline deadline, struct str *line_out);

/* At least one octet, or more if waiting: *text_out views the buffer, which the caller may change in place; then take
 * it. */
enum input_result input_some(struct smtp_input *input, struct deadline deadline, char **octets_out, size_t *count_out);
/* As input_some(), with at least one octet more than wanted_bytes. */
enum input_result input_more(struct smtp_input *input, struct deadline deadline, size_t wanted_bytes, char **octets_out,
                             size_t *count_out);
void input_take(struct smtp_input *input, size_t count);

/* Octets that are here already, waiting at most wait_ms for some to come.  is_ended is noted. */
struct str input_waiting(struct smtp_input *input, int wait_ms);

/* Is a whole line in the buffer (without looking at the descriptor)? */
bool input_has_line(const struct smtp_input *input);
#endif
