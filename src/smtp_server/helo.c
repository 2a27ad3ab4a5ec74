/* smtp_server/helo.c -- HELO and EHLO (RFC 5321 section 4.1.1.1; manual: the EHLO/HELO ACL, helo_… options). */
#include <string.h>
#include "base/buf.h"
#include "base/trace.h"
#include "log/log.h"
#include "match/match.h"
#include "net/host_name.h"
#include "net/ip_address.h"
#include "smtp_server/server.h"

enum { GREETING_MAX_BYTES = 4096, NAME_MAX_BYTES = 255 };

/* A name of letters, digits, dots, hyphens and helo_allow_chars, or an address literal. */
static bool
is_name_valid(struct str name)
{
    struct ip_address ip;

    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return false;
    if (name.ptr[0] == '[')
        return ip_parse_literal(name, &ip);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!ascii_is_alnum(c) && c != '.' && c != '-' && str_find(config->helo_allow_chars, c) == STR_NONE)
            return false;
    }
    return true;
}

/* Take the name, or refuse it. */
static bool
check_name(struct smtp_session *session, const char *word)
{
    struct str argument = session->argument, host, shown;

    if (is_name_valid(argument) || session_client_in(session, config->helo_accept_junk_hosts)) {
        session->origin->helo_name = pool_dup(session->pool, argument);
        return true;
    }
    host = session_host(session, false);
    shown = argument.len > 0 ? argument : STR("(no argument given)");
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL,
              "rejected %s from %.*s: syntactically invalid argument(s): "
              "%.*s",
              word, STR_ARG(host), STR_ARG(shown));
    if (++session->synprot_count > config->smtp_max_synprot_errors) {
        session_replyf(session, SMTP_BAD_ARGUMENT, "Too many syntax or protocol errors");
        session_close(session, "bad-commands");
        return false;
    }
    session_replyf(session, SMTP_BAD_ARGUMENT, "Syntactically invalid %s argument(s)", word);
    return false;
}

/* A client that gives one of our names gets its own looked up (helo_lookup_domains). */
static void
look_up(struct smtp_session *session)
{
    struct scope scope = session_scope(session);
    struct captures captures = { .count = 0 };
    struct why why;

    scope.captures = &captures;
    why_init(&why, session->scratch);
    if (session->origin->is_socket && session->origin->host_name.len == 0 && config->helo_lookup_domains != NULL &&
        match_domain(config->helo_lookup_domains, session->origin->helo_name, &scope, NULL, &why) == MATCH_YES)
        host_name_lookup(session->origin, &why);
}

/* helo_verify_hosts, helo_try_verify_hosts; false: refused. */
static bool
verify_name(struct smtp_session *session)
{
    bool is_required = session_client_in(session, config->helo_verify_hosts);
    struct str host, name = session->origin->helo_name;
    struct why why;
    enum outcome outcome;

    if (!is_required && !session_client_in(session, config->helo_try_verify_hosts))
        return true;
    why_init(&why, session->scratch);
    outcome = origin_helo_verify(session->origin, &why);
    if (outcome == OK || !is_required)
        return true;
    host = session_host(session, true);
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "%srejected \"%s %.*s\" %.*s",
              outcome == DEFER ? "temporarily " : "",
              smtp_event_word(session->event), STR_ARG(name), STR_ARG(host));
    session->origin->helo_name = STR("");
    if (outcome == DEFER)
        session_reply(session, SMTP_LOCAL_ERROR, STR("Temporary local problem - please try later"));
    else
        session_replyf(session, SMTP_REFUSED, "%s argument does not match calling host",
                       smtp_event_word(session->event));
    return false;
}

/* "mail.example Hello name [address]" */
static struct str
hello_text(struct smtp_session *session)
{
    const struct origin *origin = session->origin;
    struct pool *pool = session->scratch;
    struct str name = origin->host_name.len > 0 ? origin->host_name : origin->helo_name;

    if (!origin->is_socket)
        return pool_printf_tainted(pool, "%.*s Hello %.*s%s%.*s", STR_ARG(session->active_hostname),
                                   STR_ARG(origin->ident),
                                   origin->helo_name.len > 0 ? " at " : "", STR_ARG(origin->helo_name));
    return pool_printf_tainted(pool, "%.*s Hello %.*s [%.*s]", STR_ARG(session->active_hostname), STR_ARG(name),
                               STR_ARG(origin->host_address));
}

static struct str
keyword_lines(struct smtp_session *session, struct str first)
{
    struct buf text;

    buf_init(&text, session->scratch, GREETING_MAX_BYTES);
    buf_add(&text, first);
    for (const struct smtp_keyword *const *table = smtp_keywords_rows; *table != NULL; table++)
        for (const struct smtp_keyword *row = *table; row->name != NULL; row++) {
            struct str argument = STR("");

            if (!row->offer(session, &argument))
                continue;
            buf_add_char(&text, '\n');
            buf_add_c(&text, row->name);
            if (argument.len > 0)
                buf_add_char(&text, ' ');
            buf_add(&text, argument);
        }
    return buf_str(&text);
}

/* An accepting list may change the first line only, and to one line. */
static struct str
first_line(struct smtp_session *session, const struct acl_reply *reply, int *code)
{
    struct str text = hello_text(session), rest, enhanced = STR("");

    if (!reply->has_message || reply->user_text.len == 0)
        return text;
    text = reply->user_text;
    acl_message_code(&text, code, &enhanced);
    if (str_cut(text, '\n', &text, &rest))
        log_panic(NULL, "EHLO/HELO response must not contain newlines: truncated");
    return text;
}

static void
protocol_set(struct smtp_session *session, bool is_esmtp)
{
    struct origin *origin = session->origin;

    origin->is_esmtp = is_esmtp;
    origin->protocol = origin->is_socket ? is_esmtp ? STR("esmtp") : STR("smtp")
                                         : is_esmtp ? STR("local-esmtp") : STR("local-smtp");
}

static void
hello(struct smtp_session *session, bool is_esmtp)
{
    const char *word = is_esmtp ? "EHLO" : "HELO";
    struct acl_reply reply = { 0 };
    enum acl_result result = ACL_ACCEPT;
    struct str text;
    int code = SMTP_OK;

    if (!check_name(session, word))
        return;
    session->offers = (struct smtp_offers){ .pipelining = false };
    session->origin->is_helo_verified = session->origin->is_helo_verify_done = false;
    session_reset(session, NULL);
    session->state = STATE_CONNECTED;
    look_up(session);
    if (!verify_name(session))
        return;
    if (config->acl_smtp_helo != NULL)
        result = session_acl(session, ACL_AT_HELO, config->acl_smtp_helo, NULL, &reply);
    if (result != ACL_ACCEPT) {
        struct str what = pool_printf_tainted(session->scratch, "EHLO or HELO %.*s", STR_ARG(session->argument));

        session_refuse(session, ACL_AT_HELO, result, &reply, what);
        session->origin->helo_name = STR("");
        return;
    }
    protocol_set(session, is_esmtp);
    if (session->state != STATE_CLOSED)
        session->state = STATE_READY;
    text = first_line(session, &reply, &code);
    session_reply(session, code, is_esmtp ? keyword_lines(session, text) : text);
}

static void
helo_run(struct smtp_session *session)
{
    hello(session, false);
}

static void
ehlo_run(struct smtp_session *session)
{
    hello(session, true);
}

const struct smtp_command helo_command = { .name = "HELO", .event = EVENT_HELO, .has_argument = true, .run = helo_run };
const struct smtp_command ehlo_command = { .name = "EHLO", .event = EVENT_EHLO, .has_argument = true, .run = ehlo_run };
