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
    bool is_mx_wanted, is_a_wanted;     /* records to look for: is_a_wanted is off for mx_domains */
    struct str srv_service;         /* check_srv: "smtp" → _smtp._tcp.domain; empty: no SRV */
    struct template *mx_fail_domains, *srv_fail_domains;        /* failing to look these up counts as "there is none" */
    struct template *ignore_target_hosts;
    struct template *dnssec_request_domains, *dnssec_require_domains;
    bool is_ipv4_only, is_ipv4_preferred;       /* as the router's options say, see host_find_option_is_on() */
    bool is_qualify_single, is_search_parents;
    bool is_local_kept;             /* do not cut the list at a local host: for @mx_any */
};

/* What a search tells besides its hosts. */
struct host_find_result {
    enum host_find found;
    /* sorted (equal preferences shuffled), one entry for each address; NULL unless found */
    struct host *hosts;
    struct str full_name;           /* the fully qualified name, where it differs from what was asked; else empty */
    bool is_local_removed;          /* a less preferred host was this one: it and what comes after it were left out */
    bool is_secure;                 /* the MX or SRV records were validated */
};

/* Request with the defaults: MX, then address records. */
struct host_find_request host_find_request_default(void);

/* Values of ipv4_only and ipv4_prefer: anything but a forced failure, "", "0", "no", "false" is on.  DEFER: why says
 * what went wrong. */
enum outcome host_find_option_is_on(struct template *option, struct scope *scope, bool *is_on_out, struct why *why);

/* Hosts for mail to domain by DNS, in scope->pool.  why says what went wrong. */
enum host_find host_find_by_dns(struct str domain, const struct host_find_request *request, struct scope *scope,
                                struct host_find_result *result_out, struct why *why);

/* Fill the addresses of one named host (host->next is kept behind what is inserted): hosts file and DNS as the
 * system does it (byname), or DNS address records only.  A name that is an IP address finds itself.  With
 * HOST_FOUND_LOCAL one of them is ours. */
enum host_find host_find_by_name(struct host *host, const struct host_find_request *request, struct scope *scope,
                                 struct why *why);
enum host_find host_find_addresses(struct host *host, const struct host_find_request *request, struct scope *scope,
                                   struct why *why);

/* A host alone. */
struct host *host_new(struct pool *pool, struct str name, struct str address, int mx);

/* Is it this host: by hosts_treat_as_local, or by its address? */
bool host_is_local(const struct host *host, struct scope *scope);

/* HOST_FOUND … as text for traces. */
const char *host_find_name(enum host_find found);
#endif
