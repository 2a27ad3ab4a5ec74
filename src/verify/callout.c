/* verify/callout.c -- ask the next host about an address (manual: callout verification). */
#include "verify/callout.h"
#include <string.h>
#include "base/clock.h"
#include "base/deadline.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "smtp_client/client.h"

static const char reused_text[] = "(result of earlier verification reused).";

/* One callout under way. */
struct callout {
    struct address *addr;
    const struct transport_callout *target;
    struct str mail_from;
    const struct verify_options *options;
    struct scope *scope;
    struct verify_result *result;
    struct callout_cache cache;
    struct smtp_client client;
    const struct host *host;
};

static void
succeed(struct callout *c, enum verify_failure note)
{
    c->result->outcome = OK;
    c->result->failure = note;
}

static void
fail(struct callout *c, enum verify_failure failure, struct str log_text, struct str user_text)
{
    c->result->outcome = FAIL;
    c->result->failure = failure;
    c->result->log_text = log_text;
    c->result->user_text = c->result->details = user_text;
}

/* Lines joined by the two characters "\n" get real line ends. */
static struct str
reply_lines(struct str text, struct pool *pool)
{
    struct buf lines;

    buf_init(&lines, pool, SMTP_REPLY_MAX_BYTES);
    buf_taint(&lines);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n') {
            buf_add_char(&lines, '\n');
            i++;
        } else
            buf_add_char(&lines, text.ptr[i]);
    return buf_str(&lines);
}

/* A refusal by the host: texts for the log, for a recipient's client, and the report lines for a sender's. */
static void
fail_by_reply(struct callout *c, enum verify_failure failure, struct str command, const struct smtp_client_reply *reply)
{
    struct pool *pool = c->scope->pool;
    struct str response = reply_lines(reply->text, pool);
    const struct host *host = c->host;

    if (failure == VERIFY_FAILED_MAIL)
        c->result->log_text =
            pool_printf_tainted(pool, "%.*s [%.*s] : response to \"%.*s\" was: %.*s", STR_ARG(host->name),
                                STR_ARG(host->address), STR_ARG(command), STR_ARG(reply->text));
    else
        c->result->log_text =
            pool_printf_tainted(pool, "%.*s [%.*s] : SMTP error from remote mail server after %.*s: %.*s",
                                STR_ARG(host->name), STR_ARG(host->address), STR_ARG(command), STR_ARG(reply->text));
    c->result->outcome = FAIL;
    c->result->failure = failure;
    c->result->user_text = pool_printf_tainted(pool, "Callout verification failed:\n%.*s", STR_ARG(response));
    c->result->details = pool_printf_tainted(pool, "Called:   %.*s\nSent:     %.*s\nResponse: %.*s",
                                             STR_ARG(host->address), STR_ARG(command), STR_ARG(response));
}

static void
defer(struct callout *c, struct str text)
{
    struct pool *pool = c->scope->pool;
    const char *what = c->options->is_sender ? "sender" : "recipient";

    c->result->outcome = DEFER;
    c->result->failure = VERIFY_FAILED_MAIL;
    c->result->user_text = pool_printf(pool, "Could not complete %s verify callout", what);
    if (config->smtp_return_error_details)
        c->result->user_text =
            pool_printf_tainted(pool, "Could not complete %s verify callout:\n%.*s", what, STR_ARG(text));
    c->result->details = STR("");
    c->result->log_text = pool_printf_tainted(pool, "Could not complete %s verify callout: %.*s [%.*s] : %.*s", what,
                                              STR_ARG(c->host->name), STR_ARG(c->host->address), STR_ARG(text));
}

static void
defer_by_reply(struct callout *c, struct str command, const struct smtp_client_reply *reply)
{
    struct pool *pool = c->scope->pool;

    if (reply->code == 0)
        defer(c, pool_printf_tainted(pool, "response to \"%.*s\" was: %.*s", STR_ARG(command),
                                     STR_ARG(c->client.failure_text.len > 0 ? c->client.failure_text
                                                                            : STR("connection dropped"))));
    else
        defer(c, pool_printf_tainted(pool, "SMTP error from remote mail server after %.*s: %.*s", STR_ARG(command),
                                     STR_ARG(reply->text)));
}

/* ---- What the cache answers */

/* The random local part (option callout_random_local_part). */
static struct str
random_address(struct callout *c)
{
    struct str local_part;
    struct why why;

    why_init(&why, c->scope->pool);
    if (config->callout_random_local_part == NULL ||
        expand(config->callout_random_local_part, c->scope, &local_part, &why) != OK || local_part.len == 0)
        return STR("");
    return pool_printf_tainted(c->scope->pool, "%.*s@%.*s", STR_ARG(local_part), STR_ARG(c->addr->domain));
}

