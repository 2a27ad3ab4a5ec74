/* acl/conditions.c -- the conditions that need little of their own (manual: ACL conditions). */
#include "acl/rows.h"
#include "address/address.h"
#include "address/mailbox.h"
#include "base/buf.h"
#include "base/items.h"
#include "expand/expand.h"
#include "match/match.h"
#include "message/message.h"

enum {
    ENVELOPE_LESS = ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO) | ACL_BIT(ACL_AT_AUTH) | ACL_BIT(ACL_AT_ETRN) |
                    ACL_BIT(ACL_AT_EXPN) | ACL_BIT(ACL_AT_VRFY) | ACL_BIT(ACL_AT_STARTTLS) | ACL_BIT(ACL_AT_MAILAUTH) |
                    ACL_BIT(ACL_AT_QUIT),
    NOT_SMTP = ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_START) | ACL_BIT(ACL_AT_NOT_SMTP_MIME),
    NOT_RCPT = ACL_EVERYWHERE & ~(ACL_BIT(ACL_AT_RCPT) | ACL_BIT(ACL_AT_PRDR) | ACL_BIT(ACL_AT_EXPANSION)),
    NOT_RCPT_VRFY = NOT_RCPT & ~ACL_BIT(ACL_AT_VRFY),
};

static struct str
message_sender(const struct acl_call *call)
{
    return call->scope->message == NULL ? STR("") : call->scope->message->sender;
}

/* Exim's truth of a text: 0, no, false and nothing are false; a number, yes, true are true. */
static enum acl_test
condition_test(struct acl_call *call)
{
    struct str text = str_trim(call->argument), digits = text;
    uint64_t number;

    if (text.len == 0 || str_ieq_c(text, "no") || str_ieq_c(text, "false"))
        return ACL_NO;
    if (str_ieq_c(text, "yes") || str_ieq_c(text, "true"))
        return ACL_YES;
    if (digits.ptr[0] == '-')
        digits = str_from(digits, 1);
    if (str_to_u64(digits, 10, &number))
        return number == 0 ? ACL_NO : ACL_YES;
    acl_call_bad(call, "invalid \"condition\" value \"%.*s\"", STR_ARG(call->argument));
    return ACL_CANNOT_TELL;
}

static enum acl_test
hosts_test(struct acl_call *call)
{
    struct match_result result = { .data = STR("") };
    struct why why;
    enum match match;

    why_init(&why, call->scope->pool);
    match = match_client_host(call->template, call->scope, &result, &why);
    if (match == MATCH_YES && result.has_data)
        call->state->host_data = pool_dup(call->state->message_pool, result.data);
    return acl_test_of_match(call, match, &why);
}

static enum acl_test
domains_test(struct acl_call *call)
{
    struct address *address = call->scope->address;
    struct match_result result = { .data = STR("") };
    struct why why;
    enum match match;

    why_init(&why, call->scope->pool);
    if (address == NULL)
        return ACL_NO;
    match = match_domain(call->template, address->domain, call->scope, &result, &why);
    address->domain_data =
        match == MATCH_YES && result.has_data ? pool_dup(call->state->message_pool, result.data) : STR("");
    return acl_test_of_match(call, match, &why);
}

static enum acl_test
local_parts_test(struct acl_call *call)
{
    struct address *address = call->scope->address;
    struct match_result result = { .data = STR("") };
    struct why why;
    enum match match;

    why_init(&why, call->scope->pool);
    if (address == NULL)
        return ACL_NO;
    match = match_local_part(call->template, address->local_part, call->scope, &result, &why);
    address->local_part_data =
        match == MATCH_YES && result.has_data ? pool_dup(call->state->message_pool, result.data) : STR("");
    return acl_test_of_match(call, match, &why);
}

