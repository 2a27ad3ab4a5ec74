/* acl/modifiers.c -- modifiers: what a statement does or remembers on its way (manual: ACL modifiers). */
#include "acl/rows.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/items.h"
#include "base/trace.h"
#include "expand/expand.h"
#include "log/log.h"
#include "net/host_find.h"
#include "net/ip_address.h"

enum {
    NOT_MESSAGE = ACL_BIT(ACL_AT_CONNECT) | ACL_BIT(ACL_AT_HELO) | ACL_BIT(ACL_AT_QUIT) | ACL_BIT(ACL_AT_NOTQUIT) |
                  ACL_BIT(ACL_AT_VRFY) | ACL_BIT(ACL_AT_EXPN) | ACL_BIT(ACL_AT_ETRN) | ACL_BIT(ACL_AT_AUTH) |
                  ACL_BIT(ACL_AT_STARTTLS) | ACL_BIT(ACL_AT_MAILAUTH),
    AFTER_DATA = ACL_BIT(ACL_AT_DATA) | ACL_BIT(ACL_AT_PRDR) | ACL_BIT(ACL_AT_MIME) | ACL_BIT(ACL_AT_DKIM) |
                 ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_MIME),
    UDP_MAX_BYTES = 8192,
};

static enum acl_test
message_obey(struct acl_call *call)
{
    call->message = call->template;
    return ACL_YES;
}

static enum acl_test
log_message_obey(struct acl_call *call)
{
    call->log_message = call->template;
    return ACL_YES;
}

static enum acl_test
endpass_obey(struct acl_call *call)
{
    call->is_endpass_seen = true;
    return ACL_YES;
}

static enum acl_test
continue_obey(struct acl_call *call)
{
    (void)call;
    return ACL_YES;
}

static enum acl_test
add_header_obey(struct acl_call *call)
{
    acl_add_headers(call->state, call->argument);
    return ACL_YES;
}

static enum acl_test
remove_header_obey(struct acl_call *call)
{
    struct acl_state *state = call->state;

    state->headers_removed = state->headers_removed.len == 0
                                 ? pool_dup(state->message_pool, call->argument)
                                 : pool_printf_tainted(state->message_pool, "%.*s:%.*s",
                                                       STR_ARG(state->headers_removed), STR_ARG(call->argument));
    return ACL_YES;
}

static enum acl_test
delay_obey(struct acl_call *call)
{
    struct acl_state *state = call->state;
    struct str text = str_trim(call->argument);
    int seconds = interval_parse(text);

    if (seconds < 0)
        return acl_call_bad(call, "syntax error in argument for \"delay\" modifier: \"%.*s\" is not a time value",
                            STR_ARG(call->argument));
    trace(TRACE_ACL, "delay modifier requests %d-second delay", seconds);
    if (seconds > 0 && state->is_pretending)
        trace(TRACE_ACL, "delay skipped in -bh checking mode");
    if (seconds == 0 || state->is_pretending)
        return ACL_YES;
    if (state->flush != NULL && !state->session.no_delay_flush)
        state->flush(state->owner);
    if (state->wait != NULL)
        state->wait(state->owner, seconds);
    else
        sleep((unsigned)seconds);
    return ACL_YES;
}

/* "main", "reject", "panic" as a target bit; 0 for another word. */
static unsigned
log_target_of(struct str word)
{
    if (str_ieq_c(word, "main"))
        return LOG_TO_MAIN;
    if (str_ieq_c(word, "reject"))
        return LOG_TO_REJECT;
    return str_ieq_c(word, "panic") ? LOG_TO_PANIC : 0;
}

static enum acl_test
log_reject_target_obey(struct acl_call *call)
{
    struct items items = items_of(call->argument);
    struct str word;

    call->state->log_reject = 0;
    while (items_next(&items, call->scope->pool, &word)) {
        unsigned target = log_target_of(word);

        if (target == 0)
            log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, acl_message_id(call->scope),
                      "unknown log name \"%.*s\" in \"log_reject_target\" in %s ACL", STR_ARG(word),
                      acl_point_name(call->point));
        call->state->log_reject |= target;
    }
    return ACL_YES;
}

