/* acl/verify_condition.c -- verify = …: a row for each thing that can be verified (manual: ACL conditions, address
 * verification). */
#include <string.h>
#include "acl/rows.h"
#include "address/mailbox.h"
#include "base/items.h"
#include "base/trace.h"
#include "config/config.h"
#include "verify/verify.h"

enum {
    NOT_ENVELOPE = ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO) | ACL_BIT(ACL_AT_QUIT) | ACL_BIT(ACL_AT_NOTQUIT) |
                   ACL_BIT(ACL_AT_VRFY) | ACL_BIT(ACL_AT_EXPN) | ACL_BIT(ACL_AT_ETRN) | ACL_BIT(ACL_AT_AUTH) |
                   ACL_BIT(ACL_AT_STARTTLS) | ACL_BIT(ACL_AT_MAILAUTH),
    NOT_RCPT = ACL_EVERYWHERE & ~(ACL_BIT(ACL_AT_RCPT) | ACL_BIT(ACL_AT_PRDR)),
    NO_HEADERS = ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO) | ACL_BIT(ACL_AT_MAIL) | ACL_BIT(ACL_AT_RCPT) |
                 ACL_BIT(ACL_AT_PREDATA) | ACL_BIT(ACL_AT_VRFY) | ACL_BIT(ACL_AT_EXPN) | ACL_BIT(ACL_AT_ETRN) |
                 ACL_BIT(ACL_AT_AUTH) | ACL_BIT(ACL_AT_STARTTLS) | ACL_BIT(ACL_AT_MAILAUTH) |
                 ACL_BIT(ACL_AT_NOT_SMTP_START) | ACL_BIT(ACL_AT_QUIT) | ACL_BIT(ACL_AT_NOTQUIT),
};

static bool
options_read(struct acl_call *call, struct str text, struct verify_options *options)
{
    struct acl_state *state = call->state;
    struct str error;

    if (!verify_options_parse(text, call->argument, call->scope->pool, options, &error)) {
        call->log_text = error;
        return false;
    }
    options->is_callout_skipped = !state->is_callout_allowed;
    if (!state->session.no_callout_flush) {
        options->flush = state->flush;
        options->owner = state->owner;
    }
    return true;
}

static enum acl_test
test_of_outcome(enum outcome outcome)
{
    return outcome == OK ? ACL_YES : outcome == FAIL ? ACL_NO : ACL_CANNOT_TELL;
}

static enum acl_test
test_of_why(struct acl_call *call, enum outcome outcome, const struct why *why)
{
    if (outcome != OK)
        call->log_text = why->text;
    return test_of_outcome(outcome);
}

/* ---- Sender */

static struct verified_sender *
known_sender(struct verify_state *state, struct str address, const struct verify_options *options)
{
    for (struct verified_sender *s = state->senders; s != NULL; s = s->next)
        if (str_eq(s->address, address) && (s->has_callout || !options->has_callout))
            return s;
    return NULL;
}

/* Verify and remember for this transaction; what a callout found in its cache, or could not find out, is asked
 * again. */
static struct verified_sender *
sender_verify(struct acl_call *call, struct str text, const struct verify_options *options)
{
    struct verify_state *state = call->scope->verify;
    struct verified_sender *sender = POOL_NEW(state->message_pool, struct verified_sender);
    struct scope scope = *call->scope;
    struct address *addr;

    scope.pool = state->message_pool;
    sender->address = pool_dup(state->message_pool, text);
    sender->has_callout = options->has_callout;
    addr = verify_address_new(sender->address, options, &scope, &sender->result);
    if (addr != NULL)
        verify_address(addr, options, &scope, &sender->result);
    if (sender->result.outcome == OK || !options->has_callout) {
        sender->next = state->senders;
        state->senders = sender;
    }
    return sender;
}

/* Trouble that an option overrides. */
static bool
is_defer_ok(const struct verify_options *options, const struct verify_result *result)
{
    if (result->outcome != DEFER)
        return false;
    if (options->defer_ok)
        trace(TRACE_ACL, "verify defer overridden by defer_ok");
    else if (options->callout_defer_ok && result->failure == VERIFY_FAILED_MAIL)
        trace(TRACE_ACL, "verify defer overridden by callout_defer_ok");
    else
        return false;
    return true;
}

