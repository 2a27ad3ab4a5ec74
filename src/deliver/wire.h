/* deliver/wire.h -- bytes between a delivery and its children: numbers and texts, each checked when read.  Pure. */
#ifndef DELIVER_WIRE_H
#define DELIVER_WIRE_H
#include "base/buf.h"

/* Put.  Numbers are eight octets, texts have their length in front. */
void wire_put_number(struct buf *out, int64_t value);
void wire_put_text(struct buf *out, struct str text);

/* Take; a reader that has met anything wrong gives zeros and empty texts from then on, and says so at the end. */
struct wire_reader {
    struct str rest;
    bool is_bad;
};
int64_t wire_take_number(struct wire_reader *reader);
int64_t wire_take_number_within(struct wire_reader *reader, int64_t min, int64_t max);
struct str wire_take_text(struct wire_reader *reader);
/* All read, nothing wrong. */
bool wire_is_done(const struct wire_reader *reader);

/* A bool as a number. */
static inline bool wire_take_bool(struct wire_reader *reader) { return wire_take_number_within(reader, 0, 1) == 1; }

/* Records on a stream socket: length, then that many octets. */
enum { WIRE_RECORD_MAX_BYTES = 64 * 1024 * 1024 };

/* Write one; false (errno) if the other side has gone. */
bool wire_send(int fd, struct str record);

/* Read one into pool (tainted), waiting; false at the end, and for a length beyond the limit. */
bool wire_receive(int fd, struct pool *pool, struct str *record_out);
#endif
