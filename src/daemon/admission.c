/* daemon/admission.c -- may one more connection be taken? (manual: smtp_accept_max, smtp_accept_max_per_host,
 * smtp_accept_reserve, smtp_reserve_hosts.)  Decided before the fork, so that refused connections cost no process. */
#include "base/process.h"
#include "config/config.h"
#include "daemon/parts.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"
#include "message/origin.h"
#include "net/host_name.h"

#define BUSY "Too many concurrent SMTP connections; please try again later."

/* Is the client in this list?  What cannot be told counts as no. */
static bool
is_in(struct template *list, struct origin *origin)
{
    struct captures captures = { 0 };
    struct scope scope = scope_make(origin->pool);
    struct why why;

    if (list == NULL)
        return false;
    scope.origin = origin;
    scope.captures = &captures;
    why_init(&why, origin->pool);
    return match_client_host(list, &scope, NULL, &why) == MATCH_YES;
}

/* The limit for this host; 0: none.  A limit that cannot be found out does not keep anybody out. */
static int64_t
host_limit(struct origin *origin)
{
    struct captures captures = { 0 };
    struct scope scope = scope_make(origin->pool);
    struct why why;
    int64_t limit = 0;

    if (config->smtp_accept_max_per_host == NULL)
        return 0;
    scope.origin = origin;
    scope.captures = &captures;
    why_init(&why, origin->pool);
    if (expand_int(config->smtp_accept_max_per_host, &scope, &limit, &why) == OK)
        return limit;
    if (!why.is_forced)
        log_panic(NULL, "expansion of smtp_accept_max_per_host failed for %.*s: %.*s", STR_ARG(origin->host_address),
                  STR_ARG(why.text));
    return 0;
}

void
connection_log(const struct daemon *daemon, struct origin *origin)
{
    struct str host;

    if (!log_wants(LOG_SMTP_CONNECTION) || is_in(config->hosts_connection_nolog, origin))
        return;
    host = origin_log_host(origin, false, origin->pool);
    log_write(LOG_SMTP_CONNECTION, LOG_TO_MAIN, NULL, "SMTP connection from %.*s (TCP/IP connection count = %zu)",
              STR_ARG(host), daemon->session_count + 1);
}

bool
connection_admit(const struct daemon *daemon, struct origin *origin, int host_count, struct refusal *refusal_out)
{
    int64_t count = (int64_t)daemon->session_count, max = config->smtp_accept_max, limit;

    *refusal_out = (struct refusal){ 0 };
    if (max > 0 && count >= max) {
        *refusal_out = (struct refusal){ "too many connections", BUSY };
        return false;
    }
    if (max > 0 && config->smtp_accept_reserve > 0 && count >= max - config->smtp_accept_reserve &&
        !is_in(config->smtp_reserve_hosts, origin)) {
        struct str host = origin_log_host(origin, false, origin->pool);

        connection_log(daemon, origin);
        log_write(LOG_CONNECTION_REJECT, LOG_TO_MAIN, NULL,
                  "temporarily refused connection from %.*s: not in reserve list: connected=%lld max=%lld reserve=%d",
                  STR_ARG(host), (long long)count, (long long)max, config->smtp_accept_reserve);
        refusal_out->reply = pool_cstr(origin->pool,
                                       pool_printf(origin->pool, "%.*s: %s", STR_ARG(config->primary_hostname),
                                                   "Too many concurrent SMTP connections; please try again "
                                                   "later"));
        return false;
    }
    limit = host_limit(origin);
    if (limit > 0 && host_count > limit) {
        *refusal_out = (struct refusal){
            "too many connections from that IP address",
            "Too many concurrent SMTP connections from this IP address; please try again later."
        };
        return false;
    }
    return true;
}
