#include "base/buf.h"
#include "base/items.h"
#include "base/trace.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"
#include "net/ip_address.h"
#include "transports/smtp/smtp.h"
#include "transports/turns.h"

bool
smtp_host_matches(struct smtp_job *job, struct template *list, const struct host *host)
{
    struct why why;

    why_init(&why, job->pool);
    return list != NULL && match_host(list, host, &job->run->scope, NULL, &why) == MATCH_YES;
}

/* ---- Settings for one host */

/* The first address of the host's family. */
enum outcome
smtp_find_interface(struct smtp_job *job, const struct host *host, struct str *interface_out, struct why *why)
{
    struct items items;
    struct str text, item, reason;
    struct ip_address own, other;

    *interface_out = STR("");
    if (job->options->interface == NULL || !ip_parse(host->address, &other))
        return OK;
    if (expand(job->options->interface, &job->run->scope, &text, why) != OK) {
        if (why->is_forced)
            return OK;
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "failed to expand \"interface\" option for %.*s transport: %.*s",
                               STR_ARG(job->run->transport->instance.name), STR_ARG(reason));
    }
    items = items_of(text);
    while (items_next(&items, job->pool, &item)) {
        if (!ip_parse(item, &own))
            return transport_defer(why, NUMBER_NONE,
                                   "\"%.*s\" is not a valid IP address for the \"interface\" option for %.*s transport",
                                   STR_ARG(item), STR_ARG(job->run->transport->instance.name));
        if (own.is_v6 == other.is_v6) {
            *interface_out = item;
            return OK;
        }
    }
    return OK;
}

static const struct {
    const char *name;
    int value;
} dscp_names[] = {
    { "lowcost", 0x02 }, { "lowdelay", 0x10 }, { "mincost", 0x02 }, { "reliability", 0x04 }, { "throughput", 0x08 },
    { "cs0", 0x00 },     { "cs1", 0x20 },      { "cs2", 0x40 },     { "cs3", 0x60 },         { "cs4", 0x80 },
    { "cs5", 0xa0 },     { "cs6", 0xc0 },      { "cs7", 0xe0 },     { "af11", 0x28 },        { "af12", 0x30 },
    { "af13", 0x38 },    { "af21", 0x48 },     { "af22", 0x50 },    { "af23", 0x58 },        { "af31", 0x68 },
    { "af32", 0x70 },    { "af33", 0x78 },     { "af41", 0x88 },    { "af42", 0x90 },        { "af43", 0x98 },
    { "ef", 0xb8 },
};

/* The value for IP_TOS and IPV6_TCLASS, or -1. */
static int
find_dscp(struct smtp_job *job)
{
    struct why why;
    struct str text;
    uint64_t number;

    why_init(&why, job->pool);
    if (job->options->dscp == NULL || expand(job->options->dscp, &job->run->scope, &text, &why) != OK || text.len == 0)
        return -1;
    for (size_t i = 0; i < COUNT(dscp_names); i++)
        if (str_ieq_c(text, dscp_names[i].name))
            return dscp_names[i].value;
    if (str_starts(text, STR("0x")) ? str_to_u64(str_from(text, 2), 16, &number) : str_to_u64(text, 10, &number))
        return number <= 0x3f ? (int)(number << 2) : -1;
    return -1;
}

static unsigned
ignored_capabilities(struct smtp_job *job, const struct host *host)
{
    const struct smtp_options *opt = job->options;
    unsigned ignored = CAP_PRDR | CAP_PIPE_CONNECT;

    if (smtp_host_matches(job, opt->hosts_avoid_pipelining, host))
        ignored |= CAP_PIPELINING;
    if (!smtp_host_matches(job, opt->hosts_try_chunking, host) || job->is_lmtp
        || job->run->transport->transport_filter != NULL)
        ignored |= CAP_CHUNKING;
    if (opt->size_addition < 0)
        ignored |= CAP_SIZE;
    return ignored;
}

/* ---- What this build cannot do */

static enum outcome
check_requirements(struct smtp_job *job, const struct host *host, struct why *why)
{
    const struct smtp_options *opt = job->options;
    const struct smtp_client *client = &job->channel->client;

    if (smtp_host_matches(job, opt->hosts_require_tls, host)) {
        transport_defer(why, NUMBER_TLS_REQUIRED, smtp_client_can(client, CAP_STARTTLS)
                        ? "a TLS session is required, but this program was built without TLS"
                        : "a TLS session is required, but the server did not offer TLS support");
        why->cause = CAUSE_TLS_REQUIRED;
        return DEFER;
    }
    if (smtp_host_matches(job, opt->hosts_require_dane, host)) {
        transport_defer(why, NUMBER_TLS_REQUIRED,
                        "DANE is required (hosts_require_dane), but this program was built without TLS");
        why->cause = CAUSE_TLS_REQUIRED;
        return DEFER;
    }
    if (smtp_host_matches(job, opt->hosts_require_auth, host)) {
        transport_defer(why, NUMBER_AUTH_FAILED, smtp_client_can(client, CAP_AUTH)
                        ? "authentication required, but this program was built without client authentication"
                        : "authentication required but server did not advertise AUTH support");
        why->cause = CAUSE_AUTH_FAILED;
        return DEFER;
    }
    return OK;
}

