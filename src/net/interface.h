/* net/interface.h -- our own addresses: what to listen on, and what counts as this host. */
#ifndef NET_INTERFACE_H
#define NET_INTERFACE_H
#include "base/outcome.h"
#include "net/ip_address.h"

struct interface {
    struct interface *next;
    struct ip_address ip;
    int port;
    bool is_tls_on_connect;         /* port is in tls_on_connect_ports */
    bool is_wildcard;               /* 0.0.0.0 or ::0 */
};

/* Where the daemon listens: local_interfaces with daemon_smtp_ports (either may be overridden by -oX: non-empty
 * texts here). NULL with why filled when a text makes no sense; each address and port once. */
struct interface *interfaces_to_listen(struct str interfaces, struct str ports, struct pool *pool, struct why *why);

/* Is the address one of this host's: local_interfaces (wildcards stand for all that the system has) and
 * extra_local_interfaces. */
bool ip_is_local(const struct ip_address *ip);

/* All addresses of this host, as @[] has it; remembered by the process. */
const struct interface *interfaces_local(void);

/* A port by number or service name ("smtp", "submission"); 0 if unknown. */
int port_parse(struct str text);
#endif