/* ":main,reject: text" */
static enum acl_test
logwrite_obey(struct acl_call *call)
{
    struct str text = call->argument, names, rest, word;
    unsigned targets = 0;

    if (text.len > 0 && text.ptr[0] == ':') {
        if (!str_cut(str_from(text, 1), ':', &names, &rest))
            names = str_from(text, 1);
        else
            text = rest;
        for (struct items items = { .rest = names, .separator = ',' }; items_next(&items, call->scope->pool, &word);) {
            unsigned target = log_target_of(word);

            if (target == 0) {
                log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_REJECT, acl_message_id(call->scope),
                          "unknown log name in \"%.*s\" in \"logwrite\" in %s ACL", STR_ARG(call->argument),
                          acl_point_name(call->point));
                return ACL_YES;
            }
            targets |= target;
        }
    }
    text = str_trim_left(text);
    log_write(LOG_ALWAYS, targets == 0 ? LOG_TO_MAIN : targets, acl_message_id(call->scope), "%.*s", STR_ARG(text));
    return ACL_YES;
}

static enum acl_test
queue_obey(struct acl_call *call)
{
    struct str name = str_trim(call->argument);

    if (str_is_tainted(name))
        return acl_call_bad(call, "attempt to use tainted value '%.*s' for queue", STR_ARG(name));
    if (str_find(name, '/') != STR_NONE || str_find(name, '.') == 0)
        return acl_call_bad(call, "Directory separator not permitted in queue name: '%.*s'", STR_ARG(name));
    call->state->message.queue_name = pool_dup(call->state->message_pool, name);
    call->state->message.has_queue_name = true;
    return ACL_YES;
}

/* The maps keep name → struct str *, names without "acl_". */
static enum acl_test
set_obey(struct acl_call *call)
{
    struct acl_state *state = call->state;
    bool is_session = call->word.len > 4 && call->word.ptr[4] == 'c';
    struct pool *pool = is_session ? state->session_pool : state->message_pool;
    struct map *map = is_session ? &call->scope->origin->acl_variables
                                 : call->scope->message == NULL ? NULL : &call->scope->message->acl_variables;
    struct str name = str_from(call->word, 4), *value;

    if (!str_starts(call->word, STR("acl_")))
        return acl_call_bad(call, "\"%.*s\" can be set in the DKIM ACL only", STR_ARG(call->word));
    if (map == NULL)
        return ACL_YES;
    value = POOL_NEW(pool, struct str);
    *value = pool_dup(pool, call->argument);
    map_set(map, pool_dup(pool, name), value);
    return ACL_YES;
}

/* ---- udpsend */

static bool
udp_address(struct acl_call *call, struct str host, struct ip_address *ip_out)
{
    struct host_find_request request = host_find_request_default();
    struct host *found;
    struct why why;

    if (ip_parse(host, ip_out))
        return true;
    why_init(&why, call->scope->pool);
    found = host_new(call->scope->pool, host, STR(""), MX_NONE);
    return host_find_by_name(found, &request, call->scope, &why) == HOST_FOUND && ip_parse(found->address, ip_out);
}

