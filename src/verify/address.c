/* verify/address.c -- route an address as a delivery would, deliver nothing (manual: address verification,
 * redirection while verifying). */
#include "address/mailbox.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "match/match.h"
#include "net/host.h"
#include "routers/router.h"
#include "transports/transport.h"
#include "verify/callout.h"

enum { REDIRECTIONS_MAX = 100, SMTP_PORT = 25 };

/* ---- Unqualified addresses */

static bool
may_be_unqualified(const struct verify_options *options, struct scope *scope)
{
    struct template *hosts =
        options->is_sender ? config->sender_unqualified_hosts : config->recipient_unqualified_hosts;
    struct why why;

    if (scope->origin == NULL || !scope->origin->is_socket)
        return true;
    why_init(&why, scope->pool);
    return match_client_host(hosts, scope, NULL, &why) == MATCH_YES;
}

static void
note_failure(struct scope *scope, const struct verify_options *options, enum verify_failure failure)
{
    if (scope->verify == NULL)
        return;
    if (options->is_sender)
        scope->verify->sender_failure = failure;
    else
        scope->verify->recipient_failure = failure;
}

struct address *
verify_address_new(struct str text, const struct verify_options *options, struct scope *scope,
                   struct verify_result *result_out)
{
    struct str domain = options->is_sender ? config->qualify_domain : config->qualify_recipient;
    struct address *addr;
    struct mailbox box;

    *result_out = (struct verify_result){ .outcome = OK };
    if (!mailbox_split(text, &box, NULL)) {
        if (!may_be_unqualified(options, scope)) {
            result_out->outcome = FAIL;
            result_out->failure = VERIFY_FAILED_QUALIFY;
            result_out->log_text = result_out->details = STR("");
            result_out->user_text = STR("address must contain a domain");
            note_failure(scope, options, VERIFY_FAILED_QUALIFY);
            return NULL;
        }
        text = address_join(scope->pool, text, domain);
    }
    addr = address_new(scope->pool, text);
    if (addr != NULL)
        return addr;
    result_out->outcome = FAIL;
    result_out->failure = VERIFY_FAILED_QUALIFY;
    result_out->log_text = result_out->user_text = result_out->details = STR("malformed address");
    return NULL;
}

/* ---- Routing */

static enum route_purpose
purpose_of(const struct verify_options *options)
{
    if (options->is_expn)
        return ROUTE_FOR_EXPN;
    if (options->is_address_test)
        return ROUTE_FOR_TEST;
    return options->is_sender ? ROUTE_FOR_SENDER_VERIFY : ROUTE_FOR_RECIPIENT_VERIFY;
}

static void
result_by_routing(struct verify_result *result, const struct address *addr, enum outcome outcome)
{
    result->outcome = outcome;
    result->failure = VERIFY_FAILED_ROUTE;
    result->log_text = addr->why.text;
    result->user_text = addr->why.user_text;
    if (result->user_text.len == 0 && (outcome == FAIL || config->smtp_return_error_details))
        result->user_text = addr->why.text;
    result->details = addr->why.text;
}

/* Route until a transport, a failure, or a redirection to several addresses.  True: *routed_out may be asked about
 * further. */
static bool
route(struct address *addr, const struct verify_options *options, struct scope *scope, struct verify_result *result,
      struct address **routed_out)
{
    struct route_run run;

    route_run_init(&run, scope->pool, scope, purpose_of(options));
    for (int i = 0; i < REDIRECTIONS_MAX; i++) {
        enum route_result routed;

        routed = route_address(&run, addr);
        result->data = addr->address_data;
        result->routed = addr;
        if (routed == ROUTED_FAIL || routed == ROUTED_DEFER) {
            result_by_routing(result, addr, routed == ROUTED_FAIL ? FAIL : DEFER);
            return false;
        }
        *routed_out = addr;
        if (routed != ROUTED_TO_CHILDREN)
            return routed == ROUTED_TO_TRANSPORT;
        if (options->success_on_redirect || run.children == NULL || run.children->next != NULL ||
            run.children->kind != ADDRESS_MAIL)
            return false;
        addr = run.children;
        run.children = NULL;
        run.children_end = &run.children;
        trace(TRACE_VERIFY, "verification goes on with the only child, %.*s", STR_ARG(addr->text));
    }
    return false;
}

