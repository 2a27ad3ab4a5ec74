/* rewrite/apply.c -- one address through the rules. */
#include "base/buf.h"
#include "base/regex.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"
#include "message/encoded_word.h"
#include "rewrite/rule.h"

enum { REPEATS_MAX = 10, TEXT_MAX_BYTES = 65536 };

static const struct { enum rewrite_place place; const char *name; } places[] = {
    { REWRITE_SENDER, "sender:" }, { REWRITE_FROM, "from:" }, { REWRITE_TO, "to:" }, { REWRITE_CC, "cc:" },
        { REWRITE_BCC, "bcc:" },
    { REWRITE_REPLY_TO, "reply-to:" }, { REWRITE_ENV_SENDER, "env-from" }, { REWRITE_ENV_RECIPIENT, "env-to" },
    { REWRITE_SMTP, "SMTP" },
};

const char *
rewrite_place_name(enum rewrite_place place)
{
    for (size_t i = 0; i < COUNT(places); i++)
        if (places[i].place == place)
            return places[i].name;
    return "address";
}

struct address_rules
rewrite_address_rules(void)
{
    return (struct address_rules){
        .allow_domain_literals = config != NULL && config->allow_domain_literals,
        .allow_utf8_domains = config != NULL && config->allow_utf8_domains,
        .strip_excess_angle_brackets = config != NULL && config->strip_excess_angle_brackets,
        .strip_trailing_dot = config != NULL && config->strip_trailing_dot,
        .allow_unqualified = true,
    };
}

/* What became of trying one rule. */
enum attempt {
    ATTEMPT_NO_MATCH,
    ATTEMPT_NOTHING,                /* it matched, and left the address as it is */
    ATTEMPT_REWRITTEN,
    ATTEMPT_STOP,                   /* a replacement of "*", or an error: no further rules */
    ATTEMPT_DEFER
};

/* Does the pattern fit?  Its captures go to scope. */
static enum match
pattern_matches(const struct rewrite_rule *rule, struct str address, struct scope *scope, struct why *why)
{
    enum match answer;

    scope->captures->count = 0;
    answer = match_address_as(rule->pattern, address, MATCH_CASEFUL | MATCH_WILDCARDS, scope, NULL, why);
    if (answer == MATCH_YES && scope->captures->count == 0) {
        scope->captures->values[0] = address;
        scope->captures->count = 1;
    }
    return answer;
}

/* Expand the replacement: $local_part and $domain are the address's. */
static enum attempt
replacement_get(const struct rewrite_rule *rule, struct str address, struct scope *scope, struct str *text_out,
                struct why *why)
{
    struct mailbox box = { 0 };
    struct scope_value domain, local_part;
    struct scope inner = *scope;
    struct why problem;
    enum outcome outcome;

    mailbox_split(address, &box, NULL);
    domain = (struct scope_value){ .next = scope->values, .name = "domain", .value = box.domain };
    local_part = (struct scope_value){ .next = &domain, .name = "local_part", .value = box.local_part };
    inner.values = &local_part;
    why_init(&problem, scope->pool);
    outcome = expand(rule->replacement, &inner, text_out, &problem);
    if (outcome == OK)
        return ATTEMPT_REWRITTEN;
    if (outcome == FAIL && problem.is_forced)
        return ATTEMPT_NOTHING;
    if (outcome == DEFER) {
        why_defer(why, 0, "4.3.0", "%.*s", STR_ARG(problem.text));
        return ATTEMPT_DEFER;
    }
    log_panic(NULL, "Expansion of %.*s failed while rewriting: %.*s", STR_ARG(rule->replacement->text),
        STR_ARG(problem.text));
    return ATTEMPT_STOP;
}

