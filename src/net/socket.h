/* net/socket.h -- TCP: listen, connect with a deadline, ask for the other side's ident. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H
#include "base/deadline.h"
#include "base/outcome.h"
#include "net/ip_address.h"

/* A listening socket (close-on-exec, SO_REUSEADDR, IPv6 with IPV6_V6ONLY so that 0.0.0.0 may be bound beside it), or
 * -1 with errno. */
int socket_listen(const struct ip_address *ip, int port, int backlog);

struct connect_request {
    struct ip_address ip;
    int port;
    bool has_source;
    struct ip_address source;       /* the interface option */
    int source_port;
    bool has_keepalive;
    bool is_fast_open;              /* off unless asked for */
    int dscp;                       /* value for IP_TOS / IPV6_TCLASS; -1: none */
};

/* A connected, non-blocking, close-on-exec socket; or -1 with why filled: cause CONNECT_TIMEOUT or CONNECT_REFUSED,
 * sys_errno, the system's text. */
int socket_connect(const struct connect_request *request, struct deadline deadline, struct why *why);

/* Connect to a socket of the file system. */
int socket_connect_unix(struct str path, struct deadline deadline, struct why *why);

/* Both ends of a connected socket; false if it is no TCP socket. */
bool socket_ends(int fd, struct ip_address *local_out, int *local_port_out, struct ip_address *peer_out,
                 int *peer_port_out);

/* Ask the peer's RFC 1413 server who owns the connection that came from peer_port to our port.  Empty when it does
 * not say in time; the answer is tainted, printable, at most 127 octets. */
struct str ident_query(const struct ip_address *local, int local_port, const struct ip_address *peer, int peer_port,
                       struct deadline deadline, struct pool *pool);

/* The name in a reply about these two ports; empty if it is an error or makes no sense.  A view into reply. */
struct str ident_reply_parse(struct str reply, int peer_port, int local_port);
#endif
