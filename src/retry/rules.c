/* The retry section, and the choice of a rule (manual: format of retry rules). */
#include "base/clock.h"
#include "base/encode.h"
#include "config/config.h"
#include "config/reader.h"
#include "match/match.h"
#include "message/message.h"
#include "retry/parts.h"

enum { THOUSAND = 1000 };

struct rules {
    struct retry_rule *first, **end;
};

static void *
section_begin(struct option_reader *reader)
{
    struct rules *rules = POOL_NEW(reader_pool(reader), struct rules);

    rules->end = &rules->first;
    return rules;
}

/* A word, or a quoted text; false for a quote that is not closed. */
static bool
part_take(struct option_reader *reader, struct str *line, struct str *part_out)
{
    *line = str_trim_left(*line);
    if (str_starts(*line, STR("\"")))
        return quoted_string_take(reader_pool(reader), line, part_out);
    *part_out = pool_dup(reader_pool(reader), str_take_word(line));
    return true;
}

/* Up to the next comma, semicolon, or white space. */
static struct str
argument_take(struct str *text)
{
    size_t len = 0;

    while (len < text->len && text->ptr[len] != ',' && text->ptr[len] != ';' && !ascii_is_space(text->ptr[len]))
        len++;
    *text = str_from(*text, len);
    return str_make(text->ptr - len, len);
}

static bool
comma_take(struct str *text)
{
    *text = str_trim_left(*text);
    if (!str_starts(*text, STR(",")))
        return false;
    *text = str_trim_left(str_from(*text, 1));
    return true;
}

static bool
factor_parse(struct str text, int *thousandths_out)
{
    struct str whole, decimals;
    uint64_t units = 0, part = 0;

    str_cut(text, '.', &whole, &decimals);
    decimals = str_head(decimals, 3);
    if (!str_to_u64(whole, 10, &units) || units > 100000 || (decimals.len > 0 && !str_to_u64(decimals, 10, &part)))
        return false;
    for (size_t i = decimals.len; i < 3; i++)
        part *= 10;
    *thousandths_out = (int)(units * THOUSAND + part);
    return *thousandths_out > THOUSAND;
}

/* "G,16h,1h,1.5" off the front of text. */
static bool
param_take(struct option_reader *reader, struct str *text, struct retry_param **param_out)
{
    struct retry_param *param = POOL_NEW(reader_pool(reader), struct retry_param);
    char letter;

    *text = str_trim_left(*text);
    if (!str_take_char(text, &letter))
        return reader_error(reader, "unknown retry rule letter");
    param->algorithm = ascii_upper(letter);
    if (!comma_take(text))
        return reader_error(reader, "comma expected");
    param->cutoff_s = interval_parse(argument_take(text));
    if (!comma_take(text))
        return reader_error(reader, param->cutoff_s < 0 ? "bad parameters for retry rule" : "comma expected");
    param->interval_s = interval_parse(argument_take(text));
    if (param->algorithm != 'F' && param->algorithm != 'G' && param->algorithm != 'H')
        return reader_error(reader, "unknown retry rule letter");
    if (param->algorithm != 'F') {
        if (!comma_take(text))
            return reader_error(reader, "comma expected");
        if (!factor_parse(argument_take(text), &param->factor))
            return reader_error(reader, "bad parameters for retry rule");
    }
    if (param->cutoff_s <= 0 || param->interval_s <= 0)
        return reader_error(reader, "bad parameters for retry rule");
    *param_out = param;
    return true;
}

static bool
params_read(struct option_reader *reader, struct str text, struct retry_param **end)
{
    text = str_trim(text);
    while (!str_is_empty(text)) {
        if (!param_take(reader, &text, end))
            return false;
        end = &(*end)->next;
        text = str_trim_left(text);
        if (str_is_empty(text))
            break;
        if (!str_starts(text, STR(";")))
            return reader_error(reader, "semicolon expected");
        text = str_trim_left(str_from(text, 1));
    }
    return true;
}

static bool
senders_read(struct option_reader *reader, struct retry_rule *rule, struct str *line)
{
    struct str text;

    *line = str_trim_left(*line);
    if (!str_istarts(*line, STR("senders=")))
        return true;
    *line = str_from(*line, STR("senders=").len);
    if (!part_take(reader, line, &text))
        return reader_error(reader, "missing closing quote");
    rule->senders = reader_template(reader, text, "senders", "retry rule");
    return true;
}

static bool
section_line(struct option_reader *reader, void *data, struct str line)
{
    struct rules *rules = data;
    struct retry_rule *rule = POOL_NEW(reader_pool(reader), struct retry_rule);
    struct str pattern;

    if (!part_take(reader, &line, &pattern))
        return reader_error(reader, "missing closing quote");
    rule->pattern = reader_template(reader, pattern, "pattern", "retry rule");
    if (!part_take(reader, &line, &rule->error_text) || str_is_empty(rule->error_text))
        return reader_error(reader, "missing error type in retry rule");
    if (!retry_error_parse(rule->error_text, &rule->cause, &rule->detail, &rule->via_mx))
        return reader_error(reader, "unknown or malformed retry error \"%.*s\"", STR_ARG(rule->error_text));
    if (!senders_read(reader, rule, &line) || !params_read(reader, line, &rule->params))
        return false;
    *rules->end = rule;
    rules->end = &rule->next;
    return true;
}

const struct config_section retry_section = {
    .name = "retry", .begin = section_begin, .line = section_line,
};

const struct retry_rule *
retry_rules(void)
{
    const struct rules *rules = config_section_data(config, "retry");

    return rules == NULL ? NULL : rules->first;
}

int
retry_last_cutoff(const struct retry_rule *rule)
{
    int cutoff_s = 0;

    for (const struct retry_param *param = rule->params; param != NULL; param = param->next)
        cutoff_s = param->cutoff_s;
    return cutoff_s;
}

/* A domain alone stands for all its addresses, with "*" as local part. */
static bool
key_matches(const struct retry_rule *rule, struct str key, struct scope *scope)
{
    struct why why;

    if (str_is_empty(key))
        return false;
    if (str_find(key, '@') == STR_NONE)
        key = pool_printf_tainted(scope->pool, "*@%.*s", STR_ARG(key));
    why_init(&why, scope->pool);
    return match_address(rule->pattern, key, scope, NULL, &why) == MATCH_YES;
}

static bool
sender_matches(const struct retry_rule *rule, struct scope *scope)
{
    struct str sender = scope->message == NULL ? STR("") : scope->message->sender;
    struct why why;

    why_init(&why, scope->pool);
    return rule->senders == NULL || match_address(rule->senders, sender, scope, NULL, &why) == MATCH_YES;
}

const struct retry_rule *
retry_find_rule(struct str key, struct str alternate, const struct why *why, struct scope *scope)
{
    for (const struct retry_rule *rule = retry_rules(); rule != NULL; rule = rule->next)
        if (retry_error_matches(rule, why) && (key_matches(rule, key, scope) || key_matches(rule, alternate, scope))
            && sender_matches(rule, scope))
            return rule;
    return NULL;
}