/* For "w": what stands outside the angle brackets, encoded if it must be. */
static struct str
whole_encode(struct str text, const struct address_parse *parse, struct pool *pool)
{
    size_t open = str_find(text, '<');
    struct buf whole;

    if (open == STR_NONE || open > parse->start)
        return text;
    buf_init(&whole, pool, TEXT_MAX_BYTES);
    buf_add(&whole, encoded_words_encode(pool, str_trim(str_head(text, open)), config != NULL ?
        config->headers_charset : STR(""),
        false));
    if (whole.len > 0)
        buf_add_char(&whole, ' ');
    buf_add(&whole, str_from(text, open));
    return buf_str(&whole);
}

/* Take the new text as an address; log and refuse what is none. */
static enum attempt
result_take(const struct rewrite_rule *rule, struct str text, enum rewrite_place place, struct scope *scope,
            struct rewritten *result)
{
    struct address_rules rules = rewrite_address_rules();
    struct address_parse parse;
    struct str reason, address;

    text = str_trim(text);
    if (!address_parse(scope->pool, text, &rules, &parse, &reason)) {
        log_panic(NULL, "Rewrite of %.*s yielded unparseable address: %.*s in address %.*s", STR_ARG(result->address),
            STR_ARG(reason),
            STR_ARG(text));
        return ATTEMPT_STOP;
    }
    address = parse.address;
    if (str_is_empty(parse.box.domain)) {
        if (!rule->is_qualified) {
            log_panic(NULL, "Rewrite of %.*s yielded unqualified address \"%.*s\"", STR_ARG(result->address),
                STR_ARG(text));
            return ATTEMPT_STOP;
        }
        address = address_join(scope->pool, address, config != NULL ? config->qualify_recipient : STR(""));
    }
    if (log_wants(LOG_ADDRESS_REWRITE))
        log_write(LOG_ADDRESS_REWRITE, LOG_TO_MAIN, scope->message != NULL && scope->message->id[0] != '\0' ?
            scope->message->id : NULL,
            "\"%.*s\" from %s rewritten as \"%.*s\" by rule %d", STR_ARG(result->address), rewrite_place_name(place),
                STR_ARG(text),
            rule->number);
    if (rule->is_whole && (place & REWRITE_HEADERS) != 0) {
        result->is_whole = true;
        result->whole = whole_encode(text, &parse, scope->pool);
    } else if (result->is_whole) {
        /* A later rule changes the working part within the whole that an earlier one made. */
        struct buf whole;

        if (address_parse(scope->pool, result->whole, &rules, &parse, &reason)) {
            buf_init(&whole, scope->pool, TEXT_MAX_BYTES);
            buf_add(&whole, str_head(result->whole, parse.start));
            buf_add(&whole, address);
            buf_add(&whole, str_from(result->whole, parse.end));
            result->whole = buf_str(&whole);
        }
    }
    result->address = address;
    result->is_changed = true;
    return ATTEMPT_REWRITTEN;
}

/* One rule, once. */
static enum attempt
rule_try(const struct rewrite_rule *rule, enum rewrite_place place, struct scope *scope, struct rewritten *result,
         struct why *why)
{
    enum attempt attempt;
    struct str text;

    switch (pattern_matches(rule, result->address, scope, why)) {
    case MATCH_NO:
        return ATTEMPT_NO_MATCH;
    case MATCH_DEFER:
        return ATTEMPT_DEFER;
    case MATCH_YES:
        break;
    }
    if (str_eq_c(rule->replacement->text, "*"))
        return ATTEMPT_STOP;
    attempt = replacement_get(rule, result->address, scope, &text, why);
    if (attempt != ATTEMPT_REWRITTEN)
        return attempt;
    return result_take(rule, text, place, scope, result);
}

/* One rule, again and again if it says so. */
static enum attempt
rule_run(const struct rewrite_rule *rule, enum rewrite_place place, struct scope *scope, struct rewritten *result,
         struct why *why)
{
    enum attempt attempt = rule_try(rule, place, scope, result, why), again = attempt;

    for (int count = 1; rule->is_repeated && again == ATTEMPT_REWRITTEN; count++) {
        if (count > REPEATS_MAX) {
            log_panic(NULL, "rewrite rule repeat ignored after %d times", REPEATS_MAX);
            break;
        }
        again = rule_try(rule, place, scope, result, why);
        if (again == ATTEMPT_STOP || again == ATTEMPT_DEFER)
            return again;
    }
    return attempt;
}

