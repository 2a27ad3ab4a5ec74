#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "config/config.h"
#include "log/log.h"
#include "spool/spool.h"
#include "transports/smtp/smtp.h"

static void
add_to_message_log(const struct smtp_job *job, struct str text)
{
    struct str time = clock_format(job->pool, CLOCK_LOG, clock_now());
    const struct spool *spool;
    struct why why;

    why_init(&why, job->pool);
    if (config->message_logs && (spool = spool_configured(&why)) != NULL)
        spool_msglog_add(spool, job->run->message->id,
                         pool_printf_tainted(job->pool, "%.*s %.*s", STR_ARG(time), STR_ARG(text)));
}

void
smtp_log_host_error(const struct smtp_job *job, const struct host *host, const struct why *why)
{
    int port = host->port != HOST_PORT_NONE ? host->port : job->port;
    struct buf text;

    if (job->run->transport->disable_logging)
        return;
    buf_init(&text, job->pool, BUF_NO_LIMIT);
    buf_addf_tainted(&text, "H=%.*s [%.*s]", STR_ARG(host->name), STR_ARG(host->address));
    if (log_wants(LOG_OUTGOING_PORT))
        buf_addf(&text, ":%d", port);
    if (why->text.len > 0)
        buf_addf_tainted(&text, ": %.*s", STR_ARG(why->text));
    if (why->sys_errno > 0)
        buf_addf(&text, "%s%s", why->text.len > 0 ? ": " : " ", strerror(why->sys_errno));
    log_write(LOG_ALWAYS, LOG_TO_MAIN, job->run->message->id, "%.*s", STR_ARG(buf_str(&text)));
    add_to_message_log(job, buf_str(&text));
    transport_event(job->run->transport, &job->run->scope, "msg:host:defer", why->text);
}
