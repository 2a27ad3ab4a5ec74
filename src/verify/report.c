/* verify/report.c -- what -bv and -bvs print, and how VRFY sees an address. */
#include "address/mailbox.h"
#include "config/config.h"
#include "verify/verify.h"

enum { EXIT_GOOD = 0, EXIT_DEFERRED = 1, EXIT_FAILED = 2 };

int
verify_report(struct str text, bool is_sender, struct scope *scope, FILE *out)
{
    /* As for addresses of any command line: literals are known. */
    struct address_rules rules = {
        .allow_domain_literals = true,
        .allow_utf8_domains = config->allow_utf8_domains,
        .strip_excess_angle_brackets = config->strip_excess_angle_brackets,
        .strip_trailing_dot = config->strip_trailing_dot,
        .allow_unqualified = true,
    };
    struct verify_options options;
    struct verify_result result;
    struct address_parse parse;
    struct address *addr;
    struct str reason;

    if (str_trim(text).len == 0)
        return EXIT_GOOD;
    verify_options_init(&options);
    options.is_sender = is_sender;
    if (!address_parse(scope->pool, text, &rules, &parse, &reason)) {
        fprintf(out, "syntax error: %.*s\n", STR_ARG(reason));
        return EXIT_FAILED;
    }
    addr = verify_address_new(parse.address, &options, scope, &result);
    if (addr != NULL)
        verify_address(addr, &options, scope, &result);
    if (result.outcome == OK) {
        fprintf(out, "%.*s verified\n", STR_ARG(addr->text));
        return EXIT_GOOD;
    }
    fprintf(out, "%.*s %s", STR_ARG(addr != NULL ? addr->text : parse.address),
            result.outcome == DEFER ? "cannot be resolved at this time" : "failed to verify");
    fprintf(out, "%s%.*s\n", result.log_text.len > 0 ? ": " : "", STR_ARG(result.log_text));
    return result.outcome == DEFER ? EXIT_DEFERRED : EXIT_FAILED;
}
