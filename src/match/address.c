/* match/address.c -- items of address lists. */
#include "base/buf.h"
#include "base/items.h"
#include "base/trace.h"
#include "log/log.h"
#include "match/list.h"

enum { CHAIN_MAX = 50, RESULT_MAX_BYTES = 65536 };

/* The subject as the list's case rule has it: the domain always folded. */
static void
subject_split(const struct match_run *run, struct str *local_part_out, struct str *domain_out)
{
    size_t at = str_rfind(run->subject, '@');
    bool is_caseless = (run->flags & MATCH_CASEFUL) == 0;

    *local_part_out = str_head(is_caseless ? run->folded : run->subject, at);
    *domain_out = str_from(run->folded, at + 1);
}

static struct str
subject_whole(const struct match_run *run, struct pool *pool)
{
    struct str local_part, domain;
    struct buf text;

    if ((run->flags & MATCH_CASEFUL) == 0 || str_rfind(run->subject, '@') == STR_NONE)
        return run->folded;
    subject_split(run, &local_part, &domain);
    buf_init(&text, pool, RESULT_MAX_BYTES);
    buf_add(&text, local_part);
    buf_add_char(&text, '@');
    buf_add(&text, domain);
    return buf_str(&text);
}

/* Append what an asterisk stood for as the next of $1, $2 … */
static void
wildcard_add(struct match_run *run, struct str value)
{
    struct captures *captures = run->scope->captures;

    if (captures != NULL && (run->flags & MATCH_WILDCARDS) != 0 && captures->count < CAPTURES_MAX)
        captures->values[captures->count++] = value;
}

static bool
local_part_matches(const struct match_item *item, struct str local_part, struct match_run *run)
{
    bool is_caseless = (run->flags & MATCH_CASEFUL) == 0;
    struct str pattern = item->rest;

    if (pattern.len == 0 || pattern.ptr[0] != '*')
        return is_caseless ? str_ieq(local_part, pattern) : str_eq(local_part, pattern);
    pattern = str_from(pattern, 1);
    if (!(is_caseless ? str_iends(local_part, pattern) : str_ends(local_part, pattern)))
        return false;
    /* An item without "@" has no asterisk of its own for the local part. */
    if (item->text.ptr[0] != '@')
        wildcard_add(run, str_head(local_part, local_part.len - pattern.len));
    return true;
}

/* The result of "local@domain item": the pattern's local part with what the domain item gave. */
static void
result_join(const struct match_item *item, struct match_run *run)
{
    struct buf text;

    if (item->text.len > 0 && item->text.ptr[0] == '@') {
        match_item_is(item, run);
        return;
    }
    buf_init(&text, run->scope->pool, RESULT_MAX_BYTES);
    buf_add(&text, item->rest);
    buf_add_char(&text, '@');
    buf_add(&text, run->result->data);
    run->result->data = buf_str(&text);
    run->result->has_data = true;
}

static enum item_match
parts_match(const struct match_item *item, struct match_run *run)
{
    struct captures *captures = run->scope->captures, saved = { 0 };
    bool has_captures = captures != NULL && (run->flags & MATCH_WILDCARDS) != 0;
    struct captures inner = { 0 };
    struct scope inner_scope = *run->scope;
    struct match_run domain_run = *run;
    struct str local_part, domain;
    enum item_match matched;

    if (has_captures) {
        saved = *captures;
        captures->values[0] = run->subject;
        captures->count = 1;
    }
    subject_split(run, &local_part, &domain);
    if (!local_part_matches(item, local_part, run)) {
        if (has_captures)
            *captures = saved;
        return ITEM_NO;
    }
    inner_scope.captures = &inner;
    domain_run.scope = &inner_scope;
    domain_run.form = FORM_DOMAIN;
    domain_run.subject = domain_run.folded = domain;
    matched = match_item_domain(item->domain, domain, &domain_run);
    for (size_t i = 1; matched == ITEM_YES && i < inner.count; i++)
        wildcard_add(run, inner.values[i]);
    if (matched != ITEM_YES && has_captures)
        *captures = saved;
    if (matched == ITEM_YES)
        result_join(item, run);
    return matched;
}

