/* retry/rules.c -- the retry section: read its lines, find the rule for a failure, print it. */
#include <limits.h>
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "config/option_text.h"
#include "config/reader.h"
#include "match/match.h"
#include "message/message.h"
#include "retry/retry.h"

enum { FACTOR_ONE = 1000, REPLY_4XX_MIN = 400, REPLY_4XX_MAX = 499 };

struct retry_section {
    struct retry_rule *first, **end;
};

/* is_shown: -brt prints the word, as Exim does; for others it prints "*". */
static const struct { const char *word; enum why_cause cause; bool is_shown; } simple_errors[] = {
    { "auth_failed", CAUSE_AUTH_FAILED, true }, { "lost_connection", CAUSE_LOST_CONNECTION, false },
        { "lookup", CAUSE_DNS, false },
    { "tls_required", CAUSE_TLS_REQUIRED, false }, { "quota", CAUSE_QUOTA, true }, { "refused", CAUSE_CONNECT_REFUSED,
        true },
    { "timeout", CAUSE_TIMEOUT, true }, { "timeout_connect", CAUSE_CONNECT_TIMEOUT, true },
};

static const struct { const char *prefix; enum why_cause cause; } reply_errors[] = {
    { "rcpt_4", CAUSE_RCPT_4XX }, { "mail_4", CAUSE_MAIL_4XX }, { "data_4", CAUSE_DATA_4XX },
};

/* "rcpt_4xx", "rcpt_45x", "rcpt_452". */
static bool
reply_error_parse(struct str word, struct retry_error *error)
{
    for (size_t i = 0; i < COUNT(reply_errors); i++) {
        struct str digits = str_from(word, strlen(reply_errors[i].prefix));
        int tens;

        if (!str_istarts(word, str_of(reply_errors[i].prefix)) || digits.len != 2)
            continue;
        error->cause = reply_errors[i].cause;
        error->detail_min = REPLY_4XX_MIN;
        error->detail_max = REPLY_4XX_MAX;
        if (str_ieq_c(digits, "xx"))
            return true;
        if (!ascii_is_digit(digits.ptr[0]))
            return false;
        tens = REPLY_4XX_MIN + 10 * (digits.ptr[0] - '0');
        error->detail_min = tens;
        error->detail_max = tens + 9;
        if (ascii_lower(digits.ptr[1]) == 'x')
            return true;
        error->detail_min = error->detail_max = tens + (digits.ptr[1] - '0');
        return ascii_is_digit(digits.ptr[1]);
    }
    return false;
}

/* Take "_MX" or "_A" off the end. */
static struct str
take_via(struct str word, int *via_mx_out)
{
    *via_mx_out = -1;
    if (str_iends(word, STR("_mx"))) {
        *via_mx_out = 1;
        return str_head(word, word.len - 3);
    }
    if (str_iends(word, STR("_a"))) {
        *via_mx_out = 0;
        return str_head(word, word.len - 2);
    }
    return word;
}

bool
retry_error_parse(struct str word, struct retry_error *error_out, struct why *why)
{
    struct str rest = word;

    *error_out = (struct retry_error){ .via_mx = -1, .detail_max = INT_MAX };
    if (str_eq_c(word, "*")) {
        error_out->is_any = true;
        return true;
    }
    if (reply_error_parse(word, error_out))
        return true;
    if (str_istarts(word, STR("quota_"))) {
        error_out->cause = CAUSE_QUOTA;
        error_out->detail_min = interval_parse(str_from(word, 6));
        if (error_out->detail_min < 0)
            why_fail(why, 0, NULL, "bad time value");
        return error_out->detail_min >= 0;
    }
    if (str_istarts(word, STR("timeout")) || str_istarts(word, STR("refused")))
        rest = take_via(word, &error_out->via_mx);
    /* A name of old that never worked. */
    if (str_ieq_c(word, "timeout_dns"))
        rest = STR("timeout");
    for (size_t i = 0; i < COUNT(simple_errors); i++)
        if (str_ieq_c(rest, simple_errors[i].word)) {
            error_out->cause = simple_errors[i].cause;
            return true;
        }
    if (str_istarts(word, STR("timeout_")))
        why_fail(why, 0, NULL, "\"A\", \"MX\", or \"connect\" expected after \"timeout\"");
    else if (str_istarts(word, STR("refused_")))
        why_fail(why, 0, NULL, "A or MX expected after \"refused\"");
    else
        why_fail(why, 0, NULL, "unknown or malformed retry error \"%.*s\"", STR_ARG(word));
    return false;
}

/* ---- Reading the section */

static void *
section_begin(struct option_reader *reader)
{
    struct retry_section *section = POOL_NEW(reader_pool(reader), struct retry_section);

    section->end = &section->first;
    return section;
}

