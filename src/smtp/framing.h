/* smtp/framing.h -- where a message ends and what its octets are: readers for DATA, BDAT and local input, and the
 * writer that sends a message.  Incremental and pure: octets go in, text with LF line ends comes out; the caller does
 * the I/O.
 *
 * A reader works in place: the octets given to it are its own afterwards, the text lies in the same memory.  Use:
 *
 *     step = data_reader_push(&reader, room, len, &used, &text);
 *
 * used octets are done with; after BODY_MORE the rest (at most two octets) is to be given again with more behind it,
 * after BODY_END it belongs to the next command.  text (maybe empty) is message text; it may be there with nothing
 * used. */
#ifndef SMTP_FRAMING_H
#define SMTP_FRAMING_H
#include "base/pool.h"

/* What to do with a bare CR or a bare LF in a message that comes by SMTP (main option smtp_bare_newline). */
enum bare_newline { BARE_NEWLINE_REJECT, BARE_NEWLINE_NORMALIZE };

enum body_step {
    BODY_MORE,                      /* give more octets */
    BODY_END                        /* the message (the chunk) is complete */
};

/* State between line ends; and what was seen, for the caller's verdict at the end. */
struct body_facts {
    bool has_bare_newline; /* a bare CR or LF: with BARE_NEWLINE_REJECT the message is to be refused, 550 5.6.0 */
    uint64_t wire_bytes;            /* octets taken in, dots and terminators included */
};

/* DATA: ended by CRLF . CRLF and by nothing else (RFC 5321 section 4.5.2). */
struct data_reader {
    enum bare_newline bare_newline;
    struct body_facts facts;
    int state;                      /* private */
};
void data_reader_init(struct data_reader *reader, enum bare_newline bare_newline);
enum body_step data_reader_push(struct data_reader *reader, char *room, size_t len, size_t *used_out,
                                struct str *text_out);

/* BDAT: size octets, whatever they are; dots mean nothing.  One reader for all chunks of a message: a CR at the end of
 * a chunk waits for the next one.  After the last chunk call bdat_reader_finish() for what is still held back. */
struct bdat_reader {
    enum bare_newline bare_newline;
    struct body_facts facts;
    uint64_t left_bytes;            /* of the running chunk */
    int state;
    bool is_at_line_start;          /* of the text: false if the last line has no end yet */
};
void bdat_reader_init(struct bdat_reader *reader, enum bare_newline bare_newline);
void bdat_reader_chunk(struct bdat_reader *reader, uint64_t size_bytes);
enum body_step bdat_reader_push(struct bdat_reader *reader, char *room, size_t len, size_t *used_out,
                                struct str *text_out);
struct str bdat_reader_finish(struct bdat_reader *reader);  /* "", or the end of the last line: constant text */

/* Local input (-bm, -t, -bS): line ends are LF, CRLF or CR as the manual says (message processing, line endings): a
 * bare CR in the header section does not end a field, and after a first line with CRLF a bare LF is no line end in the
 * body. dot_ends: a line of a single dot ends the message (not with -i); is_stuffed: a leading dot doubled by the
 * sender is taken off (-bS).  At the end of input local_reader_finish() gets what was not used (at most two octets). */
struct local_reader {
    bool dot_ends, is_stuffed;
    struct body_facts facts;
    int state;
};
void local_reader_init(struct local_reader *reader, bool dot_ends, bool is_stuffed);
enum body_step local_reader_push(struct local_reader *reader, char *room, size_t len, size_t *used_out,
                                 struct str *text_out);
struct str local_reader_finish(struct local_reader *reader, struct str unused);     /* constant text */

/* Counting for the spool: body lines, NULs, longest line.  Text with LF line ends, in pieces. */
struct body_count {
    int64_t bytes, lines, zeros, max_line_bytes;
    int64_t line_bytes;             /* of the line under way */
};
void body_count_add(struct body_count *count, struct str text);

/* Sending: text with LF line ends becomes lines with CRLF; a bare CR never goes out (it becomes CRLF).  is_stuffed
 * doubles leading dots (DATA); the end mark is dot_writer_finish()'s. */
struct dot_writer {
    bool is_stuffed, uses_crlf;
    int state;
};
void dot_writer_init(struct dot_writer *writer, bool is_stuffed, bool uses_crlf);

/* Convert as much of *text as fits into room, take that off *text; the number of octets written. */
size_t dot_writer_push(struct dot_writer *writer, struct str *text, char *room, size_t room_bytes);

/* The last line's end if it lacks one, then with_dot ? ".\r\n" : "".  Constant text. */
struct str dot_writer_finish(struct dot_writer *writer, bool with_dot);
#endif
