/* transports/smtp/smtp.c -- deliver by SMTP or LMTP over TCP (manual: chapter 30). */
#include "transports/smtp/smtp.h"
#include <string.h>
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "net/interface.h"
#include "transports/message_write.h"

static const struct smtp_options defaults = {
    .address_retry_include_sender = true,
    .delay_after_cutoff = true,
    .dns_qualify_single = true,
    .keepalive = true,
    .tls_tempfail_tryclear = true,
    .command_timeout = 300,
    .connect_timeout = 300,
    .connection_max_messages = 500,
    .data_timeout = 300,
    .final_timeout = 600,
    .hosts_max_try = 5,
    .hosts_max_try_hardlimit = 50,
    .message_linelength_limit = 998,
    .size_addition = 1024,
    .tls_dh_min_bits = 1024,
    .protocol = STR_INIT("smtp"),
};

#define ROW_BOOL(field) OPTION_BOOL(struct smtp_options, field)
#define ROW_INT(field) OPTION_INT(struct smtp_options, field)
#define ROW_TIME(field) OPTION_TIME(struct smtp_options, field)
#define ROW_EXPANDED(field) OPTION_EXPANDED(struct smtp_options, field)
#define ROW_HOSTS(field) OPTION_HOST_LIST(struct smtp_options, field)
#define ROW_DOMAINS(field) OPTION_DOMAIN_LIST(struct smtp_options, field)

static const struct option options[] = {
    ROW_BOOL(address_retry_include_sender),
    ROW_BOOL(allow_localhost),
    ROW_EXPANDED(authenticated_sender),
    ROW_BOOL(authenticated_sender_force),
    ROW_TIME(command_timeout),
    ROW_TIME(connect_timeout),
    ROW_INT(connection_max_messages),
    ROW_EXPANDED(dane_require_tls_ciphers),
    ROW_TIME(data_timeout),
    ROW_BOOL(delay_after_cutoff),
    ROW_EXPANDED(dkim_canon),
    ROW_EXPANDED(dkim_domain),
    ROW_EXPANDED(dkim_hash),
    ROW_EXPANDED(dkim_identity),
    ROW_EXPANDED(dkim_private_key),
    ROW_EXPANDED(dkim_selector),
    ROW_EXPANDED(dkim_sign_headers),
    ROW_EXPANDED(dkim_strict),
    ROW_EXPANDED(dkim_timestamps),
    ROW_BOOL(dns_qualify_single),
    ROW_BOOL(dns_search_parents),
    ROW_DOMAINS(dnssec_request_domains),
    ROW_DOMAINS(dnssec_require_domains),
    ROW_EXPANDED(dscp),
    ROW_EXPANDED(fallback_hosts),
    ROW_TIME(final_timeout),
    ROW_BOOL(gethostbyname),
    ROW_EXPANDED(helo_data),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, struct smtp_options, host_name_extract, .initial =
               "${if and {{match{$host}{.outlook.com\\$}} {match{$item}{\\N^250-([\\w.]+)\\s\\N}}} {$1}}",),
    ROW_EXPANDED(hosts),
    ROW_HOSTS(hosts_avoid_esmtp),
    ROW_HOSTS(hosts_avoid_pipelining),
    ROW_HOSTS(hosts_avoid_tls),
    ROW_INT(hosts_max_try),
    ROW_INT(hosts_max_try_hardlimit),
    ROW_HOSTS(hosts_nopass_tls),
    ROW_HOSTS(hosts_noproxy_tls),
    ROW_BOOL(hosts_override),
    ROW_HOSTS(hosts_pipe_connect),
    OPTION_EXPANDED_BOOL(struct smtp_options, hosts_randomize),
    ROW_HOSTS(hosts_request_ocsp),
    ROW_HOSTS(hosts_require_alpn),
    ROW_HOSTS(hosts_require_auth),
    ROW_HOSTS(hosts_require_dane),
    ROW_HOSTS(hosts_require_ocsp),
    ROW_HOSTS(hosts_require_tls),
    ROW_HOSTS(hosts_try_auth),
    ROW_HOSTS(hosts_try_chunking),
    ROW_HOSTS(hosts_try_dane),
    ROW_HOSTS(hosts_try_fastopen),
    ROW_HOSTS(hosts_try_prdr),
    ROW_HOSTS(hosts_verify_avoid_tls),
    ROW_EXPANDED(interface),
    ROW_BOOL(keepalive),
    ROW_BOOL(lmtp_ignore_quota),
    OPTION_EXPANDED_INT(struct smtp_options, max_rcpt),
    ROW_INT(message_linelength_limit),
    OPTION_EXPANDED_BOOL(struct smtp_options, multi_domain),
    ROW_EXPANDED(port),
    OPTION_TEXT(struct smtp_options, protocol),
    OPTION_EXPANDED_BOOL(struct smtp_options, retry_include_ip_address),
    ROW_HOSTS(serialize_hosts),
    ROW_INT(size_addition),
    ROW_EXPANDED(socks_proxy),
    ROW_EXPANDED(tls_alpn),
    ROW_EXPANDED(tls_certificate),
    ROW_EXPANDED(tls_crl),
    ROW_INT(tls_dh_min_bits),
    ROW_EXPANDED(tls_privatekey),
    ROW_EXPANDED(tls_require_ciphers),
    ROW_HOSTS(tls_resumption_hosts),
    ROW_EXPANDED(tls_sni),
    ROW_BOOL(tls_tempfail_tryclear),
    ROW_HOSTS(tls_try_verify_hosts),
    ROW_HOSTS(tls_verify_cert_hostnames),
    ROW_EXPANDED(tls_verify_certificates),
    ROW_HOSTS(tls_verify_hosts),
    OPTION_EXPANDED_INT(struct smtp_options, utf8_downconvert),
    OPTION_END
};

