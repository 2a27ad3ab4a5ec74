#include "base/trace.h"
#include "transports/smtp/smtp.h"

static bool
may_go_on(const struct smtp_job *job)
{
    const struct smtp_channel *channel = job->channel;
    const struct transport_hooks *hooks = job->run->hooks;
    int limit = job->options->connection_max_messages;

    if (channel->client.is_dead || channel->sequence == 0 || (limit > 0 && channel->sequence >= limit))
        return false;
    if (channel->client.limit_mail > 0 && channel->sequence >= channel->client.limit_mail)
        return false;
    return hooks->is_stopping == NULL || !hooks->is_stopping(hooks->data);
}

/* The message of this run is reported; those that follow are deliveries of their own, in this process. */
void
smtp_deliver_waiting(struct smtp_job *job)
{
    const struct transport_hooks *hooks = job->run->hooks;
    struct pool *pool;
    struct str id;

    if (hooks == NULL || hooks->deliver_waiting == NULL)
        return;
    pool = pool_new("waiting messages");
    while (may_go_on(job) && smtp_waiting_next(job->run->transport, &job->channel->host, pool, &id)) {
        trace(TRACE_DELIVER, "message %.*s waits for %.*s: same connection", STR_ARG(id),
              STR_ARG(job->channel->host.name));
        hooks->deliver_waiting(hooks->data, pool_cstr(pool, id), &job->channel->common);
    }
    pool_free(pool);
}

bool
smtp_fits_channel(const struct transport_channel *channel, struct address *addr, const struct scope *scope)
{
    struct transport_run run = { .pool = scope->pool, .message = scope->message, .addresses = addr, .scope = *scope };
    struct smtp_job job = { .run = &run, .options = channel->transport->instance.options, .pool = scope->pool };
    struct host *hosts;
    struct why why;

    why_init(&why, scope->pool);
    run.transport = addr->transport;
    run.scope.address = addr;
    if (smtp_hosts_make(&job, &hosts, &why) != OK)
        return false;
    for (const struct host *host = hosts; host != NULL; host = host->next)
        if (str_ieq(host->name, channel->host->name)
            && (host->address.len == 0 || str_eq(host->address, channel->host->address)))
            return true;
    return false;
}
