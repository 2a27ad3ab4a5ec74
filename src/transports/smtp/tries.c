#include "base/trace.h"
#include "expand/expand.h"
#include "retry/retry.h"
#include "transports/smtp/smtp.h"
#include "transports/turns.h"

/* ---- Retry data */

/* One host under trial. */
struct trial {
    struct smtp_job *job;
    struct host *host;
    int port;
    bool has_address;               /* retry_include_ip_address */
    struct str host_key, message_key;           /* of records that are there; else empty */
};

static bool
includes_address(struct smtp_job *job)
{
    struct why why;
    bool value = true;

    why_init(&why, job->pool);
    return expand_bool(job->options->retry_include_ip_address, &job->run->scope, &value, &why) != OK || value;
}

static void
trial_begin(struct trial *trial, struct smtp_job *job, struct host *host)
{
    *trial = (struct trial){ .job = job, .host = host, .port = host->port != HOST_PORT_NONE ? host->port : job->port };
    host->port = trial->port;
    job->run->scope.host = host;
    trial->has_address = includes_address(job);
}

static void
note_failure(struct trial *trial, enum smtp_error_kind kind, const struct why *why)
{
    struct transport_run *run = trial->job->run;
    bool is_message = kind == SMTP_ERROR_MESSAGE;
    struct str key =
        retry_key_host(trial->host, trial->port, is_message ? run->message->id : NULL, trial->has_address, run->pool);

    if (run->retry_notes == NULL || (kind != SMTP_ERROR_HOST && !is_message))
        return;
    for (struct address *addr = run->addresses; addr != NULL; addr = addr->next) {
        struct retry_note *note;

        if (!smtp_is_pending(addr) && addr->outcome != FAIL)
            continue;
        note = retry_note(run->retry_notes, addr, key, why);
        note->is_host = true;
        note->is_message = is_message;
        note->host_name = trial->host->name;
        retry_note_tell_host(run->retry_notes, note, trial->host);
        note->why.is_via_mx = trial->host->mx != MX_NONE;
    }
}

/* A host that took a message, or answered sensibly, has no past. */
static void
note_success(struct trial *trial, bool is_message_fine)
{
    struct transport_run *run = trial->job->run;

    if (run->retry_notes == NULL)
        return;
    if (trial->host_key.len > 0)
        retry_note_success(run->retry_notes, run->addresses, trial->host_key)->is_host = true;
    if (is_message_fine && trial->message_key.len > 0)
        retry_note_success(run->retry_notes, run->addresses, trial->message_key)->is_host = true;
}

/* May the host be tried?  The counts are for the reason given when none may. */
static bool
is_due(struct trial *trial)
{
    struct smtp_job *job = trial->job;
    const struct message *message = job->run->message;
    enum retry_answer answer = retry_check_host(trial->host, trial->port, trial->has_address, message,
                                                job->run->addresses->domain, &trial->host_key, &trial->message_key);

    if (answer == RETRY_NOW || job->run->is_forced)
        return true;
    ptr_list_add(&job->waited_for, job->pool, trial->host);
    if (answer == RETRY_NOT_YET) {
        job->not_yet++;
        return false;
    }
    if (!job->options->delay_after_cutoff && trial->host->last_try < message->received_at.tv_sec)
        return true;
    job->expired++;
    return false;
}

/* ---- One host */

static void
set_pending(struct smtp_job *job, const struct host *host, enum outcome outcome, const struct why *why)
{
    for (struct address *addr = job->run->addresses; addr != NULL; addr = addr->next) {
        if (!smtp_is_pending(addr))
            continue;
        addr->outcome = outcome;
        addr->why = *why;
        addr->why.is_via_mx = host->mx != MX_NONE;
        addr->host_used = POOL_NEW(job->pool, struct host);
        *addr->host_used = *host;
        addr->host_used->port = host->port != HOST_PORT_NONE ? host->port : job->port;
        addr->log_connection = job->log_connection;
    }
}

/* Connect and deliver; a refusal for good of the host itself fails the addresses. */
static void
try_host(struct trial *trial)
{
    struct smtp_job *job = trial->job;
    struct why why;
    enum outcome outcome;
    enum smtp_error_kind kind;

    why_init(&why, job->pool);
    job->log_connection = STR("");
    outcome = smtp_connect(job, trial->host, &why);
    if (outcome != OK) {
        smtp_log_host_error(job, trial->host, &why);
        set_pending(job, trial->host, outcome, &why);
        note_failure(trial, SMTP_ERROR_HOST, &why);
        ptr_list_add(&job->waited_for, job->pool, trial->host);
        return;
    }
    kind = smtp_deliver(job, trial->host, &why);
    if (kind == SMTP_ERROR_HOST || kind == SMTP_ERROR_MESSAGE) {
        smtp_log_host_error(job, trial->host, &why);
        note_failure(trial, kind, &why);
    }
    if (kind != SMTP_ERROR_HOST)
        note_success(trial, kind == SMTP_ERROR_NONE);
    else
        ptr_list_add(&job->waited_for, job->pool, trial->host);
    if (smtp_has_pending(job) || job->channel->client.is_dead)
        smtp_disconnect(job);
}