static enum acl_test
sender_result(struct acl_call *call, struct verified_sender *sender, const struct verify_options *options)
{
    const struct verify_result *result = &sender->result;

    call->state->sender_address_data = result->data;
    if (result->outcome == OK)
        return ACL_YES;
    if (is_defer_ok(options, result))
        return ACL_YES;
    call->state->verify_message = result->details.len > 0 ? result->details : result->log_text;
    call->reply->sender_failed = sender;
    call->reply->is_sender_detail_wanted = !options->no_details;
    if (result->outcome == FAIL) {
        call->user_text = call->log_text = STR("Sender verify failed");
        return ACL_NO;
    }
    call->log_text = result->user_text.len > 0 && options->has_callout && result->failure == VERIFY_FAILED_MAIL
        ? STR("Could not complete sender verify callout") : STR("Could not complete sender verify");
    if (options->has_callout && result->failure == VERIFY_FAILED_MAIL)
        call->user_text = result->user_text;
    return ACL_CANNOT_TELL;
}

static enum acl_test
sender_test(struct acl_call *call, struct str value, struct str options_text)
{
    struct verify_options options;
    struct str text = value.ptr != NULL              ? str_trim(value)
                      : call->scope->message == NULL ? STR("")
                                                     : call->scope->message->sender;
    struct verified_sender *sender;

    verify_options_init(&options);
    options.is_sender = true;
    if (!options_read(call, options_text, &options))
        return ACL_BAD;
    if (call->scope->verify == NULL) {
        call->scope->verify = POOL_NEW(call->scope->pool, struct verify_state);
        verify_state_init(call->scope->verify, call->state->message_pool);
    }
    if (text.len >= 2 && text.ptr[0] == '<' && text.ptr[text.len - 1] == '>')
        text = str_sub(text, 1, text.len - 2);
    if (text.len == 0)
        return ACL_YES;
    sender = known_sender(call->scope->verify, text, &options);
    if (sender != NULL)
        trace(TRACE_ACL, "using cached sender verify result");
    else
        sender = sender_verify(call, text, &options);
    return sender_result(call, sender, &options);
}

/* ---- Recipient */

static enum acl_test
recipient_test(struct acl_call *call, struct str value, struct str options_text)
{
    struct verify_options options;
    struct verify_result result;
    struct address *addr, *original = call->scope->address;

    (void)value;
    verify_options_init(&options);
    if (!options_read(call, options_text, &options))
        return ACL_BAD;
    if (original == NULL)
        return ACL_YES;
    addr = address_new(call->scope->pool, original->text);
    if (addr == NULL)
        return acl_call_bad(call, "no recipient to verify");
    verify_address(addr, &options, call->scope, &result);
    original->address_data = pool_dup(call->state->message_pool, result.data);
    if (result.outcome == OK && options.has_callout) {
        original->domain_data = pool_dup(call->state->message_pool, addr->domain_data);
        original->local_part_data = pool_dup(call->state->message_pool, addr->local_part_data);
    }
    if (result.outcome == OK)
        return ACL_YES;
    call->user_text = result.user_text;
    call->log_text = result.log_text;
    return is_defer_ok(&options, &result) ? ACL_YES : test_of_outcome(result.outcome);
}

/* ---- The client */

static enum acl_test
helo_test(struct acl_call *call, struct str value, struct str options)
{
    struct why why;

    (void)value;
    (void)options;
    why_init(&why, call->scope->pool);
    return test_of_outcome(verify_helo(call->scope, &why));
}

static enum acl_test
reverse_test(struct acl_call *call, struct str value, struct str options)
{
    struct why why;
    enum outcome outcome;

    (void)value;
    if (options.len > 0 && !str_ieq_c(options, "defer_ok"))
        return acl_call_bad(call, "unknown option \"%.*s\" in ACL condition \"verify %.*s\"", STR_ARG(options),
                            STR_ARG(call->argument));
    why_init(&why, call->scope->pool);
    outcome = verify_reverse_host_lookup(call->scope, &why);
    if (outcome == DEFER && options.len > 0)
        return ACL_YES;
    return test_of_why(call, outcome, &why);
}

static enum acl_test
certificate_test(struct acl_call *call, struct str value, struct str options)
{
    (void)value;
    (void)options;
    if (call->scope->origin->tls.is_certificate_verified)
        return ACL_YES;
    call->user_text = call->log_text = STR("no verified certificate");
    return ACL_NO;
}

static enum acl_test
csa_test(struct acl_call *call, struct str value, struct str options)
{
    static const char *const words[] = { "unknown", "ok", "defer", "fail" };
    struct str why;
    enum verify_csa status = verify_csa(options, call->scope, &why);

    (void)value;
    if (call->scope->verify != NULL)
        call->scope->verify->csa_status = str_of(words[status]);
    trace(TRACE_ACL, "CSA status is %s", words[status]);
    if (status != CSA_FAIL)
        return ACL_YES;
    call->log_text = pool_printf_tainted(call->scope->pool, "client SMTP authorization failed: %.*s", STR_ARG(why));
    call->user_text = call->log_text;
    return ACL_NO;
}

/* ---- The header section */

