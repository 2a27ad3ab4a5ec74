/* match/walk.c -- from left to right through a list until an item decides. */
#include <string.h>
#include "base/regex.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/list.h"

enum { DEPTH_MAX = 32 };

struct str
match_fold(struct str text, struct pool *pool)
{
    struct str copy;
    char *to;

    if (text.len == 0)
        return text;
    copy = pool_dup(pool, text);
    to = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++)
        to[i] = ascii_lower(to[i]);
    return copy;
}

enum item_match
match_item_is(const struct match_item *item, struct match_run *run)
{
    run->result->data = item->text;
    run->result->has_data = true;
    return ITEM_YES;
}

enum item_match
match_item_regex(const struct match_item *item, struct str subject, bool is_caseless, struct match_run *run)
{
    struct str values[CAPTURES_MAX];
    size_t count = 0;
    struct regex *regex = regex_compile(item->text, is_caseless ? REGEX_CASELESS : 0, run->why);

    if (regex == NULL)
        return ITEM_DEFER;
    switch (regex_match(regex, subject, 0, values, CAPTURES_MAX, &count, run->why)) {
    case REGEX_NO:
        return ITEM_NO;
    case REGEX_LIMIT:
        return ITEM_DEFER;
    case REGEX_YES:
        break;
    }
    if (run->scope->captures != NULL && (run->form != FORM_ADDRESS || (run->flags & MATCH_WILDCARDS) != 0)) {
        run->scope->captures->count = count;
        for (size_t i = 0; i < count; i++)
            run->scope->captures->values[i] = values[i];
    }
    return match_item_is(item, run);
}

enum item_match
match_item_lookup(const struct match_item *item, struct str key, struct match_run *run)
{
    bool is_single_key = item->spec.driver->is_single_key;
    struct captures wild = { 0 };
    struct str value = STR("");

    if (is_single_key && str_is_empty(key))
        return ITEM_NO;
    switch (lookup_find(&item->spec, is_single_key ? item->rest : STR(""), is_single_key ? key : item->rest, run->scope,
        &value,
                        &wild, run->why)) {
    case LOOKUP_NOT_FOUND:
        return ITEM_NO;
    case LOOKUP_DEFERRED:
        return ITEM_DEFER;
    case LOOKUP_FOUND:
        break;
    }
    if (wild.count > 0 && run->scope->captures != NULL)
        *run->scope->captures = wild;
    run->result->data = value;
    run->result->has_data = true;
    return ITEM_YES;
}

static const enum list_kind kinds[] = {
    [FORM_DOMAIN] = LIST_DOMAIN, [FORM_LOCAL_PART] = LIST_LOCAL_PART, [FORM_ADDRESS] = LIST_ADDRESS,
        [FORM_HOST] = LIST_HOST
};
static const char *const form_names[] = {
    [FORM_DOMAIN] = "domain", [FORM_LOCAL_PART] = "local part", [FORM_ADDRESS] = "address", [FORM_HOST] = "host"
};

enum item_match
match_item_named(const struct match_item *item, enum list_form form, struct match_run *run)
{
    const struct named_list *named = config != NULL ? config_named_list_find(config, kinds[form], item->rest) : NULL;
    struct match_run inner = *run;

    if (named == NULL) {
        why_defer(run->why, 0, NULL, "unknown named %s list \"%.*s\"", form_names[form], STR_ARG(item->text));
        return ITEM_DEFER;
    }
    if (run->depth >= DEPTH_MAX) {
        why_defer(run->why, 0, NULL, "named lists are nested too deeply at \"%.*s\"", STR_ARG(item->text));
        return ITEM_DEFER;
    }
    inner.form = form;
    inner.depth++;
    inner.flags &= ~(unsigned)MATCH_EXPANDED;
    inner.is_included_unknown = inner.is_ignored_unknown = inner.is_included_defer = inner.is_ignored_defer = false;
    switch (match_template(named->value, &inner, run->result)) {
    case MATCH_YES:
        return ITEM_YES;
    case MATCH_NO:
        return ITEM_NO;
    case MATCH_DEFER:
        break;
    }
    return ITEM_DEFER;
}

