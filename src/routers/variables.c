/* Variables of routing (manual: expansion variables). */
#include "expand/rows.h"
#include "routers/router_driver.h"

static enum outcome
router_name_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = scope->address != NULL && scope->address->router != NULL ? scope->address->router->instance.name : STR("");
    return OK;
}

static enum outcome
local_user_uid_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->address != NULL && scope->address->has_local_user)
        *value_out = pool_printf(scope->pool, "%ld", (long)scope->address->local_user_uid);
    return OK;
}

static enum outcome
local_user_gid_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    if (scope->address != NULL && scope->address->has_local_user)
        *value_out = pool_printf(scope->pool, "%ld", (long)scope->address->local_user_gid);
    return OK;
}

const struct expand_variable router_variables[] = {
    { .name = "local_user_gid", .get = local_user_gid_get },
    { .name = "local_user_uid", .get = local_user_uid_get },
    { .name = "router_name", .get = router_name_get },
    { .name = NULL }
};
