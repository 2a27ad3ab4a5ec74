/* acl/ratelimit.c -- ratelimit = limit / period / options / key (manual: rate limiting incoming messages).
 *
 * The hints database "ratelimit" has Exim's layout: seconds, microseconds, rate; with unique= also a set of events as a
 * Bloom filter. */
#include "acl/rows.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "address/address.h"
#include "base/clock.h"
#include "base/trace.h"
#include "hints/hints.h"
#include "log/log.h"

enum rate_mode {
    PER_UNSET,
    PER_WHAT,
    PER_CLASH,
    PER_ADDR,
    PER_BYTE,
    PER_CMD,
    PER_CONN,
    PER_MAIL,
    PER_RCPT,
    PER_ALLRCPTS
};
enum update_mode { UPDATE_UNSET, UPDATE_STRICT, UPDATE_LEAKY, UPDATE_READONLY, UPDATE_CLASH };
enum {
    FILTER_MIN_BYTES = 40,
    FILTER_MAX_BYTES = 1 << 20,
    FILTER_BITS_PER_EVENT = 16,
    FILTER_HASHES = 8,
    KEY_MAX_BYTES = 1024
};

static const char *const mode_names[] = { "?",       "?",        "?",        "per_addr", "per_byte",
                                          "per_cmd", "per_conn", "per_mail", "per_rcpt", "per_rcpt" };

/* The condition's arguments. */
struct rate_request {
    double limit, count;
    int period_s;
    struct str limit_text, period_text, key, unique;
    enum rate_mode mode;
    enum update_mode update;
    bool has_unique, has_count;
};

/* The stored record; the filter follows it. */
struct rate_record {
    int64_t stamp_s;
    int32_t stamp_us, padding;
    double rate;
};
struct rate_filter {
    int64_t epoch_s;
    uint32_t size_bytes;
};

/* A rate found in this session, message or command. */
struct acl_ratelimit {
    double rate;
};

static enum acl_test
bad_arguments(struct acl_call *call, const char *text)
{
    return acl_call_bad(call, "error in arguments to \"ratelimit\" condition: %s", text);
}

static enum acl_test
bad_value(struct acl_call *call, struct str value, const char *text)
{
    return acl_call_bad(call, "error in arguments to \"ratelimit\" condition: \"%.*s\" %s", STR_ARG(value), text);
}

/* A number with decimals, and K, M, G behind it if they may be. */
static bool
parse_amount(struct pool *pool, struct str text, double *value_out)
{
    const char *start = pool_cstr(pool, text);
    char *end;
    double value;

    if (start == NULL || (text.len > 0 && !ascii_is_digit(*start) && *start != '.'))
        return false;
    value = strtod(start, &end);
    if (*end == 'k' || *end == 'K')
        value *= 1024, end++;
    else if (*end == 'm' || *end == 'M')
        value *= 1024.0 * 1024, end++;
    else if (*end == 'g' || *end == 'G')
        value *= 1024.0 * 1024 * 1024, end++;
    *value_out = value;
    return *end == '\0' && isfinite(value) && value >= 0;
}

static void
set_mode(struct rate_request *request, enum rate_mode mode)
{
    request->mode = request->mode == PER_UNSET ? mode : PER_CLASH;
}

static void
set_update(struct rate_request *request, enum update_mode mode)
{
    request->update = request->update == UPDATE_UNSET ? mode : UPDATE_CLASH;
}

/* One option; false: it is the key, or the beginning of one. */
static bool
take_option(struct rate_request *request, struct str word, struct pool *pool, bool *is_bad)
{
    static const struct { const char *word; enum rate_mode mode; } modes[] = {
        { "per_addr", PER_ADDR }, { "per_byte", PER_BYTE }, { "per_cmd", PER_CMD }, { "per_conn", PER_CONN },
        { "per_mail", PER_MAIL }, { "per_rcpt", PER_RCPT },
    };
    static const struct {
        const char *word;
        enum update_mode mode;
    } updates[] = {
        { "strict", UPDATE_STRICT },
        { "leaky", UPDATE_LEAKY },
        { "readonly", UPDATE_READONLY },
        { "noupdate", UPDATE_READONLY },
    };

    for (size_t i = 0; i < COUNT(modes); i++)
        if (str_ieq_c(word, modes[i].word)) {
            set_mode(request, modes[i].mode);
            return true;
        }
    for (size_t i = 0; i < COUNT(updates); i++)
        if (str_ieq_c(word, updates[i].word)) {
            set_update(request, updates[i].mode);
            return true;
        }
    if (str_istarts(word, STR("count="))) {
        *is_bad =
            !parse_amount(pool, str_from(word, strlen("count=")), &request->count) || word.len == strlen("count=");
        request->has_count = true;
        return true;
    }
    if (str_istarts(word, STR("unique="))) {
        request->unique = str_from(word, strlen("unique="));
        request->has_unique = true;
        return true;
    }
    return false;
}

