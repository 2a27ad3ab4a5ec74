/* net/dns_send.h -- carry a query to the servers and the answer back: libresolv with a state of our own. */
#ifndef NET_DNS_SEND_H
#define NET_DNS_SEND_H
#include "net/dns.h"

/* Ask for records of a type; one query, with its retries.  The answer lives in pool.
 * False: no server gave a usable answer; *problem_out says why in constant text. */
bool dns_send(struct str name, enum dns_type type, bool is_validation_wanted, struct pool *pool, struct str *answer_out,
              const char **problem_out);
#endif