static enum acl_test
recipients_test(struct acl_call *call)
{
    struct match_result result = { .data = STR("") };
    struct why why;
    enum match match;

    why_init(&why, call->scope->pool);
    if (call->scope->address == NULL)
        return ACL_NO;
    match = match_address(call->template, call->scope->address->text, call->scope, &result, &why);
    if (match == MATCH_YES && result.has_data)
        call->state->recipient_data = pool_dup(call->state->message_pool, result.data);
    return acl_test_of_match(call, match, &why);
}

static enum acl_test
senders_test(struct acl_call *call)
{
    struct match_result result = { .data = STR("") };
    struct why why;
    enum match match;

    why_init(&why, call->scope->pool);
    match = match_address(call->template, message_sender(call), call->scope, &result, &why);
    if (match == MATCH_YES && result.has_data)
        call->state->sender_data = pool_dup(call->state->message_pool, result.data);
    return acl_test_of_match(call, match, &why);
}

static enum acl_test
sender_domains_test(struct acl_call *call)
{
    struct str sender = message_sender(call);
    size_t at = str_rfind(sender, '@');
    struct str domain = at == STR_NONE ? STR("") : str_from(sender, at + 1);
    struct why why;

    why_init(&why, call->scope->pool);
    return acl_test_of_match(call, match_domain(call->template, domain, call->scope, NULL, &why), &why);
}

/* A name against a list of strings; false at once if there is nothing to compare. */
static enum acl_test
string_list_test(struct acl_call *call, struct str text)
{
    struct why why;

    if (text.len == 0)
        return ACL_NO;
    why_init(&why, call->scope->pool);
    return acl_test_of_match(call, match_string(call->template, text, false, call->scope, &why), &why);
}

static enum acl_test
authenticated_test(struct acl_call *call)
{
    return string_list_test(call, call->scope->origin->authenticator);
}

static enum acl_test
encrypted_test(struct acl_call *call)
{
    if (!call->scope->origin->tls.is_active)
        return ACL_NO;
    return string_list_test(call, call->scope->origin->tls.cipher);
}

/* Expand the words of "name arg1 arg2" each by itself; the first is the list. */
static enum acl_test
call_words(struct acl_call *call, struct scope *scope, struct str *name_out)
{
    struct str rest = call->template->text, word;
    struct why why;
    int count = 0;

    why_init(&why, call->scope->pool);
    for (word = str_take_word(&rest); word.len > 0 && count <= ACL_ARGS_MAX; word = str_take_word(&rest), count++) {
        struct str *to = count == 0 ? name_out : &scope->acl_args[count - 1];
        enum outcome outcome = expand_text(word, call->scope, to, &why);

        if (outcome == FAIL && why.is_forced)
            return ACL_YES;
        if (outcome != OK) {
            acl_call_bad(call, "failed to expand ACL string \"%.*s\": %.*s", STR_ARG(word), STR_ARG(why.text));
            return outcome == DEFER ? ACL_CANNOT_TELL : ACL_BAD;
        }
    }
    scope->acl_arg_count = count > 0 ? count - 1 : 0;
    return ACL_NO;
}

/* A word that names no list, with more behind it, may be a whole list in the argument. */
static enum acl_test
call_text(struct acl_call *call, struct str *text_out)
{
    struct why why;

    why_init(&why, call->scope->pool);
    if (expand(call->template, call->scope, text_out, &why) != OK)
        return acl_call_bad(call, "failed to expand ACL string \"%.*s\": %.*s", STR_ARG(call->template->text),
                            STR_ARG(why.text));
    return ACL_YES;
}

