/* Variables of routing (manual: expansion variables). */
#include "expand/rows.h"
#include "routers/router_driver.h"

static enum outcome
router_name_get(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out =
        scope->address != NULL && scope->address->router != NULL ? scope->address->router->instance.name : STR("");
    return OK;
}

const struct expand_variable router_variables[] = {
    { .name = "router_name", .get = router_name_get },
    { .name = NULL }
};
