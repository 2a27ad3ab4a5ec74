/* acl/controls.c -- control = …: ask for special treatment of the session or the message (manual: use of the control
 * modifier). */
#include "acl/rows.h"
#include <netinet/in.h>
#include <string.h>
#include "address/address.h"
#include "base/items.h"
#include "base/trace.h"

enum {
    NOT_MESSAGE = ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO) | ACL_BIT(ACL_AT_QUIT) | ACL_BIT(ACL_AT_NOTQUIT) |
                  ACL_BIT(ACL_AT_VRFY) | ACL_BIT(ACL_AT_EXPN) | ACL_BIT(ACL_AT_ETRN) | ACL_BIT(ACL_AT_AUTH) |
                  ACL_BIT(ACL_AT_STARTTLS) | ACL_BIT(ACL_AT_MAILAUTH),
    NOT_SMTP = ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_START) | ACL_BIT(ACL_AT_NOT_SMTP_MIME),
    BEFORE_DATA = ACL_BIT(ACL_AT_MAIL) | ACL_BIT(ACL_AT_RCPT) | ACL_BIT(ACL_AT_PREDATA),
    ONLY_SMTP_MESSAGE = NOT_MESSAGE | NOT_SMTP | ACL_BIT(ACL_AT_DKIM),
};

static enum acl_test
syntax_error(struct acl_call *call)
{
    return acl_call_bad(call, "syntax error in \"control=%.*s\"", STR_ARG(call->argument));
}

/* Controls that only set a flag: the row's place in the table gives the field. */
#define SESSION_FLAG(field)                                     \
    static enum acl_test                                        \
    field##_apply(struct acl_call *call, struct str options)    \
    {                                                           \
        (void)options;                                          \
        call->state->session.field = true;                      \
        return ACL_YES;                                         \
    }
#define MESSAGE_FLAG(field)                                     \
    static enum acl_test                                        \
    field##_apply(struct acl_call *call, struct str options)    \
    {                                                           \
        (void)options;                                          \
        call->state->message.field = true;                      \
        return ACL_YES;                                         \
    }

SESSION_FLAG(no_pipelining)
SESSION_FLAG(no_multiline_responses)
SESSION_FLAG(allow_auth_unadvertised)
SESSION_FLAG(no_delay_flush)
SESSION_FLAG(no_callout_flush)
MESSAGE_FLAG(suppress_local_fixups)
MESSAGE_FLAG(no_mbox_unspool)
MESSAGE_FLAG(dkim_disable_verify)
MESSAGE_FLAG(dmarc_disable_verify)
MESSAGE_FLAG(dmarc_enable_forensic)

static enum acl_test
enforce_sync_apply(struct acl_call *call, struct str options)
{
    (void)options;
    call->state->session.enforce_sync = true;
    call->state->session.no_enforce_sync = false;
    return ACL_YES;
}

static enum acl_test
no_enforce_sync_apply(struct acl_call *call, struct str options)
{
    (void)options;
    call->state->session.enforce_sync = false;
    call->state->session.no_enforce_sync = true;
    return ACL_YES;
}

static enum acl_test
caseful_apply(struct acl_call *call, struct str options)
{
    (void)options;
    if (call->scope->address != NULL)
        call->scope->address->local_part = call->scope->address->cc_local_part;
    return ACL_YES;
}

static enum acl_test
caselower_apply(struct acl_call *call, struct str options)
{
    (void)options;
    if (call->scope->address != NULL)
        call->scope->address->local_part = call->scope->address->lc_local_part;
    return ACL_YES;
}

static enum acl_test
freeze_apply(struct acl_call *call, struct str options)
{
    if (options.len > 0 && !str_ieq_c(options, "no_tell"))
        return syntax_error(call);
    call->state->message.freeze = true;
    if (options.len == 0)
        call->state->message.freeze_tell = true;
    return ACL_YES;
}

static enum acl_test
queue_apply(struct acl_call *call, struct str options)
{
    struct str option;

    call->state->message.queue_only = true;
    while (options.len > 0) {
        str_cut(options, '/', &option, &options);
        if (str_ieq_c(option, "first_pass_route"))
            call->state->message.queue_first_pass = true;
    }
    return ACL_YES;
}

static enum acl_test
fake_apply(struct acl_call *call, int code, struct str text)
{
    call->state->message.fake_code = code;
    call->state->message.fake_text = pool_dup(call->state->message_pool, text);
    return ACL_YES;
}

