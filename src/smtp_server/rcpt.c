/* smtp_server/rcpt.c -- RCPT TO (RFC 5321 section 4.1.1.3; RFC 3461 NOTIFY, ORCPT). */
#include "address/address.h"
#include "address/mailbox.h"
#include "expand/expand.h"
#include "match/match.h"
#include "rewrite/rewrite.h"
#include "smtp_server/server.h"

/* The text of the first refusal, as long as all refusals were alike. */
static void
note_refusal(struct smtp_session *session)
{
    struct str text = session->reply_text;

    if (session->rcpt_refusal_code == 0) {
        session->rcpt_refusal = pool_dup(session->message_pool, text);
        session->rcpt_refusal_code = session->reply_code;
        session->is_rcpt_refusal_same = true;
    } else if (session->rcpt_refusal_code != session->reply_code || !str_eq(session->rcpt_refusal, text))
        session->is_rcpt_refusal_same = false;
    if (session->reply_code / 100 == 4)
        session->acl.rcpt_defer_count++;
    else
        session->acl.rcpt_fail_count++;
}

static bool
is_over_limit(struct smtp_session *session)
{
    struct str host, sender = session->message->sender;
    size_t count = session->message->recipient_count + (size_t)session->discarded_count;

    if (session->recipients_max <= 0 || count < (size_t)session->recipients_max)
        return false;
    session_reply(session, config->recipients_max_reject ? SMTP_TOO_BIG : SMTP_NO_SPACE, STR("too many recipients"));
    if (!session->is_recipients_over) {
        host = session_host(session, true);
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "too many recipients: %s: sender=<%.*s> %.*s",
                  config->recipients_max_reject ? "message rejected" : "excess temporarily rejected", STR_ARG(sender),
                      STR_ARG(host));
    }
    session->is_recipients_over = true;
    return true;
}

static bool
parse_parameters(struct smtp_session *session, struct str rest, struct smtp_rcpt_params *params)
{
    struct smtp_parameter parameter;
    const char *text = NULL;

    while (rest = str_trim_left(rest), rest.len > 0) {
        struct str whole = rest;
        enum smtp_param_result result;

        if (!session->offers.dsn || !smtp_parameter_next(&rest, &parameter, &text))
            return session_bad_rest(session, whole);
        result = smtp_rcpt_param(params, session->message_pool, &parameter, &text);
        if (result == SMTP_PARAM_UNKNOWN)
            return session_bad_rest(session, whole);
        if (result != SMTP_PARAM_OK)
            return session_bad_parameter(session, result, parameter.keyword, text);
    }
    return true;
}

/* "a%b@ours" for the domains of percent_hack_domains. */
static struct str
percent_hack(struct smtp_session *session, struct str text)
{
    struct scope scope = session_scope(session);
    struct captures captures = { .count = 0 };
    struct mailbox box;
    struct str inner;
    struct why why;

    if (config->percent_hack_domains == NULL)
        return text;
    scope.captures = &captures;
    why_init(&why, session->scratch);
    while (mailbox_split(text, &box, NULL) && local_part_percent_hack(session->message_pool, box.local_part, &inner) &&
           match_domain(config->percent_hack_domains, box.domain, &scope, NULL, &why) == MATCH_YES)
        text = inner;
    return text;
}

static void
accept_recipient(struct smtp_session *session, struct str text, const struct smtp_rcpt_params *params)
{
    struct recipient *recipient = message_add_recipient(session->message, text);

    recipient->notify = params->notify;
    recipient->original = pool_dup(session->message_pool, params->orcpt);
}

static void
discard_recipient(struct smtp_session *session, struct str text, const struct acl_reply *reply, const char *by)
{
    struct str host = session_host(session, true), sender = session->message->sender, argument = text;
    struct str log_text = reply->is_log_message_set ? reply->log_text : STR("");

    session->discarded_count++;
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "%.*s F=<%.*s> RCPT <%.*s>: discarded by %s ACL%s%.*s",
              STR_ARG(host), STR_ARG(sender), STR_ARG(argument), by, log_text.len > 0 ? ": " : "", STR_ARG(log_text));
}

static void
run_list(struct smtp_session *session, struct address *address, const struct smtp_rcpt_params *params)
{
    struct acl_reply reply = { 0 };
    enum acl_result result = ACL_DISCARD;
    struct str text = address->text, what;

    if (session->is_batch)
        result = ACL_ACCEPT;
    else if (!session->is_discarding)
        result = session_acl(session, ACL_AT_RCPT, config->acl_smtp_rcpt, address, &reply);
    if (result == ACL_ACCEPT || result == ACL_DISCARD) {
        if (result == ACL_DISCARD)
            discard_recipient(session, text, &reply, session->is_discarding ? "MAIL" : "RCPT");
        else
            accept_recipient(session, text, params);
        session->state = STATE_RCPT;
        session_accept(session, &reply, SMTP_OK, STR("Accepted"));
        return;
    }
    what = pool_printf_tainted(session->scratch, "RCPT <%.*s>", STR_ARG(text));
    session_refuse(session, ACL_AT_RCPT, result, &reply, what);
}

static bool
rewrite_recipient(struct smtp_session *session, struct str *text)
{
    struct scope scope = session_scope(session);
    struct why why;

    if (!rewrite_has_rules(REWRITE_ENV_RECIPIENT))
        return true;
    scope.pool = session->message_pool;
    why_init(&why, session->scratch);
    if (rewrite_address(*text, REWRITE_ENV_RECIPIENT, &scope, text, &why) != DEFER)
        return true;
    session_reply(session, SMTP_LOCAL_ERROR, STR("Temporary local problem - please try later"));
    return false;
}

static void
take_recipient(struct smtp_session *session)
{
    struct smtp_rcpt_params params = { .notify = 0, .orcpt = STR("") };
    struct address *address;
    struct str text, rest;

    if (!session_argument_address(session, session->argument, &text, &rest) ||
        !parse_parameters(session, rest, &params) ||
        is_over_limit(session))
        return;
    text = percent_hack(session, text);
    if (!rewrite_recipient(session, &text))
        return;
    address = address_new(session->scratch, text);
    if (address == NULL) {
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT,
                      pool_printf_tainted(session->scratch, "<%.*s>: malformed address", STR_ARG(text)));
        return;
    }
    run_list(session, address, &params);
}

static void
rcpt_run(struct smtp_session *session)
{
    size_t before = session->message->recipient_count + (size_t)session->discarded_count;

    session->rcpt_count++;
    if (session->argument.len == 0)
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, STR("RCPT must have an address operand"));
    else {
        session_slow_down(session, config->smtp_ratelimit_rcpt, session->rcpt_count, &session->rcpt_delay_s);
        take_recipient(session);
    }
    if (session->message->recipient_count + (size_t)session->discarded_count == before)
        note_refusal(session);
}

const struct smtp_command rcpt_command = { .name = "RCPT TO:", .event = EVENT_RCPT, .is_mail = true,
                                           .has_argument = true,
                                           .run = rcpt_run };
