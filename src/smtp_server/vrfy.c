/* smtp_server/vrfy.c -- VRFY (RFC 5321 section 3.5; manual: the VRFY and EXPN commands). */
#include "address/address.h"
#include "log/log.h"
#include "smtp_server/server.h"

/* Verify as -bv does, and say so. */
static void
answer(struct smtp_session *session, struct str text)
{
    struct scope scope = session_scope(session);
    struct verify_options options;
    struct verify_result result;
    struct address *addr = address_new(session->scratch, text);
    struct str host, why;

    verify_options_init(&options);
    if (addr == NULL) {
        session_replyf(session, SMTP_REFUSED, "<%.*s> malformed address", STR_ARG(text));
        return;
    }
    if (verify_address(addr, &options, &scope, &result) == OK) {
        session_replyf(session, SMTP_OK, "<%.*s> is deliverable", STR_ARG(text));
        return;
    }
    why = result.user_text.len > 0 ? result.user_text : STR("is undeliverable");
    if (result.outcome == DEFER)
        session_replyf(session, SMTP_LOCAL_ERROR, "Cannot resolve <%.*s> at this time", STR_ARG(text));
    else
        session_replyf(session, SMTP_REFUSED, "<%.*s> %.*s", STR_ARG(text), STR_ARG(why));
    host = session_host(session, true);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "VRFY failed for %.*s %.*s", STR_ARG(text), STR_ARG(host));
}

static void
vrfy_run(struct smtp_session *session)
{
    struct acl_reply reply;
    struct address *addr;
    struct str text, rest, what;
    enum acl_result result;

    if (session->argument.len == 0) {
        session_reply(session, SMTP_BAD_ARGUMENT, STR("empty address"));
        return;
    }
    if (!session_argument_address(session, session->argument, &text, &rest))
        return;
    addr = address_new(session->scratch, text);
    result = session_acl(session, ACL_AT_VRFY, config->acl_smtp_vrfy, addr, &reply);
    if (result == ACL_ACCEPT) {
        answer(session, text);
        return;
    }
    what = pool_printf_tainted(session->scratch, "VRFY %.*s", STR_ARG(session->argument));
    session_refuse(session, ACL_AT_VRFY, result, &reply, what);
}

const struct smtp_command vrfy_command = { .name = "VRFY", .event = EVENT_VRFY, .has_argument = true, .run = vrfy_run };
