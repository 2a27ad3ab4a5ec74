/* routers/accept.c -- take every address that the preconditions let through. */
#include "routers/router_driver.h"

static const struct option options[] = { OPTION_END };

struct accept_options {
    bool unused;
};

static const struct accept_options defaults = { 0 };

static enum route_outcome
accept_route(const struct router *router, struct route_run *run, struct address *addr)
{
    (void)router;
    (void)run;
    (void)addr;
    return ROUTE_ACCEPT;
}

const struct router_driver accept_driver = {
    .info = { .name = "accept",
              .options = options,
              .defaults = &defaults,
              .options_size = sizeof(struct accept_options) },
    .is_transport_needed = true,
    .does_log_as_local = true,
    .route = accept_route,
};
