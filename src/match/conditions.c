/* match/conditions.c -- match_domain, match_local_part, match_address, match_ip, isip … in expansions. */
#include "expand/rows.h"
#include "match/match.h"
#include "net/ip_address.h"

/* The list stands as it is written; where the parser found more than text in it, it is expanded once for this call. */
static enum outcome
list_get(const struct expand_call *call, struct scope *scope, struct template **list_out, struct why *why)
{
    struct template *made;
    struct str text;
    enum outcome outcome;

    *list_out = expand_node_template(call->args[1]);
    if (*list_out != NULL)
        return OK;
    outcome = expand_node_eval(call->args[1], scope, &text, why);
    if (outcome != OK)
        return outcome;
    made = POOL_NEW(scope->pool, struct template);
    made->text = text;
    *list_out = made;
    return OK;
}

static enum outcome
answer_take(enum match answer, const struct match_result *result, struct str list, const struct why *problem,
            struct scope *scope,
            bool *is_true_out, struct why *why)
{
    if (answer == MATCH_DEFER)
        return why_defer(why, 0, NULL, "unable to complete match against \"%.*s\": %.*s", STR_ARG(list),
            STR_ARG(problem->text));
    *is_true_out = answer == MATCH_YES;
    if (answer == MATCH_YES)
        scope->value = result->data;
    return OK;
}

/* What the four conditions have in common; ask matches in one kind of list. */
static enum outcome
match_any(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why,
          enum match (*ask)(struct template *, struct str, struct scope *, struct match_result *, struct why *))
{
    struct match_result result = { 0 };
    struct template *list;
    struct str subject;
    struct why problem;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &subject, why);

    if (outcome == OK)
        outcome = list_get(call, scope, &list, why);
    if (outcome != OK)
        return outcome;
    why_init(&problem, scope->pool);
    return answer_take(ask(list, subject, scope, &result, &problem), &result, list->text, &problem, scope, is_true_out,
        why);
}

static enum match
ask_domain(struct template *list, struct str domain, struct scope *scope, struct match_result *result_out,
           struct why *why)
{
    return match_domain_as(list, domain, MATCH_EXPANDED, scope, result_out, why);
}

static enum match
ask_local_part(struct template *list, struct str local_part, struct scope *scope, struct match_result *result_out,
               struct why *why)
{
    return match_local_part_as(list, local_part, MATCH_EXPANDED, scope, result_out, why);
}

static enum match
ask_address(struct template *list, struct str address, struct scope *scope, struct match_result *result_out,
            struct why *why)
{
    enum match answer = match_address_as(list, address, MATCH_EXPANDED, scope, result_out, why);

    /* Captures of an earlier match are not those of this one. */
    if (answer == MATCH_YES && scope->captures != NULL)
        scope->captures->count = 0;
    return answer;
}

static enum outcome
match_domain_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return match_any(call, scope, is_true_out, why, ask_domain);
}

static enum outcome
match_local_part_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return match_any(call, scope, is_true_out, why, ask_local_part);
}

static enum outcome
match_address_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return match_any(call, scope, is_true_out, why, ask_address);
}

static enum outcome
match_ip_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct ip_address ip;
    struct str subject;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &subject, why);

    if (outcome != OK)
        return outcome;
    if (!str_is_empty(subject) && !ip_parse(subject, &ip))
        return why_fail(why, 0, NULL, "\"%.*s\" is not an IP address", STR_ARG(subject));
    return match_any(call, scope, is_true_out, why, match_ip);
}

static enum outcome
isip(const struct expand_call *call, struct scope *scope, int version, bool *is_true_out, struct why *why)
{
    struct str text;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &text, why);
    int found;

    if (outcome != OK)
        return outcome;
    found = ip_text_version(text, NULL);
    *is_true_out = version == 0 ? found != 0 : found == version;
    return OK;
}

static enum outcome
isip_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return isip(call, scope, 0, is_true_out, why);
}

static enum outcome
isip4_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return isip(call, scope, 4, is_true_out, why);
}

static enum outcome
isip6_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    return isip(call, scope, 6, is_true_out, why);
}

#define LIST_ROW(name_) { .name = #name_, .args_min = 2, .args_max = 2, .unexpanded = 2, .test = name_##_test }
#define ADDRESS_ROW(name_) { .name = #name_, .args_min = 1, .args_max = 1, .test = name_##_test }
const struct expand_condition match_conditions[] = {
    LIST_ROW(match_address), LIST_ROW(match_domain), LIST_ROW(match_ip), LIST_ROW(match_local_part),
    ADDRESS_ROW(isip), ADDRESS_ROW(isip4), ADDRESS_ROW(isip6),
    { .name = NULL },
};
