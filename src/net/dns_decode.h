/* net/dns_decode.h -- DNS messages on the wire (RFC 1035 section 4): the bounded reader and the query writer.  Pure. */
#ifndef NET_DNS_DECODE_H
#define NET_DNS_DECODE_H
#include "net/dns.h"

struct dns_message {
    unsigned id, code;              /* code: RCODE */
    bool is_reply, is_authoritative, is_truncated, is_validated;
    const struct dns_record *answer, *authority, *additional;
};

/* False if anything in it is malformed or beyond a limit.  Texts are copied into pool, tainted. */
bool dns_message_decode(struct str wire, struct pool *pool, struct dns_message *message_out);

struct dns_question {
    struct str name;
    enum dns_type type;
    unsigned id, udp_bytes;         /* udp_bytes: for EDNS */
    bool has_edns, is_validation_wanted;
};

/* False if the name cannot be one: empty label, label over 63 octets, name over 255. */
bool dns_query_encode(const struct dns_question *question, struct pool *pool, struct str *wire_out);
#endif