/* A word, or a text in double quotes. */
static bool
take_field(struct option_reader *reader, struct str *line, struct str *field_out)
{
    struct str s = str_trim_left(*line);
    size_t end = 0;

    if (s.len > 0 && s.ptr[0] == '"') {
        for (end = 1; end < s.len && s.ptr[end] != '"'; end++)
            if (s.ptr[end] == '\\')
                end++;
        end = end < s.len ? end + 1 : s.len;
    } else {
        while (end < s.len && !ascii_is_space(s.ptr[end]))
            end++;
    }
    *line = str_trim_left(str_from(s, end));
    return reader_value(reader, str_head(s, end), field_out);
}

/* Up to a comma, a semicolon, white space or the end. */
static struct str
take_argument(struct str *text)
{
    size_t end = str_find_any(*text, ",; \t");
    struct str argument = str_head(*text, end);

    *text = str_trim_left(str_from(*text, end == STR_NONE ? text->len : end));
    return argument;
}

static bool
take_comma(struct option_reader *reader, struct str *text)
{
    if (text->len == 0 || text->ptr[0] != ',')
        return reader_error(reader, "comma expected");
    *text = str_trim_left(str_from(*text, 1));
    return true;
}

/* "1.5" in thousandths; -1 if it is no number. */
static int
factor_parse(struct str text)
{
    struct str whole, fraction;
    uint64_t value, part = 0;

    str_cut(text, '.', &whole, &fraction);
    fraction = str_head(fraction, 3);
    if (!str_to_u64(whole, 10, &value) || value > 1000000 || (fraction.len > 0 && !str_to_u64(fraction, 10, &part)))
        return -1;
    for (size_t i = fraction.len; i < 3; i++)
        part *= 10;
    return (int)(value * FACTOR_ONE + part);
}

/* One parameter set, its semicolon included. */
static bool
param_parse(struct option_reader *reader, struct str *text, struct retry_param *param)
{
    param->algorithm = text->ptr[0];
    param->factor = FACTOR_ONE;
    if (ascii_is_alnum(param->algorithm) && strchr("FGH", param->algorithm) == NULL)
        return reader_error(reader, "unknown retry rule letter");
    if (ascii_is_alnum(param->algorithm))
        *text = str_trim_left(str_from(*text, 1));
    if (!take_comma(reader, text))
        return false;
    param->cutoff_s = interval_parse(take_argument(text));
    if (!take_comma(reader, text))
        return false;
    param->interval_s = interval_parse(take_argument(text));
    if (param->algorithm != 'F') {
        if (!take_comma(reader, text))
            return false;
        param->factor = factor_parse(take_argument(text));
    }
    if (param->cutoff_s <= 0 || param->interval_s <= 0 || param->factor < FACTOR_ONE)
        return reader_error(reader, "bad parameters for retry rule");
    if (text->len > 0 && text->ptr[0] != ';')
        return reader_error(reader, "semicolon expected");
    *text = str_trim_left(str_from(*text, 1));
    return true;
}

static bool
params_parse(struct option_reader *reader, struct str text, struct retry_rule *rule)
{
    struct retry_param **end = &rule->params;

    while (text.len > 0) {
        struct retry_param *param = POOL_NEW(reader_pool(reader), struct retry_param);

        if (!param_parse(reader, &text, param))
            return false;
        *end = param;
        end = &param->next;
    }
    return true;
}

static bool
section_line(struct option_reader *reader, void *data, struct str line)
{
    struct retry_section *section = data;
    struct retry_rule *rule = POOL_NEW(reader_pool(reader), struct retry_rule);
    struct str error, senders;
    struct why why;

    why_init(&why, reader_scratch(reader));
    if (!take_field(reader, &line, &rule->pattern_text))
        return false;
    if (line.len == 0)
        return reader_error(reader, "missing error type in retry rule");
    if (!take_field(reader, &line, &error))
        return false;
    if (!retry_error_parse(error, &rule->error, &why))
        return reader_error(reader, "%.*s", STR_ARG(why.text));
    rule->pattern = reader_template(reader, rule->pattern_text, "pattern", "retry rule");
    if (str_istarts(line, STR("senders="))) {
        line = str_from(line, 8);
        if (!take_field(reader, &line, &senders))
            return false;
        rule->senders = reader_template(reader, senders, "senders", "retry rule");
    }
    if (!params_parse(reader, line, rule))
        return false;
    *section->end = rule;
    section->end = &rule->next;
    return true;
}

static bool
section_end(struct option_reader *reader, void *data)
{
    (void)reader, (void)data;
    return true;
}

const struct config_section retry_section = {
    .name = "retry", .begin = section_begin, .line = section_line, .end = section_end
};

/* ---- Finding a rule */

/* Does what happened fall under the rule's error field?  "timeout" covers a time-out while connecting. */
static bool
error_matches(const struct retry_error *rule, const struct retry_error *happened)
{
    bool is_cause = rule->cause == happened->cause ||
        (rule->cause == CAUSE_TIMEOUT && happened->cause == CAUSE_CONNECT_TIMEOUT);

    if (rule->is_any)
        return true;
    return is_cause && !happened->is_any && happened->detail_min >= rule->detail_min &&
        happened->detail_max <= rule->detail_max && (rule->via_mx == -1 || rule->via_mx == happened->via_mx);
}

