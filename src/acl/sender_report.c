/* acl/sender_report.c -- what failed about a sender, told once (manual: sender address verification reporting). */
#include "acl/rows.h"
#include "log/log.h"
#include "net/host_name.h"
#include "verify/verify.h"

struct str
acl_report_sender(const struct acl_reply *reply, const struct scope *scope)
{
    struct verified_sender *sender = reply->sender_failed;
    struct str host, text;

    if (sender == NULL || sender->result.outcome == OK || sender->is_reported || !reply->is_sender_detail_wanted)
        return STR("");
    sender->is_reported = true;
    host = origin_log_host(scope->origin, true, scope->pool);
    text = sender->result.is_cached_failure ? STR("") : sender->result.log_text;
    log_write(LOG_SENDER_VERIFY_FAIL, LOG_TO_MAIN | LOG_TO_REJECT, acl_message_id(scope),
              "%.*s sender verify %s for <%.*s>%s%.*s", STR_ARG(host),
                  sender->result.outcome == DEFER ? "defer" : "fail",
              STR_ARG(sender->address), text.len > 0 ? ": " : "", STR_ARG(text));
    if (sender->result.outcome != FAIL || scope->acl->session.no_multiline_responses || sender->result.details.len == 0)
        return STR("");
    return pool_printf_tainted(scope->pool, "Verification failed for <%.*s>\n%.*s\n", STR_ARG(sender->address),
                               STR_ARG(sender->result.details));
}
