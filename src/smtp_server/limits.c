/* smtp_server/limits.c -- commands that move no mail are counted; fast senders are slowed (manual: use of non-mail SMTP
 * commands; smtp_ratelimit_hosts). */
#include <math.h>
#include <stdlib.h>
#include "base/clock.h"
#include "log/log.h"
#include "smtp_server/server.h"

/* One of each kind is free between messages. */
static bool
is_free(struct smtp_session *session, enum smtp_event event)
{
    bool *flag = event == EVENT_RSET ? &session->is_rset_free
               : event == EVENT_HELO || event == EVENT_EHLO ? &session->is_helo_free
               : event == EVENT_AUTH ? &session->is_auth_free
               : event == EVENT_STARTTLS ? &session->is_starttls_free : NULL;

    if (flag == NULL || !*flag)
        return false;
    *flag = false;
    return true;
}

void
session_count(struct smtp_session *session, const struct smtp_command *command)
{
    struct str host, line = session->line;

    if (command == NULL || command->is_mail || is_free(session, command->event))
        return;
    session->nonmail_count++;
    if (session->nonmail_max < 0)
        session->nonmail_max = session_client_in(session, config->smtp_accept_max_nonmail_hosts)
            ? config->smtp_accept_max_nonmail : 0;
    if (session->nonmail_max == 0 || session->nonmail_count <= session->nonmail_max)
        return;
    session_reset(session, "too many nonmail commands");
    host = session_host(session, false);
    session_reply(session, SMTP_FAILED, STR("Too many nonmail commands"));
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, NULL, "SMTP call from %.*s dropped: too many nonmail commands "
              "(last was \"%.*s\")",
              STR_ARG(host), STR_ARG(line));
    session_close(session, "bad-commands");
}

/* "2,0.5s,1.05,4m" */
static bool
parse_slowness(struct str option, int *threshold, double *first_s, double *factor, double *limit_s, struct pool *pool)
{
    struct str part[4] = { STR(""), STR(""), STR(""), STR("") };
    int64_t first_ms, limit_ms, count;
    const char *text;
    char *end;

    for (int i = 0; i < 4; i++)
        str_cut(option, ',', &part[i], &option);
    first_ms = interval_parse_ms(str_trim(part[1]));
    limit_ms = interval_parse_ms(str_trim(part[3]));
    text = pool_cstr(pool, str_trim(part[2]));
    if (!str_to_i64(str_trim(part[0]), &count) || first_ms < 0 || limit_ms < 0 || text == NULL || *text == '\0')
        return false;
    *factor = strtod(text, &end);
    *threshold = (int)count;
    *first_s = (double)first_ms / 1000;
    *limit_s = (double)limit_ms / 1000;
    return *end == '\0';
}

void
session_slow_down(struct smtp_session *session, struct str option, int count, double *delay_s)
{
    double first_s, factor, limit_s;
    int threshold;

    if (option.len == 0 || session->options->is_pretending ||
        !session_client_in(session, config->smtp_ratelimit_hosts) ||
        !parse_slowness(option, &threshold, &first_s, &factor, &limit_s, session->scratch) || count <= threshold)
        return;
    *delay_s = *delay_s <= 0 ? first_s : fmin(*delay_s * factor, limit_s);
    session_flush(session);
    fd_wait(-1, 0, deadline_in_ms((int64_t)(fmin(*delay_s, limit_s) * 1000)));
}