static bool
key_matches(const struct retry_rule *rule, struct str key, struct scope *scope)
{
    if (str_is_empty(key))
        return false;
    /* A domain alone stands as "*@domain": it fits domain patterns and regular expressions for whole addresses. */
    if (str_find(key, '@') == STR_NONE)
        key = pool_printf_tainted(scope->pool, "*@%.*s", STR_ARG(key));
    return match_address(rule->pattern, key, scope, NULL, NULL) == MATCH_YES;
}

static bool
senders_match(const struct retry_rule *rule, struct scope *scope)
{
    if (rule->senders == NULL)
        return true;
    return scope->message != NULL && match_address(rule->senders, scope->message->sender, scope, NULL,
        NULL) == MATCH_YES;
}

static const struct retry_rule *
rule_find(struct str key, struct str alternate, const struct retry_error *happened, struct scope *scope)
{
    const struct retry_section *section = config != NULL ? config_section_data(config, "retry") : NULL;

    for (const struct retry_rule *rule = section != NULL ? section->first : NULL; rule != NULL; rule = rule->next)
        if ((key_matches(rule, key, scope) || key_matches(rule, alternate, scope)) &&
            error_matches(&rule->error, happened) && senders_match(rule, scope))
            return rule;
    return NULL;
}

const struct retry_rule *
retry_find_rule(struct str key, struct str alternate, const struct why *why, struct scope *scope)
{
    struct retry_error happened = {
        .cause = why->cause, .detail_min = why->detail, .detail_max = why->detail, .via_mx = why->is_via_mx ? 1 : 0
    };

    return rule_find(key, alternate, &happened, scope);
}

int
retry_last_cutoff(const struct retry_rule *rule)
{
    int cutoff_s = 0;

    for (const struct retry_param *param = rule->params; param != NULL; param = param->next)
        cutoff_s = param->cutoff_s;
    return cutoff_s;
}

/* ---- Printing */

static void
print_error_name(const struct retry_error *error, FILE *out)
{
    static const char *const via[] = { "", "_A", "_MX" };

    if (!error->is_any && error->cause == CAUSE_QUOTA && error->detail_min > 0) {
        struct pool *pool = pool_new("retry test");

        fprintf(out, "quota_%.*s", STR_ARG(option_time_text(pool, error->detail_min)));
        pool_free(pool);
        return;
    }
    for (size_t i = 0; i < COUNT(simple_errors); i++)
        if (!error->is_any && simple_errors[i].is_shown && simple_errors[i].cause == error->cause) {
            fprintf(out, "%s%s", simple_errors[i].word, via[error->via_mx + 1]);
            return;
        }
    fputc('*', out);
}

static void
print_rule(const struct retry_rule *rule, struct pool *pool, FILE *out)
{
    fprintf(out, "Retry rule: %.*s  ", STR_ARG(rule->pattern_text));
    print_error_name(&rule->error, out);
    fputs("  ", out);
    for (const struct retry_param *param = rule->params; param != NULL; param = param->next) {
        fprintf(out, "%c,%.*s,%.*s", param->algorithm, STR_ARG(option_time_text(pool, param->cutoff_s)),
            STR_ARG(option_time_text(pool, param->interval_s)));
        if (param->algorithm == 'G') {
            int part = param->factor % FACTOR_ONE;

            if (part % 100 == 0)
                fprintf(out, ",%d.%d", param->factor / FACTOR_ONE, part / 100);
            else if (part % 10 == 0)
                fprintf(out, ",%d.%02d", param->factor / FACTOR_ONE, part / 10);
            else
                fprintf(out, ",%d.%03d", param->factor / FACTOR_ONE, part);
        }
        fputs("; ", out);
    }
    fputc('\n', out);
}

int
retry_test(const struct str_list *words, struct scope *scope, FILE *out)
{
    struct str key = words->count > 0 ? words->items[0] : STR(""), alternate = STR(""), error = STR("");
    struct retry_error happened = { .cause = CAUSE_OTHER, .via_mx = -1 };
    const struct retry_rule *rule;
    size_t next = 1;
    struct why why;

    if (str_find_any(key, "@.") == STR_NONE)
        fprintf(out, "Warning: \"%.*s\" contains no '@' and no '.' characters. It is being \n"
            "treated as a one-component domain, not as a local part.\n\n", STR_ARG(key));
    if (next < words->count && str_find(words->items[next], '.') != STR_NONE)
        alternate = words->items[next++];
    if (next < words->count)
        error = words->items[next];
    why_init(&why, scope->pool);
    if (!str_is_empty(error) && !retry_error_parse(error, &happened, &why)) {
        fprintf(out, "%.*s\n", STR_ARG(why.text));
        return 1;
    }
    /* "quota_6d" says how long the mailbox was not read. */
    if (happened.cause == CAUSE_QUOTA)
        happened.detail_max = happened.detail_min;
    rule = rule_find(key, alternate, &happened, scope);
    if (rule == NULL)
        fputs("No retry information found\n", out);
    else
        print_rule(rule, scope->pool, out);
    return 0;
}
