/* rewrite/rewrite.h -- address rewriting (manual: address rewriting). */
#ifndef REWRITE_REWRITE_H
#define REWRITE_REWRITE_H
#include <stdio.h>
#include "expand/scope.h"
#include "message/message.h"

/* Where an address stands; flags of a rule are made of these. */
enum rewrite_place {
    REWRITE_BCC = 1, REWRITE_CC = 2, REWRITE_FROM = 4, REWRITE_REPLY_TO = 8, REWRITE_SENDER = 16, REWRITE_TO = 32,
    REWRITE_HEADERS = 63,
    REWRITE_ENV_SENDER = 64, REWRITE_ENV_RECIPIENT = 128, REWRITE_ENVELOPE = 192,
    REWRITE_SMTP = 256,             /* S: at SMTP time, on the raw text */
    REWRITE_SMTP_SENDER = 512       /* with S: the text comes from MAIL */
};

struct rewrite_rule;

/* Has the configuration any rule for this place? */
bool rewrite_has_rules(unsigned places);

/* Rewrite one envelope address by the rules of the rewrite section; an unqualified one is qualified first.
 * place is one of REWRITE_ENV_SENDER and REWRITE_ENV_RECIPIENT.  *text_out in scope->pool; the same as text if no
 * rule applies, or one goes wrong (that is logged).  DEFER when a lookup could not be completed: the caller answers
 * with a temporary error. */
enum outcome rewrite_address(struct str text, enum rewrite_place place, struct scope *scope, struct str *text_out,
                             struct why *why);

/* Rules with the S flag on the argument of MAIL or RCPT (given without angle brackets, matched with them); true if
 * it changed. */
bool rewrite_smtp(struct str text, bool is_sender, struct scope *scope, struct str *text_out);

/* Rewrite all addresses of one header field by rules; with is_qualified, unqualified ones get a domain.  True with
 * the new text (whole field, LF at its end) in scope->pool if anything changed. */
bool rewrite_header(const struct header_field *field, const struct rewrite_rule *rules, bool is_qualified,
                    struct scope *scope,
                    struct str *text_out);

/* All header fields of a message by the rewrite section; changed ones are replaced (the old kept as deleted).
 * Unqualified addresses get a domain if the message came from one who may leave it out. */
void rewrite_message_headers(struct message *message, struct scope *scope);

/* In all header fields with addresses, write the domain to where from stands (a name that routing completed); true
 * if one changed. */
bool rewrite_header_domain(struct message *message, struct str from, struct str to, struct scope *scope);

/* The rules of the rewrite section (NULL: none), and those of a transport's headers_rewrite ("pattern replacement
 * flags : …"): NULL with why filled if the text makes no sense. */
const struct rewrite_rule *rewrite_config_rules(void);
const struct rewrite_rule *rewrite_rules_parse(struct str text, struct pool *pool, struct why *why);

/* -brw: print what becomes of an address in each place, as Exim prints it. */
void rewrite_test(struct str text, struct scope *scope, FILE *out);
#endif
