/* rewrite/test.c -- -brw. */
#include "config/config.h"
#include "rewrite/rule.h"

static const struct { const char *label; enum rewrite_place place; enum header_kind kind; } lines[] = {
    { "  sender", REWRITE_SENDER, HEADER_SENDER }, { "    from", REWRITE_FROM, HEADER_FROM }, { "      to", REWRITE_TO,
        HEADER_TO },
    { "      cc", REWRITE_CC, HEADER_CC }, { "     bcc", REWRITE_BCC, HEADER_BCC }, { "reply-to", REWRITE_REPLY_TO,
        HEADER_REPLY_TO },
    { "env-from", REWRITE_ENV_SENDER, HEADER_OTHER }, { "  env-to", REWRITE_ENV_RECIPIENT, HEADER_OTHER },
};

/* What stands in a header field of that kind. */
static struct str
in_header(struct str text, enum header_kind kind, struct scope *scope)
{
    struct header_field field = { .kind = kind, .text = pool_printf_tainted(scope->pool, "X: %.*s\n", STR_ARG(text)) };
    struct str made;

    if (!rewrite_header(&field, rewrite_config_rules(), true, scope, &made))
        return text;
    return str_trim(str_from(made, 2));
}

static void
print_fault(struct str text, struct str reason, FILE *out)
{
    fprintf(out, "Syntax error in %.*s\n%c%.*s\n", STR_ARG(text), reason.len > 0 ? ascii_upper(reason.ptr[0]) : ' ',
        STR_ARG(str_from(reason, 1)));
}

void
rewrite_test(struct str text, struct scope *scope, FILE *out)
{
    bool is_done_at_smtp_time = rewrite_has_rules(REWRITE_SMTP),
        has_others = rewrite_has_rules(REWRITE_HEADERS | REWRITE_ENVELOPE);
    struct address_rules rules = rewrite_address_rules();
    struct address_parse parse;
    struct str reason = STR(""), smtp;

    if (str_find(text, '@') == STR_NONE && config != NULL)
        text = address_join(scope->pool, text, config->qualify_recipient);
    if (is_done_at_smtp_time) {
        struct str inner = text;

        if (str_starts(inner, STR("<")) && str_ends(inner, STR(">")))
            inner = str_sub(inner, 1, inner.len - 2);
        if (rewrite_smtp(inner, false, scope, &smtp))
            fprintf(out, "    SMTP: %.*s\n", STR_ARG(smtp));
        if (!has_others)
            return;
    }
    if (!address_parse(scope->pool, text, &rules, &parse, &reason) || str_is_empty(parse.address)) {
        print_fault(text, str_is_empty(reason) ? STR("empty address") : reason, out);
        return;
    }
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct str made = parse.address;

        if ((lines[i].place & REWRITE_HEADERS) != 0)
            made = in_header(text, lines[i].kind, scope);
        else
            rewrite_address(parse.address, lines[i].place, scope, &made, NULL);
        fprintf(out, "%s: %.*s\n", lines[i].label, STR_ARG(made));
    }
}
