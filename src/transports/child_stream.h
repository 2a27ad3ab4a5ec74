/* transports/child_stream.h -- write to a program and read from it at the same time, without deadlock. */
#ifndef TRANSPORTS_CHILD_STREAM_H
#define TRANSPORTS_CHILD_STREAM_H
#include "base/child.h"
#include "base/deadline.h"

struct child_stream {
    struct child child;
    int to_child, from_child;       /* -1: closed */
    /* What the program says, as it comes.  False: stop the conversation (too much of it, or it cannot be passed on). */
    bool (*receive)(void *data, struct str octets);
    void *data;
    struct deadline deadline;
    bool has_timed_out, has_stopped;
    bool has_stopped_reading;       /* the program closed its input before it had everything */
    int write_errno;
};

/* Start a program whose standard input is ours to write, and whose standard output and error come to us. */
enum outcome child_stream_start(struct child_stream *stream, const struct child_spec *spec, struct why *why);

/* Write all of it, passing on what comes back meanwhile.  False: timed out, stopped, or nobody reads any more. */
bool child_stream_write(struct child_stream *stream, struct str octets);

/* Close the program's input, pass on the rest of what it says, and wait for its end; killed when the deadline passes.
 */
enum child_end child_stream_finish(struct child_stream *stream);

/* The end for a stream that is not to be finished: kill and collect. */
void child_stream_abort(struct child_stream *stream);
#endif
