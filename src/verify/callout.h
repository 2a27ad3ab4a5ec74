/* verify/callout.h -- ask the hosts of an address whether they would take it, and remember what they said.  For the
 * files of verify/ only. */
#ifndef VERIFY_CALLOUT_H
#define VERIFY_CALLOUT_H
#include "transports/transport.h"
#include "verify/verify.h"

/* Ask about addr.  mail_from: envelope sender of the question, empty for <>.  Fills result (outcome, failure,
 * texts). */
void callout_run(struct address *addr, const struct transport_callout *target, struct str mail_from,
                 const struct verify_options *options, struct scope *scope, struct verify_result *result);

/* What the cache knows; numbers as in Exim's database. */
enum callout_answer { ANSWER_UNKNOWN, ANSWER_ACCEPT, ANSWER_REJECT, ANSWER_REJECT_NULL };

struct callout_cache {
    bool is_unused;                 /* no_cache */
    struct str domain_key, address_key;
    enum callout_answer domain, postmaster, random, address;
    time_t postmaster_at, random_at;
};

/* Read both records; what has expired is unknown. */
void callout_cache_read(struct callout_cache *cache, struct pool *pool);

/* Write what became known: the domain record if domain is known, the address record if address is. */
void callout_cache_write(const struct callout_cache *cache);
#endif
