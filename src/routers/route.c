/* One address through the chain of routers. */
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "message/message.h"
#include "routers/router_driver.h"

enum { CHAIN_STEPS_MAX = 10000, ANCESTORS_MAX = 100 };

void
route_run_init(struct route_run *run, struct pool *pool, struct scope *scope, enum route_purpose purpose)
{
    *run = (struct route_run){ .pool = pool, .scope = scope, .purpose = purpose };
    run->children_end = &run->children;
    run->cache = route_cache_new(pool);
}

struct address *
route_run_take(struct route_run *run)
{
    struct address *taken = run->children;

    run->children = NULL;
    run->children_end = &run->children;
    return taken;
}

/* An address that is one of its own ancestors again (an alias that includes itself) must be told from it in the
 * record of what is done: "\\0\\local@domain", as the spool has it. */
static struct str
unique_below(struct pool *pool, const struct address *parent, struct str unique)
{
    int count = 0;

    for (; parent != NULL; parent = parent->parent)
        if (str_eq(parent->unique, unique) || str_ends(parent->unique, unique))
            count++;
    return count == 0 ? unique : pool_printf_tainted(pool, "\\%d\\%.*s", count - 1, STR_ARG(unique));
}

struct address *
route_add_child(struct route_run *run, struct address *addr, struct str text)
{
    struct address *child = address_new_child(run->pool, addr, text);

    if (child->domain.len == 0)
        return NULL;
    child->unique = unique_below(run->pool, addr, child->unique);
    child->domain_data = addr->domain_data;
    child->local_part_data = addr->local_part_data;
    *run->children_end = child;
    run->children_end = &child->next;
    addr->open_children++;
    return child;
}

enum route_outcome
route_change_domain(struct route_run *run, struct address *addr, struct str domain, bool is_header_rewritten)
{
    struct str local_part = str_head(addr->text, str_rfind(addr->text, '@'));
    struct str text = pool_printf_tainted(run->pool, "%.*s@%.*s", STR_ARG(local_part), STR_ARG(domain));
    struct address *child = route_add_child(run, addr, text);

    if (child == NULL) {
        why_defer(&addr->why, 0, "4.3.5", "\"%.*s\" is no domain", STR_ARG(domain));
        return ROUTE_DEFER;
    }
    trace(TRACE_ROUTE, "domain changed to %.*s", STR_ARG(domain));
    if (is_header_rewritten) {
        struct domain_change *change = POOL_NEW(run->pool, struct domain_change);

        *change = (struct domain_change){ run->domain_changes, addr->domain, domain };
        run->domain_changes = change;
    }
    return ROUTE_REROUTED;
}

/* ---- Loops: the router is passed over for an address that it has made out of itself. */

static bool
is_same_address(const struct address *a, const struct address *b, bool is_caseful)
{
    if (a->kind != b->kind || !str_ieq(a->domain, b->domain))
        return false;
    return is_caseful ? str_eq(a->local_part_full, b->local_part_full)
                      : str_ieq(a->local_part_full, b->local_part_full);
}

static bool
was_here_before(const struct router *router, const struct address *addr)
{
    for (const struct address *above = addr->parent; above != NULL; above = above->parent)
        if (above->router == router &&
            (router->is_once_only || is_same_address(above, addr, router->caseful_local_part)))
            return true;
    return false;
}

static bool
is_too_deep(const struct address *addr)
{
    int depth = 0;

    for (; addr != NULL; addr = addr->parent)
        if (++depth > ANCESTORS_MAX)
            return true;
    return false;
}

/* ---- Expanded booleans of a router. */

static enum outcome
router_bool(struct template *option, const char *name, bool default_value, struct route_run *run, struct address *addr,
            bool *value_out)
{
    struct why why;
    struct str text;

    *value_out = default_value;
    if (option == NULL)
        return OK;
    why_init(&why, run->pool);
    if (expand(option, run->scope, &text, &why) != OK)
        return why.is_forced
                   ? OK
                   : why_defer(&addr->why, 0, "4.3.5", "expansion of \"%.*s\" failed in %.*s router: %.*s",
                               STR_ARG(option->text), STR_ARG(addr->router->instance.name), STR_ARG(why.text));
    text = str_trim(text);
    if (str_ieq_c(text, "yes") || str_ieq_c(text, "true"))
        *value_out = true;
    else if (str_ieq_c(text, "no") || str_ieq_c(text, "false"))
        *value_out = false;
    else
        return why_defer(&addr->why, 0, "4.3.5",
                         "\"%.*s\" is not a valid value for the \"%s\" option in the %.*s router", STR_ARG(text), name,
                         STR_ARG(addr->router->instance.name));
    return OK;
}

