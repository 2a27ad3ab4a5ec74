/* smtp_server/greeting.c -- what is checked when a connection comes, and the banner (manual: the SMTP connect ACL,
 * smtp_banner, host_reject_connection, smtp_reserve_hosts, smtp_load_reserve). */
#include <stdlib.h>
#include "base/trace.h"
#include "expand/expand.h"
#include "log/log.h"
#include "net/host_name.h"
#include "net/ip_address.h"
#include "net/socket.h"
#include "smtp_server/server.h"

/* Say why not, log it, end. */
static bool
turn_away(struct smtp_session *session, int code, const char *reply, const char *log_text)
{
    struct str host = session_host(session, false);

    log_write(LOG_CONNECTION_REJECT, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "Connection from %.*s refused: %s",
              STR_ARG(host), log_text);
    session_replyf(session, code, "%.*s%s%s", STR_ARG(code == SMTP_UNAVAILABLE ? session->active_hostname : STR("")),
                   code == SMTP_UNAVAILABLE ? ": " : "", reply);
    return false;
}

static void
find_ident(struct smtp_session *session)
{
    struct origin *origin = session->origin;
    struct ip_address ours, theirs;

    if (session->options->is_pretending || config->rfc1413_query_timeout <= 0 ||
        !session_client_in(session, config->rfc1413_hosts) || !ip_parse(origin->interface_address, &ours) ||
        !ip_parse(origin->host_address, &theirs))
        return;
    origin->ident = ident_query(&ours, origin->interface_port, &theirs, origin->host_port,
                                deadline_in_s(config->rfc1413_query_timeout), origin->pool);
}

static bool
is_load_too_high(void)
{
    double load;

    return config->smtp_load_reserve > 0 && getloadavg(&load, 1) == 1 && load * 1000 > config->smtp_load_reserve;
}

static bool
set_active_hostname(struct smtp_session *session)
{
    struct scope scope = session_scope(session);
    struct str name;
    struct why why;
    enum outcome outcome;

    session->active_hostname = config->primary_hostname;
    if (config->smtp_active_hostname == NULL)
        return true;
    why_init(&why, session->scratch);
    outcome = expand(config->smtp_active_hostname, &scope, &name, &why);
    if (outcome == OK && name.len > 0)
        session->active_hostname = pool_dup(session->pool, name);
    if (outcome == OK || (outcome == FAIL && why.is_forced))
        return true;
    log_panic(NULL, "failed to expand \"%.*s\" (smtp_active_hostname): %.*s",
              STR_ARG(config->smtp_active_hostname->text),
              STR_ARG(why.text));
    session_reply(session, SMTP_UNAVAILABLE, STR("Temporary local problem - please try later"));
    return false;
}

/* message_size_limit, smtp_receive_timeout, recipients_max: each once for a connection. */
static bool
expand_limits(struct smtp_session *session)
{
    struct scope scope = session_scope(session);
    struct why why;
    int64_t value = 0;

    why_init(&why, session->scratch);
    if (config->message_size_limit != NULL && expand_int(config->message_size_limit, &scope, &value, &why) != OK) {
        log_panic(NULL, "unable to expand message_size_limit: %.*s", STR_ARG(why.text));
        session_reply(session, SMTP_UNAVAILABLE, STR("Temporary local problem - please try later"));
        return false;
    }
    session->size_limit_bytes = value;
    value = 0;
    if (config->recipients_max != NULL && expand_int(config->recipients_max, &scope, &value, &why) == OK)
        session->recipients_max = (int)value;
    return true;
}

static bool
banner_text(struct smtp_session *session, struct str *text_out)
{
    struct scope scope = session_scope(session);
    struct why why;

    why_init(&why, session->scratch);
    *text_out = STR("");
    if (config->smtp_banner == NULL || expand(config->smtp_banner, &scope, text_out, &why) == OK)
        return true;
    log_panic(NULL, "Expansion of \"%.*s\" (smtp_banner) failed: %.*s", STR_ARG(config->smtp_banner->text),
              STR_ARG(why.text));
    return false;
}

/* The host's rights at connect, before any list is run. */
static bool
is_welcome(struct smtp_session *session)
{
    struct why why;

    if (config->host_lookup != NULL && session_client_in(session, config->host_lookup)) {
        why_init(&why, session->scratch);
        host_name_lookup(session->origin, &why);
    }
    if (session_client_in(session, config->host_reject_connection)) {
        struct str host = session_host(session, false);

        log_write(LOG_CONNECTION_REJECT, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
                  "refused connection from %.*s (host_reject_connection)", STR_ARG(host));
        session_reply(session, SMTP_FAILED, STR("SMTP service not available"));
        return false;
    }
    if (!session->options->was_reserve_checked && is_load_too_high() &&
        !session_client_in(session, config->smtp_reserve_hosts))
        return turn_away(session, SMTP_UNAVAILABLE, "Too much load; please try again later",
                         "load average is too high");
    return true;
}

/* Under a daemon that is the daemon's line. */
void
session_log_connection(struct smtp_session *session)
{
    struct str host = session_host(session, false);

    if (!session->options->is_daemon && !session_client_in(session, config->hosts_connection_nolog))
        log_write(LOG_SMTP_CONNECTION, LOG_TO_MAIN, NULL, "SMTP connection from %.*s", STR_ARG(host));
}

bool
session_greet(struct smtp_session *session)
{
    struct acl_reply reply = { 0 };
    enum acl_result result = ACL_ACCEPT;
    struct str banner;

    session_log_connection(session);
    if (!set_active_hostname(session) || !expand_limits(session))
        return false;
    if (session->origin->is_socket) {
        if (!is_welcome(session))
            return false;
        find_ident(session);
    }
    if (config->acl_smtp_connect != NULL)
        result = session_acl(session, ACL_AT_CONNECT, config->acl_smtp_connect, NULL, &reply);
    if (result != ACL_ACCEPT) {
        session_refuse(session, ACL_AT_CONNECT, result, &reply, STR("connection in \"connect\" ACL"));
        return false;
    }
    if (session_talked_early(session))
        return false;
    if (!banner_text(session, &banner)) {
        session_reply(session, SMTP_UNAVAILABLE, STR("Temporary local problem - please try later"));
        return false;
    }
    session_accept(session, &reply, SMTP_READY, banner);
    return true;
}