/* True: the cache has settled it. */
static bool
settled_by_cache(struct callout *c)
{
    struct callout_cache *cache = &c->cache;

    if (cache->domain == ANSWER_REJECT || (cache->domain == ANSWER_REJECT_NULL && c->mail_from.len == 0)) {
        trace(TRACE_VERIFY, "callout cache: domain gave initial rejection, or does not accept HELO or MAIL FROM:<>");
        fail(c, VERIFY_FAILED_MAIL, str_of(reused_text), str_of(reused_text));
        return true;
    }
    if (c->options->callout_random && cache->random == ANSWER_ACCEPT) {
        trace(TRACE_VERIFY, "callout cache: domain accepts random addresses");
        succeed(c, VERIFY_PASSED_RANDOM);
        return true;
    }
    if (c->options->has_postmaster && cache->postmaster == ANSWER_REJECT) {
        trace(TRACE_VERIFY, "callout cache: domain does not accept RCPT TO:<postmaster@domain>");
        fail(c, VERIFY_FAILED_POSTMASTER, str_of(reused_text), str_of(reused_text));
        return true;
    }
    if (cache->address == ANSWER_REJECT) {
        fail(c, VERIFY_FAILED_RECIPIENT, STR("Previous (cached) callout verification failure"),
             STR("Previous (cached) callout verification failure"));
        c->result->is_cached_failure = true;
        return true;
    }
    if (cache->address != ANSWER_ACCEPT || (c->options->callout_random && cache->random == ANSWER_UNKNOWN) ||
        (c->options->has_postmaster && cache->postmaster == ANSWER_UNKNOWN))
        return false;
    succeed(c, VERIFY_FAILED_NOT);
    return true;
}

/* ---- Talking to one host */

enum step { STEP_GO_ON, STEP_SETTLED, STEP_NEXT_HOST };

static enum step
ask_mail(struct callout *c, struct str from, struct smtp_client_reply *reply)
{
    struct str command = pool_printf_tainted(c->scope->pool, "MAIL FROM:<%.*s>", STR_ARG(from));

    smtp_client_ask(&c->client, command, reply);
    if (reply->code / 100 == 2) {
        if (from.len == 0 || c->cache.domain == ANSWER_UNKNOWN)
            c->cache.domain = ANSWER_ACCEPT;
        return STEP_GO_ON;
    }
    if (reply->code / 100 == 5) {
        if (from.len == 0)
            c->cache.domain = ANSWER_REJECT_NULL;
        fail_by_reply(c, VERIFY_FAILED_MAIL, command, reply);
        return STEP_SETTLED;
    }
    defer_by_reply(c, command, reply);
    return STEP_NEXT_HOST;
}

static struct str
rcpt_command(struct callout *c, struct str address)
{
    return pool_printf_tainted(c->scope->pool, "RCPT TO:<%.*s>", STR_ARG(address));
}

/* Reset and say MAIL again after a question on the side. */
static enum step
begin_again(struct callout *c, struct str from)
{
    struct smtp_client_reply reply;

    if (!smtp_client_ask(&c->client, STR("RSET"), &reply) || reply.code / 100 != 2) {
        defer_by_reply(c, STR("RSET"), &reply);
        return STEP_NEXT_HOST;
    }
    return ask_mail(c, from, &reply);
}

static enum step
ask_random(struct callout *c)
{
    struct str address = random_address(c);
    struct smtp_client_reply reply;

    if (!c->options->callout_random || c->cache.random != ANSWER_UNKNOWN || address.len == 0)
        return STEP_GO_ON;
    smtp_client_ask(&c->client, rcpt_command(c, address), &reply);
    c->cache.random_at = clock_seconds();
    if (reply.code / 100 == 2) {
        c->cache.random = ANSWER_ACCEPT;
        succeed(c, VERIFY_PASSED_RANDOM);
        return STEP_SETTLED;
    }
    if (reply.code / 100 == 5)
        c->cache.random = ANSWER_REJECT;
    if (reply.code == 0) {
        defer_by_reply(c, rcpt_command(c, address), &reply);
        return STEP_NEXT_HOST;
    }
    return begin_again(c, c->mail_from);
}

static enum step
ask_address(struct callout *c)
{
    struct str command = rcpt_command(c, transport_rcpt_address(c->addr, false, c->scope->pool));
    struct smtp_client_reply reply;

    smtp_client_ask(&c->client, command, &reply);
    if (reply.code / 100 == 2) {
        c->cache.address = ANSWER_ACCEPT;
        return STEP_GO_ON;
    }
    if (reply.code / 100 == 5) {
        c->cache.address = ANSWER_REJECT;
        fail_by_reply(c, VERIFY_FAILED_RECIPIENT, command, &reply);
        return STEP_SETTLED;
    }
    defer_by_reply(c, command, &reply);
    return STEP_NEXT_HOST;
}

