/* verify/callout_cache.c -- the hints database "callout" (manual: callout caching), in Exim's layout: seconds of the
 * entry, then for an address the answer; for a domain the answers about itself, its postmaster and random local
 * parts, and the times of the latter two. */
#include <string.h>
#include "base/clock.h"
#include "base/trace.h"
#include "config/config.h"
#include "hints/hints.h"
#include "verify/callout.h"

struct address_record {
    int64_t stamp_s;
    int32_t answer, padding;
};

struct domain_record {
    int64_t stamp_s;
    int32_t answer, postmaster, random, padding;
    int64_t postmaster_at_s, random_at_s;
};

static bool
is_fresh(int64_t stamp_s, int lifetime_s)
{
    int64_t now = clock_seconds();

    return stamp_s <= now && stamp_s + lifetime_s > now;
}

static enum callout_answer
answer_of(int32_t number, int64_t stamp_s, int positive_s, int negative_s)
{
    bool is_negative = number == ANSWER_REJECT || number == ANSWER_REJECT_NULL;

    if (number < ANSWER_UNKNOWN || number > ANSWER_REJECT_NULL)
        return ANSWER_UNKNOWN;
    return is_fresh(stamp_s, is_negative ? negative_s : positive_s) ? (enum callout_answer)number : ANSWER_UNKNOWN;
}

static void
read_domain(struct callout_cache *cache, struct hints *hints, struct pool *pool)
{
    int positive_s = config->callout_domain_positive_expire, negative_s = config->callout_domain_negative_expire;
    struct domain_record record;
    struct str value;

    if (!hints_get(hints, cache->domain_key, sizeof record, pool, &value) || value.len != sizeof record) {
        trace(TRACE_VERIFY, "callout cache: no domain record found for %.*s", STR_ARG(cache->domain_key));
        return;
    }
    memcpy(&record, value.ptr, sizeof record);
    trace(TRACE_VERIFY, "callout cache: found domain record for %.*s", STR_ARG(cache->domain_key));
    cache->domain = answer_of(record.answer, record.stamp_s, positive_s, negative_s);
    cache->postmaster = answer_of(record.postmaster, record.postmaster_at_s, positive_s, negative_s);
    cache->random = answer_of(record.random, record.random_at_s, positive_s, negative_s);
    cache->postmaster_at = record.postmaster_at_s;
    cache->random_at = record.random_at_s;
}

static void
read_address(struct callout_cache *cache, struct hints *hints, struct pool *pool)
{
    struct address_record record;
    struct str value;

    if (!hints_get(hints, cache->address_key, sizeof record, pool, &value) || value.len != sizeof record) {
        trace(TRACE_VERIFY, "callout cache: no address record found for %.*s", STR_ARG(cache->address_key));
        return;
    }
    memcpy(&record, value.ptr, sizeof record);
    trace(TRACE_VERIFY, "callout cache: found address record for %.*s", STR_ARG(cache->address_key));
    cache->address =
        answer_of(record.answer, record.stamp_s, config->callout_positive_expire, config->callout_negative_expire);
    if (cache->address != ANSWER_UNKNOWN)
        trace(TRACE_VERIFY, "callout cache: address record is %s",
              cache->address == ANSWER_ACCEPT ? "positive" : "negative");
}

void
callout_cache_read(struct callout_cache *cache, struct pool *pool)
{
    struct hints *hints;

    if (cache->is_unused) {
        trace(TRACE_VERIFY, "callout cache: disabled by no_cache");
        return;
    }
    hints = hints_open("callout", HINTS_READ);
    if (hints == NULL) {
        trace(TRACE_VERIFY, "callout cache: not available");
        return;
    }
    read_domain(cache, hints, pool);
    read_address(cache, hints, pool);
    hints_close(hints);
}

void
callout_cache_write(const struct callout_cache *cache)
{
    struct domain_record domain = { .stamp_s = clock_seconds(),
                                    .answer = cache->domain,
                                    .postmaster = cache->postmaster,
                                    .random = cache->random,
                                    .postmaster_at_s = cache->postmaster_at,
                                    .random_at_s = cache->random_at };
    struct address_record address = { .stamp_s = clock_seconds(), .answer = cache->address };
    struct hints *hints;

    if (cache->is_unused || (cache->domain == ANSWER_UNKNOWN && cache->address == ANSWER_UNKNOWN))
        return;
    hints = hints_open("callout", HINTS_CREATE);
    if (hints == NULL)
        return;
    if (cache->domain != ANSWER_UNKNOWN) {
        hints_put(hints, cache->domain_key, str_make((const char *)&domain, sizeof domain));
        trace(TRACE_VERIFY, "wrote callout cache domain record for %.*s: result=%d postmaster=%d random=%d",
              STR_ARG(cache->domain_key), cache->domain, cache->postmaster, cache->random);
    }
    if (cache->address != ANSWER_UNKNOWN) {
        hints_put(hints, cache->address_key, str_make((const char *)&address, sizeof address));
        trace(TRACE_VERIFY, "wrote %s callout cache address record for %.*s",
              cache->address == ANSWER_ACCEPT ? "positive" : "negative", STR_ARG(cache->address_key));
    }
    hints_close(hints);
}