static enum acl_test
request_parse(struct acl_call *call, struct rate_request *request)
{
    struct pool *pool = call->scope->pool;
    struct str rest = call->argument, word;
    bool is_bad = false;

    if (str_trim(rest).len == 0)
        return bad_arguments(call, "sender rate limit not set");
    str_cut(rest, '/', &word, &rest);
    request->limit_text = str_trim(word);
    if (!parse_amount(pool, request->limit_text, &request->limit))
        return bad_value(call, request->limit_text, "is not a positive number");
    if (rest.len == 0)
        return bad_value(call, STR("NULL"), "is not a time value");
    str_cut(rest, '/', &word, &rest);
    request->period_text = str_trim(word);
    request->period_s = interval_parse(request->period_text);
    if (request->period_s <= 0)
        return bad_value(call, request->period_text, "is not a time value");
    while (rest.len > 0) {
        str_cut(rest, '/', &word, &rest);
        word = str_trim(word);
        if (word.len == 0)
            continue;
        if (take_option(request, word, pool, &is_bad)) {
            if (is_bad)
                return bad_value(call, word, "is not a positive number");
            continue;
        }
        /* The key may hold slashes; options may follow it all the same. */
        request->key =
            request->key.len == 0 ? word : pool_printf_tainted(pool, "%.*s/%.*s", STR_ARG(request->key), STR_ARG(word));
    }
    if (request->mode == PER_CLASH)
        return bad_arguments(call, "conflicting per_* options");
    if (request->update == UPDATE_CLASH)
        return bad_arguments(call, "conflicting update modes");
    return ACL_YES;
}

static bool
is_at(const struct acl_call *call, unsigned points)
{
    return (points & ACL_BIT(call->point)) != 0;
}

/* What the mode counts, and where it can be counted; elsewhere only readonly makes sense. */
static enum acl_test
request_settle(struct acl_call *call, struct rate_request *request)
{
    const unsigned not_smtp = ACL_BIT(ACL_AT_NOT_SMTP) | ACL_BIT(ACL_AT_NOT_SMTP_MIME) | ACL_BIT(ACL_AT_NOT_SMTP_START);
    const unsigned data =
        ACL_BIT(ACL_AT_PREDATA) | ACL_BIT(ACL_AT_MIME) | ACL_BIT(ACL_AT_DATA) | ACL_BIT(ACL_AT_NOT_SMTP);
    const unsigned mail = ACL_BIT(ACL_AT_MAIL) | ACL_BIT(ACL_AT_RCPT) | data;
    const struct message *message = call->scope->message;
    /* Without a mode of its own the default counts everywhere. */
    bool is_default = request->mode == PER_UNSET, is_sensible = true;
    double count = 1;
    const char *name;

    if (is_default)
        request->mode = PER_MAIL;
    name = mode_names[request->mode];
    if (!is_default && (request->mode == PER_MAIL || request->mode == PER_BYTE))
        is_sensible = is_at(call, mail);
    if (request->mode == PER_BYTE)
        count = message == NULL ? 0 : is_at(call, data & ~ACL_BIT(ACL_AT_PREDATA)) ? (double)message->message_bytes
                                    : call->state->size_parameter < 0 ? 0 : (double)call->state->size_parameter;
    if (request->mode == PER_CONN)
        is_sensible = !is_at(call, not_smtp);
    if (request->mode == PER_ADDR)
        is_sensible = is_at(call, ACL_BIT(ACL_AT_RCPT));
    if (request->mode == PER_RCPT) {
        is_sensible = is_at(call, ACL_BIT(ACL_AT_RCPT) | data);
        if (is_at(call, data)) {
            request->mode = PER_ALLRCPTS;
            count = message == NULL ? 1 : (double)message->recipient_count;
        }
    }
    if (!is_sensible && (request->update == UPDATE_STRICT || request->update == UPDATE_LEAKY))
        return acl_call_bad(
            call,
            "error in arguments to \"ratelimit\" condition: \"%s\" must not have /leaky or /strict option, or "
            "cannot be used in %s ACL",
            name, acl_point_name(call->point));
    if (!is_sensible)
        request->update = UPDATE_READONLY;
    else if (request->update == UPDATE_UNSET)
        request->update = UPDATE_LEAKY;
    if (request->mode == PER_ADDR && call->scope->address != NULL && !request->has_unique) {
        request->unique = call->scope->address->text;
        request->has_unique = true;
    }
    if (!request->has_count)
        request->count = count;
    if (request->update == UPDATE_READONLY)
        request->count = 0;
    return ACL_YES;
}