static enum acl_test
header_syntax_test(struct acl_call *call, struct str value, struct str options)
{
    struct why why;
    enum outcome outcome;

    (void)value;
    (void)options;
    why_init(&why, call->scope->pool);
    outcome = verify_header_syntax(call->scope->message, call->scope, &why);
    if (outcome != OK && config->smtp_return_error_details)
        call->user_text = pool_printf_tainted(call->scope->pool, "Rejected after DATA: %.*s", STR_ARG(why.text));
    return test_of_why(call, outcome, &why);
}

static enum acl_test
header_sender_test(struct acl_call *call, struct str value, struct str options_text)
{
    struct verify_options options;
    struct why why;
    enum outcome outcome;

    (void)value;
    verify_options_init(&options);
    options.is_sender = options.is_header_sender = true;
    if (!options_read(call, options_text, &options))
        return ACL_BAD;
    why_init(&why, call->scope->pool);
    outcome = verify_header_sender(call->scope->message, &options, call->scope, &why);
    if (outcome == DEFER && (options.defer_ok || (options.has_callout && options.callout_defer_ok)))
        return ACL_YES;
    if (outcome != OK && config->smtp_return_error_details)
        call->user_text = pool_printf_tainted(call->scope->pool, "Rejected after DATA: %.*s", STR_ARG(why.text));
    return test_of_why(call, outcome, &why);
}

static enum acl_test
header_names_test(struct acl_call *call, struct str value, struct str options)
{
    struct why why;

    (void)value;
    (void)options;
    why_init(&why, call->scope->pool);
    return test_of_why(call, verify_header_names_ascii(call->scope->message, &why), &why);
}

static enum acl_test
not_blind_test(struct acl_call *call, struct str value, struct str options)
{
    struct why why;

    (void)value;
    if (options.len > 0 && !str_ieq_c(options, "case_insensitive"))
        return acl_call_bad(call, "unknown option \"%.*s\" in ACL condition \"verify %.*s\"", STR_ARG(options),
                            STR_ARG(call->argument));
    why_init(&why, call->scope->pool);
    return test_of_why(call, verify_not_blind(call->scope->message, options.len > 0, &why), &why);
}

const struct acl_verify acl_basic_verifies[] = {
    { .name = "sender", .has_value = true, .has_options = true, .forbidden = NOT_ENVELOPE, .test = sender_test },
    { .name = "recipient", .has_options = true, .forbidden = NOT_RCPT, .test = recipient_test },
    { .name = "helo", .test = helo_test },
    { .name = "header_syntax", .forbidden = NO_HEADERS, .test = header_syntax_test },
    { .name = "header_sender", .has_options = true, .forbidden = NO_HEADERS, .test = header_sender_test },
    { .name = "header_names_ascii", .forbidden = NO_HEADERS, .test = header_names_test },
    { .name = "not_blind", .has_options = true, .forbidden = NO_HEADERS, .test = not_blind_test },
    { .name = "reverse_host_lookup", .has_options = true, .test = reverse_test },
    { .name = "certificate", .test = certificate_test },
    { .name = "csa", .has_options = true, .test = csa_test },
    { .name = NULL }
};

/* ---- The condition itself */

static enum acl_test
verify_row(struct acl_call *call, const struct acl_verify *row, struct str value, struct str options)
{
    if (options.len > 0 && !row->has_options)
        return acl_call_bad(call, "unexpected '/' found in \"%.*s\" (this verify item has no options)",
                            STR_ARG(call->argument));
    if ((row->forbidden & ACL_BIT(call->point)) != 0)
        return acl_call_bad(call, "cannot verify %s in ACL for %s", row->name, acl_point_name(call->point));
    return row->test(call, value, options);
}

static enum acl_test
verify_test(struct acl_call *call)
{
    struct items items = { .rest = call->argument, .separator = '/' };
    struct str first = STR(""), name, value = { NULL, 0 }, rest;

    items_next(&items, call->scope->pool, &first);
    if (str_cut(first, '=', &name, &rest))
        value = rest.ptr == NULL ? STR("") : rest;
    name = str_trim(name);
    for (const struct acl_verify *const *table = acl_verifies_rows; *table != NULL; table++)
        for (const struct acl_verify *row = *table; row->name != NULL; row++)
            if (str_ieq_c(name, row->name) && (value.ptr == NULL || row->has_value))
                return verify_row(call, row, value, str_trim(items.rest));
    return acl_call_bad(call,
                        "expected \"sender[=address]\", \"recipient\", \"helo\", \"header_syntax\", \"header_sender\", "
                        "\"header_names_ascii\" or \"reverse_host_lookup\" at start of ACL condition \"verify %.*s\"",
                        STR_ARG(call->argument));
}

const struct acl_condition acl_verify_conditions[] = {
    { .name = "verify", .test = verify_test },
    { .name = NULL }
};