/* Words that change how the rest of the list is taken.  False for other items. */
static bool
take_word(const struct match_item *item, struct match_run *run)
{
    switch (item->kind) {
    case ITEM_CASEFUL:
        run->flags |= MATCH_CASEFUL;
        return true;
    case ITEM_INCLUDE_UNKNOWN:
        run->is_included_unknown = true;
        run->is_ignored_unknown = false;
        return true;
    case ITEM_IGNORE_UNKNOWN:
        run->is_ignored_unknown = true;
        run->is_included_unknown = false;
        return true;
    case ITEM_INCLUDE_DEFER:
        run->is_included_defer = true;
        run->is_ignored_defer = false;
        return true;
    case ITEM_IGNORE_DEFER:
        run->is_ignored_defer = true;
        run->is_included_defer = false;
        return true;
    default:
        return false;
    }
}

static enum item_match
test_item(const struct match_item *item, struct match_run *run)
{
    switch (run->form) {
    case FORM_DOMAIN:
        return match_item_domain(item, run->folded, run);
    case FORM_LOCAL_PART:
        return match_item_local_part(item, run);
    case FORM_ADDRESS:
        return match_item_address(item, run);
    case FORM_HOST:
        return match_item_host(item, run);
    }
    return ITEM_NO;
}

/* The host's name or address cannot be found: the list says no, unless it says what else (manual: behaviour when an
 * IP address or name cannot be found). */
static bool
decide_unknown(struct match_run *run, enum match *answer_out)
{
    if (run->is_ignored_unknown)
        return false;
    run->is_decided_by_unknown = true;
    *answer_out = run->is_included_unknown ? MATCH_YES : MATCH_NO;
    return true;
}

/* A trouble that may pass.  False: go on behind the item. */
static bool
decide_defer(struct match_run *run, enum match *answer_out)
{
    if (run->is_ignored_defer)
        return false;
    *answer_out = run->is_included_defer ? MATCH_YES : MATCH_DEFER;
    return true;
}

/* Items of a file stand as if they were written here.  True if one of them decides. */
static bool
walk_items(const struct match_list *list, bool is_inverted, struct match_run *run, enum match *answer_out);

static bool
walk_file(const struct match_item *item, struct match_run *run, enum match *answer_out)
{
    struct match_list *list = match_file_list(run->form, item->rest, run->why);

    if (list == NULL)
        return decide_defer(run, answer_out);
    return walk_items(list, item->is_negated, run, answer_out);
}

/* A set stands for its whole run of items. */
static const struct match_item *
set_find(const struct match_item *first, struct match_run *run)
{
    if (first->kind == ITEM_NETWORK)
        return run->has_ip ? item_set_find_ip(first->set, &run->ip) : NULL;
    return item_set_find_text(first->set, run->folded);
}

static bool
walk_items(const struct match_list *list, bool is_inverted, struct match_run *run, enum match *answer_out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct match_item *item = &list->items[i], *found;
        enum item_match matched;

        if (take_word(item, run))
            continue;
        if (item->kind == ITEM_FILE) {
            if (walk_file(item, run, answer_out))
                return true;
            continue;
        }
        if (item->set != NULL) {
            i += item->run - 1;
            found = set_find(item, run);
            if (found == NULL)
                continue;
            item = found;
        }
        *run->result = (struct match_result){ 0 };
        matched = test_item(item, run);
        if (matched == ITEM_NO)
            continue;
        if (matched == ITEM_UNKNOWN) {
            if (decide_unknown(run, answer_out))
                return true;
            continue;
        }
        if (matched == ITEM_DEFER) {
            if (decide_defer(run, answer_out))
                return true;
            continue;
        }
        run->decided_by = item;
        *answer_out = item->is_negated != is_inverted ? MATCH_NO : MATCH_YES;
        return true;
    }
    return false;
}

/* The last item's sign, that of a file being the last line's. */
static bool
is_last_negated(const struct match_list *list, struct match_run *run)
{
    const struct match_item *last = list->count > 0 ? &list->items[list->count - 1] : NULL;
    struct match_list *lines;

    if (last == NULL || last->kind != ITEM_FILE)
        return list->is_last_negated;
    lines = match_file_list(run->form, last->rest, NULL);
    return last->is_negated != (lines != NULL && lines->is_last_negated);
}

