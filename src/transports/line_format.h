/* transports/line_format.h -- the octets of a message as a destination wants them: line ends, escaped line starts.
 *
 * One large buffer between the text and the sink: no system call for a line. */
#ifndef TRANSPORTS_LINE_FORMAT_H
#define TRANSPORTS_LINE_FORMAT_H
#include <stdint.h>
#include "base/pool.h"

enum { LINE_FORMAT_BUFFER_BYTES = 65536, LINE_FORMAT_CHECK_MAX_BYTES = 256 };

/* Where formatted octets go.  False: they could not be written; the sink's owner knows why. */
struct message_sink {
    bool (*write)(void *data, struct str octets);
    void *data;
};

struct line_format {
    bool is_crlf;                   /* lines end with CR LF, and no CR or LF stands alone; else they end with LF */
    bool is_crlf_input;             /* the text given has CR LF line ends: a spool file in wire format */
    struct str check_string, escape_string; /* a line that begins with the first gets the second instead; empty: none */
    struct message_sink sink;
    int64_t octets;                 /* what has been formatted so far */
    bool has_failed;                /* the sink refused; nothing is written any more */
    bool is_line_start;
    bool is_cr_pending;             /* the last octet of the text so far was CR */
    char *held;                     /* the beginning of a line that may still turn out to match check_string */
    size_t held_bytes;
    char *buffer;
    size_t used;
};

/* SMTP: CR LF, dots doubled (RFC 5321 section 4.5.2). */
#define LINE_FORMAT_SMTP { .is_crlf = true, .check_string = STR_INIT("."), .escape_string = STR_INIT("..") }

/* Fill in format's choices first, then call this. */
void line_format_begin(struct line_format *format, struct pool *pool, struct message_sink sink);

/* Text with LF line ends (or CR LF, as is_crlf_input says), in pieces of any size. */
void line_format_text(struct line_format *format, struct str text);

/* Octets that go out as they are: message_prefix, SMTP commands.  What follows begins a line. */
void line_format_raw(struct line_format *format, struct str octets);

/* Supply the last line's end if it is missing. */
void line_format_end_line(struct line_format *format);

/* Give the sink what is in the buffer.  False if anything was refused. */
bool line_format_flush(struct line_format *format);
#endif
