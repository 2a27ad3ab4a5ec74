/* receive/local.c -- -bm and -t: one message from the standard input (manual: command line, -bm, -t, -f). */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "address/mailbox.h"
#include "base/deadline.h"
#include "expand/expand.h"
#include "receive/reception.h"
#include "rewrite/rewrite.h"

enum { READ_BYTES = 64 * 1024 };

/* The envelope sender before the message is read: -f where it counts, else the caller. */
static void
find_sender(struct message *message, struct origin *origin, const struct receive_options *options, struct pool *pool)
{
    struct str own = receive_qualify(pool, local_part_quote(pool, origin->caller_login), false);

    message->is_sender_local = !(options->has_sender && origin->is_trusted);
    if (!message->is_sender_local && origin->authenticated_id.ptr == origin->caller_login.ptr)
        origin->authenticated_id = STR("");     /* the caller speaks for somebody else */
    if (message->is_sender_local && origin->authenticated_sender.len == 0 && origin->host_address.len == 0)
        origin->authenticated_sender = own;
    message->sender = own;
    if (options->has_sender && options->is_sender_forced) {
        message->sender = options->sender;
        message->is_sender_set_untrusted = !origin->is_trusted;
    }
}

/* A "From " line of a trusted caller, unless -f was given. */
static void
take_uucp_sender(struct reception *r)
{
    struct address_rules rules = receive_address_rules();
    struct address_parse parse;
    struct str reason;

    if (!r->has_uucp_sender || r->options->has_sender)
        return;
    rules.allow_unqualified = rules.allow_empty = rules.allow_domain_literals = true;
    r->message->is_sender_local = false;
    if (address_same(r->origin->authenticated_sender, r->message->sender))
        r->origin->authenticated_sender = STR("");
    if (r->uucp_sender.len == 0)
        r->message->sender = STR("");
    else if (address_parse(r->pool, r->uucp_sender, &rules, &parse, &reason))
        r->message->sender = receive_qualify(r->pool, parse.address, false);
}

/* Addresses of the command line, each argument a list.  Faults go to bad_out. */
static void
take_arguments(struct reception *r, const struct str *arguments, size_t count, struct str_list *addresses,
               struct bad_address **bad_out)
{
    struct address_rules rules = receive_address_rules();

    *bad_out = NULL;
    rules.allow_domain_literals = rules.allow_unqualified = true;
    for (size_t i = 0; i < count; i++) {
        struct address_list list;
        struct address_list_item item;
        enum address_list_step step;

        address_list_init(&list, r->pool, pool_dup_tainted(r->pool, arguments[i]), &rules);
        while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
            bool is_unqualified =
                step == ADDRESS_LIST_ADDRESS && item.parse.box.domain.len == 0 && r->options->no_qualify;

            if (step == ADDRESS_LIST_FAULT || is_unqualified) {
                struct bad_address *bad = POOL_NEW(r->pool, struct bad_address);

                *bad = (struct bad_address){ *bad_out, item.text,
                                             is_unqualified ? STR("unqualified recipient address not allowed")
                                                            : item.reason };
                *bad_out = bad;
            } else {
                str_list_add(addresses, r->pool, item.parse.address);
            }
        }
    }
}

/* Read the message to its end. False: the input broke or took too long. */
static bool
read_message(struct reception *r, int fd)
{
    struct local_reader reader;
    char *room = pool_alloc_as(r->pool, TAINTED, READ_BYTES);
    size_t have = 0, used;
    struct str text;
    struct deadline deadline = config->receive_timeout > 0 ? deadline_in_s(config->receive_timeout) : deadline_never();

    local_reader_init(&reader, !r->options->ignore_dot, false);
    for (;;) {
        struct pollfd waiting = { .fd = fd, .events = POLLIN };
        enum body_step step;
        ssize_t got;

        if (config->receive_timeout > 0 && poll(&waiting, 1, deadline_left_ms(deadline)) == 0)
            return false;
        got = read(fd, room + have, READ_BYTES - have);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return false;
        if (got == 0)
            break;
        have += (size_t)got;
        do {
            step = local_reader_push(&reader, room, have, &used, &text);
            reception_add(r, text);
            memmove(room, room + used, have - used);
            have -= used;
        } while (step == BODY_MORE && have > 0 && text.len > 0);
        if (step == BODY_END)
            return true;
    }
    reception_add(r, local_reader_finish(&reader, str_make(room, have)));
    return true;
}

