/* smtp_server/envelope.c -- the address in an argument of MAIL, RCPT, VRFY (RFC 5321 section 4.1.2; manual: rewriting at SMTP
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
    return pool_printf_tainted(session->scratch, "<%.*s>%.*s", STR_ARG(changed), STR_ARG(str_from(argument, close + 1)));
}

static bool
may_be_unqualified(struct smtp_session *session, bool is_recipient)
{
    if (!session->origin->is_socket || session->is_batch)
        return true;
    return session_client_in(session, is_recipient ? config->recipient_unqualified_hosts : config->sender_unqualified_hosts);
}

static bool
fault(struct smtp_session *session, struct str argument, struct str reason)
{
    session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT,
                  pool_printf_tainted(session->scratch, "%.*s: %.*s", STR_ARG(argument), STR_ARG(reason)));
    return false;
}

bool
session_argument_address(struct smtp_session *session, bool is_recipient, struct str argument, struct str *address_out,
                         struct str *rest_out)
{
    struct address_rules rules = receive_address_rules();
    struct address_parse parse;
    struct str reason, host;

    rules.allow_empty = !is_recipient;
    rules.allow_unqualified = true;
    argument = rewrite_raw(session, is_recipient, argument);
    if (!address_from_smtp(session->scratch, argument, &rules, &parse, rest_out, &reason))
        return fault(session, argument, reason);
    *address_out = pool_dup(session->message_pool, parse.address);
    if (parse.address.len == 0 || parse.box.domain.len > 0)
        return true;
    if (is_recipient && str_ieq_c(parse.address, "postmaster")) {
        /* RFC 5321 section 4.1.1.3: "postmaster" needs no domain. */
        *address_out = receive_qualify(session->message_pool, *address_out, true);
        return true;
    }
    if (!may_be_unqualified(session, is_recipient)) {
        host = session_host(session, true);
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "unqualified %s rejected: <%.*s> %.*s",
                  is_recipient ? "recipient" : "sender", STR_ARG(parse.address), STR_ARG(host));
        session_replyf(session, SMTP_BAD_ARGUMENT, "<%.*s>: %s address must contain a domain", STR_ARG(parse.address),
                       is_recipient ? "recipient" : "sender");
        return false;
    }
    *address_out = receive_qualify(session->message_pool, *address_out, is_recipient);
    return true;
}