/* "1h/per_mail/1.2.3.4": what the database knows the rate by. */
static struct str
record_key(const struct acl_call *call, const struct rate_request *request)
{
    struct pool *pool = call->scope->pool;
    enum rate_mode mode = request->mode == PER_BYTE ? PER_MAIL : request->mode == PER_ADDR ? PER_RCPT : request->mode;
    struct str key = request->key.len > 0 ? request->key : call->scope->origin->host_address;
    struct str period = interval_format(pool, request->period_s);

    return str_head(pool_printf_tainted(pool, "%.*s/%s/%s%.*s", STR_ARG(period), mode_names[mode],
                                        request->has_unique || request->mode == PER_ADDR ? "unique/" : "",
                                        STR_ARG(key)),
                    KEY_MAX_BYTES);
}

/* Where a rate computed already is kept: a connection, a message, or one command. */
static struct map *
known_rates(struct acl_state *state, enum rate_mode mode)
{
    if (mode == PER_CONN)
        return &state->ratelimits_session;
    return mode == PER_MAIL || mode == PER_BYTE || mode == PER_ALLRCPTS ? &state->ratelimits_message
                                                                        : &state->ratelimits_command;
}

/* ---- The set of events */

static bool
filter_add(unsigned char *bits, uint32_t size_bytes, struct str event)
{
    uint64_t hash = str_hash(event), step = (hash >> 32 ^ hash * 0x9e3779b97f4a7c15u) | 1;
    bool is_new = false;

    for (int i = 0; i < FILTER_HASHES; i++, hash += step) {
        uint64_t bit = hash % ((uint64_t)size_bytes * 8);

        is_new |= (bits[bit / 8] >> bit % 8 & 1) == 0;
        bits[bit / 8] |= (unsigned char)(1u << bit % 8);
    }
    return is_new;
}

static uint32_t
filter_size(double limit)
{
    double bytes = limit * FILTER_BITS_PER_EVENT / 8;

    return bytes < FILTER_MIN_BYTES ? FILTER_MIN_BYTES : bytes > FILTER_MAX_BYTES ? FILTER_MAX_BYTES : (uint32_t)bytes;
}

struct rate_data {
    struct rate_record record;
    struct rate_filter filter;
    unsigned char *bits;
    bool is_new;
};

static void
filter_begin(struct rate_data *data, struct pool *pool, time_t now, double limit)
{
    trace(TRACE_ACL, "ratelimit creating new Bloom filter");
    data->filter = (struct rate_filter){ .epoch_s = now, .size_bytes = filter_size(limit) };
    data->bits = pool_alloc(pool, data->filter.size_bytes);
}

/* Read the record; lengths and numbers of a foreign or broken one are not believed (rule R7). */
static void
data_read(struct hints *hints, struct str key, const struct rate_request *request, struct pool *pool, time_t now,
          struct rate_data *data)
{
    const size_t bits_at = sizeof(struct rate_record) + sizeof(int64_t) + sizeof(uint32_t);
    struct str value = STR("");
    bool is_found = hints != NULL && hints_get(hints, key, bits_at + FILTER_MAX_BYTES + 8, pool, &value) &&
                    value.len >= sizeof data->record;

    *data = (struct rate_data){ .is_new = true };
    if (is_found) {
        memcpy(&data->record, value.ptr, sizeof data->record);
        data->is_new = !isfinite(data->record.rate) || data->record.rate < 0;
        trace(TRACE_ACL, "ratelimit found key in database");
    } else if (!request->has_unique)
        trace(TRACE_ACL, "ratelimit creating new rate data block");
    if (!request->has_unique)
        return;
    if (!data->is_new && value.len >= bits_at) {
        memcpy(&data->filter.epoch_s, value.ptr + sizeof data->record, sizeof data->filter.epoch_s);
        memcpy(&data->filter.size_bytes, value.ptr + sizeof data->record + sizeof(int64_t),
               sizeof data->filter.size_bytes);
        if (data->filter.size_bytes > 0 && data->filter.size_bytes <= value.len - bits_at &&
            data->filter.epoch_s + request->period_s > now && data->filter.epoch_s <= now) {
            data->bits = pool_alloc(pool, data->filter.size_bytes);
            memcpy(data->bits, value.ptr + bits_at, data->filter.size_bytes);
            return;
        }
    }
    filter_begin(data, pool, now, request->limit);
}

