/* smtp_server/variables.c -- what a session tells expansions. */
#include "expand/rows.h"
#include "smtp_server/server.h"

static enum outcome
get_active_hostname(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = scope->session != NULL ? scope->session->active_hostname : config->primary_hostname;
    return OK;
}

static enum outcome
get_history(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    struct str text;

    (void)suffix;
    (void)why;
    if (scope->session == NULL)
        return OK;
    text = session_history(scope->session);
    *value_out = pool_dup(scope->pool, str_from(text, sizeof " C=" - 1));
    return OK;
}

static enum outcome
get_count_at_start(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->session != NULL && scope->session->options->is_daemon)
        *value_out = pool_printf(scope->pool, "%d", scope->session->options->connection_count);
    return OK;
}

static enum outcome
get_notquit_reason(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->session != NULL && scope->session->notquit_reason != NULL)
        *value_out = str_of(scope->session->notquit_reason);
    return OK;
}

const struct expand_variable smtp_server_variables[] = {
    { .name = "smtp_active_hostname", .get = get_active_hostname },
    { .name = "smtp_command_history", .get = get_history },
    { .name = "smtp_count_at_connection_start", .get = get_count_at_start },
    { .name = "smtp_notquit_reason", .get = get_notquit_reason },
    { .name = NULL }
};