/* `set = name = value`: each evaluated in order; a forced failure skips the one. */
static enum outcome
set_variables(const struct router *router, struct route_run *run, struct address *addr)
{
    struct str rest = router->set != NULL ? router->set->text : STR("");
    struct map *own;
    char separator = ';';

    if (rest.len == 0)
        return OK;
    own = POOL_NEW(run->pool, struct map);
    map_init(own, run->pool, false);
    for (struct map_entry *e = addr->router_variables != NULL ? addr->router_variables->first : NULL; e != NULL;
         e = e->next)
        map_set(own, e->key, e->value);
    addr->router_variables = own;
    if (rest.len > 1 && rest.ptr[0] == '<') {
        separator = rest.ptr[1];
        rest = str_from(rest, 2);
    }
    while (rest.len > 0) {
        struct buf item;
        struct str name, value, *kept;
        struct why why;

        buf_init(&item, run->pool, BUF_NO_LIMIT);
        for (; rest.len > 0 && (rest.ptr[0] != separator || (rest.len > 1 && rest.ptr[1] == separator));
             rest = str_from(rest, 1)) {
            if (rest.ptr[0] == separator)
                rest = str_from(rest, 1);
            buf_add_char(&item, rest.ptr[0]);
        }
        rest = str_from(rest, 1);
        if (str_is_empty(str_trim(buf_str(&item))))
            continue;
        if (!str_cut(buf_str(&item), '=', &name, &value) || !str_starts(name = str_trim(name), STR("r_")))
            return why_defer(&addr->why, 0, "4.3.5",
                             "bad \"set\" item in %.*s router: expected \"r_name = value\", found \"%.*s\"",
                             STR_ARG(router->instance.name), STR_ARG(buf_str(&item)));
        why_init(&why, run->pool);
        kept = POOL_NEW(run->pool, struct str);
        if (expand_text(str_trim_left(value), run->scope, kept, &why) == OK)
            map_set(own, name, kept);
        else if (!why.is_forced)
            return why_defer(&addr->why, 0, "4.3.5", "expansion of \"%.*s\" failed in %.*s router: %.*s",
                             STR_ARG(value), STR_ARG(router->instance.name), STR_ARG(why.text));
    }
    return OK;
}

/* Call the driver, its variables and address_data set first. */
static enum route_outcome
router_run(const struct router *router, struct route_run *run, struct address *addr)
{
    enum route_outcome outcome;
    struct why why;
    struct str data;

    if (set_variables(router, run, addr) != OK)
        return ROUTE_DEFER;
    if (router->address_data != NULL) {
        why_init(&why, run->pool);
        if (expand(router->address_data, run->scope, &data, &why) == OK)
            addr->address_data = data;
        else if (why.is_forced)
            return ROUTE_DECLINE;
        else {
            why_defer(&addr->why, 0, "4.3.5", "expansion of \"%.*s\" failed in %.*s router: %.*s",
                      STR_ARG(router->address_data->text), STR_ARG(router->instance.name), STR_ARG(why.text));
            return ROUTE_DEFER;
        }
    }
    outcome = router_driver_of(router)->route(router, run, addr);
    if (outcome == ROUTE_DEFER && router->pass_on_timeout && addr->is_pass_on_timeout) {
        trace(TRACE_ROUTE, "%.*s router timed out: passed on", STR_ARG(router->instance.name));
        return ROUTE_PASS;
    }
    return outcome;
}

static bool
is_verifying(const struct route_run *run)
{
    return run->purpose == ROUTE_FOR_RECIPIENT_VERIFY || run->purpose == ROUTE_FOR_SENDER_VERIFY;
}

