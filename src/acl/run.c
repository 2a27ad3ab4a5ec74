/* acl/run.c -- run a list: statements in turn, the conditions of each in turn (manual: ACL verbs, condition and
 * modifier processing). */
#include "acl/list.h"
#include <string.h>
#include "base/buf.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"
#include "net/host_name.h"

enum { NESTING_MAX = 20, TEXT_MAX_BYTES = 32 << 10 };

/* One list under way. */
struct run {
    struct acl_state *state;
    struct scope *scope;
    enum acl_point point;
    struct acl_reply *reply;
    struct str label;               /* ACL "name", or inline ACL */
    const char *end;                /* how it ended, for the record */
};

static const char *const test_words[] = {
    [ACL_YES] = "condition test succeeded", [ACL_NO] = "condition test failed",
    [ACL_CANNOT_TELL] = "condition test deferred", [ACL_CALL_DISCARD] = "condition test yielded \"discard\"",
    [ACL_BAD] = "condition test error",
};

enum acl_test
acl_call_bad(struct acl_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    call->log_text = pool_vprintf(call->scope->pool, TAINTED, format, args);
    va_end(args);
    return ACL_BAD;
}

enum acl_test
acl_call_defer(struct acl_call *call, const struct why *why)
{
    call->log_text = why->text;
    return ACL_CANNOT_TELL;
}

enum acl_test
acl_test_of_match(struct acl_call *call, int match, const struct why *why)
{
    if (match == MATCH_DEFER)
        return acl_call_defer(call, why);
    return match == MATCH_YES ? ACL_YES : ACL_NO;
}

/* "check hosts = 1.2.3.4", and the expanded value where it differs. */
static void
trace_line(const struct acl_line *line, struct str value)
{
    struct str raw = line->argument == NULL ? STR("") : line->argument->text;
    struct str word = line->word;
    const char *name = line->condition->name;

    if (!trace_wants(TRACE_ACL) || line->argument == NULL)
        return;
    if (str_eq(str_of(name), STR("message")) || str_eq(str_of(name), STR("log_message"))) {
        trace(TRACE_ACL, "%s: %.*s", *name == 'm' ? "  message" : "l_message", STR_ARG(raw));
        return;
    }
    trace(TRACE_ACL, "check %s%s%s%.*s = %.*s", line->is_negated ? "!" : "", name, word.len > 0 ? " " : "",
          STR_ARG(word), STR_ARG(raw));
    if (!line->condition->is_argument_raw && !str_eq(raw, value))
        trace(TRACE_ACL, "%*s= %.*s", (int)(7 + strlen(name) + line->is_negated + (word.len > 0) + word.len), "",
              STR_ARG(value));
}

static bool
is_forbidden(struct acl_call *call, const struct acl_condition *condition)
{
    if ((condition->forbidden & ACL_BIT(call->point)) == 0)
        return false;
    acl_call_bad(call, "cannot %s %s condition in %s ACL", condition->is_modifier ? "use" : "test", condition->name,
                 acl_point_name(call->point));
    return true;
}

/* Evaluate one condition or obey one modifier. */
static enum acl_test
line_test(struct acl_call *call, const struct acl_line *line)
{
    struct why why;
    enum outcome outcome = OK;
    enum acl_test result;

    call->name = str_of(line->condition->name);
    call->word = line->word;
    call->template = line->argument;
    call->argument = line->argument == NULL ? STR("") : line->argument->text;
    if (line->argument != NULL && !line->condition->is_argument_raw) {
        why_init(&why, call->scope->pool);
        outcome = expand(line->argument, call->scope, &call->argument, &why);
        if (outcome == FAIL && why.is_forced)
            return ACL_YES;
        if (outcome != OK)
            acl_call_bad(call, "failed to expand ACL string \"%.*s\": %.*s", STR_ARG(line->argument->text),
                         STR_ARG(why.text));
        if (outcome != OK)
            return outcome == DEFER ? ACL_CANNOT_TELL : ACL_BAD;
    }
    trace_line(line, call->argument);
    if (is_forbidden(call, line->condition))
        return ACL_BAD;
    result = line->condition->test(call);
    if (call->user_text.len > 0)
        call->state->verify_message = call->user_text;
    else if (call->log_text.len > 0 && result == ACL_NO)
        call->state->verify_message = call->log_text;
    if (!line->is_negated || (result != ACL_YES && result != ACL_NO))
        return result;
    call->is_drop_wanted = false;
    return result == ACL_YES ? ACL_NO : ACL_YES;
}

