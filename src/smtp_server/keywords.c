/* smtp_server/keywords.c -- the lines of the EHLO reply (RFC 5321 section 4.1.1.1). */
#include "base/buf.h"
#include "expand/expand.h"
#include "smtp_server/server.h"

enum { LIMITS_MAX_BYTES = 128 };

static bool
size_offer(struct smtp_session *session, struct str *text_out)
{
    session->offers.size = true;
    if (session->size_limit_bytes > 0)
        *text_out = pool_printf(session->scratch, "%lld", (long long)session->size_limit_bytes);
    return true;
}

static bool
limits_offer(struct smtp_session *session, struct str *text_out)
{
    struct scope scope = session_scope(session);
    struct buf text;
    struct why why;
    int64_t mails = 0;

    if (!session_client_in(session, config->limits_advertise_hosts))
        return false;
    why_init(&why, session->scratch);
    buf_init(&text, session->scratch, LIMITS_MAX_BYTES);
    if (config->smtp_accept_max_per_connection != NULL &&
        expand_int(config->smtp_accept_max_per_connection, &scope, &mails, &why) == OK && mails > 0)
        buf_addf(&text, "MAILMAX=%lld", (long long)mails);
    if (session->recipients_max > 0)
        buf_addf(&text, "%sRCPTMAX=%d", text.len > 0 ? " " : "", session->recipients_max);
    *text_out = buf_str(&text);
    return text.len > 0;
}

static bool
eightbit_offer(struct smtp_session *session, struct str *text_out)
{
    (void)text_out;
    session->offers.eightbitmime = config->accept_8bitmime;
    return config->accept_8bitmime;
}

static bool
dsn_offer(struct smtp_session *session, struct str *text_out)
{
    (void)text_out;
    session->offers.dsn = session_client_in(session, config->dsn_advertise_hosts);
    return session->offers.dsn;
}

static bool
etrn_offer(struct smtp_session *session, struct str *text_out)
{
    (void)session;
    (void)text_out;
    return config->acl_smtp_etrn != NULL;
}

static bool
vrfy_offer(struct smtp_session *session, struct str *text_out)
{
    (void)session;
    (void)text_out;
    return config->acl_smtp_vrfy != NULL;
}

static bool
expn_offer(struct smtp_session *session, struct str *text_out)
{
    (void)session;
    (void)text_out;
    return config->acl_smtp_expn != NULL;
}

static bool
pipelining_offer(struct smtp_session *session, struct str *text_out)
{
    (void)text_out;
    session->offers.pipelining = !session->acl.session.no_pipelining &&
        (!session->origin->is_socket || session_client_in(session, config->pipelining_advertise_hosts));
    return session->offers.pipelining;
}

static bool
chunking_offer(struct smtp_session *session, struct str *text_out)
{
    (void)text_out;
    session->offers.chunking = !session->origin->is_socket ||
        session_client_in(session, config->chunking_advertise_hosts);
    return session->offers.chunking;
}

static bool
prdr_offer(struct smtp_session *session, struct str *text_out)
{
    (void)text_out;
    session->offers.prdr = config->prdr_enable;
    return session->offers.prdr;
}

static bool
help_offer(struct smtp_session *session, struct str *text_out)
{
    (void)session;
    (void)text_out;
    return true;
}

const struct smtp_keyword smtp_basic_keywords[] = {
    { "SIZE", size_offer },
    { "LIMITS", limits_offer },
    { "8BITMIME", eightbit_offer },
    { "DSN", dsn_offer },
    { "ETRN", etrn_offer },
    { "VRFY", vrfy_offer },
    { "EXPN", expn_offer },
    { "PIPELINING", pipelining_offer },
    { "CHUNKING", chunking_offer },
    { "PRDR", prdr_offer },
    { NULL, NULL }
};

/* HELP stands last (RFC 5321 leaves the order open; clients that look at the last line know it so). */
const struct smtp_keyword smtp_last_keywords[] = {
    { "HELP", help_offer },
    { NULL, NULL }
};