enum match
match_list_walk(const struct match_list *list, struct match_run *run)
{
    enum match answer;

    run->is_decided = walk_items(list, false, run, &answer);
    if (run->is_decided) {
        if (answer != MATCH_YES)
            *run->result = (struct match_result){ 0 };
        return answer;
    }
    *run->result = (struct match_result){ 0 };
    return is_last_negated(list, run) ? MATCH_YES : MATCH_NO;
}

/* Does the text mean itself when expanded? */
static bool
is_plain(struct str text)
{
    return str_find_any(text, "$\\") == STR_NONE;
}

/* Compile into the process's pool the first time, then again only when the text is another one: that is forgotten
 * with the scope. */
static struct match_list *
compiled(struct template *template, enum list_form form, struct str text, struct scope *scope)
{
    if (template->list != NULL && template->list->form == form && str_eq(template->list->text, text) &&
        str_is_tainted(template->list->text) == str_is_tainted(text))
        return template->list;
    /* A template that somebody made for one question has no name. */
    if (template->list != NULL || template->option_name == NULL)
        return match_list_compile(form, text, scope->pool);
    template->list = match_list_compile(form, text, process_pool());
    return template->list;
}

enum match
match_template_list(struct template *template, enum list_form form, unsigned flags, struct scope *scope,
                    struct match_list **list_out, struct why *why)
{
    struct str text = template->text;
    struct why inner;
    enum outcome outcome;

    *list_out = NULL;
    if (template->list != NULL && template->list->is_constant && template->list->form == form) {
        *list_out = template->list;
        return MATCH_YES;
    }
    if ((flags & MATCH_EXPANDED) != 0 || is_plain(text)) {
        *list_out = compiled(template, form, text, scope);
        if (template->list != NULL && *list_out == template->list)
            template->list->is_constant = true;
        return MATCH_YES;
    }
    why_init(&inner, scope->pool);
    outcome = expand(template, scope, &text, &inner);
    if (outcome == FAIL && inner.is_forced)
        return MATCH_NO;
    if (outcome != OK) {
        why_defer(why, 0, NULL, "failed to expand \"%.*s\" while checking a list: %.*s", STR_ARG(template->text),
            STR_ARG(inner.text));
        return MATCH_DEFER;
    }
    *list_out = compiled(template, form, text, scope);
    return MATCH_YES;
}

/* "host in host_lookup? yes (matched "192.0.2.0/24")", as Exim shows it. */
static void
trace_answer(const struct template *template, const struct match_run *run, enum match answer)
{
    bool is_option = template->option_name != NULL && template->owner != NULL && strcmp(template->owner, "main") == 0;
    struct str list = is_option ? str_of(template->option_name) : template->text, reason = STR("end of list");
    const char *quote = is_option ? "" : "\"", *before = "", *after = "";

    if (!trace_wants(TRACE_LISTS))
        return;
    if (run->is_decided_by_unknown)
        reason = run->unknown_text;
    else if (answer == MATCH_DEFER)
        reason = STR("deferred");
    else if (run->decided_by != NULL) {
        before = run->decided_by->is_negated ? "matched \"!" : "matched \"";
        reason = run->decided_by->text;
        after = "\"";
    }
    trace(TRACE_LISTS, "%.*s in %s%.*s%s? %s (%s%.*s%s)", STR_ARG(run->form == FORM_HOST ? STR("host") : run->subject),
        quote,
        STR_ARG(list), quote, answer == MATCH_YES ? "yes" : "no", before, STR_ARG(reason), after);
}

enum match
match_template(struct template *template, struct match_run *run, struct match_result *result_out)
{
    struct match_result result = { 0 };
    struct match_list *list;
    enum match answer;

    answer = match_template_list(template, run->form, run->flags, run->scope, &list, run->why);
    run->result = &result;
    run->decided_by = NULL;
    if (list != NULL)
        answer = match_list_walk(list, run);
    trace_answer(template, run, answer);
    if (run->is_decided_by_unknown)
        log_write(LOG_UNKNOWN_IN_LIST, LOG_TO_MAIN, NULL, "%s%.*s%s", answer == MATCH_YES ? "" :
            "list matching forced to fail: ", STR_ARG(run->unknown_text), answer == MATCH_YES ?
                ": accepted by +include_unknown" : "");
    if (result_out != NULL)
        *result_out = result;
    return answer;
}
