/* queue/act.h -- what an administrator does to held messages (manual: command line, options that begin with -M).
 *
 * Each function prints its result as Exim words it and returns whether it succeeded. */
#ifndef QUEUE_ACT_H
#define QUEUE_ACT_H
#include <stdio.h>
#include <sys/types.h>
#include "base/list.h"

/* Who acts, for the log: the caller's login. */
struct queue_actor {
    struct str login;
    bool is_admin;
    uid_t uid;
};

enum queue_action {
    QUEUE_FREEZE,
    QUEUE_THAW,
    QUEUE_REMOVE,
    QUEUE_MARK_ALL,
    QUEUE_MARK,
    QUEUE_ADD_RECIPIENTS,
    QUEUE_EDIT_SENDER
};

/* Change one message.  addresses: for MARK, ADD_RECIPIENTS and EDIT_SENDER, qualified. */
bool queue_act(enum queue_action action, const char *id, const struct str_list *addresses,
               const struct queue_actor *actor);

enum queue_view { QUEUE_VIEW_HEADER, QUEUE_VIEW_BODY, QUEUE_VIEW_LOG, QUEUE_VIEW_MESSAGE };

/* Print a file of the message, or the message as it would be sent. */
bool queue_view(enum queue_view view, const char *id, FILE *out);
#endif