static void
set_defaults(struct smtp_options *opt, struct driver_instance *instance, struct pool *pool)
{
    const char *port = str_ieq_c(opt->protocol, "lmtp") ? "lmtp" : str_ieq_c(opt->protocol, "smtps") ? "smtps" : "smtp";

    option_default(&opt->port, instance, pool, "port", port);
    option_default(&opt->helo_data, instance, pool, "helo_data", "$primary_hostname");
    option_default(&opt->max_rcpt, instance, pool, "max_rcpt", "100");
    option_default(&opt->multi_domain, instance, pool, "multi_domain", "true");
    option_default(&opt->hosts_randomize, instance, pool, "hosts_randomize", "false");
    option_default(&opt->retry_include_ip_address, instance, pool, "retry_include_ip_address", "true");
    option_default(&opt->hosts_try_chunking, instance, pool, "hosts_try_chunking", "*");
    option_default(&opt->hosts_try_fastopen, instance, pool, "hosts_try_fastopen", "*");
    option_default(&opt->hosts_try_prdr, instance, pool, "hosts_try_prdr", "*");
    option_default(&opt->hosts_try_dane, instance, pool, "hosts_try_dane", "*");
    option_default(&opt->hosts_request_ocsp, instance, pool, "hosts_request_ocsp", "*");
    option_default(&opt->tls_try_verify_hosts, instance, pool, "tls_try_verify_hosts", "*");
    option_default(&opt->tls_verify_cert_hostnames, instance, pool, "tls_verify_cert_hostnames", "*");
    option_default(&opt->tls_verify_certificates, instance, pool, "tls_verify_certificates", "system");
    option_default(&opt->dkim_hash, instance, pool, "dkim_hash", "sha256");
    option_default(&opt->dnssec_request_domains, instance, pool, "dnssec_request_domains", "*");
    option_default(&opt->utf8_downconvert, instance, pool, "utf8_downconvert", "-1");
}

static bool
smtp_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct smtp_options *opt = instance->options;

    set_defaults(opt, instance, pool);
    if (opt->command_timeout <= 0 || opt->data_timeout <= 0 || opt->final_timeout <= 0) {
        *why_out = STR("command, data, or final timeout value is zero");
        return false;
    }
    if (opt->hosts_override && opt->hosts == NULL) {
        *why_out = STR("hosts_override is set, but hosts is not");
        return false;
    }
    if (!str_ieq_c(opt->protocol, "smtp") && !str_ieq_c(opt->protocol, "smtps") && !str_ieq_c(opt->protocol, "lmtp")) {
        *why_out =
            pool_printf(pool, "protocol is \"%.*s\": \"smtp\", \"smtps\" or \"lmtp\" expected", STR_ARG(opt->protocol));
        return false;
    }
    return true;
}

/* Recipients in one transaction; 0: no limit. */
static int
find_max_rcpt(const struct smtp_options *opt, struct scope *scope)
{
    struct why why;
    int64_t max_rcpt;

    why_init(&why, scope->pool);
    if (expand_int(opt->max_rcpt, scope, &max_rcpt, &why) == OK && max_rcpt >= 0 && max_rcpt < INT32_MAX)
        return (int)max_rcpt;
    return 1;
}

/* Without parallel deliveries one run takes all recipients, in as many transactions as it takes, over one connection.
 */