/* Expand a message or log_message text; a failure, or an empty result, counts as none. */
static struct str
expand_text_or_none(struct run *run, struct template *template)
{
    struct str text;
    struct why why;

    why_init(&why, run->scope->pool);
    if (expand(template, run->scope, &text, &why) == OK)
        return text;
    if (!why.is_forced)
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "failed to expand ACL message \"%.*s\": %.*s",
                  STR_ARG(template->text), STR_ARG(why.text));
    return STR("");
}

/* Is this the outcome for which the message texts of the statement were meant? */
static bool
is_text_meant(enum acl_verb verb, enum acl_test result, bool is_endpass_seen)
{
    if (verb == ACL_VERB_REQUIRE)
        return result == ACL_NO;
    if (verb == ACL_VERB_ACCEPT || verb == ACL_VERB_DISCARD)
        return result == (is_endpass_seen ? ACL_NO : ACL_YES);
    return result == ACL_YES;
}

/* Put the statement's own texts in the place of, or before, what its conditions left. */
static void
statement_texts(struct run *run, struct acl_call *call)
{
    struct str text;

    if (call->message != NULL && call->statement->verb != ACL_VERB_WARN) {
        run->state->verify_message = call->user_text;
        text = expand_text_or_none(run, call->message);
        if (text.len > 0) {
            call->user_text = text;
            run->reply->has_message = true;
        }
    }
    if (call->log_message != NULL) {
        text = expand_text_or_none(run, call->log_message);
        if (text.len > 0 && call->log_text.len > 0 && call->statement->verb != ACL_VERB_WARN)
            text = pool_printf_tainted(run->scope->pool, "%.*s: %.*s", STR_ARG(text), STR_ARG(call->log_text));
        if (text.len > 0)
            call->log_text = text;
        call->is_log_message_set = text.len > 0;
    }
}

/* Conditions and modifiers until the first that is not true. */
static enum acl_test
statement_test(struct run *run, const struct acl_statement *statement, struct acl_call *call)
{
    enum acl_test result = ACL_YES;

    run->reply->has_message = false;
    *call = (struct acl_call){ .state = run->state, .scope = run->scope, .point = run->point, .statement = statement,
                               .reply = run->reply };
    for (const struct acl_line *line = statement->lines; line != NULL && result == ACL_YES; line = line->next)
        result = line_test(call, line);
    run->state->verify_message = call->user_text.len > 0 ? call->user_text : run->state->verify_message;
    if (is_text_meant(statement->verb, result, call->is_endpass_seen))
        statement_texts(run, call);
    return result;
}

/* A warn verb whose conditions hold: its log line, once for a message, and its old form of add_header. */
static void
statement_warn(struct run *run, struct acl_call *call)
{
    struct acl_state *state = run->state;
    struct str text, first, host = origin_log_host(run->scope->origin, true, run->scope->pool);

    if (call->is_log_message_set) {
        str_cut(call->log_text, '\n', &first, &text);
        if (map_add(&state->warnings_logged, pool_dup(state->message_pool, first), state))
            log_write(LOG_ALWAYS, LOG_TO_MAIN, acl_message_id(run->scope), "%.*s Warning: %.*s",
                      STR_ARG(host), STR_ARG(first));
    }
    if (call->message != NULL && (acl_condition_find(STR("add_header"))->forbidden & ACL_BIT(run->point)) == 0) {
        text = expand_text_or_none(run, call->message);
        acl_add_headers(state, text);
    }
}

static void
warn_skipped(struct run *run, const struct acl_call *call)
{
    struct str host = origin_log_host(run->scope->origin, true, run->scope->pool);

    log_write(LOG_ACL_WARN_SKIPPED, LOG_TO_MAIN, acl_message_id(run->scope),
              "%.*s Warning: ACL \"warn\" statement skipped: condition test deferred%s%.*s",
              STR_ARG(host), call->log_text.len > 0 ? ": " : "",
              STR_ARG(call->log_text));
}

/* QUIT and not-QUIT lists control nothing: only accept and warn have a meaning at their top level. */
static bool
is_verb_misused(const struct run *run, enum acl_verb verb)
{
    if (run->state->depth > 1 || (run->point != ACL_AT_QUIT && run->point != ACL_AT_NOTQUIT))
        return false;
    return verb == ACL_VERB_DENY || verb == ACL_VERB_DROP || verb == ACL_VERB_DEFER || verb == ACL_VERB_REQUIRE ||
           verb == ACL_VERB_DISCARD;
}

