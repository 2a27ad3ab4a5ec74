/* smtp_server/mail.c -- MAIL FROM (RFC 5321 section 4.1.1.2; RFC 1870 SIZE, 6152 BODY, 3461 RET ENVID, PRDR). */
#include "address/mailbox.h"
#include "base/clock.h"
#include "expand/expand.h"
#include "match/match.h"
#include "net/dns.h"
#include "rewrite/rewrite.h"
#include "smtp_server/server.h"

/* 421 for those who go mad (smtp_accept_max_per_connection). */
static bool
has_too_many(struct smtp_session *session)
{
    struct scope scope = session_scope(session);
    struct why why;
    struct str host;
    int64_t limit = 0;

    why_init(&why, session->scratch);
    if (config->smtp_accept_max_per_connection == NULL || session->is_batch ||
        expand_int(config->smtp_accept_max_per_connection, &scope, &limit, &why) != OK || limit <= 0 ||
        session->mail_count <= limit)
        return false;
    host = session_host(session, true);
    session_reply(session, SMTP_UNAVAILABLE, STR("too many messages in this connection"));
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "rejected MAIL command %.*s: too many messages in one "
              "connection",
              STR_ARG(host));
    return true;
}

static bool
lacks_helo(struct smtp_session *session)
{
    struct str host;

    if (session->state != STATE_CONNECTED || session->is_batch)
        return false;
    if (!session_client_in(session, config->hosts_require_helo) &&
        !session_client_in(session, config->helo_verify_hosts))
        return false;
    host = session_host(session, false);
    session_reply(session, SMTP_BAD_SEQUENCE, STR("HELO or EHLO required"));
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "rejected MAIL from %.*s: no HELO/EHLO given",
              STR_ARG(host));
    return true;
}

/* ---- Parameters */

static bool
is_offered(const struct smtp_session *session, struct str keyword)
{
    const struct smtp_offers *o = &session->offers;

    if (!session->origin->is_esmtp)
        return session->is_batch;
    if (str_ieq_c(keyword, "SIZE"))
        return o->size;
    if (str_ieq_c(keyword, "BODY"))
        return o->eightbitmime;
    if (str_ieq_c(keyword, "RET") || str_ieq_c(keyword, "ENVID"))
        return o->dsn;
    if (str_ieq_c(keyword, "PRDR"))
        return o->prdr;
    return str_ieq_c(keyword, "AUTH");
}

static bool
parse_parameters(struct smtp_session *session, struct str rest, struct smtp_mail_params *params)
{
    struct smtp_parameter parameter;
    const char *text = NULL;

    while (rest = str_trim_left(rest), rest.len > 0) {
        struct str whole = rest;
        enum smtp_param_result result;

        if (!smtp_parameter_next(&rest, &parameter, &text) || !is_offered(session, parameter.keyword))
            return session_bad_rest(session, whole);
        result = smtp_mail_param(params, session->message_pool, &parameter, &text);
        if (result == SMTP_PARAM_UNKNOWN)
            return session_bad_rest(session, whole);
        if (result != SMTP_PARAM_OK)
            return session_bad_parameter(session, result, parameter.keyword, text);
    }
    return true;
}

/* ---- Sizes and space */

static bool
is_size_right(struct smtp_session *session, const struct smtp_mail_params *params, struct str sender)
{
    struct str host;

    if (params->has_size && session->size_limit_bytes > 0 && params->size_bytes > session->size_limit_bytes) {
        host = session_host(session, true);
        session_reply(session, SMTP_TOO_BIG, STR("Message size exceeds maximum permitted"));
        log_write(LOG_SIZE_REJECT, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
                  "rejected MAIL FROM:<%.*s> %.*s: message too big: size=%lld max=%lld",
                  STR_ARG(sender), STR_ARG(host), (long long)params->size_bytes, (long long)session->size_limit_bytes);
        return false;
    }
    return true;
}

/* Room for the announced size, and what check_spool_space and its kin ask for. */
static bool
is_space_left(struct smtp_session *session, const struct smtp_mail_params *params)
{
    const struct spool *spool;
    struct why why;

    if (session->options->is_pretending)
        return true;
    why_init(&why, session->scratch);
    spool = spool_configured(&why);
    if (spool != NULL && spool_check_space(spool, params->has_size &&
                                           config->smtp_check_spool_space ? params->size_bytes : 0,
                                           &why) == OK)
        return true;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "spool space check: %.*s", STR_ARG(why.text));
    session_reply(session, SMTP_NO_SPACE, STR("space shortage, please try later"));
    return false;
}

