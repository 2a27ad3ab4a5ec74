/* verify/options.c -- the options of `verify = sender/…` (manual: address verification, additional parameters for
 * callouts). */
#include <string.h>
#include "base/clock.h"
#include "base/items.h"
#include "verify/verify.h"

enum { CALLOUT_TIMEOUT_S = 30, MAXWAIT_FACTOR = 4, QUOTA_POSITIVE_S = 5 * 60, QUOTA_NEGATIVE_S = 60 * 60 };

void
verify_options_init(struct verify_options *options)
{
    *options = (struct verify_options){
        .callout_timeout_s = CALLOUT_TIMEOUT_S, .callout_connect_s = -1, .callout_maxwait_s = -1,
        .quota_positive_s = QUOTA_POSITIVE_S, .quota_negative_s = QUOTA_NEGATIVE_S,
    };
}

/* The parse under way. */
struct parse {
    struct verify_options *options;
    struct pool *pool;
    struct str whole;               /* the condition, for error texts */
    struct str *error_out;
};

static bool
bad_time(struct parse *parse)
{
    *parse->error_out =
        pool_printf_tainted(parse->pool, "bad time value in ACL condition \"verify %.*s\"", STR_ARG(parse->whole));
    return false;
}

static bool
not_allowed(struct parse *parse, const char *word, const char *where)
{
    *parse->error_out = pool_printf_tainted(parse->pool, "\"%s\" is allowed as a callout option only for verify=%s "
                                            "(detected in ACL condition \"%.*s\")", word, where, STR_ARG(parse->whole));
    return false;
}

/* "word = value", white space around "=" allowed: the value if text begins with word and "=". */
static bool
take_value(struct str text, const char *word, struct str *value_out)
{
    struct str rest;

    if (!str_istarts(text, str_of(word)))
        return false;
    rest = str_trim_left(str_from(text, strlen(word)));
    if (rest.len == 0 || rest.ptr[0] != '=')
        return false;
    *value_out = str_trim(str_from(rest, 1));
    return true;
}

static bool
parse_seconds(struct parse *parse, struct str text, int *to)
{
    int seconds = interval_parse(text);

    if (seconds < 0)
        return bad_time(parse);
    *to = seconds;
    return true;
}

static bool
is_flag(struct str text, const char *word, bool *flag)
{
    if (!str_ieq_c(text, word))
        return false;
    *flag = true;
    return true;
}

/* Words that ask for something in the callouts of recipients only. */
static bool
parse_recipient_word(struct parse *parse, struct str text, bool *is_bad)
{
    static const char *const words[] = { "use_sender", "use_postmaster", "hold" };
    struct verify_options *o = parse->options;

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_ieq_c(text, words[i]) && (o->is_sender || o->is_header_sender))
            *is_bad = !not_allowed(parse, words[i], "recipient");
    return is_flag(text, "use_sender", &o->callout_use_sender) ||
           is_flag(text, "use_postmaster", &o->callout_use_postmaster) || is_flag(text, "hold", &o->callout_hold);
}

static bool
parse_callout_word(struct parse *parse, struct str text)
{
    struct verify_options *o = parse->options;
    struct str value;
    bool is_bad = false;

    if (parse_recipient_word(parse, text, &is_bad))
        return !is_bad;
    if (is_flag(text, "defer_ok", &o->callout_defer_ok) || is_flag(text, "no_cache", &o->callout_no_cache) ||
        is_flag(text, "random", &o->callout_random))
        return true;
    if (str_ieq_c(text, "postmaster") || str_ieq_c(text, "fullpostmaster")) {
        o->has_postmaster = true;
        o->postmaster_mail_from = STR("");
        o->callout_full_postmaster |= str_ieq_c(text, "fullpostmaster");
        return true;
    }
    if (take_value(text, "postmaster_mailfrom", &value)) {
        o->has_postmaster = true;
        o->postmaster_mail_from = value;
        return true;
    }
    if (take_value(text, "mailfrom", &value)) {
        o->callout_mail_from = value;
        return o->is_header_sender || not_allowed(parse, "mailfrom", "header_sender");
    }
    if (take_value(text, "connect", &value))
        return parse_seconds(parse, value, &o->callout_connect_s);
    if (take_value(text, "maxwait", &value))
        return parse_seconds(parse, value, &o->callout_maxwait_s);
    return parse_seconds(parse, text, &o->callout_timeout_s);
}

static bool
parse_quota_word(struct parse *parse, struct str text)
{
    struct verify_options *o = parse->options;
    struct str value;

    if (is_flag(text, "no_cache", &o->quota_no_cache))
        return true;
    if (take_value(text, "cachepos", &value))
        return parse_seconds(parse, value, &o->quota_positive_s);
    if (take_value(text, "cacheneg", &value))
        return parse_seconds(parse, value, &o->quota_negative_s);
    *parse->error_out = pool_printf_tainted(parse->pool, "unknown option \"%.*s\" in ACL condition \"verify %.*s\"",
                                            STR_ARG(text), STR_ARG(parse->whole));
    return false;
}

static bool
parse_list(struct parse *parse, struct str list, bool (*parse_word)(struct parse *, struct str))
{
    struct str word;

    while (list.len > 0) {
        str_cut(list, ',', &word, &list);
        word = str_trim(word);
        if (word.len > 0 && !parse_word(parse, word))
            return false;
    }
    return true;
}

static bool
parse_option(struct parse *parse, struct str text)
{
    struct verify_options *o = parse->options;
    struct str value;
    bool is_old_postmaster = false, is_old_defer = false;

    if (is_flag(text, "defer_ok", &o->defer_ok) || is_flag(text, "no_details", &o->no_details) ||
        is_flag(text, "success_on_redirect", &o->success_on_redirect) || is_flag(text, "callout", &o->has_callout) ||
        is_flag(text, "quota", &o->has_quota))
        return true;
    if (is_flag(text, "callout_defer_ok", &is_old_defer)) {
        o->has_callout = o->callout_defer_ok = true;
        return true;
    }
    if (is_flag(text, "check_postmaster", &is_old_postmaster)) {
        o->has_callout = o->has_postmaster = true;
        o->postmaster_mail_from = STR("");
        return true;
    }
    if (take_value(text, "callout", &value)) {
        o->has_callout = true;
        return parse_list(parse, value, parse_callout_word);
    }
    if (take_value(text, "quota", &value)) {
        o->has_quota = true;
        return parse_list(parse, value, parse_quota_word);
    }
    *parse->error_out = pool_printf_tainted(parse->pool, "unknown option \"%.*s\" in ACL condition \"verify %.*s\"",
                                            STR_ARG(text), STR_ARG(parse->whole));
    return false;
}

bool
verify_options_parse(struct str text, struct str whole, struct pool *pool, struct verify_options *options,
                     struct str *error_out)
{
    struct parse parse = { .options = options, .pool = pool, .whole = whole, .error_out = error_out };
    struct items items = { .rest = text, .separator = '/' };
    struct str option;

    while (items_next(&items, pool, &option))
        if (option.len > 0 && !parse_option(&parse, option))
            return false;
    if (options->callout_connect_s < 0)
        options->callout_connect_s = options->callout_timeout_s;
    if (options->callout_maxwait_s < 0)
        options->callout_maxwait_s = MAXWAIT_FACTOR * options->callout_timeout_s;
    return true;
}

const char *
verify_failure_name(enum verify_failure failure)
{
    static const char *const names[] = { "", "qualify", "route", "mail", "recipient", "postmaster", "quota", "random" };

    return names[failure];
}