enum outcome
rewrite_apply(const struct rewrite_rule *rules, struct str address, enum rewrite_place place, struct scope *scope,
              struct rewritten *result_out, struct why *why)
{
    struct captures captures = { 0 };
    struct scope inner = *scope;

    *result_out = (struct rewritten){ .address = address };
    inner.captures = &captures;
    for (const struct rewrite_rule *rule = rules; rule != NULL; rule = rule->next) {
        enum attempt attempt;

        if ((rule->places & place) == 0)
            continue;
        attempt = rule_run(rule, place, &inner, result_out, why);
        if (attempt == ATTEMPT_DEFER)
            return DEFER;
        if (attempt != ATTEMPT_NO_MATCH)
            trace(TRACE_REWRITE, "%s: %.*s by rule %d: %.*s", rewrite_place_name(place), STR_ARG(address), rule->number,
                STR_ARG(result_out->address));
        if (attempt == ATTEMPT_STOP || (attempt != ATTEMPT_NO_MATCH && rule->is_final))
            break;
    }
    return OK;
}

enum outcome
rewrite_address(struct str text, enum rewrite_place place, struct scope *scope, struct str *text_out, struct why *why)
{
    struct rewritten result;
    enum outcome outcome;

    *text_out = text;
    if (str_is_empty(text))
        return OK;
    if (str_rfind(text, '@') == STR_NONE && config != NULL)
        *text_out = text = address_join(scope->pool, text, place == REWRITE_ENV_SENDER ? config->qualify_domain :
            config->qualify_recipient);
    outcome = rewrite_apply(rewrite_config_rules(), text, place, scope, &result, why);
    if (outcome == OK)
        *text_out = result.address;
    return outcome;
}

/* The replacement for one text of a rule with the S flag; false if the pattern does not fit. */
static bool
smtp_rule_try(const struct rewrite_rule *rule, struct str text, struct scope *scope, struct str *text_out)
{
    struct why why;
    struct regex *regex;
    struct str pattern;

    why_init(&why, scope->pool);
    if (expand(rule->pattern, scope, &pattern, &why) != OK) {
        log_panic(NULL, "failed to expand \"%.*s\" while checking for SMTP rewriting: %.*s",
            STR_ARG(rule->pattern->text),
            STR_ARG(why.text));
        return false;
    }
    regex = regex_compile(pattern, 0, &why);
    if (regex == NULL ||
        regex_match(regex, text, 0, scope->captures->values, CAPTURES_MAX, &scope->captures->count, &why) != REGEX_YES)
        return false;
    if (expand(rule->replacement, scope, text_out, &why) == OK)
        return true;
    if (!why.is_forced)
        log_panic(NULL, "failed to expand \"%.*s\" while checking for SMTP rewriting: %.*s",
            STR_ARG(rule->replacement->text),
            STR_ARG(why.text));
    return false;
}

bool
rewrite_smtp(struct str text, bool is_sender, struct scope *scope, struct str *text_out)
{
    struct captures captures = { 0 };
    struct scope inner = *scope;
    bool is_changed = false;

    (void)is_sender;
    inner.captures = &captures;
    *text_out = text;
    for (const struct rewrite_rule *rule = rewrite_config_rules(); rule != NULL; rule = rule->next) {
        struct str bracketed, made;

        if ((rule->places & REWRITE_SMTP) == 0)
            continue;
        bracketed = pool_printf_tainted(scope->pool, "<%.*s>", STR_ARG(*text_out));
        if (!smtp_rule_try(rule, bracketed, &inner, &made) && !smtp_rule_try(rule, *text_out, &inner, &made))
            continue;
        made = str_trim(made);
        if (str_starts(made, STR("<")) && str_ends(made, STR(">")))
            made = str_sub(made, 1, made.len - 2);
        *text_out = made;
        is_changed = true;
        if (rule->is_final)
            break;
    }
    return is_changed;
}
