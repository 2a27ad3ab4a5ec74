/* queue/run.h -- one run over the queue (manual: command line, -q -R -S; queue_run_in_order,
 * deliver_queue_load_max). */
#ifndef QUEUE_RUN_H
#define QUEUE_RUN_H
#include "base/str.h"
#include "launch/launch.h"

struct queue_run_options {
    bool is_two_stage;              /* -qq: route all first, remote deliveries in a second pass */
    bool is_first_only;             /* -qi: messages never tried before */
    bool is_forced;                 /* -qf: whatever the retry times */
    bool takes_frozen;              /* -qff: frozen ones too */
    bool is_local_only;             /* -ql */
    struct str queue_name;          /* -qG */
    struct str first_id, last_id;   /* inclusive; empty: no bound */
    struct str recipient, sender;   /* -R, -S: part of an address, case ignored, or a regular expression; empty: any */
    bool is_recipient_regex, is_sender_regex;
    bool is_told;                   /* a person waits: say how far it is on a terminal */
};

/* Ask for a delivery of each message that fits, one after another, each when the one before has ended.
 * The result is the exit status. */
int queue_run(const struct queue_run_options *options, struct launch_link *link);
#endif
