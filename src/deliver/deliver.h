/* deliver/deliver.h -- from a message on the spool to delivered, bounced or waiting (manual: how Exim performs
 * delivery, delivery in detail).
 *
 * A finished address is in the journal, durably, before anything else is done about it (DESIGN C2); a message is
 * removed only after everything it causes is durable (C3). */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H
#include "base/outcome.h"

struct launch_link;

struct deliver_options {
    bool is_forced;                 /* -M, -qf: regardless of retry times */
    bool is_frozen_forced;          /* -M, -qff: frozen messages too, left frozen if still undeliverable */
    bool is_thawing;                /* -Mt follow-up, or -M by an administrator: the thaw is remembered */
    bool is_queue_run;              /* started by a queue runner: retry times of local addresses count */
    bool is_giving_up;              /* -Mg: fail all addresses that are left */
    bool is_first_pass;             /* -qq: route only, leave remote deliveries */
    bool is_local_only;             /* -ql, -odqs …: no remote deliveries */
    bool is_mua_wrapper;
    bool is_waiting_for_made;       /* wait for the delivery of bounces made here, too: foreground deliveries */
    struct str cancelled_by;        /* with is_giving_up: the login name for "cancelled by …" */
    struct str queue_name;          /* of a named queue; empty: the default one */
};

enum deliver_result {
    DELIVER_ATTEMPTED,              /* something was tried; the message may be gone */
    DELIVER_NOTHING_TO_DO,          /* frozen, or no such message */
    DELIVER_LOCKED,                 /* another process has it */
    DELIVER_UNREADABLE,
    DELIVER_MUA_SUCCEEDED, DELIVER_MUA_FAILED
};

/* Deliver one message in this process (the mail user).  link: to run local transports and open users' files. */
enum deliver_result deliver_message(const char *id, const struct deliver_options *options, struct launch_link *link);

/* Options to bytes for launch_deliver(), and back (false: malformed). */
struct str deliver_options_pack(const struct deliver_options *options, struct pool *pool);
bool deliver_options_unpack(struct str bytes, struct deliver_options *options_out);

/* The duties of the launcher's children (main puts them into its settings). */
int deliver_duty(struct launch_link *link, const char *id, struct str options);
int deliver_run_duty(const char *id, const char *transport, int *fds, size_t fd_count);
#endif