/* The trouble met while reading, as an error of local input. */
static enum local_error
error_of(enum receive_failure failure)
{
    switch (failure) {
    case FAILURE_TOO_BIG: return LOCAL_ERROR_TOO_BIG;
    case FAILURE_HEADER_SECTION: return LOCAL_ERROR_HEADER_SECTION;
    case FAILURE_HEADER_LINE: return LOCAL_ERROR_HEADER_LINE;
    case FAILURE_NONE: case FAILURE_SPOOL: case FAILURE_SOURCE: break;
    }
    return LOCAL_ERROR_OURS;
}

/* -t: from the header section, without or with those of the command line.  False: there is nobody to send to, and that
 * was told. */
static bool
extract_recipients(struct reception *r, const struct str_list *arguments, struct receive_result *out)
{
    bool removes = config->extract_addresses_remove_arguments;
    struct bad_address *bad;

    recipients_extract(r, arguments->items, removes ? arguments->count : 0, &bad);
    for (size_t i = 0; i < arguments->count; i++)
        if (removes)
            map_add(&r->message->nonrecipients, arguments->items[i], r);
        else
            message_add_recipient(r->message, arguments->items[i]);
    if (bad == NULL && r->message->recipient_count > 0)
        return true;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, r->message->id, "%s found in headers",
              bad != NULL ? "bad addresses" : "no recipients");
    fixup_added_fields(r);
    local_error_report(r, bad != NULL ? LOCAL_ERROR_BAD_HEADER_ADDRESS : LOCAL_ERROR_NO_RECIPIENTS, STR(""), bad, out);
    if (r->message->recipient_count == 0 || r->options->error_mode == RECEIVE_ERRORS_STDERR)
        return false;
    out->exit_code = EX_OK;
    return true;
}

/* Rewriting of the envelope.  False: a lookup could not be completed. */
static bool
rewrite_envelope(struct reception *r, struct why *why)
{
    struct message *message = r->message;
    struct str sender = message->sender;

    if (sender.len > 0 && rewrite_has_rules(REWRITE_ENV_SENDER)) {
        if (rewrite_address(sender, REWRITE_ENV_SENDER, &r->scope, &message->sender, why) == DEFER)
            return false;
        message->raw_sender = sender;
    }
    for (size_t i = 0; i < message->recipient_count && rewrite_has_rules(REWRITE_ENV_RECIPIENT); i++) {
        struct recipient *recipient = &message->recipients[i];

        if (recipient->raw.len == 0)
            recipient->raw = recipient->address;
        if (rewrite_address(recipient->address, REWRITE_ENV_RECIPIENT, &r->scope, &recipient->address, why) == DEFER)
            return false;
    }
    return true;
}

static bool
is_over_recipients_max(struct reception *r)
{
    int64_t max;

    return config->recipients_max != NULL && expand_int(config->recipients_max, &r->scope, &max, NULL) == OK && max > 0
        && r->message->recipient_count > (uint64_t)max;
}

/* Verdict of the message as a whole: the exit code, and what the sender is told. */
static void
finish(struct reception *r, struct receive_result *out)
{
    int code = out->exit_code;
    struct why why;

    why_init(&why, r->pool);
    if (is_over_recipients_max(r)) {
        local_error_report(r, LOCAL_ERROR_TOO_MANY_RECIPIENTS, STR(""), NULL, out);
        return;
    }
    if (!rewrite_envelope(r, &why)) {
        local_error_report(r, LOCAL_ERROR_OURS, why.text, NULL, out);
        return;
    }
    reception_finish(r, out);
    if (out->fate == RECEIVE_ACCEPTED || out->fate == RECEIVE_DISCARDED)
        out->exit_code = code;
    else if (out->fate == RECEIVE_REJECTED)
        local_error_report(r, LOCAL_ERROR_ACL, out->reply, NULL, out);
    else
        local_error_report(r, LOCAL_ERROR_OURS, out->reply, NULL, out);
}

