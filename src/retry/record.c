/* Retry records as Exim lays them out: four times of 64 bits (written, first failure, last try, next try), three numbers of 32
 * (expired, error, more of it), then text with a NUL, in the octet order of the machine; the whole as long as a C structure with
 * text of one octet, plus the text. */
#include <stddef.h>
#include <string.h>
#include "base/clock.h"
#include "config/config.h"
#include "retry/parts.h"

struct layout {
    int64_t written_at, first_failed, last_try, next_try;
    int32_t is_expired, error, more;
    char text[1];
};

/* Numbers for what is no error of the system, as they show in logs and exim_dumpdb. */
static const struct {
    enum why_cause cause;
    int number;
} numbers[] = {
    { CAUSE_RCPT_4XX, -44 }, { CAUSE_MAIL_4XX, -45 }, { CAUSE_DATA_4XX, -46 }, { CAUSE_AUTH_FAILED, -42 }, { CAUSE_LOST_CONNECTION, -18 },
    { CAUSE_TLS_REQUIRED, -38 }, { CAUSE_TLS_FAILED, -37 }, { CAUSE_QUOTA, -22 }, { CAUSE_RETRY_NOT_REACHED, -53 }, { CAUSE_DNS, -36 },
};

static int
number_of(const struct retry_record *record)
{
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (numbers[i].cause == record->cause)
            return numbers[i].number;
    return record->sys_errno;
}

struct str
retry_record_pack(const struct retry_record *record, time_t now, struct pool *pool)
{
    size_t size_bytes = sizeof(struct layout) + record->text.len;
    struct layout *layout = pool_alloc(pool, size_bytes);

    *layout = (struct layout){
        .written_at = now, .first_failed = record->first_failed, .last_try = record->last_try, .next_try = record->next_try,
        .is_expired = record->is_expired, .error = number_of(record),
        .more = record->cause == CAUSE_CONNECT_REFUSED || record->cause == CAUSE_CONNECT_TIMEOUT ? (record->is_via_mx ? 'M' : 'A')
                                                                                                 : record->detail,
    };
    if (record->text.len > 0)
        memcpy((char *)layout + offsetof(struct layout, text), record->text.ptr, record->text.len);
    return str_make((char *)layout, size_bytes);
}

bool
retry_record_unpack(struct str bytes, struct retry_record *record_out, time_t *written_at_out)
{
    struct layout layout;

    if (bytes.len < sizeof layout)
        return false;
    memcpy(&layout, bytes.ptr, sizeof layout);
    if (layout.first_failed < 0 || layout.last_try < layout.first_failed || layout.next_try < 0)
        return false;
    *record_out = (struct retry_record){
        .first_failed = layout.first_failed, .last_try = layout.last_try, .next_try = layout.next_try,
        .is_expired = layout.is_expired != 0, .sys_errno = layout.error > 0 ? layout.error : 0,
        .detail = layout.more, .is_via_mx = layout.more == 'M',
    };
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (numbers[i].number == layout.error)
            record_out->cause = numbers[i].cause;
    record_out->text = str_from(bytes, offsetof(struct layout, text));
    record_out->text = str_head(record_out->text, str_find(record_out->text, '\0'));
    *written_at_out = layout.written_at;
    return true;
}

bool
retry_record_get(struct hints *hints, struct str key, struct pool *pool, struct retry_record *record_out)
{
    struct str bytes;
    time_t written_at;

    return hints_get(hints, key, RETRY_RECORD_MAX_BYTES, pool, &bytes) && retry_record_unpack(bytes, record_out, &written_at)
        && clock_seconds() - written_at <= config->retry_data_expire;
}

bool
retry_read(struct str key, struct pool *pool, struct retry_record *record_out)
{
    struct hints *hints = hints_open("retry", HINTS_READ);
    bool is_read = hints != NULL && retry_record_get(hints, key, pool, record_out);

    hints_close(hints);
    return is_read;
}
