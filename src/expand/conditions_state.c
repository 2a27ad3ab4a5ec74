/* expand/conditions_state.c -- conditions that ask for files and for the state of a delivery. */
#include <errno.h>
#include <sys/stat.h>
#include "expand/tree.h"
#include "message/message.h"

static enum outcome
exists_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str name;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &name, why);
    const char *path;
    struct stat st;

    if ((scope->forbidden & EXPAND_FORBID_EXISTSTEST) != 0)
        return why_fail(why, 0, NULL, "File existence tests are not permitted");
    if (outcome != OK)
        return outcome;
    path = pool_cstr(scope->pool, name);
    *is_true_out = path != NULL && stat(path, &st) == 0;
    return OK;
}

static enum outcome
first_delivery_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    (void)call, (void)why;
    *is_true_out = scope->message != NULL && scope->message->is_first_try;
    return OK;
}

static enum outcome
queue_running_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    (void)call, (void)why;
    *is_true_out = scope->is_queue_run;
    return OK;
}

const struct expand_condition expand_state_conditions[] = {
    { .name = "exists", .args_min = 1, .args_max = 1, .test = exists_test },
    { .name = "first_delivery", .test = first_delivery_test },
    { .name = "queue_running", .test = queue_running_test },
    { .name = NULL }
};