/* ---- Open and close */

static struct smtp_channel *
channel_new(struct smtp_job *job, const struct host *host, int port)
{
    struct pool *pool = pool_new("connection");
    struct smtp_channel *channel = POOL_NEW(pool, struct smtp_channel);

    channel->pool = pool;
    channel->common = (struct transport_channel){ job->run->transport, &channel->host };
    channel->host = *host;
    channel->host.next = NULL;
    channel->host.name = pool_dup(pool, host->name);
    channel->host.address = pool_dup(pool, host->address);
    channel->port = port;
    return channel;
}

/* helo_data may use our own address and port. */
static enum outcome
find_helo(struct smtp_job *job, struct why *why)
{
    struct smtp_client *client = &job->channel->client;
    struct scope *scope = &job->run->scope;
    const struct scope_value *outer = scope->values;
    struct scope_value address = { outer, "sending_ip_address", client->local_address };
    struct scope_value port = { &address, "sending_port", pool_printf(job->pool, "%d", client->local_port) };
    struct str reason;
    enum outcome outcome;

    scope->values = &port;
    outcome = expand(job->options->helo_data, scope, &client->settings.helo_name, why);
    scope->values = outer;
    if (outcome == OK && client->settings.helo_name.len > 0)
        return OK;
    reason = outcome == OK ? STR("it is empty") : why->text;
    return transport_defer(why, NUMBER_RETURN_PATH, "failed to expand helo_data: %.*s", STR_ARG(reason));
}

static enum outcome
open_socket(struct smtp_job *job, const struct host *host, struct why *why)
{
    const struct smtp_options *opt = job->options;
    struct smtp_client_settings settings = {
        .is_lmtp = job->is_lmtp,
        .keepalive = opt->keepalive,
        .connect_timeout_s = opt->connect_timeout,
        .command_timeout_s = opt->command_timeout,
        .data_timeout_s = opt->data_timeout,
        .final_timeout_s = opt->final_timeout,
    };

    settings.dscp = find_dscp(job);
    settings.avoids_esmtp = smtp_host_matches(job, opt->hosts_avoid_esmtp, host);
    settings.ignored = ignored_capabilities(job, host);
    if (smtp_find_interface(job, host, &settings.interface, why) != OK)
        return DEFER;
    if (smtp_client_connect(&job->channel->client, job->channel->pool, &job->channel->host, job->channel->port,
                            &settings, why)
        == OK)
        return OK;
    /* The number says it all. */
    if (why->sys_errno > 0)
        why->text = STR("");
    return DEFER;
}

/* Our end, for the log lines of what happens from now on. */
void
smtp_note_ends(struct smtp_job *job)
{
    const struct smtp_client *client = &job->channel->client;
    struct buf text;

    buf_init(&text, job->pool, BUF_NO_LIMIT);
    if (job->channel->is_continued || job->channel->sequence > 0)
        buf_add_char(&text, '*');
    if (log_wants(LOG_INCOMING_INTERFACE) && log_wants(LOG_OUTGOING_INTERFACE) && client->local_address.len > 0) {
        buf_addf(&text, " I=[%.*s]", STR_ARG(client->local_address));
        if (log_wants(LOG_OUTGOING_PORT))
            buf_addf(&text, ":%d", client->local_port);
    }
    job->log_connection = buf_str(&text);
}

static enum outcome
open_session(struct smtp_job *job, const struct host *host, struct why *why)
{
    struct smtp_client_reply reply;
    struct str response;
    enum outcome outcome;

    if (open_socket(job, host, why) != OK)
        return DEFER;
    smtp_note_ends(job);
    transport_event(job->run->transport, &job->run->scope, "tcp:connect", STR(""));
    if (find_helo(job, why) != OK)
        return DEFER;
    outcome = smtp_client_greet(&job->channel->client, &reply, why);
    if (outcome != OK)
        return outcome;
    response = transport_event(job->run->transport, &job->run->scope, "smtp:ehlo", reply.lines);
    if (response.len > 0)
        return transport_defer(why, NUMBER_NONE, "deferred by smtp:ehlo event expansion: %.*s", STR_ARG(response));
    return check_requirements(job, host, why);
}

enum outcome
smtp_connect(struct smtp_job *job, const struct host *host, struct why *why)
{
    int port = host->port != HOST_PORT_NONE ? host->port : job->port;
    enum outcome outcome;

    job->channel = channel_new(job, host, port);
    outcome = open_session(job, host, why);
    why->is_via_mx = host->mx != MX_NONE;
    if (outcome != OK) {
        /* Texts of the session's pool go on in the addresses. */
        why->text = pool_dup(job->pool, why->text);
        smtp_disconnect(job);
    }
    return outcome;
}

void
smtp_disconnect(struct smtp_job *job)
{
    struct smtp_channel *channel = job->channel;

    if (channel == NULL)
        return;
    smtp_client_quit(&channel->client);
    transport_event(job->run->transport, &job->run->scope, "tcp:close", STR(""));
    if (channel->is_serialized)
        turn_give_back("host-serialize", channel->host.name, job->pool);
    pool_free(channel->pool);
    job->channel = NULL;
}