/* What a statement's test means for the list; true: *result_out ends it. */
static bool
statement_verdict(struct run *run, struct acl_call *call, enum acl_test test, enum acl_result *result_out)
{
    enum acl_verb verb = call->statement->verb;
    enum acl_result denial = call->is_drop_wanted ? ACL_DROP : ACL_DENY;

    switch (verb) {
    case ACL_VERB_ACCEPT:
    case ACL_VERB_DISCARD:
        if (test == ACL_NO && call->is_endpass_seen)
            trace(TRACE_ACL, "%s: endpass encountered - denying access", acl_verb_name(verb));
        if (test == ACL_NO && !call->is_endpass_seen)
            return false;
        *result_out = test == ACL_NO ? denial : verb == ACL_VERB_ACCEPT && test == ACL_YES ? ACL_ACCEPT : ACL_DISCARD;
        return true;
    case ACL_VERB_DENY:
        *result_out = denial;
        return test == ACL_YES;
    case ACL_VERB_DROP:
        *result_out = ACL_DROP;
        return test == ACL_YES;
    case ACL_VERB_DEFER:
        *result_out = ACL_DEFER;
        return test == ACL_YES;
    case ACL_VERB_REQUIRE:
        *result_out = denial;
        return test == ACL_NO;
    default:
        if (test == ACL_YES)
            statement_warn(run, call);
        return false;
    }
}

/* Troubles that end the list whatever the verb; warn goes on after what could not be told. */
static bool
statement_trouble(struct run *run, struct acl_call *call, enum acl_test test, enum acl_result *result_out)
{
    enum acl_verb verb = call->statement->verb;

    if (test == ACL_CANNOT_TELL && verb == ACL_VERB_WARN) {
        warn_skipped(run, call);
        return false;
    }
    if (test == ACL_CALL_DISCARD && verb != ACL_VERB_ACCEPT && verb != ACL_VERB_DISCARD) {
        acl_call_bad(call,
                     "nested ACL returned \"discard\" for \"%s\" command (only allowed with \"accept\" or \"discard\")",
                     acl_verb_name(verb));
        test = ACL_BAD;
    }
    if (test == ACL_YES && is_verb_misused(run, verb)) {
        acl_call_bad(call, "QUIT or not-QUIT toplevel ACL may not fail ('%s' verb used incorrectly)",
                     acl_verb_name(verb));
        test = ACL_BAD;
    }
    *result_out = test == ACL_CANNOT_TELL ? ACL_DEFER : ACL_ERROR;
    return test == ACL_CANNOT_TELL || test == ACL_BAD;
}

static void
reply_take(struct acl_reply *reply, const struct acl_call *call)
{
    reply->user_text = call->user_text;
    reply->log_text = call->log_text;
    reply->is_log_message_set = call->is_log_message_set;
}

static const char *
end_word(enum acl_verb verb, enum acl_result result)
{
    if (verb == ACL_VERB_REQUIRE || result == ACL_DEFER)
        return result == ACL_DEFER ? "DEFER" : "not OK";
    return acl_result_name(result);
}

static enum acl_result
list_run(struct run *run, const struct acl *list)
{
    enum acl_result result = ACL_DENY;

    for (const struct acl_statement *s = list->statements; s != NULL; s = s->next) {
        struct acl_call call;
        enum acl_test test;
        bool is_end;

        trace(TRACE_ACL, "processing \"%s\" (%s %d)", acl_verb_name(s->verb), s->at.file, s->at.line);
        test = statement_test(run, s, &call);
        trace(TRACE_ACL, "%s: %s in %.*s", acl_verb_name(s->verb), test_words[test], STR_ARG(run->label));
        is_end = statement_trouble(run, &call, test, &result) ||
                 (test != ACL_CANNOT_TELL && statement_verdict(run, &call, test, &result));
        run->state->verify_message = STR("");
        run->state->sender_address_data = STR("");
        if (s->verb == ACL_VERB_WARN && !is_end)
            call.user_text = call.log_text = STR("");
        reply_take(run->reply, &call);
        if (is_end) {
            run->end = end_word(s->verb, result);
            return result;
        }
    }
    run->end = "implicit DENY";
    return ACL_DENY;
}

