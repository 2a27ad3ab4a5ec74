/* routers/queryprogram.c -- ask a program where an address goes (manual: the queryprogram router).  The options are
 * complete; the routing itself is not built yet, and an address that comes here waits. */
#include "routers/router_driver.h"

struct queryprogram_options {
    struct template *command;
    struct id_option command_group, command_user;
    struct template *current_directory;
    int timeout;
};

#define O struct queryprogram_options

static const struct option options[] = {
    OPTION_EXPANDED(O, command),
    OPTION_GID(O, command_group),
    OPTION_UID(O, command_user),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, O, current_directory, .initial = "/",),
    OPTION_ROW(OPTION_TYPE_TIME, int, O, timeout, .initial = "1h",),
    OPTION_END
};

/* The program must not run as root by oversight. */
static bool
queryprogram_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    const struct queryprogram_options *opt = instance->options;

    (void)pool;
    if (!opt->command_user.is_set)
        *why_out = STR("command_user must be specified");
    else if (opt->command == NULL || opt->command->text.len == 0)
        *why_out = STR("a command specification is required");
    return why_out->len == 0;
}

static enum route_outcome
queryprogram_route(const struct router *router, struct route_run *run, struct address *addr)
{
    why_init(&addr->why, run->pool);
    why_defer(&addr->why, 0, "4.3.5", "the queryprogram driver of the router %.*s is not acted on yet",
              STR_ARG(router->instance.name));
    return ROUTE_DEFER;
}

const struct router_driver queryprogram_driver = {
    .info = { .name = "queryprogram",
              .options = options,
              .options_size = sizeof(struct queryprogram_options),
              .init = queryprogram_init },
    .route = queryprogram_route,
};
