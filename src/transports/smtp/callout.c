#include "base/trace.h"
#include "expand/expand.h"
#include "transports/smtp/smtp.h"

/* Keep the hosts whose addresses can be found. */
static struct host *
found_hosts(struct smtp_job *job, struct host *hosts, struct why *why)
{
    struct host *first = NULL, **end = &first;

    for (struct host *host = hosts; host != NULL; host = host->next) {
        if (smtp_host_find(job, host, why) != OK) {
            trace(TRACE_VERIFY, "%.*s", STR_ARG(why->text));
            continue;
        }
        *end = host;
        end = &host->next;
    }
    *end = NULL;
    return first;
}

static enum outcome
find_texts(struct smtp_job *job, struct transport_callout *out, struct why *why)
{
    struct why unneeded;

    why_init(&unneeded, job->pool);
    if (expand(job->options->helo_data, &job->run->scope, &out->helo_name, &unneeded) != OK)
        out->helo_name = STR("");
    return smtp_find_interface(job, out->hosts, &out->interface, why);
}

/* What a callout asks with is what a delivery would use; the port of a host's own is in the host. */
enum outcome
smtp_callout(const struct transport *transport, struct address *addr, struct scope *scope,
             struct transport_callout *out, struct why *why)
{
    const struct smtp_options *opt = transport->instance.options;
    struct transport_run run = { .pool = scope->pool, .message = scope->message, .addresses = addr, .scope = *scope };
    struct smtp_job job = { .run = &run, .options = opt, .pool = scope->pool };
    struct host *hosts;

    run.transport = transport_find(transport->instance.name);
    run.scope.address = addr;
    job.is_lmtp = str_ieq_c(opt->protocol, "lmtp");
    *out = (struct transport_callout){
        .is_lmtp = job.is_lmtp, .connect_timeout_s = opt->connect_timeout, .command_timeout_s = opt->command_timeout,
    };
    if (smtp_find_port(&job, why) != OK)
        return DEFER;
    out->port = job.port;
    if (smtp_hosts_make(&job, &hosts, why) != OK)
        return FAIL;
    out->hosts = found_hosts(&job, hosts, why);
    if (out->hosts == NULL)
        return FAIL;
    run.scope.host = out->hosts;
    return find_texts(&job, out, why);
}
