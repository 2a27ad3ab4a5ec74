/* routers/router.h -- the configured routers, and the run of one address through them (manual: generic options for
 * routers, how Exim performs delivery). */
#ifndef ROUTERS_ROUTER_H
#define ROUTERS_ROUTER_H
#include <stdio.h>
#include "address/address.h"
#include "config/driver.h"
#include "expand/scope.h"

struct launch_link;
struct router_driver;

/* One setting of `condition`; all must hold. */
struct router_condition {
    struct router_condition *next;
    struct template *test;
};

enum self_action { SELF_FREEZE, SELF_DEFER, SELF_FAIL, SELF_PASS, SELF_SEND, SELF_REROUTE };

/* One configured router.  Fields are named like their options. */
struct router {
    struct driver_instance instance;
    struct template *address_data, *cannot_route_message, *debug_print, *domains, *errors_to, *fallback_hosts,
        *headers_add, *headers_remove, *ignore_target_hosts, *local_parts, *more, *require_files,
        *router_home_directory, *senders, *set, *translate_ip_address, *transport, *transport_current_directory,
        *transport_home_directory, *unseen, *dnssec_request_domains, *dnssec_require_domains, *local_part_prefix,
        *local_part_suffix;
    struct router_condition *conditions;
    struct id_option user, group;
    struct str pass_router, redirect_router, self;
    bool address_test, caseful_local_part, check_local_user, disable_logging, dsn_lasthop, expn, fail_verify_recipient,
        fail_verify_sender, initgroups, local_part_prefix_optional, local_part_suffix_optional, log_as_local,
        pass_on_timeout, retry_use_local_part, verify_only, verify_recipient, verify_sender;
    bool verify, fail_verify;       /* each stands for two others */
    bool verify_is_set, verify_recipient_is_set, verify_sender_is_set, fail_verify_is_set, fail_verify_recipient_is_set,
        fail_verify_sender_is_set, log_as_local_is_set, retry_use_local_part_is_set;
    bool is_once_only;              /* repeat_use is off (redirect) */
    /* made of the above */
    enum self_action self_code;
    struct str self_domain;         /* "reroute: domain" */
    bool does_self_rewrite;
};

/* Why an address is routed: preconditions differ. */
enum route_purpose {
    ROUTE_FOR_DELIVERY,
    ROUTE_FOR_RECIPIENT_VERIFY,
    ROUTE_FOR_SENDER_VERIFY,
    ROUTE_FOR_EXPN,
    ROUTE_FOR_TEST
};

/* What became of one address. */
enum route_result {
    /* addr->transport, ids, hosts … are set (NULL transport: verify_only router, or /dev/null) */
    ROUTED_TO_TRANSPORT,
    ROUTED_TO_CHILDREN,             /* replaced by run->children; the address itself needs nothing more */
    ROUTED_TO_NOTHING,              /* discarded: :blackhole:, or an empty list; counts as delivered */
    ROUTED_FAIL,                    /* addr->why */
    ROUTED_DEFER
};

struct route_cache;

/* State of routing many addresses; owner: the delivery, verification or test under way. */
struct route_run {
    struct pool *pool;              /* addresses, hosts, results */
    struct scope *scope;            /* its address is set while one is routed */
    enum route_purpose purpose;
    struct launch_link *link;       /* for users' files; NULL: with our own rights */
    /* What route_address() left; the caller takes and clears them (route_run_take). */
    struct address *children;       /* to be routed in turn; pipes, files and replies (ROUTED already) among them */
    struct address **children_end;
    struct route_cache *cache;      /* same_domain_copy_routing */
    /* header fields to be rewritten: a router widened or replaced a domain */
    struct domain_change *domain_changes;
    struct route_notice *notices;   /* mail about syntax errors that deliver/ is to send */
    FILE *report;                   /* -bt: debug_print and the like go here; NULL: nowhere */
    unsigned depth;                 /* of verifications of errors_to inside a routing */
};

/* syntax_errors_to of a redirect router. */
struct route_notice {
    struct route_notice *next;
    struct str to, text;
};

/* In header fields, this domain is to become that one. */
struct domain_change {
    struct domain_change *next;
    struct str from, to;
};

void route_run_init(struct route_run *run, struct pool *pool, struct scope *scope, enum route_purpose purpose);

/* Route one address through the chain, from addr->start_router or the first.  Children are left in run->children,
 * also by an `unseen` router, whose accepted copy is a child that has its router and transport already
 * (is_unseen_copy). For FAIL and DEFER addr->outcome and addr->why are filled; special_action may ask for freezing. */
enum route_result route_address(struct route_run *run, struct address *addr);

/* Take the children off the run, chained by next in the order they were made. */
struct address *route_run_take(struct route_run *run);

/* ---- For drivers */

/* What a driver says (manual: "How Exim performs delivery", outcomes of routers). */
enum route_outcome {
    ROUTE_ACCEPT,
    ROUTE_PASS,
    ROUTE_DECLINE,
    ROUTE_FAIL,
    ROUTE_DEFER,
    ROUTE_REDIRECTED,
    ROUTE_DISCARDED,
    ROUTE_REROUTED
};

struct router_driver {
    struct driver_info info;
    bool is_transport_needed;       /* accept, dnslookup …: `transport` must be set unless verify_only */
    bool may_set_transport;         /* manualroute: a rule may name one instead */
    bool does_log_as_local;         /* the default of log_as_local */
    bool is_without_transport;      /* redirect: `transport` must not be set */
    /* addr->why is filled for FAIL and DEFER. */
    enum route_outcome (*route)(const struct router *router, struct route_run *run, struct address *addr);
};
extern const struct router_driver *const routers_rows[];

static inline const struct router_driver *router_driver_of(const struct router *router)
{
    return (const struct router_driver *)router->instance.driver;
}

/* All configured routers, in order. */
struct router *router_first(void);
struct router *router_find(struct str name);
static inline struct router *router_next(const struct router *router) { return (struct router *)router->instance.next; }
#endif