static void
data_write(struct hints *hints, struct str key, const struct rate_request *request, struct rate_data *data,
           struct pool *pool)
{
    const size_t bits_at = sizeof data->record + sizeof(int64_t) + sizeof(uint32_t);
    size_t size = request->has_unique ? (bits_at + data->filter.size_bytes + 7) / 8 * 8 : sizeof data->record;
    char *bytes = pool_alloc(pool, size);

    memcpy(bytes, &data->record, sizeof data->record);
    if (request->has_unique) {
        memcpy(bytes + sizeof data->record, &data->filter.epoch_s, sizeof(int64_t));
        memcpy(bytes + sizeof data->record + sizeof(int64_t), &data->filter.size_bytes, sizeof(uint32_t));
        memcpy(bytes + bits_at, data->bits, data->filter.size_bytes);
    }
    hints_put(hints, key, str_make(bytes, size));
}

/* Exponentially weighted moving average with the period as time constant (manual: rate limiting, smoothing). */
static void
data_advance(struct rate_data *data, const struct rate_request *request, double count)
{
    struct timeval now = clock_now();
    double since, share, keep;

    if (data->is_new) {
        trace(TRACE_ACL, "ratelimit initializing new key's rate data");
        data->record.rate = count;
    } else {
        since = (double)(now.tv_sec - data->record.stamp_s) + (double)(now.tv_usec - data->record.stamp_us) / 1e6;
        if (since <= 0)
            since = 1e-9;
        share = since / request->period_s;
        keep = exp(-share);
        data->record.rate = (1 - keep) / share * count + keep * data->record.rate;
    }
    data->record.stamp_s = now.tv_sec;
    data->record.stamp_us = (int32_t)now.tv_usec;
}

static double
rate_compute(struct acl_call *call, const struct rate_request *request, struct str key)
{
    struct pool *pool = call->scope->pool;
    struct hints *hints = hints_open("ratelimit", request->update == UPDATE_READONLY ? HINTS_READ : HINTS_CREATE);
    struct rate_data data;
    double count = request->count;
    bool is_over;

    data_read(hints, key, request, pool, clock_seconds(), &data);
    if (request->has_unique && request->update != UPDATE_READONLY) {
        trace(TRACE_ACL, "ratelimit checking uniqueness of %.*s", STR_ARG(request->unique));
        if (filter_add(data.bits, data.filter.size_bytes, request->unique))
            trace(TRACE_ACL, "ratelimit event added to Bloom filter");
        else {
            trace(TRACE_ACL, "ratelimit event found in Bloom filter");
            count = 0;
        }
    }
    data_advance(&data, request, count);
    is_over = data.record.rate >= request->limit;
    if (request->update == UPDATE_READONLY)
        trace(TRACE_ACL, "ratelimit db not updated: readonly mode");
    else if (is_over && request->update == UPDATE_LEAKY)
        trace(TRACE_ACL, "ratelimit db not updated: over the limit, but leaky");
    else if (hints != NULL) {
        data_write(hints, key, request, &data, pool);
        trace(TRACE_ACL, "ratelimit db updated");
    }
    hints_close(hints);
    trace(TRACE_ACL, "ratelimit computed rate %.1f", data.record.rate);
    return data.record.rate;
}

static enum acl_test
ratelimit_test(struct acl_call *call)
{
    struct rate_request request = { .count = 1, .key = STR("") };
    struct acl_state *state = call->state;
    struct acl_ratelimit *known;
    struct str key;
    enum acl_test result = request_parse(call, &request);

    if (result == ACL_YES)
        result = request_settle(call, &request);
    if (result != ACL_YES)
        return result;
    key = record_key(call, &request);
    trace(TRACE_ACL, "ratelimit condition count=%.0f %.1f/%.*s", request.count, request.limit, STR_ARG(key));
    known = map_get(known_rates(state, request.mode), key);
    if (known != NULL && request.update != UPDATE_READONLY)
        trace(TRACE_ACL, "ratelimit found pre-computed rate %.1f", known->rate);
    else {
        struct pool *pool = request.mode == PER_CONN ? state->session_pool : state->message_pool;

        known = POOL_NEW(pool, struct acl_ratelimit);
        known->rate = rate_compute(call, &request, key);
        if (request.update != UPDATE_READONLY)
            map_set(known_rates(state, request.mode), pool_dup(pool, key), known);
    }
    state->sender_rate = pool_printf(state->message_pool, "%.1f", known->rate);
    state->sender_rate_limit = pool_dup(state->message_pool, request.limit_text);
    state->sender_rate_period = pool_dup(state->message_pool, request.period_text);
    return known->rate < request.limit ? ACL_NO : ACL_YES;
}

const struct acl_condition acl_ratelimit_conditions[] = {
    { .name = "ratelimit", .test = ratelimit_test },
    { .name = NULL }
};
