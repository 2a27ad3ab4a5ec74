/* routers/router_driver.h -- what the files of this room share: the chain, and help for drivers. */
#ifndef ROUTERS_ROUTER_DRIVER_H
#define ROUTERS_ROUTER_DRIVER_H
#include "base/buf.h"
#include "launch/launch.h"
#include "net/host_find.h"
#include "net/ip_address.h"
#include "routers/router.h"

extern const struct option router_options[];

/* ---- Preconditions (preconditions.c) */
enum precondition { PRECONDITIONS_MET, PRECONDITIONS_NOT_MET, PRECONDITIONS_DEFERRED };

/* All of them, in the manual's order.  On the way addr gets what they set: affixes, home, lookup data. */
enum precondition router_preconditions(const struct router *router, struct route_run *run, struct address *addr);

/* ---- Who (identity.c) */

/* The passwd entry of a local user; clean texts in pool.  OK, FAIL (no such user) or DEFER. */
struct local_user {
    struct str name, home, gecos;
    uid_t uid;
    gid_t gid;
};
enum outcome local_user_find(struct str name, struct pool *pool, struct local_user *user_out);
bool local_group_find(struct str name, gid_t *gid_out);

/* Values of `user` and `group` options.  group_out may be NULL; *has_group_out tells whether the user brought one. */
enum outcome user_option_find(const struct id_option *option, struct scope *scope, uid_t *uid_out, gid_t *group_out,
                              bool *has_group_out, struct why *why);
enum outcome group_option_find(const struct id_option *option, struct scope *scope, gid_t *gid_out, struct why *why);

/* ---- What an accepting or redirecting router sets (accepted.c).  DEFER with addr->why if an expansion fails. */
enum outcome router_set_errors_to(const struct router *router, struct route_run *run, struct address *addr);
enum outcome router_set_header_changes(const struct router *router, struct route_run *run, struct address *addr);
enum outcome router_set_transport(const struct router *router, struct route_run *run, struct address *addr);
enum outcome router_set_identity(const struct router *router, struct route_run *run, struct address *addr);

/* A transport named by an option of a router (pipe_transport …), expanded: NULL with why filled if there is none of
 * that name. */
struct transport *router_named_transport(const struct router *router, const char *option, struct template *name,
                                         struct scope *scope, struct why *why);
bool router_transport_is_local(const struct transport *transport);

/* ---- Children */

/* A child of addr, appended to run->children. */
struct address *route_add_child(struct route_run *run, struct address *addr, struct str text);

/* The same local part in another domain (self = reroute, widened names): ROUTE_REROUTED. */
enum route_outcome route_change_domain(struct route_run *run, struct address *addr, struct str domain,
                                       bool is_header_rewritten);

/* ---- Routing that addresses of a domain share (route_copy.c) */
struct route_cache *route_cache_new(struct pool *pool);
/* An address was routed by a router with same_domain_copy_routing: remember how, if nothing in it is the address's
 * own. */
void route_cache_offer(struct route_run *run, struct address *addr);
/* Route addr like one before it; false if none fits. */
bool route_is_copied(struct route_run *run, struct address *addr);

/* ---- Hosts (route_hosts.c) */

/* Copy the run's DNS wishes of a router into a request. */
struct host_find_request router_find_request(const struct router *router);

/* The first host found is this one: do what `self` says.  ROUTE_ACCEPT: go on regardless. */
enum route_outcome router_self(const struct router *router, struct route_run *run, struct address *addr,
                               const struct host *host);

/* One item of a host list: "name", "name/MX", "[ip]:port", "name:port", "+" (a group border). */
struct host_item {
    struct str name;                /* or an IP address, without brackets */
    int port;                       /* HOST_PORT_NONE: none given */
    bool is_mx, is_group_border;
};
bool host_item_parse(struct str text, struct host_item *item_out, const char **reason_out);

/* A list without look-ups: fallback_hosts. */
struct host *host_list_plain(struct str list, struct pool *pool, struct why *why);

/* ---- Words of a route rule (route_words.c): pure. */

/* The next word: up to white space, or "quoted" (taken off).  False at the end. */
bool route_word_next(struct str *rest, struct pool *pool, struct str *word_out);

enum lookup_way { LOOKUP_WAY_DEFAULT, LOOKUP_WAY_BYNAME, LOOKUP_WAY_BYDNS };
struct route_rule {
    struct str pattern, hosts;
    enum lookup_way way;
    bool is_randomized, is_randomize_set, is_ipv4_only, is_ipv4_preferred;
    struct str transport;           /* a word that is none of the options */
};

/* "pattern hosts options" (has_pattern) or "hosts options". */
bool route_rule_parse(struct str text, bool has_pattern, struct pool *pool, struct route_rule *rule_out,
                      struct str *reason_out);
#endif
