/* rewrite/rules.c -- read rules: lines of the rewrite section, items of headers_rewrite. */
#include "rewrite/rule.h"
#include "base/buf.h"
#include "base/items.h"
#include "config/reader.h"

struct rewrite_section {
    struct rewrite_rule *first, **end;
    int count;
};

/* A word, or a text in double quotes with the escapes of the configuration. */
static bool
take_field(struct str *line, struct pool *pool, struct str *field_out)
{
    struct str s = str_trim_left(*line);
    struct buf text;

    if (s.len == 0 || s.ptr[0] != '"') {
        *field_out = str_take_word(&s);
        *line = s;
        return field_out->len > 0;
    }
    buf_init(&text, pool, BUF_NO_LIMIT);
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '"') {
            *line = str_from(s, i + 1);
            *field_out = buf_str(&text);
            return true;
        }
        if (s.ptr[i] == '\\' && i + 1 < s.len) {
            char c = s.ptr[++i];

            buf_add_char(&text, c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
        } else {
            buf_add(&text, str_sub(s, i, 1));
        }
    }
    return false;
}

/* One flag letter; false for an unknown one. */
static bool
flag_take(char flag, struct rewrite_rule *rule)
{
    static const struct { char flag; unsigned places; } places[] = {
        { 'E', REWRITE_ENVELOPE }, { 'F', REWRITE_ENV_SENDER }, { 'T', REWRITE_ENV_RECIPIENT }, { 'b', REWRITE_BCC },
        { 'c', REWRITE_CC }, { 'f', REWRITE_FROM }, { 'h', REWRITE_HEADERS }, { 'r', REWRITE_REPLY_TO },
        { 's', REWRITE_SENDER }, { 't', REWRITE_TO }, { 'S', REWRITE_SMTP },
    };

    for (size_t i = 0; i < COUNT(places); i++)
        if (places[i].flag == flag) {
            rule->places |= places[i].places;
            return true;
        }
    rule->is_qualified |= flag == 'Q';
    rule->is_final |= flag == 'q';
    rule->is_repeated |= flag == 'R';
    rule->is_whole |= flag == 'w';
    return flag == 'Q' || flag == 'q' || flag == 'R' || flag == 'w' || flag == ' ' || flag == '\t';
}

static bool
flags_parse(struct str flags, bool is_transport, struct rewrite_rule *rule, struct why *why)
{
    for (size_t i = 0; i < flags.len; i++)
        if (!flag_take(flags.ptr[i], rule)) {
            why_fail(why, 0, NULL,
                "unknown rewrite flag character '%c' (could be missing quotes round replacement item)",
                flags.ptr[i]);
            return false;
        }
    if (rule->places == 0)
        rule->places = is_transport ? REWRITE_HEADERS : REWRITE_HEADERS | REWRITE_ENVELOPE;
    if ((rule->places & REWRITE_SMTP) != 0 && !str_starts(rule->pattern->text, STR("^")) &&
        !str_starts(rule->pattern->text, STR("\\N^"))) {
        why_fail(why, 0, NULL, "rewrite rule has the S flag but is not a regular expression");
        return false;
    }
    if (is_transport && (rule->places & ~(unsigned)REWRITE_HEADERS) != 0) {
        why_fail(why, 0, NULL, "rewrite rule specifies a non-header rewrite - not allowed at transport time -");
        return false;
    }
    return true;
}

static struct template *
template_make(struct str text, const char *what, struct pool *pool)
{
    struct template *template = POOL_NEW(pool, struct template);

    template->text = pool_dup(pool, text);
    template->option_name = what;
    template->owner = "rewrite rule";
    return template;
}

bool
rewrite_rule_parse(struct str line, bool is_transport, struct pool *pool, struct rewrite_rule *rule, struct why *why)
{
    struct str pattern, replacement;

    *rule = (struct rewrite_rule){ 0 };
    if (!take_field(&line, pool, &pattern)) {
        why_fail(why, 0, NULL, "missing rewrite pattern");
        return false;
    }
    if (!take_field(&line, pool, &replacement)) {
        why_fail(why, 0, NULL, "missing rewrite replacement string");
        return false;
    }
    rule->pattern = template_make(pattern, "pattern", pool);
    rule->replacement = template_make(replacement, "replacement", pool);
    return flags_parse(str_trim(line), is_transport, rule, why);
}

const struct rewrite_rule *
rewrite_rules_parse(struct str text, struct pool *pool, struct why *why)
{
    struct items items = items_of(text);
    struct rewrite_rule *first = NULL, **end = &first;
    struct str item;
    int number = 0;

    while (items_next(&items, pool, &item)) {
        struct rewrite_rule *rule = POOL_NEW(pool, struct rewrite_rule);

        if (!rewrite_rule_parse(item, true, pool, rule, why))
            return NULL;
        rule->number = ++number;
        *end = rule;
        end = &rule->next;
    }
    if (first == NULL)
        why_fail(why, 0, NULL, "no rewriting rule given");
    return first;
}

static void *
section_begin(struct option_reader *reader)
{
    struct rewrite_section *section = POOL_NEW(reader_pool(reader), struct rewrite_section);

    section->end = &section->first;
    return section;
}

static bool
section_line(struct option_reader *reader, void *data, struct str line)
{
    struct rewrite_section *section = data;
    struct rewrite_rule *rule = POOL_NEW(reader_pool(reader), struct rewrite_rule);
    struct why why;

    why_init(&why, reader_scratch(reader));
    if (!rewrite_rule_parse(line, false, reader_pool(reader), rule, &why))
        return reader_error(reader, "%.*s", STR_ARG(why.text));
    rule->number = ++section->count;
    rule->pattern->at = rule->replacement->at = reader_at(reader);
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

const struct config_section rewrite_section = {
    .name = "rewrite", .begin = section_begin, .line = section_line, .end = section_end
};

const struct rewrite_rule *
rewrite_config_rules(void)
{
    const struct rewrite_section *section = config != NULL ? config_section_data(config, "rewrite") : NULL;

    return section != NULL ? section->first : NULL;
}

bool
rewrite_has_rules(unsigned places)
{
    for (const struct rewrite_rule *rule = rewrite_config_rules(); rule != NULL; rule = rule->next)
        if ((rule->places & places) != 0)
            return true;
    return false;
}
