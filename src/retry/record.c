/* retry/record.c -- retry records as bytes, in the layout that Exim's hints files have on this system.
 *
 * time written, time of the first failure, of the last try, of the next try (64 bits each, host order); expired, error
 * number, further error number (32 bits each); the text, ended by NUL; three octets of padding.  Error numbers below
 * zero are ours for what errno has no number for. */
#include <errno.h>
#include <string.h>
#include "base/clock.h"
#include "config/config.h"
#include "retry/record.h"

enum { TIMES = 4, NUMBERS = 3, HEAD_BYTES = TIMES * 8 + NUMBERS * 4, TAIL_BYTES = 4, TEXT_MAX_BYTES = 1000,
    RECORD_MAX_BYTES = 8192 };
enum { FLAG_CONNECTING = 0x100, VIA_A = 'A', VIA_MX = 'M' };

static const struct { enum why_cause cause; int number; } numbers[] = {
    { CAUSE_LOST_CONNECTION, -18 }, { CAUSE_QUOTA, -22 }, { CAUSE_MAILBOX_LOCKED, -20 }, { CAUSE_TLS_FAILED, -37 },
    { CAUSE_TLS_REQUIRED, -38 }, { CAUSE_AUTH_FAILED, -42 }, { CAUSE_RCPT_4XX, -44 }, { CAUSE_MAIL_4XX, -45 },
        { CAUSE_DATA_4XX, -46 },
    { CAUSE_DNS, -47 }, { CAUSE_CONNECT_REFUSED, ECONNREFUSED }, { CAUSE_TIMEOUT, ETIMEDOUT },
        { CAUSE_CONNECT_TIMEOUT, ETIMEDOUT },
};

static bool
is_reply(enum why_cause cause)
{
    return cause == CAUSE_RCPT_4XX || cause == CAUSE_MAIL_4XX || cause == CAUSE_DATA_4XX;
}

static int32_t
number_of(const struct retry_record *record)
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (numbers[i].cause == record->cause)
            return numbers[i].number;
    return record->sys_errno;
}

/* Seconds since a full mailbox was read; else how the host was found, with the last digits of the reply code. */
static int32_t
detail_of(const struct retry_record *record)
{
    int via = record->is_via_mx ? VIA_MX : VIA_A;

    if (record->cause == CAUSE_QUOTA || (record->cause == CAUSE_OTHER && !record->is_of_host))
        return record->detail;
    if (is_reply(record->cause))
        return (record->detail % 100) << 8 | via;
    if (record->cause == CAUSE_CONNECT_TIMEOUT)
        return FLAG_CONNECTING | via;
    return via;
}

static void
take_numbers(struct retry_record *record, int32_t number, int32_t detail)
{
    record->cause = CAUSE_OTHER;
    record->sys_errno = number > 0 ? number : 0;
    record->is_via_mx = (detail & 0xff) == VIA_MX;
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (numbers[i].number == number)
            record->cause = numbers[i].cause;
    if (number == ETIMEDOUT)
        record->cause = (detail & FLAG_CONNECTING) != 0 ? CAUSE_CONNECT_TIMEOUT : CAUSE_TIMEOUT;
    if (record->cause == CAUSE_QUOTA)
        record->detail = detail;
    else if (is_reply(record->cause))
        record->detail = 400 + (detail >> 8) % 100;
}

struct str
retry_record_encode(const struct retry_record *record, time_t now, struct pool *pool)
{
    int64_t times[TIMES] = { now, record->first_failed, record->last_try, record->next_try };
    int32_t values[NUMBERS] = { record->is_expired, number_of(record), detail_of(record) };
    struct str text = str_head(record->text, TEXT_MAX_BYTES);
    char *bytes = pool_alloc(pool, HEAD_BYTES + text.len + TAIL_BYTES);

    memcpy(bytes, times, sizeof(times));
    memcpy(bytes + sizeof(times), values, sizeof(values));
    for (size_t i = 0; i < text.len; i++)
        bytes[HEAD_BYTES + i] = text.ptr[i] == '\0' || text.ptr[i] == '\n' || text.ptr[i] == '\r' ? ' ' : text.ptr[i];
    return str_make(bytes, HEAD_BYTES + text.len + TAIL_BYTES);
}

bool
retry_record_decode(struct str bytes, time_t *written_out, struct retry_record *record_out)
{
    int64_t times[TIMES];
    int32_t values[NUMBERS];
    struct str text;

    if (bytes.len <= HEAD_BYTES || bytes.len > RECORD_MAX_BYTES)
        return false;
    memcpy(times, bytes.ptr, sizeof(times));
    memcpy(values, bytes.ptr + sizeof(times), sizeof(values));
    for (size_t i = 0; i < TIMES; i++)
        if (times[i] < 0)
            return false;
    text = str_from(bytes, HEAD_BYTES);
    if (str_find(text, '\0') == STR_NONE)
        return false;
    *record_out = (struct retry_record){
        .first_failed = times[1], .last_try = times[2], .next_try = times[3], .is_expired = values[0] != 0
    };
    record_out->text = str_head(text, str_find(text, '\0'));
    take_numbers(record_out, values[1], values[2]);
    *written_out = times[0];
    return true;
}

/* The clock may have been set back since: no record keeps a host waiting for longer than the longest interval. */
static void
clamp(struct retry_record *record, time_t now)
{
    time_t latest = now + (config != NULL ? config->retry_interval_max : 24 * 3600);

    if (record->next_try > latest)
        record->next_try = now;
    if (record->last_try > now)
        record->last_try = now;
    if (record->first_failed > now)
        record->first_failed = now;
}

bool
retry_read_from(struct hints *hints, struct str key, struct pool *pool, struct retry_record *record_out)
{
    struct str bytes;
    time_t written, now = clock_seconds();

    if (!hints_get(hints, key, RECORD_MAX_BYTES, pool, &bytes) || !retry_record_decode(bytes, &written, record_out))
        return false;
    if (config != NULL && now - written > config->retry_data_expire)
        return false;
    clamp(record_out, now);
    return true;
}

bool
retry_read(struct str key, struct pool *pool, struct retry_record *record_out)
{
    struct hints *hints = hints_open("retry", HINTS_READ);
    bool is_found = hints != NULL && retry_read_from(hints, key, pool, record_out);

    hints_close(hints);
    return is_found;
}
