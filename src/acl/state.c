/* acl/state.c -- what the lists of one connection have asked for; names of points and results. */
#include "acl/list.h"
#include "log/log.h"
#include "lookups/lookup.h"

static const struct { const char *name, *option; } points[ACL_POINTS] = {
    [ACL_AT_RCPT] = { "RCPT", "acl_smtp_rcpt" },
    [ACL_AT_MAIL] = { "MAIL", "acl_smtp_mail" },
    [ACL_AT_PREDATA] = { "PREDATA", "acl_smtp_predata" },
    [ACL_AT_MIME] = { "MIME", "acl_smtp_mime" },
    [ACL_AT_DKIM] = { "DKIM", "acl_smtp_dkim" },
    [ACL_AT_DATA] = { "DATA", "acl_smtp_data" },
    [ACL_AT_PRDR] = { "PRDR", "acl_smtp_data_prdr" },
    [ACL_AT_NOT_SMTP] = { "non-SMTP", "acl_not_smtp" },
    [ACL_AT_AUTH] = { "AUTH", "acl_smtp_auth" },
    [ACL_AT_CONNECT] = { "connection", "acl_smtp_connect" },
    [ACL_AT_ETRN] = { "ETRN", "acl_smtp_etrn" },
    [ACL_AT_EXPN] = { "EXPN", "acl_smtp_expn" },
    [ACL_AT_HELO] = { "EHLO or HELO", "acl_smtp_helo" },
    [ACL_AT_MAILAUTH] = { "MAILAUTH", "acl_smtp_mailauth" },
    [ACL_AT_NOT_SMTP_START] = { "non-SMTP-start", "acl_not_smtp_start" },
    [ACL_AT_NOT_SMTP_MIME] = { "non-SMTP-MIME", "acl_not_smtp_mime" },
    [ACL_AT_NOTQUIT] = { "NOTQUIT", "acl_smtp_notquit" },
    [ACL_AT_QUIT] = { "QUIT", "acl_smtp_quit" },
    [ACL_AT_STARTTLS] = { "STARTTLS", "acl_smtp_starttls" },
    [ACL_AT_VRFY] = { "VRFY", "acl_smtp_vrfy" },
    [ACL_AT_EXPANSION] = { "local", "expansion" },
};

const char *
acl_point_name(enum acl_point point)
{
    return points[point].name;
}

const char *
acl_point_option(enum acl_point point)
{
    return points[point].option;
}

const char *
acl_result_name(enum acl_result result)
{
    static const char *const names[] = { "ACCEPT", "DENY", "DROP", "DEFER", "DISCARD", "ERROR" };

    return names[result];
}

const char *
acl_message_id(const struct scope *scope)
{
    return scope->message != NULL && scope->message->id[0] != '\0' ? scope->message->id : NULL;
}

void
acl_state_init(struct acl_state *state, struct pool *session_pool, struct pool *message_pool)
{
    *state = (struct acl_state){ .session_pool = session_pool, .message_pool = message_pool, .client_fd = -1,
                                 .is_callout_allowed = true };
    map_init(&state->lists, session_pool, false);
    map_init(&state->ratelimits_session, session_pool, false);
    acl_state_reset_message(state);
}

void
acl_state_reset_message(struct acl_state *state)
{
    state->message = (struct acl_message_controls){ 0 };
    state->headers_added = NULL;
    state->headers_added_end = &state->headers_added;
    state->headers_removed = STR("");
    map_init(&state->warnings_logged, state->message_pool, false);
    map_init(&state->ratelimits_message, state->message_pool, false);
    map_init(&state->ratelimits_command, state->message_pool, false);
    state->dnslist_domain = state->dnslist_matched = state->dnslist_text = state->dnslist_value = STR("");
    state->sender_rate = state->sender_rate_limit = state->sender_rate_period = STR("");
    state->host_data = state->sender_data = state->recipient_data = STR("");
    state->sender_address_data = state->verify_message = STR("");
    state->size_parameter = -1;
    state->rcpt_count = state->rcpt_fail_count = state->rcpt_defer_count = 0;
    lookup_tidy();
}

/* ---- Reply texts with codes of their own */

static bool
take_digits(struct str *text, size_t max, size_t *count_out)
{
    size_t count = 0;

    while (count < text->len && ascii_is_digit(text->ptr[count]))
        count++;
    *text = str_from(*text, count);
    *count_out = count;
    return count >= 1 && count <= max;
}

/* "n.n.n " */
static bool
take_enhanced(struct str *text, struct str *enhanced_out)
{
    struct str rest = *text;
    size_t digits;

    if (!take_digits(&rest, 1, &digits) || rest.len == 0 || rest.ptr[0] != '.')
        return false;
    rest = str_from(rest, 1);
    if (!take_digits(&rest, 3, &digits) || rest.len == 0 || rest.ptr[0] != '.')
        return false;
    rest = str_from(rest, 1);
    if (!take_digits(&rest, 3, &digits) || rest.len == 0 || rest.ptr[0] != ' ')
        return false;
    *enhanced_out = str_head(*text, text->len - rest.len);
    *text = str_from(rest, 1);
    return true;
}

bool
acl_message_code(struct str *text, int *code, struct str *enhanced_out)
{
    struct str rest = *text, whole = *text;
    uint64_t own;
    size_t digits;
    bool is_right;

    if (!take_digits(&rest, 3, &digits) || digits != 3 || rest.len == 0 || rest.ptr[0] != ' ')
        return true;
    str_to_u64(str_head(*text, 3), 10, &own);
    is_right = (int)own / 100 == *code / 100;
    if (!is_right)
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL,
                  "configured error code starts with incorrect digit (expected %d) in \"%.*s\"", *code / 100,
                  STR_ARG(whole));
    else
        *code = (int)own;
    *text = str_from(rest, 1);
    take_enhanced(text, enhanced_out);
    return is_right;
}