/* The message is read; now what becomes of it. */
static void
conclude(struct reception *r, const struct str_list *arguments, const struct bad_address *bad,
         struct receive_result *out)
{
    header_section_end(r);
    if (r->is_failed) {
        reception_report_trouble(r, out);
        local_error_report(r, error_of(r->failure), error_of(r->failure) == LOCAL_ERROR_OURS ? r->fail_reply : STR(""),
                           NULL, out);
        return;
    }
    reception_counts(r);
    take_uucp_sender(r);
    if (bad != NULL) {
        local_error_report(r, LOCAL_ERROR_BAD_ADDRESS, STR(""), bad, out);
        return;
    }
    if (r->options->extract_recipients) {
        if (!extract_recipients(r, arguments, out))
            return;
    } else if (is_over_recipients_max(r)) {
        local_error_report(r, LOCAL_ERROR_TOO_MANY_ARGUMENTS, STR(""), NULL, out);
        return;
    }
    finish(r, out);
}

static bool
has_space(struct pool *pool)
{
    const struct spool *spool;
    struct why why;

    why_init(&why, pool);
    spool = spool_configured(&why);
    if (spool != NULL && spool_check_space(spool, 0, &why) == OK)
        return true;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "%.*s", STR_ARG(why.text));
    fprintf(stderr, "tern: insufficient disk space\n");
    return false;
}

void
receive_local_message(struct pool *pool, struct origin *origin, const struct receive_options *options, int fd,
                      const struct str *recipients, size_t recipient_count, struct receive_result *out)
{
    struct message *message = message_new(pool, origin);
    struct receive_request request = { .pool = pool, .origin = origin, .message = message, .options = options };
    struct str_list arguments = { 0 };
    struct bad_address *bad;
    struct reception *r;

    *out = (struct receive_result){ .fate = RECEIVE_FAILED, .exit_code = EX_OK };
    if (!has_space(pool)) {
        out->exit_code = EXIT_FAILURE;
        return;
    }
    if (origin->protocol.len == 0)
        origin->protocol = STR("local");
    find_sender(message, origin, options, pool);
    message->envid = options->envid;
    r = reception_begin(&request);
    take_arguments(r, recipients, recipient_count, &arguments, &bad);
    if (bad != NULL && options->error_mode == RECEIVE_ERRORS_STDERR) {
        local_error_report(r, LOCAL_ERROR_BAD_ADDRESS, STR(""), bad, out);
        return;
    }
    for (size_t i = 0; i < arguments.count; i++) {
        struct str raw = arguments.items[i];

        arguments.items[i] = receive_qualify(pool, raw, true);
        if (!options->extract_recipients)
            message_add_recipient(message, arguments.items[i])->raw = raw;
    }
    if (options->error_mode == RECEIVE_ERRORS_STDERR && is_over_recipients_max(r)) {
        local_error_report(r, LOCAL_ERROR_TOO_MANY_ARGUMENTS, STR(""), NULL, out);
        return;
    }
    if (config->acl_not_smtp_start != NULL) {
        struct acl_reply reply;

        r->scope.acl->point = ACL_AT_NOT_SMTP_START;
        acl_run(ACL_AT_NOT_SMTP_START, config->acl_not_smtp_start, &r->scope, &reply);
    }
    if (!read_message(r, fd)) {
        fprintf(stderr, "tern: timed out while reading - message abandoned\n");
        log_write(LOG_LOST_INCOMING_CONNECTION, LOG_TO_MAIN, message->id[0] != '\0' ? message->id : NULL,
                  "timed out while reading local message");
        out->exit_code = EXIT_FAILURE;
    } else {
        conclude(r, &arguments, bad, out);
    }
    reception_release(r);
}
