/* lookups/readsock.c -- send a request to a socket and read what comes back: ${readsocket …} and the lookup
 * readsock. */
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/items.h"
#include "expand/rows.h"
#include "lookups/lookup.h"
#include "net/host_find.h"
#include "net/socket.h"

enum { TIMEOUT_DEFAULT_S = 5, ANSWER_MAX_BYTES = 16 << 20, READ_BYTES = 4096 };

struct socket_options {
    int timeout_s;
    bool does_shutdown, does_send;
    struct str line_end;
    bool has_line_end;
};

/* "3s:shutdown=no" of the item, "timeout=3s,shutdown=no" of the lookup. */
static bool
read_option(struct socket_options *options, struct str option, struct why *why)
{
    struct str name, value;

    str_cut(option, '=', &name, &value);
    if (str_eq_c(name, "timeout")) {
        options->timeout_s = interval_parse(value);
        if (options->timeout_s >= 0)
            return true;
        why_fail(why, 0, NULL, "bad time value %.*s", STR_ARG(value));
        return false;
    }
    if (str_eq_c(name, "shutdown"))
        options->does_shutdown = !str_eq_c(value, "no");
    else if (str_eq_c(name, "send"))
        options->does_send = !str_eq_c(value, "no");
    else if (str_eq_c(name, "eol")) {
        options->line_end = value;
        options->has_line_end = true;
    } else if (str_eq_c(name, "tls") && str_eq_c(value, "yes")) {
        why_fail(why, 0, NULL, "TLS on sockets is not built in");
        return false;
    }
    return true;
}

static int
connect_any(struct host *hosts, int port, struct deadline deadline, struct str name, struct why *why)
{
    struct why inner = { .pool = why->pool };

    for (const struct host *host = hosts; host != NULL; host = host->next) {
        struct connect_request request = { .port = port, .dscp = -1 };
        int fd;

        if (host->address.len == 0 || !ip_parse(host->address, &request.ip))
            continue;
        if ((fd = socket_connect(&request, deadline, &inner)) != -1)
            return fd;
    }
    why_defer(why, inner.sys_errno, NULL, "failed to connect to any address for %.*s", STR_ARG(name));
    return -1;
}

/* "inet:host:port"; the host may be in brackets. */
static int
connect_inet(struct str text, struct scope *scope, struct deadline deadline, struct why *why)
{
    size_t colon = str_rfind(text, ':');
    struct str name = str_head(text, colon == STR_NONE ? text.len : colon), service;
    struct host_find_request request = host_find_request_default();
    struct host *host;
    struct servent *entry;
    uint64_t port;
    enum host_find found;

    if (colon == STR_NONE || colon + 1 == text.len) {
        why_fail(why, 0, NULL, "missing port for readsocket %.*s", STR_ARG(text));
        return -1;
    }
    service = str_from(text, colon + 1);
    if (!str_to_u64(service, 10, &port)) {
        const char *word = pool_cstr(scope->pool, service);

        entry = word == NULL ? NULL : getservbyname(word, "tcp");
        if (entry == NULL) {
            why_fail(why, 0, NULL, "unknown port \"%.*s\"", STR_ARG(service));
            return -1;
        }
        port = (uint64_t)ntohs((uint16_t)entry->s_port);
    }
    if (name.len > 2 && name.ptr[0] == '[')
        name = str_sub(name, 1, name.len - 2);
    host = host_new(scope->pool, name, STR(""), MX_NONE);
    found = host_find_by_name(host, &request, scope, NULL);
    if (found != HOST_FOUND && found != HOST_FOUND_LOCAL) {
        why_defer(why, 0, NULL, "no IP address found for host %.*s", STR_ARG(name));
        return -1;
    }
    return connect_any(host, (int)port, deadline, name, why);
}

static int
connect_to(struct str name, struct scope *scope, struct deadline deadline, struct why *why)
{
    struct why inner = { .pool = scope->pool };
    int fd;

    if (str_starts(name, STR("inet:")))
        return connect_inet(str_from(name, 5), scope, deadline, why);
    fd = socket_connect_unix(name, deadline, &inner);
    if (fd == -1)
        why_defer(why, inner.sys_errno, NULL, "failed to connect to socket %.*s", STR_ARG(name));
    return fd;
}

static bool
read_answer(int fd, struct buf *out, struct deadline deadline, struct why *why)
{
    for (;;) {
        char octets[READ_BYTES];
        size_t count;

        switch (fd_read(fd, octets, sizeof octets, deadline, &count)) {
        case IO_DONE:
            buf_taint(out);
            buf_add(out, str_make(octets, count));
            if (buf_overflowed(out)) {
                why_defer(why, 0, NULL, "answer of the socket is too long");
                return false;
            }
            break;
        case IO_END:
            return true;
        case IO_TIMEOUT:
            why_defer(why, 0, NULL, "socket read timed out");
            return false;
        case IO_INTERRUPTED:
        case IO_FAILED:
            why_defer(why, errno, NULL, "socket read failed");
            return false;
        }
    }
}

