/* transports/message_write.h -- write a message out once: header section with additions, removals and rewriting, body.
 *
 * Message processing, section 48.17 of the manual; transport_filter as in chapter 24. */
#ifndef TRANSPORTS_MESSAGE_WRITE_H
#define TRANSPORTS_MESSAGE_WRITE_H
#include "transports/line_format.h"
#include "transports/transport.h"

/* Write the message of run to a format that line_format_begin() has made ready; is_crlf_input is set here.
 *
 * is_final_newline_wanted: supply the end of the last line (SMTP).
 * Not OK: why tells of an expansion, a body that cannot be read, or the filter; or the sink refused
 * (format->has_failed, why->text empty). */
enum outcome message_write(struct transport_run *run, struct line_format *format, bool is_final_newline_wanted,
                           struct why *why);

/* The same without the transport's filter: what the filter itself gets, with LF line ends. */
enum outcome message_write_plain(struct transport_run *run, struct line_format *format, struct why *why);

/* Has the transport a filter (that does not expand to nothing)?  Its size is then not known beforehand. */
bool message_has_filter(struct transport_run *run);

/* Part of message_write(): through the program of transport_filter.  why->cause is CAUSE_TIMEOUT when it took too long.
 */
enum outcome message_write_filtered(struct transport_run *run, struct line_format *format, struct why *why);

/* Longest line of body and header section as they would be sent, without line ends, for message_linelength_limit. */
int64_t message_longest_line(const struct message *message);
#endif
