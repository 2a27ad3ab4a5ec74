/* What an accepting router sets: in the manual's order errors_to, headers_add, headers_remove, transport; then ids
 * and homes. */
#include <unistd.h>
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "message/header.h"
#include "message/message.h"
#include "routers/router_driver.h"

enum { VERIFY_DEPTH_MAX = 4, VERIFY_STEPS_MAX = 100 };

static enum outcome
expansion_failed(const struct router *router, struct address *addr, const struct template *option,
                 const struct why *why)
{
    return why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\" for %s in %.*s router: %.*s",
                     STR_ARG(option->text), option->option_name != NULL ? option->option_name : "an option",
                     STR_ARG(router->instance.name), STR_ARG(why->text));
}

/* ---- errors_to: good only if it verifies, with the null sender. */

static bool
address_verifies(struct route_run *outer, struct str text)
{
    struct message bounce = { 0 };
    struct scope scope = *outer->scope;
    struct route_run run;
    struct address *addr = address_new(outer->pool, text);

    if (addr == NULL || outer->depth >= VERIFY_DEPTH_MAX)
        return false;
    if (outer->scope->message != NULL)
        bounce = *outer->scope->message;
    bounce.sender = STR("");
    scope.message = &bounce;
    route_run_init(&run, outer->pool, &scope, ROUTE_FOR_RECIPIENT_VERIFY);
    run.depth = outer->depth + 1;
    for (int step = 0; step < VERIFY_STEPS_MAX; step++) {
        enum route_result result = route_address(&run, addr);
        struct address *children;

        if (result != ROUTED_TO_CHILDREN)
            return result == ROUTED_TO_TRANSPORT || result == ROUTED_TO_NOTHING;
        children = route_run_take(&run);
        if (children == NULL || children->next != NULL)
            return true;
        addr = children;
    }
    return false;
}

enum outcome
router_set_errors_to(const struct router *router, struct route_run *run, struct address *addr)
{
    struct why why;
    struct str text;

    if (router->errors_to == NULL)
        return OK;
    why_init(&why, run->pool);
    if (expand(router->errors_to, run->scope, &text, &why) != OK)
        return why.is_forced ? OK : expansion_failed(router, addr, router->errors_to, &why);
    text = str_trim(text);
    if (str_eq_c(text, "<>"))
        text = STR("");
    if (text.len == 0 || run->purpose == ROUTE_FOR_RECIPIENT_VERIFY || run->purpose == ROUTE_FOR_SENDER_VERIFY ||
        address_verifies(run, text)) {
        addr->errors_to = text;
        addr->has_errors_to = true;
        trace(TRACE_ROUTE, "errors_to: %.*s", STR_ARG(text.len > 0 ? text : STR("<>")));
        return OK;
    }
    trace(TRACE_ROUTE, "errors_to %.*s does not verify: not used", STR_ARG(text));
    return OK;
}

/* ---- headers_add: items expanded one by one, kept behind those of earlier routers. */

static void
addition_append(struct route_run *run, struct address *addr, struct str text)
{
    struct header_addition **end, *copy = NULL, **copy_end = &copy,
                                  *added = POOL_NEW(run->pool, struct header_addition);

    /* Chains are shared between addresses: never append to one in place. */
    for (const struct header_addition *each = addr->extra_headers; each != NULL; each = each->next) {
        *copy_end = POOL_NEW(run->pool, struct header_addition);
        (*copy_end)->text = each->text;
        copy_end = &(*copy_end)->next;
    }
    addr->extra_headers = copy;
    end = copy_end == &copy ? &addr->extra_headers : copy_end;
    added->text = text;
    *end = added;
}

static enum outcome
headers_add(const struct router *router, struct route_run *run, struct address *addr)
{
    struct str rest = router->headers_add != NULL ? router->headers_add->text : STR(""), item;
    char separator = '\n';

    if (rest.len > 1 && rest.ptr[0] == '<') {
        separator = rest.ptr[1];
        rest = str_from(rest, 2);
    }
    while (rest.len > 0) {
        struct why why;
        struct str text;

        str_cut(rest, separator, &item, &rest);
        item = str_trim(item);
        why_init(&why, run->pool);
        if (item.len == 0)
            continue;
        if (expand_text(item, run->scope, &text, &why) != OK) {
            if (why.is_forced)
                continue;
            return expansion_failed(router, addr, router->headers_add, &why);
        }
        if (str_trim(text).len > 0)
            addition_append(run, addr, text);
    }
    return OK;
}