/* ---- The list */

/* hosts_max_try is reached: a host of a later preference still gets one chance, this address then does not count. */
static struct host *
next_preference(const struct host *host)
{
    for (struct host *later = host->next; later != NULL; later = later->next)
        if (later->mx != host->mx)
            return later;
    return NULL;
}

static bool
gets_turn(struct trial *trial)
{
    struct smtp_job *job = trial->job;

    if (!smtp_host_matches(job, job->options->serialize_hosts, trial->host))
        return true;
    if (turn_take("host-serialize", trial->host->name, 1, job->pool))
        return true;
    trace(TRACE_DELIVER, "another process is connected to %.*s: skipped", STR_ARG(trial->host->name));
    job->serialized++;
    return false;
}

static void
try_in_turn(struct trial *trial)
{
    bool is_serialized = smtp_host_matches(trial->job, trial->job->options->serialize_hosts, trial->host);

    trace_begin(TRACE_TRANSPORT, "host %.*s [%.*s]", STR_ARG(trial->host->name), STR_ARG(trial->host->address));
    try_host(trial);
    trace_end(TRACE_TRANSPORT, smtp_has_pending(trial->job) ? "addresses are left" : "done");
    if (!is_serialized)
        return;
    if (trial->job->channel != NULL)
        trial->job->channel->is_serialized = true;
    else
        turn_give_back("host-serialize", trial->host->name, trial->job->pool);
}

/* No host was tried: why not. */
static void
explain_untried(struct smtp_job *job, const struct why *find_why)
{
    struct str domain = job->run->addresses->domain;
    enum outcome outcome = DEFER;
    struct why why;

    why_init(&why, job->pool);
    if (job->unfound > 0 && job->not_yet == 0 && job->expired == 0)
        why = *find_why;
    else if (job->unfound > 0)
        transport_defer(&why, NUMBER_HOST_RETRY,
                        "some host address lookups failed and retry time not reached for other hosts or connection "
                        "limit reached");
    else if (job->serialized > 0)
        transport_defer(&why, NUMBER_HOST_RETRY, "connection limit reached for all hosts");
    else if (job->not_yet > 0)
        transport_defer(&why, NUMBER_HOST_RETRY, "retry time not reached for any host for '%.*s'", STR_ARG(domain));
    else
        outcome =
            why_fail(&why, 0, "5.4.7", "all hosts for '%.*s' have been failing for a long time %s", STR_ARG(domain),
                     job->options->delay_after_cutoff ? "(and retry time not reached)"
                                                      : "and were last tried after this message arrived");
    if (outcome == DEFER && (job->not_yet > 0 || job->serialized > 0))
        why.cause = CAUSE_RETRY_NOT_REACHED;
    for (struct address *addr = job->run->addresses; addr != NULL; addr = addr->next)
        if (smtp_is_pending(addr)) {
            addr->outcome = outcome;
            addr->why = why;
        }
}

/* False: the host cannot be tried. */
static bool
is_ready(struct smtp_job *job, struct host *host, struct trial *trial, struct why *find_why)
{
    if (smtp_host_find(job, host, find_why) != OK) {
        job->unfound++;
        return false;
    }
    trial_begin(trial, job, host);
    return is_due(trial) && gets_turn(trial);
}

void
smtp_try_hosts(struct smtp_job *job, struct host *hosts)
{
    struct why find_why;
    struct host *host = hosts;
    int tried = 0;

    why_init(&find_why, job->pool);
    while (host != NULL && smtp_has_pending(job) && job->tried_hard < job->options->hosts_max_try_hardlimit) {
        struct host *following;
        struct trial trial;

        if (!is_ready(job, host, &trial, &find_why)) {
            host = host->next;
            continue;
        }
        following = host->next;
        if (++tried >= job->options->hosts_max_try && job->options->hosts_max_try > 0) {
            following = next_preference(host);
            tried--;
        }
        job->tried++;
        job->tried_hard++;
        try_in_turn(&trial);
        host = following;
    }
    if (job->tried == 0)
        explain_untried(job, &find_why);
    /* Whoever reaches one of these hosts next takes the message along. */
    for (size_t i = 0; i < job->waited_for.count && smtp_has_pending(job); i++)
        smtp_waiting_add(job, job->waited_for.items[i]);
}