/* ---- Senders of local callers: theirs by default (manual: incoming local SMTP, untrusted_set_sender). */
static struct str
local_sender(struct smtp_session *session, struct str sender)
{
    const struct origin *origin = session->origin;
    struct scope scope = session_scope(session);
    struct captures captures = { .count = 0 };
    struct why why;

    if (origin->is_socket || origin->is_trusted || sender.len == 0)
        return sender;
    scope.captures = &captures;
    why_init(&why, session->scratch);
    if (config->untrusted_set_sender != NULL &&
        match_address(config->untrusted_set_sender, sender, &scope, NULL, &why) == MATCH_YES) {
        session->message->is_sender_set_untrusted = true;
        return sender;
    }
    return pool_printf_tainted(session->message_pool, "%.*s@%.*s", STR_ARG(origin->caller_login),
                               STR_ARG(config->qualify_domain));
}

static void
take_parameters(struct smtp_session *session, const struct smtp_mail_params *params)
{
    struct message *message = session->message;

    session->body = params->body;
    session->acl.size_parameter = params->has_size ? params->size_bytes : -1;
    message->message_bytes = session->acl.size_parameter;
    message->dsn_return = params->ret;
    message->envid = pool_dup(session->message_pool, params->envid);
    session->acl.is_prdr_requested = params->is_prdr;
    /* Nobody is authenticated: the claim of AUTH= counts for nothing (RFC 4954 section 5). */
    message->authenticated_sender_for_mail = STR("");
}

static void
run_list(struct smtp_session *session)
{
    struct acl_reply reply = { 0 };
    enum acl_result result = ACL_ACCEPT;
    struct str sender = session->message->sender, what;

    if (config->acl_smtp_mail != NULL && !session->is_batch)
        result = session_acl(session, ACL_AT_MAIL, config->acl_smtp_mail, NULL, &reply);
    if (result == ACL_ACCEPT || result == ACL_DISCARD) {
        session->is_discarding = result == ACL_DISCARD;
        session->state = STATE_MAIL;
        session_accept(session, &reply, SMTP_OK, session->acl.is_prdr_requested ? STR("OK, PRDR Requested")
                       : STR("OK"));
        return;
    }
    what = pool_printf_tainted(session->scratch, "MAIL <%.*s>", STR_ARG(sender));
    session_refuse(session, ACL_AT_MAIL, result, &reply, what);
    session_reset(session, NULL);
}

static bool
rewrite_sender(struct smtp_session *session, struct str *sender)
{
    struct scope scope = session_scope(session);
    struct why why;

    if (sender->len == 0 || !rewrite_has_rules(REWRITE_ENV_SENDER))
        return true;
    scope.pool = session->message_pool;
    why_init(&why, session->scratch);
    if (rewrite_address(*sender, REWRITE_ENV_SENDER, &scope, sender, &why) != DEFER)
        return true;
    session_reply(session, SMTP_LOCAL_ERROR, STR("Temporary local problem - please try later"));
    return false;
}

static void
take_sender(struct smtp_session *session)
{
    struct smtp_mail_params params = { .has_size = false, .auth = STR(""), .envid = STR("") };
    struct str sender, rest;

    session->mail_count++;
    if (lacks_helo(session) || has_too_many(session))
        return;
    session->is_rset_free = session->is_helo_free = true;
    if (session->argument.len == 0) {
        session_error(session, LOG_SMTP_PROTOCOL_ERROR, SMTP_BAD_ARGUMENT, STR("MAIL must have an address operand"));
        return;
    }
    session_reset(session, NULL);
    session_slow_down(session, config->smtp_ratelimit_mail, session->mail_count, &session->mail_delay_s);
    if (!session_argument_address(session, session->argument, &sender, &rest) ||
        !parse_parameters(session, rest, &params) || !is_size_right(session, &params, sender) ||
        !is_space_left(session, &params))
        return;
    sender = local_sender(session, sender);
    if (!rewrite_sender(session, &sender))
        return;
    session->message->sender = sender;
    take_parameters(session, &params);
    run_list(session);
}

static void
mail_run(struct smtp_session *session)
{
    take_sender(session);
    session->is_mail_refused = session->state != STATE_MAIL;
}

const struct smtp_command mail_command = { .name = "MAIL FROM:", .event = EVENT_MAIL, .is_mail = true,
                                           .has_argument = true,
                                           .run = mail_run };
