/* -bt: route one address and show what would be done. */
#include "deliver/address_test.h"
#include <stdlib.h>
#include "address/mailbox.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "message/message.h"
#include "net/host.h"
#include "receive/receive.h"
#include "routers/router.h"
#include "transports/transport.h"

struct test {
    struct pool *pool;
    FILE *out;
    struct route_run run;
    struct address *local, *remote;         /* latest first, as they are shown */
    int result;
    bool has_details;               /* reasons are for administrators: they can tell of files and lookups */
};

enum { TEST_ROUTED = 0, TEST_DEFERRED = 1, TEST_UNDELIVERABLE = 2 };

static void
worse(struct test *test, int result)
{
    if (result > test->result)
        test->result = result;
}

/* "    <-- parent", up to the address that was asked for. */
static void
parents_show(const struct test *test, const struct address *addr)
{
    for (const struct address *above = addr->parent; above != NULL; above = above->parent)
        fprintf(test->out, "\n    <-- %.*s", STR_ARG(above->text));
}

static struct str
transport_text(const struct address *addr)
{
    return addr->transport == NULL ? STR("(none)") : ((const struct driver_instance *)addr->transport)->name;
}

static void
hosts_show(const struct test *test, const struct host *hosts)
{
    size_t name_width = 0, address_width = 0;

    for (const struct host *host = hosts; host != NULL; host = host->next) {
        name_width = host->name.len > name_width ? host->name.len : name_width;
        address_width = host->address.len > address_width ? host->address.len : address_width;
    }
    for (const struct host *host = hosts; host != NULL; host = host->next) {
        fprintf(test->out, "  host %-*.*s ", (int)name_width, STR_ARG(host->name));
        if (host->address.len > 0)
            fprintf(test->out, "[%.*s%-*s", STR_ARG(host->address), 1 + (int)(address_width - host->address.len), "]");
        else
            fprintf(test->out, "%-*s", (int)address_width + 3 + 6, "");
        if (host->mx != MX_NONE)
            fprintf(test->out, " MX=%d", host->mx);
        if (host->port != HOST_PORT_NONE)
            fprintf(test->out, " port=%d", host->port);
        if (host->is_dnssec)
            fprintf(test->out, " AD");
        fputc('\n', test->out);
    }
}

static void
routed_show(const struct test *test, const struct address *addr)
{
    fprintf(test->out, "%.*s", STR_ARG(addr->text));
    parents_show(test, addr);
    fprintf(test->out, "\n  router = %.*s, ",
            STR_ARG(addr->router != NULL ? addr->router->instance.name : STR("(none)")));
    if (addr->transport == NULL)
        fprintf(test->out, "transport = %s", "(none)");
    else
        fprintf(test->out, "transport = %.*s", STR_ARG(transport_text(addr)));
    fputc('\n', test->out);
    hosts_show(test, addr->hosts);
}

/* Pipes, files and replies are shown as soon as they are met. */
static void
target_show(struct test *test, const struct address *addr)
{
    fprintf(test->out, "%.*s -> %.*s\n", STR_ARG(addr->parent->text), STR_ARG(addr->text));
    if (addr->outcome != OK) {
        fprintf(test->out, "*** Error in setting up pipe, file, or autoreply:\n%.*s\n", STR_ARG(addr->why.text));
        return;
    }
    fprintf(test->out, "  transport = %.*s\n", STR_ARG(transport_text(addr)));
}

static void
trouble_show(struct test *test, const struct address *addr, enum route_result result)
{
    bool is_deferred = result == ROUTED_DEFER;

    fprintf(test->out, "%.*s %s", STR_ARG(addr->text),
            is_deferred ? "cannot be resolved at this time" : "is undeliverable");
    if (test->has_details)
        fprintf(test->out, ": %.*s", STR_ARG(addr->why.text));
    parents_show(test, addr);
    fputc('\n', test->out);
    worse(test, is_deferred ? TEST_DEFERRED : TEST_UNDELIVERABLE);
}

static void
address_work(struct test *test, struct address *addr)
{
    enum route_result result;
    struct address **list;

    if (addr->kind != ADDRESS_MAIL) {
        target_show(test, addr);
        return;
    }
    result = route_address(&test->run, addr);
    switch (result) {
    case ROUTED_TO_TRANSPORT:
        list =
            addr->transport != NULL && transport_driver(addr->transport)->info.is_local ? &test->local : &test->remote;
        addr->next = *list;
        *list = addr;
        break;
    case ROUTED_TO_NOTHING:
        fprintf(test->out, "mail to %.*s is discarded\n", STR_ARG(addr->text));
        break;
    case ROUTED_TO_CHILDREN:
        break;
    case ROUTED_FAIL:
    case ROUTED_DEFER:
        trouble_show(test, addr, result);
        break;
    }
}

/* The address and all it turns into, each route once. */
static void
all_work(struct test *test, struct address *waiting)
{
    struct map seen;

    map_init(&seen, test->pool, false);
    while (waiting != NULL) {
        struct address *addr = waiting, *made, **end;

        waiting = addr->next;
        addr->next = NULL;
        address_work(test, addr);
        made = route_run_take(&test->run);
        for (end = &made; *end != NULL; end = &(*end)->next)
            continue;
        *end = waiting;
        waiting = made;
    }
}

static bool
parse(struct test *test, struct str text, struct str *address_out)
{
    struct address_rules rules = receive_address_rules();
    struct address_parse found;
    struct str reason;

    rules.allow_unqualified = rules.allow_domain_literals = true;
    if (!address_parse(test->pool, text, &rules, &found, &reason)) {
        fprintf(test->out, "syntax error: %.*s\n", STR_ARG(reason));
        return false;
    }
    *address_out = found.address;
    if (found.box.domain.len == 0)
        *address_out = receive_qualify(test->pool, found.address, true);
    return true;
}

int
address_test(struct str text, struct scope *scope, struct launch_link *link, bool is_explained, FILE *out)
{
    struct test test = { .pool = scope->pool, .out = out };
    struct captures captures = { 0 };
    struct str address;

    test.has_details = scope->origin == NULL || scope->origin->is_admin;
    if (is_explained)
        trace_keep(scope->pool);
    if (!parse(&test, text, &address))
        return TEST_UNDELIVERABLE;
    if (scope->captures == NULL)
        scope->captures = &captures;
    route_run_init(&test.run, scope->pool, scope, ROUTE_FOR_TEST);
    test.run.link = link;
    test.run.report = stderr;
    all_work(&test, address_new(scope->pool, address));
    for (const struct address *addr = test.local; addr != NULL; addr = addr->next)
        routed_show(&test, addr);
    for (const struct address *addr = test.remote; addr != NULL; addr = addr->next)
        routed_show(&test, addr);
    if (is_explained)
        trace_print_tree(out);
    if (scope->captures == &captures)
        scope->captures = NULL;
    return test.result;
}