/* One list of local parts found for a domain; *next_out: the key of the list that continues it. */
static enum match
local_parts_walk(struct str list_text, struct match_run *run, struct str *next_out)
{
    struct str_list texts = items_all(list_text, run->scope->pool);
    struct match_list *list;
    struct str_list patterns = { 0 };

    *next_out = STR("");
    for (size_t i = 0; i < texts.count; i++) {
        if (i + 1 == texts.count && str_starts(texts.items[i], STR(">")))
            *next_out = str_trim(str_from(texts.items[i], 1));
        else
            str_list_add(&patterns, run->scope->pool, texts.items[i]);
    }
    list = match_list_compile_lines(FORM_LOCAL_PART, &patterns, run->scope->pool);
    /* A continuation takes the place of the rule about a negative last item. */
    if (!str_is_empty(*next_out))
        list->is_last_negated = false;
    return match_list_walk(list, run);
}

static enum item_match
local_parts_match(const struct match_item *item, struct match_run *run)
{
    struct str local_part, domain, key;

    if (str_is_empty(run->subject))
        return ITEM_NO;
    subject_split(run, &local_part, &domain);
    key = domain;
    for (int chain = 0; chain < CHAIN_MAX; chain++) {
        struct match_result found = { 0 };
        struct match_run lookup_run = *run, list_run = *run;
        struct str next;
        enum item_match answer;
        enum match matched;

        lookup_run.result = &found;
        answer = match_item_lookup(item, key, &lookup_run);
        if (answer != ITEM_YES)
            return answer;
        list_run.form = FORM_LOCAL_PART;
        list_run.subject = local_part;
        list_run.folded = match_fold(local_part, run->scope->pool);
        matched = local_parts_walk(found.data, &list_run, &next);
        if (matched == MATCH_DEFER)
            return ITEM_DEFER;
        if (matched == MATCH_YES)
            return ITEM_YES;
        if (list_run.is_decided || str_is_empty(next) || !item->spec.driver->is_single_key)
            return ITEM_NO;
        key = next;
    }
    why_defer(run->why, 0, NULL, "Loop detected in lookup of local part of \"%.*s\"", STR_ARG(run->subject));
    return ITEM_DEFER;
}

/* Items that an address without "@" cannot be tested against. */
static bool
has_domain(const struct match_item *item, const struct match_run *run)
{
    if (str_rfind(run->subject, '@') != STR_NONE)
        return true;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL,
        "no @ found in the subject of an address list match: subject=\"%.*s\" pattern=\"%.*s\"",
        STR_ARG(run->subject), STR_ARG(item->text));
    return false;
}

enum item_match
match_item_address(const struct match_item *item, struct match_run *run)
{
    bool is_caseless = (run->flags & MATCH_CASEFUL) == 0;

    switch (item->kind) {
    case ITEM_EMPTY:
        return str_is_empty(run->subject) ? match_item_is(item, run) : ITEM_NO;
    case ITEM_REGEX: {
        enum item_match matched = match_item_regex(item, subject_whole(run, run->scope->pool), is_caseless, run);

        if (matched == ITEM_YES)
            *run->result = (struct match_result){ 0 };
        return matched;
    }
    case ITEM_LOOKUP:
        return match_item_lookup(item, subject_whole(run, run->scope->pool), run);
    case ITEM_NAMED:
        return match_item_named(item, FORM_ADDRESS, run);
    case ITEM_LOCAL_PARTS:
        return str_is_empty(run->subject) || !has_domain(item, run) ? ITEM_NO : local_parts_match(item, run);
    case ITEM_ADDRESS:
        return str_is_empty(run->subject) || !has_domain(item, run) ? ITEM_NO : parts_match(item, run);
    case ITEM_BAD:
        why_defer(run->why, 0, NULL, "%s", item->problem);
        return ITEM_DEFER;
    default:
        return ITEM_NO;
    }
}
