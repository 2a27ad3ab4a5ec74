/* net/list_hook.c -- ask the room that matches lists. */
#include "net/list_hook.h"

enum outcome
list_hook_domain(struct template *list, struct str domain, struct scope *scope, struct why *why)
{
    if (list == NULL || list_hooks_rows[0] == NULL)
        return FAIL;
    return list_hooks_rows[0]->domain(list, domain, scope, why);
}

enum outcome
list_hook_host(struct template *list, const struct host *host, struct scope *scope, struct why *why)
{
    if (list == NULL || list_hooks_rows[0] == NULL)
        return FAIL;
    return list_hooks_rows[0]->host(list, host, scope, why);
}