static enum acl_test
acl_test_call(struct acl_call *call)
{
    struct scope scope = *call->scope;
    struct acl_reply reply;
    struct str text = STR("");
    enum acl_test test;
    enum acl_result result;

    for (int i = 0; i < ACL_ARGS_MAX; i++)
        scope.acl_args[i] = STR("");
    test = call_words(call, &scope, &text);
    if (test != ACL_NO)
        return test;
    if (scope.acl_arg_count > 0 && !acl_exists(text) && !str_starts(text, STR("/")) &&
        call_text(call, &text) != ACL_YES)
        return ACL_BAD;
    result = acl_run_text(call->point, text, &scope, &reply);
    call->user_text = reply.user_text;
    call->log_text = reply.log_text;
    call->is_log_message_set = reply.is_log_message_set;
    if (reply.sender_failed != NULL) {
        call->reply->sender_failed = reply.sender_failed;
        call->reply->is_sender_detail_wanted = reply.is_sender_detail_wanted;
    }
    call->reply->has_message |= reply.has_message;
    switch (result) {
    case ACL_ACCEPT:
        return ACL_YES;
    case ACL_DROP:
        call->is_drop_wanted = true;
        return ACL_NO;
    case ACL_DENY:
        return ACL_NO;
    case ACL_DEFER:
        return ACL_CANNOT_TELL;
    case ACL_DISCARD:
        return ACL_CALL_DISCARD;
    default:
        return ACL_BAD;
    }
}

/* Conditions that come with content scanning and message authentication. */
static enum acl_test
unbuilt_test(struct acl_call *call)
{
    return acl_call_bad(call, "\"%.*s\" is not built", STR_ARG(call->name));
}

const struct acl_condition basic_acl_conditions[] = {
    { .name = "acl", .is_argument_raw = true, .test = acl_test_call },
    { .name = "authenticated",
      .is_argument_raw = true,
      .forbidden = NOT_SMTP | ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO),
      .test = authenticated_test },
    { .name = "condition", .test = condition_test },
    { .name = "domains", .is_argument_raw = true, .forbidden = NOT_RCPT_VRFY, .test = domains_test },
    { .name = "encrypted",
      .is_argument_raw = true,
      .forbidden = NOT_SMTP | ACL_BIT(ACL_AT_HELO),
      .test = encrypted_test },
    { .name = "hosts", .is_argument_raw = true, .forbidden = NOT_SMTP, .test = hosts_test },
    { .name = "local_parts", .is_argument_raw = true, .forbidden = NOT_RCPT_VRFY, .test = local_parts_test },
    { .name = "recipients", .is_argument_raw = true, .forbidden = NOT_RCPT, .test = recipients_test },
    { .name = "sender_domains", .is_argument_raw = true, .forbidden = ENVELOPE_LESS, .test = sender_domains_test },
    { .name = "senders", .is_argument_raw = true, .forbidden = ENVELOPE_LESS, .test = senders_test },
    { .name = "decode", .test = unbuilt_test, .needs = "WITH_CONTENT_SCAN" },
    { .name = "malware", .test = unbuilt_test, .needs = "WITH_CONTENT_SCAN" },
    { .name = "mime_regex", .test = unbuilt_test, .needs = "WITH_CONTENT_SCAN" },
    { .name = "regex", .test = unbuilt_test, .needs = "WITH_CONTENT_SCAN" },
    { .name = "spam", .test = unbuilt_test, .needs = "WITH_CONTENT_SCAN" },
    { .name = "spf", .test = unbuilt_test, .needs = "SUPPORT_SPF" },
    { .name = "spf_guess", .test = unbuilt_test, .needs = "SUPPORT_SPF" },
    { .name = "dkim_signers", .test = unbuilt_test, .needs = "DKIM support" },
    { .name = "dkim_status", .test = unbuilt_test, .needs = "DKIM support" },
    { .name = "dmarc_status", .test = unbuilt_test, .needs = "SUPPORT_DMARC" },
    { .name = "dcc", .test = unbuilt_test, .needs = "EXPERIMENTAL_DCC" },
    { .name = "bmi_optin", .test = unbuilt_test, .needs = "EXPERIMENTAL_BRIGHTMAIL" },
    { .name = "atrn_domains", .test = unbuilt_test, .needs = "ATRN support" },
    { .name = NULL }
};
