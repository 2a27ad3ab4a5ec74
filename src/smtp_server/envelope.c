/* smtp_server/envelope.c -- the address in an argument of MAIL, RCPT, VRFY (RFC 5321 section 4.1.2; manual: rewriting
 * at SMTP
 * time, unqualified addresses). */
#include "address/mailbox.h"
#include "rewrite/rewrite.h"
#include "smtp_server/server.h"

/* The rules with the S flag see the text between the angle brackets, before anything is parsed. */
static struct str
rewrite_raw(struct smtp_session *session, bool is_recipient, struct str argument)
{
    struct scope scope = session_scope(session);
    size_t close = str_rfind(argument, '>');
    struct str inner, changed;

    if (!rewrite_has_rules(REWRITE_SMTP) || argument.len < 2 || argument.ptr[0] != '<' || close == STR_NONE)
        return argument;
    inner = str_sub(argument, 1, close - 1);
    if (!rewrite_smtp(inner, !is_recipient, &scope, &changed))
        return argument;
    return pool_printf_tainted(session->scratch, "<%.*s>%.*s", STR_ARG(changed),
                               STR_ARG(str_from(argument, close + 1)));
}

static bool
may_be_unqualified(struct smtp_session *session, bool is_recipient)
{
    if (!session->origin->is_socket || session->is_batch)
        return true;
    return session_client_in(session, is_recipient ? config->recipient_unqualified_hosts
                             : config->sender_unqualified_hosts);
}

static bool
fault(struct smtp_session *session, struct str argument, struct str reason)
{
    if (session->is_batch)
        session_reply(session, SMTP_BAD_ARGUMENT, reason);
    else
        session_error_logged(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, reason,
                         pool_printf_tainted(session->scratch, "%.*s: %.*s", STR_ARG(argument), STR_ARG(reason)));
    return false;
}

bool
session_bad_rest(struct smtp_session *session, struct str parameter)
{
    struct str argument = session->argument, head = str_head(argument, (size_t)(parameter.ptr - argument.ptr));

    return fault(session, argument, pool_printf_tainted(session->scratch, "malformed address: %.*s may not follow %.*s",
                                                        STR_ARG(parameter), STR_ARG(head)));
}

bool
session_bad_parameter(struct smtp_session *session, enum smtp_param_result result, struct str keyword, const char *text)
{
    struct str shown = str_of(text);

    if (result == SMTP_PARAM_TWICE)
        shown = pool_printf_tainted(session->scratch, "%.*s can be specified once only", STR_ARG(keyword));
    else if (str_ieq_c(keyword, "NOTIFY"))
        shown = STR("Invalid value for NOTIFY parameter");
    session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, shown);
    return false;
}

static bool
refuse_unqualified(struct smtp_session *session, struct str argument, struct str address)
{
    const char *kind = session->event == EVENT_MAIL ? "sender" : session->event == EVENT_RCPT ? "recipient" : "verify";
    struct str host = session_host(session, true);

    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "unqualified %s rejected: <%.*s> %.*s", kind,
              STR_ARG(address),
              STR_ARG(host));
    session_replyf(session, SMTP_BAD_ARGUMENT, "%.*s: %s address must contain a domain", STR_ARG(argument),
                   session->event == EVENT_MAIL ? "sender" : "recipient");
    return false;
}

bool
session_argument_address(struct smtp_session *session, struct str argument, struct str *address_out,
                         struct str *rest_out)
{
    struct address_rules rules = receive_address_rules();
    bool is_recipient = session->event != EVENT_MAIL;
    struct address_parse parse;
    struct str reason, raw = argument;

    rules.allow_empty = !is_recipient;
    rules.allow_unqualified = true;
    argument = rewrite_raw(session, is_recipient, argument);
    if (!address_from_smtp(session->scratch, argument, &rules, &parse, rest_out, &reason))
        return fault(session, raw, reason);
    *address_out = pool_dup(session->message_pool, parse.address);
    if (parse.address.len == 0 || parse.box.domain.len > 0)
        return true;
    /* RFC 5321 section 4.1.1.3: "postmaster" needs no domain. */
    if (!(is_recipient && str_ieq_c(parse.address, "postmaster")) && !may_be_unqualified(session, is_recipient))
        return refuse_unqualified(session, raw, parse.address);
    *address_out = receive_qualify(session->message_pool, *address_out, is_recipient);
    return true;
}
