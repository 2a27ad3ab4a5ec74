/* net/variables.c -- variables whose values may need a lookup of the client's name. */
#include "address/address.h"
#include "expand/rows.h"
#include "net/host.h"
#include "net/host_name.h"

static enum outcome
get_sender_host_name(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    if (scope->origin == NULL || str_is_empty(scope->origin->host_address))
        return OK;
    host_name_lookup(scope->origin, NULL);
    *value_out = scope->origin->host_name;
    return OK;
}

static enum outcome
get_sender_fullhost(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    if (scope->origin != NULL)
        *value_out = origin_full_host(scope->origin, scope->pool);
    return OK;
}

static enum outcome
get_sender_rcvhost(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    if (scope->origin != NULL)
        *value_out = origin_received_host(scope->origin, scope->pool);
    return OK;
}

static enum outcome
get_host_lookup_failed(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    *value_out = scope->origin != NULL && scope->origin->name_lookup == NAME_LOOKUP_FAILED ? STR("1") : STR("0");
    return OK;
}

static enum outcome
get_host_lookup_deferred(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    *value_out = scope->origin != NULL && scope->origin->name_lookup == NAME_LOOKUP_DEFERRED ? STR("1") : STR("0");
    return OK;
}

static enum outcome
get_sender_host_dnssec(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    *value_out = scope->origin != NULL && scope->origin->is_host_dnssec ? STR("yes") : STR("no");
    return OK;
}

static enum outcome
get_sender_helo_dnssec(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    *value_out = scope->origin != NULL && scope->origin->helo_dnssec > 0 ? STR("yes") : STR("no");
    return OK;
}

static enum outcome
get_sender_helo_verified(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix, (void)why;
    if (scope->origin != NULL && !str_is_empty(scope->origin->helo_name))
        *value_out = scope->origin->is_helo_verified ? STR("yes") : STR("no");
    return OK;
}

/* The host of an outgoing connection; before there is one, the first of those that routing found. */
static const struct host *
outgoing_host(const struct scope *scope)
{
    if (scope->host != NULL)
        return scope->host;
    return scope->address == NULL ? NULL : scope->address->hosts;
}

static enum outcome
get_host(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    const struct host *host = outgoing_host(scope);

    (void)suffix, (void)why;
    if (host != NULL)
        *value_out = host->name;
    return OK;
}

static enum outcome
get_host_address(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    const struct host *host = outgoing_host(scope);

    (void)suffix, (void)why;
    if (host != NULL)
        *value_out = host->address;
    return OK;
}

static enum outcome
get_host_port(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    const struct host *host = outgoing_host(scope);

    (void)suffix, (void)why;
    *value_out = pool_printf(scope->pool, "%d", host == NULL ? 0 : host->port);
    return OK;
}

const struct expand_variable net_variables[] = {
    { .name = "host", .get = get_host },
    { .name = "host_address", .get = get_host_address },
    { .name = "host_lookup_deferred", .get = get_host_lookup_deferred },
    { .name = "host_port", .get = get_host_port },
    { .name = "host_lookup_failed", .get = get_host_lookup_failed },
    { .name = "sender_fullhost", .get = get_sender_fullhost },
    { .name = "sender_helo_dnssec", .get = get_sender_helo_dnssec },
    { .name = "sender_helo_verified", .get = get_sender_helo_verified },
    { .name = "sender_host_dnssec", .get = get_sender_host_dnssec },
    { .name = "sender_host_name", .get = get_sender_host_name },
    { .name = "sender_rcvhost", .get = get_sender_rcvhost },
    { .name = NULL },
};