static enum acl_test
fakedefer_apply(struct acl_call *call, struct str options)
{
    return fake_apply(call, 450, options);
}

static enum acl_test
fakereject_apply(struct acl_call *call, struct str options)
{
    return fake_apply(call, 550, options);
}

/* Options of submission, separated by slashes; name= takes the rest (manual: submission mode). */
static enum acl_test
submission_apply(struct acl_call *call, struct str options)
{
    struct acl_message_controls *message = &call->state->message;
    struct pool *pool = call->state->message_pool;
    struct str option;

    message->submission = true;
    while (options.len > 0) {
        if (str_istarts(options, STR("name="))) {
            message->submission_name = pool_dup(pool, str_from(options, strlen("name=")));
            return ACL_YES;
        }
        str_cut(options, '/', &option, &options);
        if (str_ieq_c(option, "sender_retain"))
            message->submission_sender_retain = true;
        else if (str_istarts(option, STR("domain=")))
            message->submission_domain = pool_dup(pool, str_from(option, strlen("domain=")));
        else
            return syntax_error(call);
    }
    return ACL_YES;
}

static enum acl_test
utf8_downconvert_apply(struct acl_call *call, struct str options)
{
    int value = 1;

    if (str_eq_c(options, "0"))
        value = 0;
    else if (str_eq_c(options, "-1"))
        value = -1;
    else if (options.len > 0 && !str_eq_c(options, "1"))
        return acl_call_bad(call, "bad option value for control=utf8_downconvert");
    call->state->message.has_utf8_downconvert = true;
    call->state->message.utf8_downconvert = value;
    return ACL_YES;
}

static enum acl_test
cutthrough_apply(struct acl_call *call, struct str options)
{
    struct str option;

    while (options.len > 0) {
        str_cut(options, '/', &option, &options);
        if (str_ieq_c(option, "defer=pass"))
            call->state->message.cutthrough_pass_defer = true;
        else if (!str_ieq_c(option, "defer=spool"))
            return syntax_error(call);
    }
    /* The message is spooled and delivered in the usual way: the control asks, the server need not. */
    call->state->message.cutthrough = true;
    trace(TRACE_ACL, "cutthrough delivery is not done: the message is spooled");
    return ACL_YES;
}

/* Names of DSCP values (RFC 2474, RFC 2597, RFC 3246) and of the old TOS bits, as values of the six DSCP bits. */
static const struct { const char *name; int value; } dscp_names[] = {
    { "af11", 0x0a }, { "af12", 0x0c }, { "af13", 0x0e }, { "af21", 0x12 }, { "af22", 0x14 }, { "af23", 0x16 },
    { "af31", 0x1a }, { "af32", 0x1c }, { "af33", 0x1e }, { "af41", 0x22 }, { "af42", 0x24 }, { "af43", 0x26 },
    { "ef", 0x2e }, { "lowdelay", 0x04 }, { "mincost", 0x00 }, { "reliability", 0x01 }, { "throughput", 0x02 },
};

static bool
dscp_parse(struct str text, int *value_out)
{
    uint64_t number;
    bool is_hex = str_istarts(text, STR("0x"));

    for (size_t i = 0; i < COUNT(dscp_names); i++)
        if (str_ieq_c(text, dscp_names[i].name)) {
            *value_out = dscp_names[i].value;
            return true;
        }
    if (!str_to_u64(is_hex ? str_from(text, 2) : text, is_hex ? 16 : 10, &number) || number > 0x3f)
        return false;
    *value_out = (int)number;
    return true;
}

static enum acl_test
dscp_apply(struct acl_call *call, struct str options)
{
    int fd = call->state->client_fd, value, bits;
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    if (fd == -1 || getsockname(fd, (struct sockaddr *)&address, &length) == -1) {
        trace(TRACE_ACL, "smtp input is probably not a socket, not setting DSCP");
        return ACL_YES;
    }
    if (!dscp_parse(options, &value))
        return acl_call_bad(call, "unrecognised DSCP value in \"control=%.*s\"", STR_ARG(call->argument));
    bits = value << 2;
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &bits, sizeof bits);
    else
        setsockopt(fd, IPPROTO_IP, IP_TOS, &bits, sizeof bits);
    return ACL_YES;
}