/* ---- Callouts */

static struct str
default_helo(struct scope *scope)
{
    struct str name;
    struct why why;

    why_init(&why, scope->pool);
    if (config->smtp_active_hostname != NULL && expand(config->smtp_active_hostname, scope, &name, &why) == OK &&
        name.len > 0)
        return name;
    return config->primary_hostname;
}

/* The hosts to ask: the transport's if it speaks SMTP, else those of a router that only verifies. */
static enum outcome
callout_target(struct address *addr, struct scope *scope, struct transport_callout *target, struct why *why)
{
    enum outcome outcome = OK;

    *target = (struct transport_callout){ .hosts = addr->hosts, .port = SMTP_PORT };
    if (addr->transport != NULL) {
        const struct transport_driver *driver = transport_driver(addr->transport);

        outcome = driver->callout == NULL ? FAIL : driver->callout(addr->transport, addr, scope, target, why);
    }
    if (target->helo_name.len == 0)
        target->helo_name = default_helo(scope);
    return outcome == OK && target->hosts == NULL ? FAIL : outcome;
}

static struct str
callout_sender(const struct verify_options *options, const struct scope *scope)
{
    if (options->is_header_sender)
        return options->callout_mail_from;
    if (options->is_sender)
        return STR("");
    if (options->callout_use_postmaster)
        return pool_printf(scope->pool, "postmaster@%.*s", STR_ARG(config->qualify_domain));
    return options->callout_use_sender && scope->message != NULL ? scope->message->sender : STR("");
}

static void
callout(struct address *addr, const struct verify_options *options, struct scope *scope, struct verify_result *result)
{
    struct transport_callout target;
    struct why why;
    enum outcome outcome;

    why_init(&why, scope->pool);
    outcome = callout_target(addr, scope, &target, &why);
    if (outcome == DEFER) {
        result->outcome = DEFER;
        result->failure = VERIFY_FAILED_ROUTE;
        result->log_text = why.text;
        return;
    }
    if (outcome == FAIL) {
        trace(TRACE_VERIFY,
              "Cannot do callout: neither router nor transport provided a host list, or transport is not smtp");
        return;
    }
    callout_run(addr, &target, callout_sender(options, scope), options, scope, result);
    if (result->outcome == OK && !options->is_sender) {
        /* The next host has vouched for both parts (manual: callout verification). */
        addr->domain_data = pool_dup_clean(scope->pool, addr->domain);
        addr->local_part_data = pool_dup_clean(scope->pool, addr->local_part);
    }
}

enum outcome
verify_address(struct address *addr, const struct verify_options *options, struct scope *outer,
               struct verify_result *result_out)
{
    struct scope scope = *outer;
    struct address *routed = addr;
    char mode = '\0';

    *result_out = (struct verify_result){ .outcome = OK, .routed = addr };
    if (scope.verify != NULL) {
        mode = scope.verify->mode;
        scope.verify->mode = options->is_sender ? 'S' : 'R';
    }
    trace_begin(TRACE_VERIFY, "verify %s %.*s", options->is_sender ? "sender" : "recipient", STR_ARG(addr->text));
    scope.address = addr;
    if (route(addr, options, &scope, result_out, &routed) && options->has_callout) {
        if (options->is_callout_skipped)
            trace(TRACE_VERIFY, "callout skipped: not done while testing (-bhc does it)");
        else
            callout(routed, options, &scope, result_out);
    }
    if (result_out->outcome == OK && options->has_callout && !options->is_sender) {
        addr->domain_data = routed->domain_data.len > 0 ? routed->domain_data : addr->domain_data;
        addr->local_part_data = routed->local_part_data.len > 0 ? routed->local_part_data : addr->local_part_data;
    }
    trace_end(TRACE_VERIFY, "verify: %s %.*s", outcome_name(result_out->outcome), STR_ARG(result_out->log_text));
    if (scope.verify != NULL)
        scope.verify->mode = mode;
    note_failure(&scope, options, result_out->outcome == FAIL || result_out->failure == VERIFY_PASSED_RANDOM
                 ? result_out->failure : VERIFY_FAILED_NOT);
    return result_out->outcome;
}
