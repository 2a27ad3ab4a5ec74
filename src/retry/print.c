/* -brt. */
#include <stdlib.h>
#include "base/clock.h"
#include "config/option.h"
#include "retry/parts.h"

enum { THOUSAND = 1000 };

static void
factor_print(int thousandths, FILE *out)
{
    int decimals = thousandths % THOUSAND;

    if (decimals % 100 == 0)
        fprintf(out, ",%d.%d", thousandths / THOUSAND, decimals / 100);
    else
        fprintf(out, ",%d.%03d", thousandths / THOUSAND, decimals);
}

static void
rule_print(const struct retry_rule *rule, struct pool *pool, FILE *out)
{
    fprintf(out, "Retry rule: %.*s  %.*s  ", STR_ARG(rule->pattern->text), STR_ARG(rule->error_text));
    for (const struct retry_param *param = rule->params; param != NULL; param = param->next) {
        fprintf(out, "%c,%.*s,%.*s", param->algorithm, STR_ARG(interval_format(pool, param->cutoff_s)),
                STR_ARG(interval_format(pool, param->interval_s)));
        if (param->algorithm != 'F')
            factor_print(param->factor, out);
        fputs("; ", out);
    }
    fputc('\n', out);
}

/* The last of the words may be an error name; the one before it a second key. */
int
retry_test(struct str key, struct str alternate, struct str error, struct pool *pool, FILE *out)
{
    struct retry_rule wanted = { .cause = CAUSE_OTHER };
    struct scope scope = scope_make(pool);
    const struct retry_rule *rule;
    struct why why;

    if (str_find_any(key, "@.") == STR_NONE)
        fprintf(stderr, "Warning: \"%.*s\" contains no '@' and no '.' characters. It is being \ntreated as a one-component domain, "
                "not as a local part.\n\n", STR_ARG(key));
    if (!str_is_empty(alternate) && str_find_any(alternate, "@.") == STR_NONE && str_is_empty(error)) {
        error = alternate;
        alternate = STR("");
    }
    if (!str_is_empty(error) && !retry_error_parse(error, &wanted.cause, &wanted.detail, &wanted.via_mx)) {
        fprintf(stderr, "unknown or malformed retry error \"%.*s\"\n", STR_ARG(error));
        return EXIT_FAILURE;
    }
    why_init(&why, pool);
    why.cause = wanted.cause;
    why.detail = wanted.detail;
    why.is_via_mx = wanted.via_mx == 1;
    rule = retry_find_rule(key, alternate, &why, &scope);
    if (rule == NULL)
        fputs("No retry information found\n", out);
    else
        rule_print(rule, pool, out);
    return EXIT_SUCCESS;
}