enum outcome
router_set_header_changes(const struct router *router, struct route_run *run, struct address *addr)
{
    if (headers_add(router, run, addr) != OK)
        return DEFER;
    /* Items are expanded when the message is sent: kept as text. */
    if (router->headers_remove != NULL) {
        struct str more = router->headers_remove->text;

        addr->remove_headers = addr->remove_headers.len == 0 ? more
            : pool_printf(run->pool, "%.*s:%.*s", STR_ARG(addr->remove_headers), STR_ARG(more));
    }
    return OK;
}

/* ---- transport */

struct transport *
router_named_transport(const struct router *router, const char *option, struct template *name, struct scope *scope,
                       struct why *why)
{
    struct transport *found;
    struct str text;

    if (name == NULL) {
        why_defer(why, 0, "4.3.5", "%s unset in %.*s router", option, STR_ARG(router->instance.name));
        return NULL;
    }
    if (expand(name, scope, &text, why) != OK)
        return NULL;
    text = str_trim(text);
    if (str_is_tainted(text)) {
        why_defer(why, 0, "4.3.5", "attempt to use tainted value '%.*s' from '%.*s' for transport", STR_ARG(text),
                  STR_ARG(name->text));
        return NULL;
    }
    found = (struct transport *)driver_find(config, "transport", text);
    if (found == NULL)
        why_defer(why, 0, "4.3.5", "transport \"%.*s\" not found in %.*s router", STR_ARG(text),
                  STR_ARG(router->instance.name));
    return found;
}

bool
router_transport_is_local(const struct transport *transport)
{
    return ((const struct driver_instance *)transport)->driver->is_local;
}

enum outcome
router_set_transport(const struct router *router, struct route_run *run, struct address *addr)
{
    struct why why;

    if (addr->transport != NULL || router->transport == NULL)
        return OK;
    why_init(&why, run->pool);
    addr->transport = router_named_transport(router, "transport", router->transport, run->scope, &why);
    if (addr->transport != NULL)
        return OK;
    addr->why = why;
    return DEFER;
}

/* ---- ids and homes for a local transport */

static enum outcome
directory_set(const struct router *router, struct template *option, struct route_run *run, struct address *addr,
              struct str *into)
{
    struct why why;

    if (option == NULL)
        return OK;
    why_init(&why, run->pool);
    if (expand(option, run->scope, into, &why) == OK)
        return OK;
    return expansion_failed(router, addr, option, &why);
}

/* transport_home_directory, else the password data, else router_home_directory. */
static enum outcome
home_set(const struct router *router, struct route_run *run, struct address *addr)
{
    struct local_user user;
    struct str home = addr->home_directory;

    /* At transport time there is no $home yet. */
    if (router->transport_home_directory != NULL) {
        addr->home_directory = STR("");
        if (directory_set(router, router->transport_home_directory, run, addr, &home) != OK)
            return DEFER;
    } else if (addr->has_local_user && router->router_home_directory != NULL &&
               local_user_find(addr->local_part, run->pool, &user) == OK) {
        home = user.home;
    }
    addr->home_directory = home;
    return directory_set(router, router->transport_current_directory, run, addr, &addr->current_directory);
}

enum outcome
router_set_identity(const struct router *router, struct route_run *run, struct address *addr)
{
    struct why why;
    bool has_group = false;

    why_init(&why, run->pool);
    addr->does_initgroups = router->initgroups;
    if (addr->has_local_user) {
        addr->has_uid = addr->has_gid = true;
        addr->uid = addr->local_user_uid;
        addr->gid = addr->local_user_gid;
    }
    if (router->user.is_set) {
        gid_t group = 0;

        if (user_option_find(&router->user, run->scope, &addr->uid, &group, &has_group, &why) != OK)
            return why_defer(&addr->why, 0, "4.3.5", "%.*s", STR_ARG(why.text));
        addr->has_uid = true;
        if (has_group) {
            addr->gid = group;
            addr->has_gid = true;
        }
    }
    if (router->group.is_set) {
        if (group_option_find(&router->group, run->scope, &addr->gid, &why) != OK)
            return why_defer(&addr->why, 0, "4.3.5", "%.*s", STR_ARG(why.text));
        addr->has_gid = true;
    }
    if (router->fallback_hosts != NULL) {
        addr->fallback_hosts = host_list_plain(router->fallback_hosts->text, run->pool, &why);
        if (addr->fallback_hosts == NULL && why.text.len > 0)
            return why_defer(&addr->why, 0, "4.3.5", "fallback_hosts in %.*s router: %.*s",
                             STR_ARG(router->instance.name), STR_ARG(why.text));
    }
    return home_set(router, run, addr);
}
