/* routers/router.h -- the configured routers, and the run of one address through them (manual: generic options for
 * routers, how Exim performs delivery). */
#ifndef ROUTERS_ROUTER_H
#define ROUTERS_ROUTER_H
#include "address/address.h"
#include "config/driver.h"
#include "expand/scope.h"

struct launch_link;
struct router_driver;

enum self_action { SELF_FREEZE, SELF_DEFER, SELF_FAIL, SELF_PASS, SELF_SEND, SELF_REROUTE };

/* One configured router.  Fields are named like their options. */
struct router {
    struct driver_instance instance;
    struct template *address_data, *cannot_route_message, *condition, *debug_print, *domains, *errors_to, *fallback_hosts,
        *headers_add, *headers_remove, *ignore_target_hosts, *local_parts, *more, *require_files, *router_home_directory,
        *senders, *set, *translate_ip_address, *transport, *transport_current_directory, *transport_home_directory, *unseen,
        *dnssec_request_domains, *dnssec_require_domains, *local_part_prefix, *local_part_suffix;
    struct id_option user, group;
    struct str pass_router, redirect_router, self;
    bool address_test, caseful_local_part, check_local_user, disable_logging, dsn_lasthop, expn, fail_verify_recipient,
        fail_verify_sender, initgroups, local_part_prefix_optional, local_part_suffix_optional, log_as_local, pass_on_timeout,
        retry_use_local_part, verify_only, verify_recipient, verify_sender;
    bool log_as_local_is_set, repeat_use;
    /* made of the above */
    enum self_action self_code;
    struct str self_domain;         /* "reroute: domain" */
    bool does_self_rewrite;
};

/* Why an address is routed: preconditions differ. */
enum route_purpose { ROUTE_FOR_DELIVERY, ROUTE_FOR_RECIPIENT_VERIFY, ROUTE_FOR_SENDER_VERIFY, ROUTE_FOR_EXPN, ROUTE_FOR_TEST };

/* What became of one address. */
enum route_result {
    ROUTED_TO_TRANSPORT,            /* addr->transport and its ids, hosts … are set (NULL transport: verify_only router) */
    ROUTED_TO_CHILDREN,             /* replaced by run->children; the address itself needs nothing more */
    ROUTED_TO_NOTHING,              /* discarded: :blackhole:, or an empty list; counts as delivered */
    ROUTED_FAIL,                    /* addr->why */
    ROUTED_DEFER
};

/* State of routing many addresses; owner: the delivery, verification or test under way. */
struct route_run {
    struct pool *pool;              /* addresses, hosts, results */
    struct scope *scope;            /* its address is set here while one is routed */
    enum route_purpose purpose;
    struct launch_link *link;       /* for users' files; NULL: with our own rights */
    bool is_fail_on_defer_wanted;   /* caller treats a defer as a failure: nothing is done differently here */
    bool is_accept_data_kept;       /* verifying: keep going after a redirection to one address is the caller's */
    struct address *children;       /* new addresses to be routed, or (is_generated pipes, files) with transports already */
    struct address **children_end;
    struct address *unseen;         /* copies accepted by `unseen` routers: to be delivered as ROUTED_TO_TRANSPORT */
    struct route_cache *cache;      /* same_domain_copy_routing and passwd entries */
    bool is_header_rewrite_wanted;  /* set when a router widened a domain: headers to be rewritten */
    struct str rewrite_from, rewrite_to;
};

void route_run_init(struct route_run *run, struct pool *pool, struct scope *scope, enum route_purpose purpose);

/* Route one address through the chain, from addr->start_router or the first.  Children are left in run->children
 * (the caller takes and clears it).  For FAIL and DEFER addr->outcome and addr->why are filled; special_action may ask
 * for freezing. */
enum route_result route_address(struct route_run *run, struct address *addr);

/* ---- For drivers */

/* What a driver says (manual: "How Exim performs delivery", outcomes of routers). */
enum route_outcome { ROUTE_ACCEPT, ROUTE_PASS, ROUTE_DECLINE, ROUTE_FAIL, ROUTE_DEFER, ROUTE_REDIRECTED, ROUTE_DISCARDED, ROUTE_REROUTED };

struct router_driver {
    struct driver_info info;
    bool is_transport_needed;       /* accept, dnslookup …: `transport` must be set unless verify_only */
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