static void
smtp_batching(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    const struct smtp_options *opt = transport->instance.options;
    struct why why;

    why_init(&why, scope->pool);
    out->max_addresses = config->remote_max_parallel > 1 ? find_max_rcpt(opt, scope) : 0;
    if (expand_bool(opt->multi_domain, scope, &out->is_multi_domain, &why) != OK)
        out->is_multi_domain = false;
}

/* ---- A run */

enum outcome
smtp_find_port(struct smtp_job *job, struct why *why)
{
    struct template *option = job->options->port;
    struct str text, reason;

    if (expand(option, &job->run->scope, &text, why) != OK) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "failed to expand \"port\" option for %.*s transport: %.*s",
                               STR_ARG(job->run->transport->instance.name), STR_ARG(reason));
    }
    job->port = port_parse(text);
    if (job->port == 0)
        return transport_defer(why, NUMBER_NONE, "TCP port \"%.*s\" is not defined for %.*s transport", STR_ARG(text),
                               STR_ARG(job->run->transport->instance.name));
    return OK;
}

static enum outcome
check_message(struct smtp_job *job, struct why *why)
{
    if (job->options->message_linelength_limit > 0
        && message_longest_line(job->run->message) > job->options->message_linelength_limit)
        return why_fail(why, 0, "5.6.0", "message has lines too long for transport");
    if (str_ieq_c(job->options->protocol, "smtps"))
        return transport_defer(why, NUMBER_TLS_REQUIRED,
                               "protocol = smtps of %.*s transport needs TLS, and this program was built "
                               "without it",
                               STR_ARG(job->run->transport->instance.name));
    return OK;
}

static enum outcome
prepare(struct smtp_job *job, struct why *why)
{
    if (smtp_find_port(job, why) != OK)
        return DEFER;
    job->max_rcpt = find_max_rcpt(job->options, &job->run->scope);
    return check_message(job, why);
}

/* A connection handed on by the message before serves the one host it leads to. */
static void
run_on_channel(struct smtp_job *job)
{
    struct smtp_channel *channel = job->channel;
    struct why why;
    enum smtp_error_kind error;

    why_init(&why, job->pool);
    channel->is_continued = true;
    job->run->scope.host = &channel->host;
    error = smtp_deliver(job, &channel->host, &why);
    if (error == SMTP_ERROR_HOST)
        smtp_log_host_error(job, &channel->host, &why);
}

static enum outcome
run_on_hosts(struct smtp_job *job, struct why *why)
{
    struct host *hosts;

    if (smtp_hosts_make(job, &hosts, why) != OK)
        return DEFER;
    smtp_try_hosts(job, hosts);
    if (!smtp_has_pending(job))
        return OK;
    hosts = smtp_hosts_fallback(job);
    if (hosts != NULL) {
        trace(TRACE_DELIVER, "trying the fallback hosts");
        smtp_try_hosts(job, hosts);
    }
    return OK;
}

static void
smtp_run(struct transport_run *run)
{
    struct smtp_job job = {
        .run = run, .options = run->transport->instance.options, .pool = run->pool,
        .channel = (struct smtp_channel *)run->channel,
    };
    struct why why;
    enum outcome outcome;

    why_init(&why, run->pool);
    job.is_lmtp = str_ieq_c(job.options->protocol, "lmtp");
    outcome = prepare(&job, &why);
    if (outcome == OK && run->is_dont_deliver) {
        transport_set_all(run->addresses, OK, NULL);
        return;
    }
    if (outcome == OK && job.channel != NULL) {
        run_on_channel(&job);
        return;
    }
    if (outcome == OK)
        outcome = run_on_hosts(&job, &why);
    if (outcome != OK)
        transport_set_all(run->addresses, outcome, &why);
    if (run->hooks != NULL && run->hooks->report != NULL)
        run->hooks->report(run->hooks->data, run->addresses);
    if (job.channel != NULL)
        smtp_deliver_waiting(&job);
    smtp_disconnect(&job);
}

/* For the first pass of a queue run and for domains that are to be queued. */
static void
smtp_wait_for(struct transport_run *run)
{
    struct smtp_job job = { .run = run, .options = run->transport->instance.options, .pool = run->pool };

    for (const struct host *host = run->addresses->hosts; host != NULL; host = host->next)
        smtp_waiting_add(&job, host);
}

const struct transport_driver smtp_driver = {
    .info = {
        .name = "smtp", .options = options, .defaults = &defaults,
        .options_size = sizeof(struct smtp_options), .init = smtp_init,
    },
    .batching = smtp_batching,
    .run = smtp_run,
    .callout = smtp_callout,
    .fits_channel = smtp_fits_channel,
    .wait_for = smtp_wait_for,
};
