/* transports/batch_smtp.h -- the envelope as SMTP commands around a message (manual: section 49.10). */
#ifndef TRANSPORTS_BATCH_SMTP_H
#define TRANSPORTS_BATCH_SMTP_H
#include "transports/line_format.h"
#include "transports/transport.h"

/* MAIL, a RCPT for each address, DATA. */
void batch_smtp_begin(struct transport_run *run, struct line_format *format, bool is_crlf);

/* The line with the dot. */
void batch_smtp_end(struct line_format *format, bool is_crlf);
#endif