/* What the router's success means for the address itself: everything a transport, or the children, will need. */
static enum outcome
router_complete(const struct router *router, struct route_run *run, struct address *addr)
{
    if (router_set_errors_to(router, run, addr) != OK)
        return DEFER;
    if (is_verifying(run))
        return router->transport == NULL && addr->transport == NULL ? OK : router_set_transport(router, run, addr);
    if (router_set_header_changes(router, run, addr) != OK || router_set_transport(router, run, addr) != OK)
        return DEFER;
    return router_set_identity(router, run, addr);
}

/* Children made by a redirection get errors_to and header changes of the router, and begin where it says. */
static enum outcome
children_complete(const struct router *router, struct route_run *run, struct address *addr, struct address *first)
{
    struct router *start = router->redirect_router.len > 0 ? router_find(router->redirect_router) : NULL;

    if (router_set_errors_to(router, run, addr) != OK)
        return DEFER;
    if (!is_verifying(run) && router_set_header_changes(router, run, addr) != OK)
        return DEFER;
    for (struct address *child = first; child != NULL; child = child->next) {
        child->errors_to = addr->errors_to;
        child->has_errors_to = addr->has_errors_to;
        child->extra_headers = addr->extra_headers;
        child->remove_headers = addr->remove_headers;
        if (child->kind == ADDRESS_MAIL)
            child->start_router = start;
    }
    return OK;
}

/* Header changes are the copy's alone; what goes on starts with none. */
static void
unseen_go_on(struct route_run *run, struct address *addr, struct router *router)
{
    struct address *rest = route_add_child(run, addr, addr->text);

    if (rest == NULL)
        return;
    rest->extra_headers = NULL;
    rest->remove_headers = STR("");
    rest->start_router = router_next(router);
    rest->is_past_last_router = rest->start_router == NULL;
    trace(TRACE_ROUTE, "unseen is set: a copy of %.*s goes on", STR_ARG(addr->text));
}

/* An accepted address of an unseen router: its delivery becomes a child of its own, so that the address is finished
 * only when both are. */
static enum route_result
unseen_accepted(struct route_run *run, struct address *addr, struct router *router)
{
    struct address *copy = route_add_child(run, addr, addr->text), *link = copy->next, *parent = copy->parent;
    struct str unique =
        pool_printf_tainted(run->pool, "%.*s/%.*s", STR_ARG(addr->unique), STR_ARG(router->instance.name));

    *copy = *addr;
    copy->next = link;
    copy->parent = parent;
    copy->unique = unique;
    copy->open_children = 0;
    copy->is_unseen_copy = true;
    addr->transport = NULL;
    addr->hosts = NULL;
    unseen_go_on(run, addr, router);
    return ROUTED_TO_CHILDREN;
}

/* ---- The chain */

static void
unrouteable(struct route_run *run, struct address *addr, const struct router *last)
{
    struct str text = addr->why.text.len > 0 ? addr->why.text : STR("Unrouteable address");
    const char *enhanced = addr->why.enhanced != NULL ? addr->why.enhanced : "5.1.1";

    if (last != NULL && last->cannot_route_message != NULL) {
        struct why why;
        struct str own;

        why_init(&why, run->pool);
        if (expand(last->cannot_route_message, run->scope, &own, &why) == OK)
            text = own;
        else if (!why.is_forced)
            log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC,
                      run->scope->message != NULL ? run->scope->message->id : NULL,
                      "Failed to expand cannot_route_message in %.*s router: %.*s", STR_ARG(last->instance.name),
                      STR_ARG(why.text));
    }
    why_fail(&addr->why, 0, enhanced, "%.*s", STR_ARG(text));
    addr->outcome = FAIL;
}

/* What a router leaves behind for the next one: nothing but address_data, the $r_ variables and lookup data of
 * before. */
struct carried {
    struct str home, domain_data, local_part_data, local_part, prefix, prefix_v, suffix, suffix_v;
    bool has_local_user;
};

static struct carried
carried_from(const struct address *addr)
{
    return (struct carried){ addr->home_directory, addr->domain_data, addr->local_part_data, addr->local_part,
                             addr->prefix, addr->prefix_v, addr->suffix, addr->suffix_v, false };
}

