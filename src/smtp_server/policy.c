/* smtp_server/policy.c -- run the lists of the configuration and carry their verdicts to the client. */
#include "base/buf.h"
#include "base/trace.h"
#include "log/log.h"
#include "match/match.h"
#include "smtp_server/server.h"

enum { LINES_MAX_BYTES = 64 << 10 };

struct scope
session_scope(struct smtp_session *session)
{
    struct scope scope = scope_make(session->scratch);

    scope.origin = session->origin;
    scope.message = session->message;
    scope.session = session;
    scope.acl = &session->acl;
    scope.verify = &session->verify;
    return scope;
}

bool
session_client_in(struct smtp_session *session, struct template *list)
{
    struct scope scope = session_scope(session);
    struct captures captures = { .count = 0 };
    struct why why;

    scope.captures = &captures;
    why_init(&why, session->scratch);
    return list != NULL && match_client_host(list, &scope, NULL, &why) == MATCH_YES;
}

enum acl_result
session_acl(struct smtp_session *session, enum acl_point point, struct template *option, struct address *address,
            struct acl_reply *reply)
{
    struct scope scope = session_scope(session);
    enum acl_result result;

    scope.address = address;
    session->acl.smtp_command = session->line;
    session->acl.smtp_command_argument = session->argument;
    session->acl.rcpt_count = session->rcpt_count;
    result = acl_run(point, option, &scope, reply);
    if (result != ACL_DISCARD || point == ACL_AT_MAIL || point == ACL_AT_RCPT)
        return result;
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "\"discard\" verb not allowed in %s ACL",
              acl_point_name(point));
    return ACL_ERROR;
}

/* An enhanced code of a message goes before each of its lines. */
struct str
session_with_enhanced(struct smtp_session *session, struct str enhanced, struct str text)
{
    struct buf lines;
    struct str line;

    if (enhanced.len == 0)
        return text;
    buf_init(&lines, session->scratch, LINES_MAX_BYTES);
    do {
        str_cut(text, '\n', &line, &text);
        if (lines.len > 0)
            buf_add_char(&lines, '\n');
        buf_add(&lines, enhanced);
        buf_add_char(&lines, ' ');
        buf_add(&lines, line);
    } while (text.len > 0);
    return buf_str(&lines);
}

void
session_accept(struct smtp_session *session, const struct acl_reply *reply, int code, struct str text)
{
    struct str enhanced = STR("");

    if (reply->has_message && reply->user_text.len > 0) {
        text = reply->user_text;
        acl_message_code(&text, &code, &enhanced);
        text = session_with_enhanced(session, enhanced, text);
    }
    session_reply(session, code, text);
}

/* ---- Refusals */

/* The code when a list of this point denies (manual: ACL return codes; acl names). */
static int
denial_code(enum acl_point point)
{
    switch (point) {
    case ACL_AT_AUTH:
        return SMTP_BAD_SEQUENCE;
    case ACL_AT_ETRN:
        return 458;                 /* RFC 1985: unable to queue messages for the node */
    case ACL_AT_VRFY:
        return SMTP_CANNOT_VERIFY;
    default:
        return SMTP_REFUSED;
    }
}

/* What the client is told; a wrong code in the message is put right in the log text, too. */
static struct str
refusal_text(struct smtp_session *session, enum acl_result result, const struct acl_reply *reply, int *code,
             struct str *log_text)
{
    struct str text = reply->user_text, enhanced = STR("");

    if (result == ACL_ERROR || (result == ACL_DEFER && text.len == 0))
        return STR("Temporary local problem - please try later");
    if (text.len == 0)
        return STR("Administrative prohibition");
    if (!acl_message_code(&text, code, &enhanced) && str_eq(*log_text, reply->user_text))
        *log_text = pool_printf_tainted(session->scratch, "%d %.*s", *code, STR_ARG(text));
    return session_with_enhanced(session, enhanced, text);
}

static void
refusal_log(struct smtp_session *session, enum acl_point point, bool is_temporary, struct str what, struct str log_text)
{
    struct str host = session_host(session, true), sender = STR("");
    bool has_sender = point == ACL_AT_RCPT && session_in_transaction(session);

    if (session->acl.log_reject == 0)
        return;
    if (has_sender)
        sender = session->message->sender;
    log_write(LOG_ALWAYS, session->acl.log_reject, session->message->id[0] != '\0' ? session->message->id : NULL,
              "%.*s%s%.*s%s %srejected %.*s%s%.*s", STR_ARG(host), has_sender ? " F=<" : "", STR_ARG(sender),
              has_sender ? ">" : "", is_temporary ? "temporarily " : "", STR_ARG(what), log_text.len > 0 ? ": " : "",
              STR_ARG(log_text));
}

void
session_refuse(struct smtp_session *session, enum acl_point point, enum acl_result result,
               const struct acl_reply *reply,
               struct str what)
{
    bool is_temporary = result == ACL_DEFER || result == ACL_ERROR || result == ACL_DISCARD;
    int code = is_temporary ? SMTP_LOCAL_ERROR : denial_code(point);
    struct str details, text, log_text = reply->log_text;
    struct scope scope = session_scope(session);

    details = acl_report_sender(reply, &scope);
    text = refusal_text(session, is_temporary && result != ACL_DEFER ? ACL_ERROR : result, reply, &code, &log_text);
    refusal_log(session, point, is_temporary, what, log_text);
    if (details.len > 0)
        text = pool_printf_tainted(session->scratch, "%.*s%.*s", STR_ARG(details), STR_ARG(text));
    session_reply(session, code, text);
    if (result == ACL_DROP) {
        struct str host = session_host(session, false);

        log_write(LOG_SMTP_CONNECTION, LOG_TO_MAIN, NULL, "SMTP connection from %.*s closed by DROP in ACL",
                  STR_ARG(host));
        session_close(session, "acl-drop");
    }
}