static enum acl_test
udp_send(struct acl_call *call, const struct ip_address *ip, int port, struct str data)
{
    struct sockaddr_storage address;
    socklen_t length;
    int fd = socket(ip->is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ssize_t sent;

    if (fd == -1)
        return acl_call_bad(call, "\"udpsend\" modifier failed: %s", strerror(errno));
    ip_to_sockaddr(ip, port, &address, &length);
    sent = sendto(fd, data.ptr, data.len, 0, (const struct sockaddr *)&address, length);
    close(fd);
    trace(TRACE_ACL, "udpsend %zd bytes", sent);
    return ACL_YES;
}

static enum acl_test
udpsend_obey(struct acl_call *call)
{
    struct items items = items_of(call->argument);
    struct pool *pool = call->scope->pool;
    struct ip_address ip;
    struct str host, port, data;
    uint64_t number;

    if (!items_next(&items, pool, &host) || host.len == 0)
        return acl_call_bad(call, "missing destination host in \"udpsend\" modifier");
    if (!items_next(&items, pool, &port))
        return acl_call_bad(call, "missing destination port in \"udpsend\" modifier");
    if (!items_next(&items, pool, &data))
        return acl_call_bad(call, "missing datagram in \"udpsend\" modifier");
    if (!str_to_u64(port, 10, &number) || number == 0 || number > 65535)
        return acl_call_bad(call, "bad destination port in \"udpsend\" modifier");
    if (data.len > UDP_MAX_BYTES)
        return acl_call_bad(call, "datagram of the \"udpsend\" modifier is too long");
    if (!udp_address(call, host, &ip)) {
        acl_call_bad(call, "host lookup failed in \"udpsend\" modifier");
        return ACL_CANNOT_TELL;
    }
    trace(TRACE_ACL, "udpsend [%.*s]:%d %.*s", STR_ARG(host), (int)number, STR_ARG(data));
    return udp_send(call, &ip, (int)number, data);
}

/* ---- control = name/options */

static enum acl_test
control_obey(struct acl_call *call)
{
    struct str text = str_trim(call->argument), name, options;
    bool has_options = str_cut(text, '/', &name, &options);

    for (const struct acl_control *const *table = acl_controls_rows; *table != NULL; table++)
        for (const struct acl_control *row = *table; row->name != NULL; row++) {
            if (!str_eq_c(name, row->name))
                continue;
            if (has_options && !row->has_options)
                break;
            if (row->needs != NULL)
                return acl_call_bad(call, "control=%s is not available: built without %s", row->name, row->needs);
            if ((row->forbidden & ACL_BIT(call->point)) != 0)
                return acl_call_bad(call, "cannot use \"control=%s\" in %s ACL", row->name,
                                    acl_point_name(call->point));
            return row->apply(call, options);
        }
    return acl_call_bad(call, "syntax error in \"control=%.*s\"", STR_ARG(text));
}

/* While reading: a control that this program lacks is told at once. */
static bool
control_check(struct str argument, struct pool *pool, struct str *why_out)
{
    struct str name, options;

    str_cut(argument, '/', &name, &options);
    name = str_trim(name);
    for (const struct acl_control *const *table = acl_controls_rows; *table != NULL; table++)
        for (const struct acl_control *row = *table; row->name != NULL; row++)
            if (row->needs != NULL && str_eq_c(name, row->name)) {
                *why_out = pool_printf(pool, "control=%s is not available: built without %s", row->name, row->needs);
                return false;
            }
    return true;
}

const struct acl_condition acl_modifiers[] = {
    { .name = "add_header", .is_modifier = true, .forbidden = NOT_MESSAGE, .test = add_header_obey },
    { .name = "continue", .is_modifier = true, .test = continue_obey },
    { .name = "control", .is_modifier = true, .test = control_obey, .check = control_check },
    { .name = "delay", .is_modifier = true, .forbidden = ACL_BIT(ACL_AT_NOTQUIT), .test = delay_obey },
    { .name = "endpass", .is_modifier = true, .has_no_argument = true, .test = endpass_obey },
    { .name = "log_message", .is_modifier = true, .is_argument_raw = true, .test = log_message_obey },
    { .name = "log_reject_target", .is_modifier = true, .test = log_reject_target_obey },
    { .name = "logwrite", .is_modifier = true, .test = logwrite_obey },
    { .name = "message", .is_modifier = true, .is_argument_raw = true, .test = message_obey },
    { .name = "queue", .is_modifier = true, .forbidden = AFTER_DATA, .test = queue_obey },
    { .name = "remove_header", .is_modifier = true, .forbidden = NOT_MESSAGE, .test = remove_header_obey },
    { .name = "set", .is_modifier = true, .test = set_obey },
    { .name = "udpsend", .is_modifier = true, .test = udpsend_obey },
    { .name = NULL }
};
