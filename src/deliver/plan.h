/* deliver/plan.h -- what is to be done for a message: routing's result, nothing executed.
 *
 * Routing is a function from message to plan.  A plan can be printed (-bt, --explain) without being run. */
#ifndef DELIVER_PLAN_H
#define DELIVER_PLAN_H
#include <stdio.h>
#include "address/address.h"

struct message;
struct retry_notes;
struct route_run;
struct scope;

/* One run of one transport: for addresses that share all that matters. */
struct delivery {
    struct delivery *next;
    struct transport *transport;
    struct address *addresses;      /* chained by next */
    struct address **addresses_end;
    size_t address_count;
    bool is_local;
    int rank;                       /* by remote_sort_domains */
};

struct plan {
    struct pool *pool;
    struct message *message;
    struct delivery *local, *remote;        /* in order */
    struct address *failed, *deferred, *discarded;      /* chained by next */
    struct address *finished;       /* nothing is left to do for them: all their children were done before */
    struct address *duplicates;     /* same as another, first_of_duplicates: done when that is */
    size_t address_count;           /* all that were looked at */
    bool is_forced;                 /* retry times and hold_domains are not looked at */
    bool is_queue_run;              /* else queue_domains are left for one */
    struct retry_notes *notes;      /* what is learned about routing; may be NULL */
};

/* Set up: fields may be set by the caller before plan_make(). */
void plan_init(struct plan *plan, struct pool *pool, struct message *message);

/* Route every recipient not in message->nonrecipients, and what it turns into, and group the result. */
void plan_make(struct plan *plan, struct route_run *run);

/* Group accepted addresses (chained by next) into deliveries; part of plan_make(), apart for tests. */
void plan_group(struct plan *plan, struct address *accepted, struct scope *scope);

/* One delivery a line, for --explain. */
void plan_print(const struct plan *plan, FILE *out);
#endif
