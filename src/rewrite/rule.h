/* rewrite/rule.h -- rules and their use on one address.  Internal to rewrite/. */
#ifndef REWRITE_RULE_H
#define REWRITE_RULE_H
#include "address/mailbox.h"
#include "config/option.h"
#include "rewrite/rewrite.h"

struct rewrite_rule {
    struct rewrite_rule *next;
    int number;                     /* from 1 */
    struct template *pattern;
    struct template *replacement;
    unsigned places;
    bool is_whole;                  /* w */
    bool is_final;                  /* q */
    bool is_repeated;               /* R */
    bool is_qualified;              /* Q */
};

/* One line or list item; false with why filled, as Exim words it. */
bool rewrite_rule_parse(struct str line, bool is_transport, struct pool *pool, struct rewrite_rule *rule,
                        struct why *why);

/* What rules made of an address. */
struct rewritten {
    struct str address;             /* the working part */
    struct str whole;               /* with is_whole: takes the place of the whole item in a header field */
    bool is_changed, is_whole;
};

/* Send an address through the rules that are for place.  What goes wrong is logged and leaves the address as it then
 * is. DEFER: a lookup could not be completed. */
enum outcome rewrite_apply(const struct rewrite_rule *rules, struct str address, enum rewrite_place place,
                           struct scope *scope,
                           struct rewritten *result_out, struct why *why);

/* The name of a place in logs: "env-from", "from:" … */
const char *rewrite_place_name(enum rewrite_place place);

/* The parser's rules by the main options; with allow_unqualified. */
struct address_rules rewrite_address_rules(void);
#endif
