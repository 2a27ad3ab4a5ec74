/* deliver/plan.h -- what is to be done for a message: routing's result, nothing executed.
 *
 * Routing is a function from message to plan.  A plan can be printed (-bt, --explain) without being run. */
#ifndef DELIVER_PLAN_H
#define DELIVER_PLAN_H
#include <stdio.h>
#include "address/address.h"

struct message;
struct route_run;

/* One run of one transport: for addresses that share all that matters. */
struct delivery {
    struct delivery *next;
    struct transport *transport;
    struct address *addresses;      /* chained by next */
    size_t address_count;
    bool is_local;
};

struct plan {
    struct pool *pool;
    struct message *message;
    struct delivery *local, *remote;        /* in order */
    struct address *failed, *deferred, *discarded;      /* chained by next */
    struct address *duplicates;     /* same as another: done when that is */
    size_t address_count;           /* all that were considered */
};

/* Route every address not in message->nonrecipients and group the result. */
void plan_make(struct plan *plan, struct route_run *run, struct message *message);

/* Group accepted addresses (chained by next) into deliveries; part of plan_make(), apart for tests. */
void plan_group(struct plan *plan, struct address *accepted);

/* One delivery a line, for --explain. */
void plan_print(const struct plan *plan, FILE *out);
#endif
