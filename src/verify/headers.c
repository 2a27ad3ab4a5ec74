/* verify/headers.c -- the header section: syntax of addresses, a usable sender, names, recipients named (manual: ACL
 * conditions, verify = header_syntax and the following). */
#include "address/mailbox.h"
#include "base/trace.h"
#include "config/config.h"
#include "match/match.h"
#include "message/header.h"
#include "verify/verify.h"

static struct address_rules
rules_of_options(void)
{
    return (struct address_rules){
        .allow_domain_literals = true,
        .allow_utf8_domains = config->allow_utf8_domains,
        .strip_excess_angle_brackets = config->strip_excess_angle_brackets,
        .strip_trailing_dot = config->strip_trailing_dot,
        .allow_empty = true,
        .allow_unqualified = true,
    };
}

/* ---- header_syntax */

static bool
is_sender_kind(enum header_kind kind)
{
    return kind == HEADER_FROM || kind == HEADER_SENDER || kind == HEADER_REPLY_TO;
}

/* Addresses without domain are for local messages and for the hosts that two options name. */
static bool
is_unqualified_allowed(enum header_kind kind, struct scope *scope)
{
    struct template *hosts =
        is_sender_kind(kind) ? config->sender_unqualified_hosts : config->recipient_unqualified_hosts;
    struct why why;

    if (scope->origin == NULL || !scope->origin->is_socket)
        return true;
    why_init(&why, scope->pool);
    return match_client_host(hosts, scope, NULL, &why) == MATCH_YES;
}

static enum outcome
syntax_fault(struct str reason, const struct header_field *field, struct str item, struct why *why)
{
    why_fail(why, 0, NULL, "%.*s: failing address in \"%.*s:\" header is: %.*s", STR_ARG(reason), STR_ARG(field->name),
             STR_ARG(item));
    why->user_text = pool_printf_tainted(why->pool, "%.*s: failing address in \"%.*s:\" header is: %.*s",
                                         STR_ARG(reason), STR_ARG(field->name), STR_ARG(item));
    return FAIL;
}

static enum outcome
field_syntax(const struct header_field *field, struct scope *scope, struct why *why)
{
    struct address_rules rules = rules_of_options();
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;
    bool is_bare_allowed = is_unqualified_allowed(field->kind, scope);

    address_list_init(&list, scope->pool, header_body(field), &rules);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
        if (step == ADDRESS_LIST_FAULT)
            return syntax_fault(item.reason, field, item.text, why);
        if (item.parse.box.domain.len == 0 && item.parse.address.len > 0 && !is_bare_allowed)
            return syntax_fault(STR("unqualified address not permitted"), field, item.text, why);
    }
    return OK;
}

enum outcome
verify_header_syntax(struct message *message, struct scope *scope, struct why *why)
{
    for (const struct header_field *f = message->headers; f != NULL; f = f->next)
        if (header_kind_has_addresses(f->kind) && field_syntax(f, scope, why) != OK)
            return FAIL;
    return OK;
}

/* ---- header_sender */

/* The addresses of one field; OK as soon as one verifies. */
static enum outcome
field_sender(const struct header_field *field, const struct verify_options *options, struct scope *scope,
             struct why *why)
{
    struct address_rules rules = rules_of_options();
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;
    enum outcome result = FAIL;

    address_list_init(&list, scope->pool, header_body(field), &rules);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
        struct verify_result verified;
        struct address *addr;

        if (step == ADDRESS_LIST_FAULT) {
            why_fail(why, 0, NULL, "syntax error in '%.*s:' header when scanning for sender: %.*s in \"%.*s\"",
                     STR_ARG(field->name), STR_ARG(item.reason), STR_ARG(item.text));
            continue;
        }
        if (item.parse.address.len == 0)
            continue;
        trace(TRACE_VERIFY, "verifying %.*s: header address %.*s", STR_ARG(field->name), STR_ARG(item.parse.address));
        addr = verify_address_new(item.parse.address, options, scope, &verified);
        if (addr != NULL)
            verify_address(addr, options, scope, &verified);
        if (verified.outcome == OK)
            return OK;
        if (verified.outcome == DEFER) {
            result = DEFER;
            why_defer(why, 0, NULL, "all attempts to verify a sender in a header line deferred: %.*s",
                      STR_ARG(verified.log_text));
        }
    }
    return result;
}

enum outcome
verify_header_sender(struct message *message, const struct verify_options *options, struct scope *scope,
                     struct why *why)
{
    static const enum header_kind kinds[] = { HEADER_SENDER, HEADER_REPLY_TO, HEADER_FROM };
    enum outcome result = FAIL;

    why_fail(why, 0, NULL, "there is no valid sender in any header line");
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (const struct header_field *f = message->headers; f != NULL; f = f->next) {
            enum outcome outcome;

            if (f->kind != kinds[i])
                continue;
            outcome = field_sender(f, options, scope, why);
            if (outcome == OK)
                return OK;
            if (outcome == DEFER)
                result = DEFER;
        }
    return result;
}

/* ---- header_names_ascii, not_blind */

enum outcome
verify_header_names_ascii(struct message *message, struct why *why)
{
    for (const struct header_field *f = message->headers; f != NULL; f = f->next) {
        if (f->kind == HEADER_DELETED)
            continue;
        for (size_t i = 0; i < f->name.len; i++)
            if ((unsigned char)f->name.ptr[i] < 33 || (unsigned char)f->name.ptr[i] > 126)
                return why_fail(why, 0, NULL, "Invalid character in header \"%.*s\" found", STR_ARG(f->name));
    }
    return OK;
}

static bool
same_recipient(struct str a, struct str b, bool is_case_insensitive)
{
    return is_case_insensitive ? str_ieq(a, b) : address_same(a, b);
}

static bool
field_names(const struct header_field *field, struct str address, bool is_case_insensitive, struct pool *pool)
{
    struct address_rules rules = rules_of_options();
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;

    address_list_init(&list, pool, header_body(field), &rules);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END)
        if (step == ADDRESS_LIST_ADDRESS && same_recipient(item.parse.address, address, is_case_insensitive))
            return true;
    return false;
}

static bool
is_named(struct message *message, struct str address, bool is_case_insensitive, struct pool *pool)
{
    for (const struct header_field *f = message->headers; f != NULL; f = f->next)
        if ((f->kind == HEADER_TO || f->kind == HEADER_CC) && field_names(f, address, is_case_insensitive, pool))
            return true;
    return false;
}

enum outcome
verify_not_blind(struct message *message, bool is_case_insensitive, struct why *why)
{
    for (size_t i = 0; i < message->recipient_count; i++) {
        struct pool_mark mark = pool_mark(why->pool);
        bool is_found = is_named(message, message->recipients[i].address, is_case_insensitive, why->pool);

        pool_reset(why->pool, mark);
        if (!is_found)
            return why_fail(why, 0, NULL, "bcc recipient detected");
    }
    return OK;
}
