/* net/ip_address.h -- IPv4 and IPv6 addresses and networks: text, binary, masks.  Pure. */
#ifndef NET_IP_ADDRESS_H
#define NET_IP_ADDRESS_H
#include <sys/socket.h>
#include "base/pool.h"

enum { IP_TEXT_MAX_BYTES = 64 };

struct ip_address {
    bool is_v6;
    uint8_t octets[16];             /* the first four for IPv4; the rest zero */
    uint32_t zone;                  /* interface index of a link-local IPv6 address, else 0 */
};

/* 4 or 16 octets; 32 or 128 bits. */
static inline int ip_octets(const struct ip_address *ip) { return ip->is_v6 ? 16 : 4; }
static inline int ip_bits(const struct ip_address *ip) { return ip->is_v6 ? 128 : 32; }

/* Text to address: dotted quad, or RFC 4291 text with an optional "%zone"; no brackets, nothing around it. */
bool ip_parse(struct str text, struct ip_address *ip_out);

/* An RFC 5321 address literal: [192.0.2.1], [IPv6:2001:db8::1], and [2001:db8::1] for the lenient. */
bool ip_parse_literal(struct str text, struct ip_address *ip_out);

/* "10.0.0.0/8": an address, optionally with a mask length; bits_out is the full length without one.
 * Host bits need not be zero. */
bool ip_parse_network(struct str text, struct ip_address *ip_out, int *bits_out);

/* "1.2.3.4.25", "[1.2.3.4]:25", "1.2.3.4:25", "::1.25", "[::1]:25", or without port (*port_out 0).  False if it is
 * none of these. */
bool ip_parse_with_port(struct str text, struct ip_address *ip_out, int *port_out);

/* Canonical text (RFC 5952 for IPv6: lower case, longest run of zeros as "::"); clean, in pool. */
struct str ip_format(const struct ip_address *ip, struct pool *pool);

/* IPv6 in full, 32 lower-case digits in groups of four between separators (keys of net- lookups use "."); IPv4 as
 * usual. */
struct str ip_format_full(const struct ip_address *ip, char separator, struct pool *pool);

/* Keep the first bits, clear the others. */
void ip_mask(struct ip_address *ip, int bits);
bool ip_in_network(const struct ip_address *ip, const struct ip_address *network, int bits);
bool ip_equal(const struct ip_address *a, const struct ip_address *b);
int ip_compare(const struct ip_address *a, const struct ip_address *b);

bool ip_is_loopback(const struct ip_address *ip);
bool ip_is_unspecified(const struct ip_address *ip);
/* ::ffff:192.0.2.1 becomes 192.0.2.1; others stay. */
void ip_unmap(struct ip_address *ip);

/* "1.2.0.192.in-addr.arpa", "….ip6.arpa"; with zone NULL, else the reversed address before a zone (DNS lists). */
struct str ip_reverse_name(const struct ip_address *ip, const char *zone, struct pool *pool);

/* Socket addresses; the length is set to that of the family. */
void ip_to_sockaddr(const struct ip_address *ip, int port, struct sockaddr_storage *address_out, socklen_t *length_out);
/* False for a family other than IPv4 and IPv6.  IPv4-mapped addresses become IPv4. */
bool ip_from_sockaddr(const struct sockaddr *address, struct ip_address *ip_out, int *port_out);

/* Is the text an IP address (0: no, 4, 6)?  bits_out as in ip_parse_network(); NULL: a mask is not allowed. */
int ip_text_version(struct str text, int *bits_out);
#endif