static void
carried_restore(struct address *addr, const struct carried *carried)
{
    addr->home_directory = carried->home;
    addr->domain_data = carried->domain_data;
    addr->local_part_data = carried->local_part_data;
    addr->local_part = carried->local_part;
    addr->prefix = carried->prefix;
    addr->prefix_v = carried->prefix_v;
    addr->suffix = carried->suffix;
    addr->suffix_v = carried->suffix_v;
    addr->has_local_user = false;
}

static struct router *
next_after_pass(struct router *router)
{
    struct router *named = router->pass_router.len > 0 ? router_find(router->pass_router) : NULL;

    return named != NULL ? named : router_next(router);
}

static enum route_result
result_fail(struct address *addr)
{
    addr->outcome = FAIL;
    return ROUTED_FAIL;
}

static enum route_result
result_defer(struct address *addr)
{
    addr->outcome = DEFER;
    return ROUTED_DEFER;
}

/* Accepting means failure where the router says so for verifications. */
static bool
does_fail_verify(const struct router *router, const struct route_run *run)
{
    return (run->purpose == ROUTE_FOR_RECIPIENT_VERIFY && router->fail_verify_recipient) ||
        (run->purpose == ROUTE_FOR_SENDER_VERIFY && router->fail_verify_sender);
}

static enum route_result
accepted(struct router *router, struct route_run *run, struct address *addr)
{
    bool is_unseen;

    if (does_fail_verify(router, run)) {
        why_fail(&addr->why, 0, "5.1.1", "%s verify failed for %s: %.*s router has fail_verify set",
                 run->purpose == ROUTE_FOR_SENDER_VERIFY ? "sender" : "recipient", "address",
                 STR_ARG(router->instance.name));
        return result_fail(addr);
    }
    if (router_complete(router, run, addr) != OK ||
        router_bool(router->unseen, "unseen", false, run, addr, &is_unseen) != OK)
        return result_defer(addr);
    addr->outcome = OK;
    if (is_unseen)
        return unseen_accepted(run, addr, router);
    if (addr->is_routing_shared)
        route_cache_offer(run, addr);
    return ROUTED_TO_TRANSPORT;
}

/* first: the first child of this redirection. */
static enum route_result
redirected(struct router *router, struct route_run *run, struct address *addr, struct address **first)
{
    bool is_unseen;

    if (children_complete(router, run, addr, *first) != OK ||
        router_bool(router->unseen, "unseen", false, run, addr, &is_unseen) != OK) {
        *first = NULL;
        run->children_end = first;
        addr->open_children = 0;
        return result_defer(addr);
    }
    if (is_unseen)
        unseen_go_on(run, addr, router);
    addr->outcome = OK;
    return ROUTED_TO_CHILDREN;
}

/* Discarded by an unseen router: the rest goes on nevertheless. */
static enum route_result
ended(struct router *router, struct route_run *run, struct address *addr, enum route_result result)
{
    bool is_unseen;

    if (router_bool(router->unseen, "unseen", false, run, addr, &is_unseen) != OK)
        return result_defer(addr);
    addr->outcome = result == ROUTED_FAIL ? FAIL : OK;
    if (is_unseen && result == ROUTED_TO_NOTHING) {
        unseen_go_on(run, addr, router);
        return ROUTED_TO_CHILDREN;
    }
    return result;
}

static const char *const outcome_words[] = { [ROUTE_ACCEPT] = "accepted",     [ROUTE_PASS] = "passed",
                                             [ROUTE_DECLINE] = "declined",    [ROUTE_FAIL] = "forced address failure",
                                             [ROUTE_DEFER] = "deferred",      [ROUTE_REDIRECTED] = "redirected",
                                             [ROUTE_DISCARDED] = "discarded", [ROUTE_REROUTED] = "rerouted" };

/* One router that is to be run.  True: routing of this address is over. */
static bool
router_step(struct router *router, struct route_run *run, struct address *addr, struct router **next,
            enum route_result *result)
{
    struct address **first = run->children_end;
    enum route_outcome outcome = router_run(router, run, addr);
    bool has_more = true;

