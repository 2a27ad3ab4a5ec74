/* deliver/delivery.h -- the state of one delivery of one message; what the files of this room share. */
#ifndef DELIVER_DELIVERY_H
#define DELIVER_DELIVERY_H
#include <sys/time.h>
#include "base/buf.h"
#include "deliver/deliver.h"
#include "deliver/plan.h"
#include "launch/launch.h"
#include "retry/retry.h"
#include "routers/router.h"
#include "spool/spool.h"
#include "transports/transport.h"

struct delivery_state {
    struct pool *pool;
    const struct spool *spool;
    struct message *message;
    const struct deliver_options *options;
    struct launch_link *link;
    struct scope scope;
    struct captures captures;
    struct route_run run;
    struct plan plan;
    struct retry_notes notes;
    struct address *failed, **failed_end;           /* to be bounced */
    struct address *deferred, **deferred_end;       /* to be tried again */
    struct address *delivered, **delivered_end;     /* for success notifications */
    struct buf msglog;              /* lines of a first try: written only if the message stays; pool NULL: none yet */
    bool is_removed;                /* from the spool already: its only delivery was the record of it */
    bool has_progress;              /* something was journalled: -H is to be rewritten */
    bool is_cancelled;              /* -Mg, timeout_frozen_after: what cannot be bounced is dropped */
    bool is_partial;                /* only some addresses are tried: no warnings, nothing frozen */
    bool is_freeze_wanted;
    bool is_bounce_undeliverable;   /* frozen because it is a bounce itself */
    struct str freeze_text;         /* what freeze_tell reports */
    bool is_header_changed;
    int job_message_fd;             /* the message for local children; -1: not made yet */
    struct timeval now;
    /* process ids of remote children that are done with this message and not ended yet */
    struct ptr_list going_on;
    struct str_list made;           /* ids of messages made here, to be delivered once this one is closed */
};

/* ---- log_lines.c */
/* "user@domain", "|command <user@domain>": for lines and bounces; with parents as the selectors say. */
struct str log_address(const struct delivery_state *state, const struct address *addr, bool is_success);
/* The first line of a pipe's output, if it is to be logged. */
void log_output(struct delivery_state *state, const struct address *addr);
void log_delivered(struct delivery_state *state, const struct address *addr, const char *flag);
void log_failed(struct delivery_state *state, const struct address *addr);
void log_deferred(struct delivery_state *state, const struct address *addr);
void log_completed(struct delivery_state *state);
/* A line into the message log; text without time stamp.  Those of a first try wait for msglog_flush(). */
void msglog_write(struct delivery_state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));
void msglog_flush(struct delivery_state *state);

/* ---- outcome.c: what follows from the outcome of addresses */
/* By their outcome: delivered (journal, log, parents), put on the list of failed ones, or of deferred ones. */
void addresses_settle(struct delivery_state *state, struct address *const *addresses, size_t count);
/* The same for a chain, all with this outcome; why may be NULL: each has its own. */
void addresses_settle_chain(struct delivery_state *state, struct address *first, enum outcome outcome,
                            const struct why *why);
/* Finished addresses are recorded as done with all they finish above them: after success, or when their bounce is on
 * the spool. */
void addresses_finish(struct delivery_state *state, struct address *const *addresses, size_t count);
void address_finish(struct delivery_state *state, struct address *addr);

/* ---- local.c, remote.c */
void deliveries_run_local(struct delivery_state *state, struct delivery *first);
void deliveries_run_remote(struct delivery_state *state, struct delivery *first);
/* Wait for children that went on with other messages over their connections. */
void deliveries_await_end(struct delivery_state *state);
/* Over a connection that is open already, in this process; what does not fit it is left for another time.  False:
 * nothing fitted. */
bool deliveries_run_on_channel(struct delivery_state *state, struct delivery *first, struct transport_channel *channel);
/* A whole message that waits for the host of channel: its deliveries to that host. */
bool deliver_waiting_message(const char *id, struct transport_channel *channel, struct launch_link *link);
/* Read what a child reports until it says that it is done; false if it did not, or sent rubbish. */
bool results_take(struct delivery_state *state, int fd, struct address *const *addresses, size_t count, bool *reported);
/* Settle all; those not reported are deferred with lost. */
void results_settle(struct delivery_state *state, struct address *const *addresses, size_t count, const bool *reported,
                    const struct why *lost, double seconds);
/* The body as an open file of its own, for reading only: children must share neither a position nor the right to
 * write. */
int body_open(const struct message *message);
struct address **addresses_array(struct pool *pool, const struct delivery *delivery);
/* Ask for the delivery of another message: one that was made here. */
void delivery_start(struct delivery_state *state, const char *id);
void deliveries_start_made(struct delivery_state *state);
/* The duplicates that a run for addresses serves too. */
struct address *duplicates_of(struct delivery_state *state, const struct address *addresses);

/* ---- header_domain.c */
/* Header fields follow what routers found out about domains; true if any was changed. */
bool header_domains_change(struct delivery_state *state);

/* ---- finish.c */
/* Retry times, bounces, warnings, notifications, then the spool. */
void delivery_finish(struct delivery_state *state);

/* ---- bounce.c, warning.c, dsn.c */
/* One bounce to each errors address; addresses whose bounce is durable are finished. */
void bounces_send(struct delivery_state *state);
void warning_send(struct delivery_state *state);
void success_notifications_send(struct delivery_state *state);
void notices_send(struct delivery_state *state);
void freeze_tell_send(struct delivery_state *state);

/* Where the bounce for addr goes; empty: nowhere. */
struct str bounce_recipient_of(const struct delivery_state *state, const struct address *addr);

/* ---- report.c: parts that bounces, warnings and success notifications share */
/* "From:", "To:", "Auto-Submitted:", "References:" …; boundary: of a multipart/report, or NULL. */
void report_header(struct delivery_state *state, struct buf *out, struct str to, const char *boundary);
/* The message/delivery-status part with one group for each address (RFC 3464). */
void report_status_begin(struct delivery_state *state, struct buf *out, const char *boundary);
void report_status_address(struct delivery_state *state, struct buf *out, const struct address *addr,
                           const char *action, const char *status);
/* The original message, or its header section, as message/rfc822 or text/rfc822-headers; then the end. */
void report_original(struct delivery_state *state, struct buf *out, const char *boundary, bool is_header_only);
struct str report_boundary(struct delivery_state *state);
/* Submit: through receive/, in this process. */
bool report_submit(struct delivery_state *state, const struct str *to, size_t to_count, struct str text);
#endif
