/* match/hooks.c -- the lists that net/ must ask. */
#include "match/match.h"
#include "net/list_hook.h"

static enum outcome
outcome_of(enum match answer)
{
    return answer == MATCH_YES ? OK : answer == MATCH_NO ? FAIL : DEFER;
}

static enum outcome
hook_domain(struct template *list, struct str domain, struct scope *scope, struct why *why)
{
    return outcome_of(match_domain(list, domain, scope, NULL, why));
}

static enum outcome
hook_host(struct template *list, const struct host *host, struct scope *scope, struct why *why)
{
    return outcome_of(match_host(list, host, scope, NULL, why));
}

const struct list_hook match_hook = { .name = "match", .domain = hook_domain, .host = hook_host };
