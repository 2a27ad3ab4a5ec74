/* net/host_name.h -- the name of a client from its address, confirmed by looking up the name's addresses. */
#ifndef NET_HOST_NAME_H
#define NET_HOST_NAME_H
#include "base/outcome.h"
#include "message/origin.h"

/* Find origin->host_name and aliases from host_address, by the ways of host_lookup_order; a name counts only if one
 * of its addresses is the client's.  The result is kept in origin (name_lookup and name_lookup_error): a second call
 * costs nothing. OK: there is a name.  FAIL: there is none.  DEFER: temporary trouble. */
enum outcome host_name_lookup(struct origin *origin, struct why *why);

/* $sender_fullhost, $sender_rcvhost: "name (helo) [address]" as logs and Received: fields have it; clean or tainted
 * as its parts. */
struct str origin_full_host(const struct origin *origin, struct pool *pool);
struct str origin_received_host(const struct origin *origin, struct pool *pool);

/* How log lines name the other side: "H=name (helo) [address]:port I=[ours]:port U=ident", as far as known and
 * selected; without is_tagged the same without "H=" and, for a local caller, the bare login name. */
struct str origin_log_host(const struct origin *origin, bool is_tagged, struct pool *pool);

/* Does the name given in HELO fit the client (manual: helo_verify_hosts)?  OK fits (origin->is_helo_verified set),
 * FAIL, DEFER. */
enum outcome origin_helo_verify(struct origin *origin, struct why *why);
#endif