/* The list that a text means: a file, a name, or statements; kept for the session. */
static const struct acl *
list_find(struct acl_state *state, struct str text, struct str *error_out)
{
    const struct acl *list = NULL;
    bool is_file = text.len > 0 && text.ptr[0] == '/';

    if (!is_file && (list = acl_find(text)) != NULL)
        return list;
    if (str_is_tainted(text)) {
        *error_out =
            pool_printf_tainted(state->session_pool, "attempt to use tainted string '%.*s' for ACL", STR_ARG(text));
        return NULL;
    }
    if ((list = map_get(&state->lists, text)) != NULL)
        return list;
    text = pool_dup(state->session_pool, text);
    list = is_file ? acl_read_file(text, state->session_pool, error_out)
                   : acl_read_text(text, "inline", state->session_pool, error_out);
    if (list != NULL)
        map_set(&state->lists, text, (void *)(uintptr_t)list);
    return list;
}

static struct str
list_label(const struct acl *list, struct str text, struct pool *pool)
{
    if (list->name.len > 0)
        return pool_printf(pool, "ACL \"%.*s\"", STR_ARG(list->name));
    return text.len > 0 && text.ptr[0] == '/' ? pool_printf(pool, "ACL %.*s", STR_ARG(text)) : STR("inline ACL");
}

static enum acl_result
run_error(struct acl_reply *reply, struct str text)
{
    reply->log_text = text;
    return ACL_ERROR;
}

enum acl_result
acl_run_text(enum acl_point point, struct str text, struct scope *scope, struct acl_reply *reply_out)
{
    struct acl_state *state = scope->acl;
    struct run run = { .state = state, .scope = scope, .point = point, .reply = reply_out };
    const struct acl *list;
    struct str error;
    enum acl_result result;

    *reply_out = (struct acl_reply){ 0 };
    if (state->depth > NESTING_MAX)
        return run_error(reply_out, STR("ACL nested too deep: possible loop"));
    text = str_trim(text);
    list = list_find(state, text, &error);
    if (list == NULL)
        return run_error(reply_out, error);
    run.label = list_label(list, text, scope->pool);
    if (list->name.len > 0)
        trace_begin(TRACE_ACL, "using %.*s", STR_ARG(run.label));
    state->depth++;
    result = list_run(&run, list);
    state->depth--;
    if (list->name.len > 0)
        trace_end(TRACE_ACL, "end of %.*s: %s", STR_ARG(run.label), run.end);
    else
        trace(TRACE_ACL, "end of %.*s: %s", STR_ARG(run.label), run.end);
    return result;
}

static enum acl_result
default_result(enum acl_point point)
{
    if (point == ACL_AT_RCPT || point == ACL_AT_ETRN || point == ACL_AT_EXPN || point == ACL_AT_VRFY) {
        trace(TRACE_ACL, "ACL is NULL: implicit DENY");
        return ACL_DENY;
    }
    return ACL_ACCEPT;
}

enum acl_result
acl_run(enum acl_point point, struct template *option, struct scope *scope, struct acl_reply *reply_out)
{
    struct acl_state *state = scope->acl;
    enum acl_result result;
    struct captures captures = { .count = 0 };
    struct scope inner = *scope;
    struct why why;
    struct str text;
    enum outcome outcome;

    *reply_out = (struct acl_reply){ 0 };
    state->point = point;
    state->log_reject = LOG_TO_MAIN | LOG_TO_REJECT;
    map_init(&state->ratelimits_command, state->message_pool, false);
    if (option == NULL)
        return default_result(point);
    if (inner.captures == NULL)
        inner.captures = &captures;
    why_init(&why, scope->pool);
    outcome = expand(option, &inner, &text, &why);
    if ((outcome == FAIL && why.is_forced) || (outcome == OK && str_trim(text).len == 0))
        return default_result(point);
    if (outcome != OK) {
        reply_out->log_text = pool_printf_tainted(scope->pool, "failed to expand ACL string \"%.*s\": %.*s",
                                                  STR_ARG(option->text), STR_ARG(why.text));
        return outcome == DEFER ? ACL_DEFER : ACL_ERROR;
    }
    result = acl_run_text(point, text, &inner, reply_out);
    if (reply_out->log_text.len == 0 && reply_out->user_text.len > 0)
        reply_out->log_text = reply_out->user_text;
    str_cut(reply_out->log_text, '\n', &reply_out->log_text, &text);
    return result;
}
