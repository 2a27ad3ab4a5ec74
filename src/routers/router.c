#include "routers/router.h"
#include "routers/router_driver.h"
#include "base/process.h"

struct router *
router_first(void)
{
    return (struct router *)driver_first(config, "router");
}

struct router *
router_find(struct str name)
{
    return (struct router *)driver_find(config, "router", name);
}

/* self = freeze | defer | fail | pass | send | reroute: [rewrite:] domain */
static bool
self_init(struct router *router, struct pool *pool, struct str *why_out)
{
    static const struct {
        const char *word;
        enum self_action action;
    } words[] = { { "freeze", SELF_FREEZE }, { "defer", SELF_DEFER }, { "fail", SELF_FAIL },
                  { "pass", SELF_PASS },     { "send", SELF_SEND },   { "fail_soft", SELF_PASS },
                  { "fail_hard", SELF_FAIL } };
    struct str text = str_trim(router->self);

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_c(text, words[i].word)) {
            router->self_code = words[i].action;
            return true;
        }
    if (str_starts(text, STR("reroute:"))) {
        text = str_trim_left(str_from(text, 8));
        if (str_starts(text, STR("rewrite:"))) {
            router->does_self_rewrite = true;
            text = str_trim_left(str_from(text, 8));
        }
        router->self_code = SELF_REROUTE;
        router->self_domain = text;
        if (text.len > 0)
            return true;
    }
    *why_out = pool_printf(pool, "%.*s is not valid for the self option: expected freeze, defer, fail, pass, send, or "
                           "\"reroute: [rewrite:] domain\"", STR_ARG(router->self));
    return false;
}

/* verify and fail_verify stand for two options each; what was said of one of the two goes first. */
static void
flags_spread(struct router *router)
{
    if (router->verify_is_set && !router->verify_recipient_is_set)
        router->verify_recipient = router->verify;
    if (router->verify_is_set && !router->verify_sender_is_set)
        router->verify_sender = router->verify;
    if (router->fail_verify_is_set && !router->fail_verify_recipient_is_set)
        router->fail_verify_recipient = router->fail_verify;
    if (router->fail_verify_is_set && !router->fail_verify_sender_is_set)
        router->fail_verify_sender = router->fail_verify;
}

static bool
router_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct router *router = (struct router *)instance;
    const struct router_driver *driver = router_driver_of(router);

    if (!self_init(router, pool, why_out))
        return false;
    if (driver->is_transport_needed && router->transport == NULL && !router->verify_only &&
        !driver->may_set_transport) {
        *why_out =
            pool_printf(pool,
                        "transport is not set, and verify_only is not either: an accepted address could go nowhere");
        return false;
    }
    if (driver->is_without_transport && router->transport != NULL) {
        *why_out =
            pool_printf(pool,
                        "transport must not be set for a %s router; its own options name the transports of files, "
                        "pipes and replies",
                        driver->info.name);
        return false;
    }
    flags_spread(router);
    if (!router->log_as_local_is_set)
        router->log_as_local = driver->does_log_as_local;
    if (!router->retry_use_local_part_is_set)
        router->retry_use_local_part = router->check_local_user || router->local_parts != NULL ||
                                       router->conditions != NULL || router->local_part_prefix != NULL ||
                                       router->local_part_suffix != NULL || router->senders != NULL ||
                                       router->require_files != NULL;
    return true;
}

static const struct router defaults = {
    .self = STR_INIT("freeze"),
    .self_code = SELF_FREEZE,
    .address_test = true,
    .expn = true,
    .verify_recipient = true,
    .verify_sender = true,
};

/* A name in redirect_router or pass_router: of a router; for pass_router, of a later one. */
static bool
named_router_is_good(const struct config *conf, const struct router *router, struct str name, bool must_follow,
                     const char *option,
                     struct pool *pool, struct str *why_out)
{
    const struct router *other;

    if (name.len == 0)
        return true;
    if (driver_find(conf, "router", name) == NULL) {
        *why_out = pool_printf(pool, "%s \"%.*s\" not found for %.*s router", option, STR_ARG(name),
                               STR_ARG(router->instance.name));
        return false;
    }
    for (other = router_next(router); must_follow && other != NULL; other = router_next(other))
        if (str_eq(other->instance.name, name))
            return true;
    if (must_follow)
        *why_out = pool_printf(pool, "%s \"%.*s\" does not follow \"%.*s\"", option, STR_ARG(name),
                               STR_ARG(router->instance.name));
    return !must_follow;
}

static bool
routers_finish(const struct config *conf, struct pool *pool, struct source_at *at_out, struct str *why_out)
{
    const struct router *router = (const struct router *)driver_first(conf, "router");

    for (; router != NULL; router = router_next(router)) {
        *at_out = router->instance.at;
        if (!named_router_is_good(conf, router, router->redirect_router, false, "redirect_router", pool, why_out) ||
            !named_router_is_good(conf, router, router->pass_router, true, "pass_router", pool, why_out))
            return false;
    }
    return true;
}

const struct driver_family router_family = {
    .name = "router",
    .section = "routers",
    .generic_options = router_options,
    .generic_defaults = &defaults,
    .instance_size = sizeof(struct router),
    .drivers = (const struct driver_info *const *)routers_rows,
    .init = router_init,
    .finish = routers_finish,
};
