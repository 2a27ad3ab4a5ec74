/* match/domain.c -- items of domain lists and of local part lists. */
#include "config/config.h"
#include "match/list.h"
#include "net/host_find.h"
#include "net/interface.h"

/* "*rest": compare with the end; $0 is the whole, $1 what the asterisk stands for. */
static enum item_match
suffix_match(const struct match_item *item, struct str subject, bool is_caseless, struct match_run *run)
{
    if (!(is_caseless ? str_iends(subject, item->rest) : str_ends(subject, item->rest)))
        return ITEM_NO;
    if (run->scope->captures != NULL && run->form != FORM_ADDRESS) {
        run->scope->captures->values[0] = subject;
        run->scope->captures->values[1] = str_head(subject, subject.len - item->rest.len);
        run->scope->captures->count = 2;
    }
    return match_item_is(item, run);
}

static enum item_match
local_address_match(const struct match_item *item, struct str domain, struct match_run *run)
{
    struct ip_address ip;

    if (!ip_parse_literal(domain, &ip) || !ip_is_local(&ip))
        return ITEM_NO;
    return match_item_is(item, run);
}

/* Which of the domain's mail exchangers is this host: the best, another, none? */
static enum item_match
mx_match(const struct match_item *item, struct str domain, struct match_run *run)
{
    struct host_find_request request = host_find_request_default();
    struct template ignore = { .text = item->rest };
    struct host_find_result found;
    bool is_primary = false, is_other = false;
    enum host_find answer;

    request.is_a_wanted = false;
    request.is_local_kept = true;
    if (!str_is_empty(item->rest))
        request.ignore_target_hosts = &ignore;
    answer = host_find_by_dns(domain, &request, run->scope, &found, run->why);
    if (answer == HOST_FIND_AGAIN)
        return ITEM_DEFER;
    if (answer != HOST_FOUND && answer != HOST_FOUND_LOCAL)
        return ITEM_NO;
    for (const struct host *host = found.hosts; host != NULL; host = host->next) {
        if (!host->is_local)
            continue;
        is_primary |= answer == HOST_FOUND_LOCAL;
        is_other = true;
    }
    if ((item->mx == ITEM_MX_ANY && (is_primary || is_other)) || (item->mx == ITEM_MX_PRIMARY && is_primary) ||
        (item->mx == ITEM_MX_SECONDARY && is_other && !is_primary))
        return match_item_is(item, run);
    return ITEM_NO;
}

static enum item_match
bad_item(const struct match_item *item, struct match_run *run)
{
    why_defer(run->why, 0, NULL, "%s", item->problem);
    return ITEM_DEFER;
}

enum item_match
match_item_domain(const struct match_item *item, struct str domain, struct match_run *run)
{
    switch (item->kind) {
    case ITEM_EMPTY:
        return str_is_empty(domain) ? match_item_is(item, run) : ITEM_NO;
    case ITEM_LITERAL:
        return str_ieq(domain, item->text) ? match_item_is(item, run) : ITEM_NO;
    case ITEM_SUFFIX:
        return suffix_match(item, domain, true, run);
    case ITEM_REGEX:
        return match_item_regex(item, domain, true, run);
    case ITEM_LOOKUP:
        return match_item_lookup(item, domain, run);
    case ITEM_NAMED: {
        struct match_run inner = *run;

        inner.subject = inner.folded = domain;
        return match_item_named(item, FORM_DOMAIN, &inner);
    }
    case ITEM_PRIMARY:
        if (config == NULL || !str_ieq(domain, config->primary_hostname))
            return ITEM_NO;
        run->result->data = config->primary_hostname;
        run->result->has_data = true;
        return ITEM_YES;
    case ITEM_LOCAL_ADDRESS:
        return local_address_match(item, domain, run);
    case ITEM_MX:
        return mx_match(item, domain, run);
    case ITEM_BAD:
        return bad_item(item, run);
    default:
        return ITEM_NO;
    }
}

enum item_match
match_item_local_part(const struct match_item *item, struct match_run *run)
{
    bool is_caseless = (run->flags & MATCH_CASEFUL) == 0;
    struct str subject = is_caseless ? run->folded : run->subject;

    switch (item->kind) {
    case ITEM_EMPTY:
        return str_is_empty(subject) ? match_item_is(item, run) : ITEM_NO;
    case ITEM_LITERAL:
        return (is_caseless ? str_ieq(subject, item->text) : str_eq(subject, item->text)) ? match_item_is(item, run) :
            ITEM_NO;
    case ITEM_SUFFIX:
        return suffix_match(item, subject, is_caseless, run);
    case ITEM_REGEX:
        return match_item_regex(item, subject, is_caseless, run);
    case ITEM_LOOKUP:
        return match_item_lookup(item, subject, run);
    case ITEM_NAMED:
        return match_item_named(item, FORM_LOCAL_PART, run);
    case ITEM_BAD:
        return bad_item(item, run);
    default:
        return ITEM_NO;
    }
}