    if (outcome != ROUTE_ACCEPT)
        addr->transport = NULL;
    trace(TRACE_ROUTE, "%.*s router %s for %.*s", STR_ARG(router->instance.name), outcome_words[outcome],
          STR_ARG(addr->text));
    switch (outcome) {
    case ROUTE_ACCEPT: *result = accepted(router, run, addr); return true;
    case ROUTE_REDIRECTED:
    case ROUTE_REROUTED: *result = redirected(router, run, addr, first); return true;
    case ROUTE_DISCARDED: *result = ended(router, run, addr, ROUTED_TO_NOTHING); return true;
    case ROUTE_FAIL: *result = ended(router, run, addr, ROUTED_FAIL); return true;
    case ROUTE_DEFER: *result = result_defer(addr); return true;
    case ROUTE_PASS: *next = next_after_pass(router); return false;
    case ROUTE_DECLINE: break;
    }
    if (router_bool(router->more, "more", true, run, addr, &has_more) != OK) {
        *result = result_defer(addr);
        return true;
    }
    if (has_more)
        return false;
    trace(TRACE_ROUTE, "\"more\" is false: skipping remaining routers");
    *next = NULL;
    return false;
}

static enum route_result
chain_run(struct route_run *run, struct address *addr)
{
    const struct carried carried = carried_from(addr);
    struct router *router = addr->start_router != NULL  ? addr->start_router
                            : addr->is_past_last_router ? NULL
                                                        : router_first();
    struct router *last = NULL, *next;
    enum route_result result;
    enum precondition met;
    bool is_over;
    int steps = 0;

    for (; router != NULL && steps < CHAIN_STEPS_MAX; router = next, steps++) {
        next = router_next(router);
        last = router;
        carried_restore(addr, &carried);
        if (was_here_before(router, addr)) {
            trace(TRACE_ROUTE, "%.*s router skipped: previously routed %.*s", STR_ARG(router->instance.name),
                  STR_ARG(addr->text));
            continue;
        }
        addr->router = router;
        addr->local_part = router->caseful_local_part ? addr->cc_local_part : addr->lc_local_part;
        trace_begin(TRACE_ROUTE, "%.*s router (%s)", STR_ARG(router->instance.name), router->instance.driver->name);
        met = router_preconditions(router, run, addr);
        is_over = met == PRECONDITIONS_DEFERRED || (met == PRECONDITIONS_MET
                                                    && router_step(router, run, addr, &next, &result));
        trace_end(TRACE_ROUTE, "%s", is_over ? "routing ends here" : next != NULL ? "on to another router"
                  : "no router is left");
        if (met == PRECONDITIONS_DEFERRED)
            return result_defer(addr);
        if (is_over)
            return result;
    }
    carried_restore(addr, &carried);
    addr->router = NULL;
    unrouteable(run, addr, last);
    return ROUTED_FAIL;
}

static enum route_result
route_within_scope(struct route_run *run, struct address *addr)
{
    if (addr->kind != ADDRESS_MAIL || addr->is_unseen_copy) {
        if (addr->outcome == OK)
            return ROUTED_TO_TRANSPORT;
        return addr->outcome == FAIL ? ROUTED_FAIL : ROUTED_DEFER;
    }
    if (is_too_deep(addr)) {
        why_defer(&addr->why, 0, "4.4.6", "too many levels of redirection");
        return result_defer(addr);
    }
    if (route_is_copied(run, addr)) {
        addr->outcome = OK;
        return ROUTED_TO_TRANSPORT;
    }
    return chain_run(run, addr);
}

enum route_result
route_address(struct route_run *run, struct address *addr)
{
    static const char *const words[] = { "routed to a transport", "redirected", "discarded", "failed", "deferred" };
    struct address *outer = run->scope->address;
    enum route_result result;

    if (addr->kind == ADDRESS_MAIL && !addr->is_unseen_copy)
        why_init(&addr->why, run->pool);
    trace_begin(TRACE_ROUTE, "routing %.*s", STR_ARG(addr->text));
    run->scope->address = addr;
    result = route_within_scope(run, addr);
    run->scope->address = outer;
    if (result == ROUTED_FAIL || result == ROUTED_DEFER)
        trace_end(TRACE_ROUTE, "%.*s %s: %.*s", STR_ARG(addr->text), words[result], STR_ARG(addr->why.text));
    else
        trace_end(TRACE_ROUTE, "%.*s %s by %.*s", STR_ARG(addr->text), words[result],
                  STR_ARG(addr->router != NULL ? addr->router->instance.name : STR("another's routing")));
    return result;
}
