/* smtp_server/expn.c -- EXPN: what an address stands for, one level deep (RFC 5321 section 3.5; manual: the VRFY and
 * EXPN
 * commands). */
#include "address/address.h"
#include "address/mailbox.h"
#include "base/buf.h"
#include "routers/router.h"
#include "smtp_server/server.h"

enum { LINES_MAX_BYTES = 64 << 10 };

static void
answer(struct smtp_session *session, struct address *addr)
{
    struct scope scope = session_scope(session);
    struct route_run run;
    enum route_result routed;
    struct buf lines;

    route_run_init(&run, session->scratch, &scope, ROUTE_FOR_EXPN);
    routed = route_address(&run, addr);
    buf_init(&lines, session->scratch, LINES_MAX_BYTES);
    switch (routed) {
    case ROUTED_TO_CHILDREN:
        for (const struct address *child = run.children; child != NULL; child = child->next)
            buf_addf_tainted(&lines, "%s<%.*s>", lines.len > 0 ? "\n" : "", STR_ARG(child->text));
        session_reply(session, SMTP_OK, buf_str(&lines));
        return;
    case ROUTED_TO_TRANSPORT:
    case ROUTED_TO_NOTHING:
        session_replyf(session, SMTP_OK, "<%.*s>", STR_ARG(addr->text));
        return;
    case ROUTED_DEFER:
        session_replyf(session, SMTP_LOCAL_ERROR, "%.*s cannot be resolved at this time", STR_ARG(addr->text));
        return;
    default:
        session_replyf(session, SMTP_BAD_MAILBOX, "%.*s is undeliverable", STR_ARG(addr->text));
    }
}

static void
expn_run(struct smtp_session *session)
{
    struct address_rules rules = receive_address_rules();
    struct address_parse parse;
    struct acl_reply reply;
    struct address *addr;
    struct str reason, what;
    enum acl_result result = session_acl(session, ACL_AT_EXPN, config->acl_smtp_expn, NULL, &reply);

    if (result != ACL_ACCEPT) {
        what = pool_printf_tainted(session->scratch, "EXPN %.*s", STR_ARG(session->argument));
        session_refuse(session, ACL_AT_EXPN, result, &reply, what);
        return;
    }
    rules.allow_unqualified = true;
    if (!address_parse(session->scratch, session->argument, &rules, &parse, &reason)) {
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, reason);
        return;
    }
    addr = address_new(session->scratch, parse.box.domain.len > 0 ? parse.address
                                                                  : receive_qualify(session->scratch, parse.address,
                                                                                    true));
    if (addr == NULL)
        session_replyf(session, SMTP_BAD_MAILBOX, "%.*s is undeliverable", STR_ARG(session->argument));
    else
        answer(session, addr);
}

const struct smtp_command expn_command = { .name = "EXPN", .event = EVENT_EXPN, .has_argument = true, .run = expn_run };