static enum step
ask_postmaster(struct callout *c)
{
    struct str command =
        rcpt_command(c, pool_printf_tainted(c->scope->pool, "postmaster@%.*s", STR_ARG(c->addr->domain)));
    struct smtp_client_reply reply;
    enum step step;

    if (!c->options->has_postmaster || c->cache.postmaster == ANSWER_ACCEPT)
        return STEP_GO_ON;
    step = begin_again(c, c->options->postmaster_mail_from);
    if (step != STEP_GO_ON)
        return step;
    smtp_client_ask(&c->client, command, &reply);
    if (reply.code / 100 != 2 && reply.code != 0 && c->options->callout_full_postmaster)
        smtp_client_ask(&c->client, STR("RCPT TO:<postmaster>"), &reply);
    c->cache.postmaster_at = clock_seconds();
    if (reply.code / 100 == 2) {
        c->cache.postmaster = ANSWER_ACCEPT;
        return STEP_GO_ON;
    }
    if (reply.code / 100 == 5) {
        c->cache.postmaster = ANSWER_REJECT;
        fail_by_reply(c, VERIFY_FAILED_POSTMASTER, command, &reply);
        return STEP_SETTLED;
    }
    defer_by_reply(c, command, &reply);
    return STEP_NEXT_HOST;
}

static enum step
ask_all(struct callout *c)
{
    struct smtp_client_reply reply;
    enum step step = ask_mail(c, c->mail_from, &reply);

    if (step == STEP_GO_ON)
        step = ask_random(c);
    if (step == STEP_GO_ON)
        step = ask_address(c);
    if (step == STEP_GO_ON)
        step = ask_postmaster(c);
    if (step != STEP_GO_ON)
        return step;
    succeed(c, VERIFY_FAILED_NOT);
    return STEP_SETTLED;
}

static enum step
greet(struct callout *c)
{
    struct smtp_client_reply reply = { 0 };
    struct why why;
    enum outcome outcome;

    why_init(&why, c->scope->pool);
    outcome = smtp_client_greet(&c->client, &reply, &why);
    if (outcome == OK)
        return STEP_GO_ON;
    if (outcome == FAIL) {
        c->cache.domain = ANSWER_REJECT;
        c->cache.address = ANSWER_UNKNOWN;
        fail_by_reply(c, VERIFY_FAILED_MAIL,
                      c->client.helo_word.len > 0 ? c->client.helo_word : STR("initial connection"), &reply);
        return STEP_SETTLED;
    }
    defer(c, why.text);
    return STEP_NEXT_HOST;
}

static enum step
ask_host(struct callout *c)
{
    const struct transport_callout *t = c->target;
    struct smtp_client_settings settings = {
        .helo_name = t->helo_name, .interface = t->interface, .is_lmtp = t->is_lmtp, .dscp = -1,
        .connect_timeout_s = c->options->callout_connect_s, .command_timeout_s = c->options->callout_timeout_s,
        .data_timeout_s = c->options->callout_timeout_s, .final_timeout_s = c->options->callout_timeout_s,
    };
    struct why why;
    enum step step;

    why_init(&why, c->scope->pool);
    trace(TRACE_VERIFY, "callout to %.*s [%.*s]", STR_ARG(c->host->name), STR_ARG(c->host->address));
    if (smtp_client_connect(&c->client, c->scope->pool, c->host,
                            c->host->port != HOST_PORT_NONE ? c->host->port : t->port, &settings, &why) != OK) {
        defer(c, why.text);
        return STEP_NEXT_HOST;
    }
    step = greet(c);
    if (step == STEP_GO_ON)
        step = ask_all(c);
    if (c->client.is_dead)
        smtp_client_close(&c->client);
    else
        smtp_client_quit(&c->client);
    return step;
}

static void
ask_hosts(struct callout *c)
{
    struct deadline limit = deadline_in_s(c->options->callout_maxwait_s);

    for (c->host = c->target->hosts; c->host != NULL; c->host = c->host->next) {
        if (c->host->address.len == 0)
            continue;
        if (deadline_has_passed(limit)) {
            trace(TRACE_VERIFY, "maximum wait for callouts is over");
            return;
        }
        if (ask_host(c) == STEP_SETTLED)
            return;
    }
}

void
callout_run(struct address *addr, const struct transport_callout *target, struct str mail_from,
            const struct verify_options *options, struct scope *scope, struct verify_result *result)
{
    struct callout c = { .addr = addr, .target = target, .mail_from = mail_from, .options = options, .scope = scope,
                         .result = result };
    struct pool *pool = scope->pool;

    trace(TRACE_VERIFY, "Attempting full verification using callout");
    c.cache.is_unused = options->callout_no_cache;
    c.cache.domain_key = addr->domain;
    c.cache.address_key = mail_from.len == 0
                              ? addr->text
                              : pool_printf_tainted(pool, "%.*s/<%.*s>", STR_ARG(addr->text), STR_ARG(mail_from));
    callout_cache_read(&c.cache, pool);
    if (settled_by_cache(&c))
        return;
    c.cache.address = ANSWER_UNKNOWN;
    if (options->flush != NULL)
        options->flush(options->owner);
    *result = (struct verify_result){ .outcome = DEFER, .failure = VERIFY_FAILED_MAIL, .routed = addr,
                                      .user_text = STR("Could not complete verify callout"),
                                      .log_text = STR("Could not complete verify callout: no host could be asked") };
    ask_hosts(&c);
    callout_cache_write(&c.cache);
}
