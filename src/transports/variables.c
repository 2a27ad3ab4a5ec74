/* Variables of an outgoing connection, or of the first host that a router found (manual: $host and its kin). */
#include "expand/rows.h"
#include "net/host.h"

static enum outcome
host_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = scope->host != NULL ? scope->host->name : STR("");
    return OK;
}

static enum outcome
host_address_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = scope->host != NULL ? scope->host->address : STR("");
    return OK;
}

static enum outcome
host_port_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = pool_printf(scope->pool, "%d", scope->host != NULL ? scope->host->port : 0);
    return OK;
}

const struct expand_variable transport_variables[] = {
    { .name = "host", .get = host_get },
    { .name = "host_address", .get = host_address_get },
    { .name = "host_port", .get = host_port_get },
    { .name = NULL }
};
