/* net/host_find.h -- from a name to the hosts that may take the mail, in the order to be tried.
 *
 * RFC 5321 section 5.1 (MX, then address records), RFC 7505 (null MX), RFC 2782 (SRV); manual: the dnslookup router,
 * finding hosts of the manualroute router. */
#ifndef NET_HOST_FIND_H
#define NET_HOST_FIND_H
#include "config/option.h"
#include "expand/scope.h"
#include "net/host.h"

enum host_find {
    HOST_FOUND,                     /* at least one usable host; none of ours comes first */
    HOST_FOUND_LOCAL,               /* the best host is this one: the router's self option decides */
    HOST_FIND_FAILED,               /* no such domain, or no address: the router declines */
    HOST_FIND_REFUSED,              /* the domain says it takes no mail: null MX (RFC 7505) */
    HOST_FIND_AGAIN,                /* temporary trouble */
    HOST_FIND_INSECURE,             /* dnssec_require_domains, and the answer is not validated */
    HOST_FIND_IGNORED               /* all that was found is in ignore_target_hosts */
};

struct host_find_request {
    bool is_mx_wanted, is_a_wanted, is_aaaa_wanted;     /* records to look for; set all for the usual search */
    struct str srv_service;         /* check_srv: "smtp" → _smtp._tcp.domain; empty: no SRV */
    struct template *mx_fail_domains, *srv_fail_domains;        /* failing to look these up is HOST_FIND_FAILED, not _AGAIN */
    struct template *ignore_target_hosts;
    struct template *dnssec_request_domains, *dnssec_require_domains;
    struct template *ipv4_only, *ipv4_prefer;   /* expanded booleans of the dnslookup router; NULL: main option dns_ipv4_lookup alone */
    bool is_qualify_single, is_search_parents;
    bool is_local_kept;             /* do not cut the list at the first local host: lists of @mx_any */
    struct str whitelist_domain;    /* name under which the domain's lists are asked: the routed domain */
};

/* Request with the defaults: MX, A and AAAA. */
struct host_find_request host_find_request_default(void);

/* Hosts for mail to domain by DNS.  *hosts_out: sorted (equal preferences shuffled), addresses filled, one entry for each address, in
 * scope->pool.  full_name_out (may be NULL): the fully qualified name, where it differs.  why says what went wrong. */
enum host_find host_find_by_dns(struct str domain, const struct host_find_request *request, struct scope *scope,
                                struct host **hosts_out, struct str *full_name_out, struct why *why);

/* Fill the addresses of one named host (host->name; host->next is kept behind what is inserted): hosts file and DNS as the system
 * does it (byname), or DNS address records only.  A name that is an IP address finds itself. */
enum host_find host_find_by_name(struct host *host, const struct host_find_request *request, struct scope *scope, struct why *why);
enum host_find host_find_addresses(struct host *host, const struct host_find_request *request, struct scope *scope, struct why *why);

/* Copy without the host's successors. */
struct host *host_new(struct pool *pool, struct str name, struct str address, int mx);

const char *host_find_name(enum host_find found);
#endif
