/* verify/state.c -- what verifications of one transaction have found, and its variables. */
#include "expand/rows.h"
#include "verify/verify.h"

void
verify_state_init(struct verify_state *state, struct pool *message_pool)
{
    *state = (struct verify_state){ .message_pool = message_pool };
    verify_state_reset(state);
}

void
verify_state_reset(struct verify_state *state)
{
    struct pool *pool = state->message_pool;

    *state = (struct verify_state){ .message_pool = pool, .csa_status = STR("") };
}

static enum outcome
get_verify_mode(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->verify != NULL && scope->verify->mode != '\0')
        *value_out = scope->verify->mode == 'S' ? STR("S") : STR("R");
    return OK;
}

static enum outcome
get_sender_verify_failure(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->verify != NULL)
        *value_out = str_of(verify_failure_name(scope->verify->sender_failure));
    return OK;
}

static enum outcome
get_recipient_verify_failure(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->verify != NULL)
        *value_out = str_of(verify_failure_name(scope->verify->recipient_failure));
    return OK;
}

static enum outcome
get_csa_status(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->verify != NULL)
        *value_out = scope->verify->csa_status;
    return OK;
}

const struct expand_variable verify_variables[] = {
    { .name = "csa_status", .get = get_csa_status },
    { .name = "recipient_verify_failure", .get = get_recipient_verify_failure },
    { .name = "sender_verify_failure", .get = get_sender_verify_failure },
    { .name = "verify_mode", .get = get_verify_mode },
    { .name = NULL }
};