/* Options of control = debug are checked; the records go where -d sends them. */
static enum acl_test
debug_apply(struct acl_call *call, struct str options)
{
    static const char *const words[] = { "tag=", "opts=", "pretrigger=", "trigger=", "kill", "stop" };
    struct str option;

    while (options.len > 0) {
        bool is_known = false;

        str_cut(options, '/', &option, &options);
        for (size_t i = 0; i < COUNT(words); i++)
            is_known |= str_starts(option, str_of(words[i]));
        if (!is_known)
            return syntax_error(call);
    }
    return ACL_YES;
}

static enum acl_test
unbuilt_apply(struct acl_call *call, struct str options)
{
    (void)options;
    return syntax_error(call);
}

const struct acl_control acl_basic_controls[] = {
    { .name = "allow_auth_unadvertised",
      .forbidden = ACL_EVERYWHERE & ~(ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO)),
      .apply = allow_auth_unadvertised_apply },
    { .name = "caseful_local_part", .forbidden = ACL_EVERYWHERE & ~ACL_BIT(ACL_AT_RCPT), .apply = caseful_apply },
    { .name = "caselower_local_part", .forbidden = ACL_EVERYWHERE & ~ACL_BIT(ACL_AT_RCPT), .apply = caselower_apply },
    { .name = "cutthrough_delivery", .has_options = true, .apply = cutthrough_apply },
    { .name = "debug", .has_options = true, .apply = debug_apply },
    { .name = "dkim_disable_verify",
      .forbidden =
          ACL_BIT(ACL_AT_DATA) | ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_PRDR) | ACL_BIT(ACL_AT_NOT_SMTP_START),
      .apply = dkim_disable_verify_apply },
    { .name = "dmarc_disable_verify",
      .forbidden = ACL_BIT(ACL_AT_DATA) | ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_START),
      .apply = dmarc_disable_verify_apply },
    { .name = "dmarc_enable_forensic",
      .forbidden = ACL_BIT(ACL_AT_DATA) | ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_START),
      .apply = dmarc_enable_forensic_apply },
    { .name = "dscp", .has_options = true, .forbidden = NOT_SMTP | ACL_BIT(ACL_AT_NOTQUIT), .apply = dscp_apply },
    { .name = "enforce_sync", .forbidden = NOT_SMTP, .apply = enforce_sync_apply },
    { .name = "fakedefer", .has_options = true, .forbidden = ONLY_SMTP_MESSAGE, .apply = fakedefer_apply },
    { .name = "fakereject", .has_options = true, .forbidden = ONLY_SMTP_MESSAGE, .apply = fakereject_apply },
    { .name = "freeze", .has_options = true, .forbidden = NOT_MESSAGE, .apply = freeze_apply },
    { .name = "no_callout_flush", .forbidden = NOT_SMTP, .apply = no_callout_flush_apply },
    { .name = "no_delay_flush", .forbidden = NOT_SMTP, .apply = no_delay_flush_apply },
    { .name = "no_enforce_sync", .forbidden = NOT_SMTP, .apply = no_enforce_sync_apply },
    { .name = "no_mbox_unspool", .forbidden = NOT_MESSAGE, .apply = no_mbox_unspool_apply },
    { .name = "no_multiline_responses", .forbidden = NOT_SMTP, .apply = no_multiline_responses_apply },
    { .name = "no_pipelining", .forbidden = NOT_SMTP, .apply = no_pipelining_apply },
    { .name = "queue", .has_options = true, .forbidden = NOT_MESSAGE, .apply = queue_apply },
    { .name = "queue_only", .forbidden = NOT_MESSAGE, .apply = queue_apply },
    { .name = "submission",
      .has_options = true,
      .forbidden = ACL_EVERYWHERE & ~BEFORE_DATA,
      .apply = submission_apply },
    { .name = "suppress_local_fixups",
      .forbidden = ACL_EVERYWHERE & ~(BEFORE_DATA | ACL_BIT(ACL_AT_NOT_SMTP_START)),
      .apply = suppress_local_fixups_apply },
    { .name = "utf8_downconvert",
      .has_options = true,
      .forbidden = ACL_EVERYWHERE & ~(ACL_BIT(ACL_AT_RCPT) | ACL_BIT(ACL_AT_VRFY)),
      .apply = utf8_downconvert_apply },
    { .name = "bmi_run", .apply = unbuilt_apply, .needs = "EXPERIMENTAL_BRIGHTMAIL" },
    { .name = "wellknown", .has_options = true, .apply = unbuilt_apply, .needs = "WELLKNOWN support" },
    { .name = NULL }
};