static struct str
with_line_ends(struct pool *pool, struct str text, struct str end)
{
    struct buf out;
    struct str line;
    bool has_newline;

    buf_init(&out, pool, BUF_NO_LIMIT);
    do {
        has_newline = str_cut(text, '\n', &line, &text);
        buf_add(&out, line);
        if (has_newline)
            buf_add(&out, end);
    } while (has_newline);
    return buf_str(&out);
}

/* Connect, send, read to the end.  False: why is filled. */
static bool
converse(struct str name, struct str request, const struct socket_options *options, struct scope *scope,
         struct str *answer_out, struct why *why)
{
    struct deadline deadline = deadline_in_s(options->timeout_s);
    struct buf answer;
    bool is_good = true;
    int fd = connect_to(name, scope, deadline, why);

    if (fd == -1)
        return false;
    if (options->does_send && request.len > 0 && fd_write(fd, request, deadline) != IO_DONE) {
        why_defer(why, errno, NULL, "request write to socket failed");
        is_good = false;
    }
    if (is_good && options->does_shutdown)
        shutdown(fd, SHUT_WR);
    buf_init(&answer, scope->pool, ANSWER_MAX_BYTES);
    is_good = is_good && read_answer(fd, &answer, deadline, why);
    close(fd);
    *answer_out =
        options->has_line_end ? with_line_ends(scope->pool, buf_str(&answer), options->line_end) : buf_str(&answer);
    return is_good;
}

/* {name}{request}{options}{line end}{text if it fails} */
static enum outcome
take_options(const struct expand_call *call, struct scope *scope, struct socket_options *options, struct why *why)
{
    struct str text, option;
    struct items items;
    enum outcome outcome = OK;

    if (call->arg_count > 2) {
        outcome = expand_node_eval(call->args[2], scope, &text, why);
        items = items_of(text);
        if (outcome == OK && items_next(&items, scope->pool, &option)) {
            options->timeout_s = interval_parse(option);
            if (options->timeout_s < 0)
                return why_fail(why, 0, NULL, "bad time value %.*s", STR_ARG(option));
            while (items_next(&items, scope->pool, &option))
                if (!read_option(options, option, why))
                    return FAIL;
        }
    }
    if (outcome == OK && call->arg_count > 3) {
        outcome = expand_node_eval(call->args[3], scope, &options->line_end, why);
        options->has_line_end = true;
    }
    return outcome;
}

static enum outcome
readsocket_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct socket_options options = { .timeout_s = TIMEOUT_DEFAULT_S, .does_shutdown = true, .does_send = true };
    struct str name, request;
    struct why inner;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &name, why);

    if ((scope->forbidden & EXPAND_FORBID_READSOCKET) != 0)
        return why_fail(why, 0, NULL, "socket insertions are not permitted");
    if (outcome != OK || (outcome = expand_node_eval(call->args[1], scope, &request, why)) != OK)
        return outcome;
    why_init(&inner, scope->pool);
    if ((outcome = take_options(call, scope, &options, why)) != OK)
        return outcome;
    if (str_is_tainted(name))
        return why_fail(why, 0, NULL, "Tainted socket name '%.*s'", STR_ARG(name));
    if (converse(name, request, &options, scope, text_out, &inner))
        return OK;
    if (call->arg_count > 4)
        return expand_node_eval(call->args[4], scope, text_out, why);
    return why_fail(why, 0, NULL, "%.*s", STR_ARG(inner.text));
}

const struct expand_item readsocket_items[] = {
    { .name = "readsocket", .args_min = 2, .args_max = 5, .eval = readsocket_eval },
    { .name = NULL }
};

/* readsock,timeout=…: the query is the socket's name, white space, the request. */
static enum lookup_answer
readsock_find(struct lookup_handle *handle, struct str file, struct str query, struct str options_text,
              struct scope *scope, struct str *value_out, struct why *why)
{
    struct socket_options options = { .timeout_s = TIMEOUT_DEFAULT_S, .does_shutdown = true, .does_send = true };
    struct str name, rest = options_text, option;

    (void)handle, (void)file;
    while (rest.len > 0) {
        str_cut(rest, ',', &option, &rest);
        if (!read_option(&options, str_trim(option), why))
            return LOOKUP_DEFERRED;
    }
    name = str_take_word(&query);
    query = str_trim_left(query);
    return converse(name, query, &options, scope, value_out, why) ? LOOKUP_FOUND : LOOKUP_DEFERRED;
}

const struct lookup_driver readsock_lookup = { .name = "readsock", .find = readsock_find };
