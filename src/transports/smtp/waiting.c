/* The hints database wait-TRANSPORT: for each host the ids of messages that wait for it.  A record is a time stamp, a
 * count of ids, a sequence number that is not used here, and the ids, all of the same length. */
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "hints/hints.h"
#include "message/message.h"
#include "spool/spool.h"
#include "transports/smtp/smtp.h"

enum { IDS_MAX = 1000, RECORD_MAX_BYTES = 65536 };

struct wait_header {
    int64_t time_stamp;
    int32_t count, sequence;
};

struct wait_record {
    struct str_list ids;
};

static const char *
database_name(const struct transport *transport, struct pool *pool)
{
    return pool_cstr(pool, pool_printf(pool, "wait-%.*s", STR_ARG(transport->instance.name)));
}

/* The message is on the spool. */
static bool
is_held(const struct spool *spool, struct pool *pool, struct str id)
{
    return spool != NULL && access(spool_path(spool, pool, pool_cstr(pool, id), "-H").ptr, F_OK) == 0;
}

static bool
is_id(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_alnum(text.ptr[i]) && text.ptr[i] != '-')
            return false;
    return text.len > 0 && text.len <= MESSAGE_ID_MAX_BYTES;
}

/* A record that makes no sense counts as none. */
static void
read_record(struct hints *hints, struct str key, struct pool *pool, struct wait_record *record)
{
    struct wait_header header;
    struct str value;
    size_t id_bytes;

    record->ids = (struct str_list){ 0 };
    if (!hints_get(hints, key, RECORD_MAX_BYTES, pool, &value) || value.len < sizeof(header))
        return;
    memcpy(&header, value.ptr, sizeof(header));
    value = str_from(value, sizeof(header));
    while (value.len > 0 && value.ptr[value.len - 1] == '\0')
        value.len--;
    if (header.count <= 0 || header.count > IDS_MAX || value.len % (size_t)header.count != 0)
        return;
    id_bytes = value.len / (size_t)header.count;
    for (int32_t i = 0; i < header.count; i++) {
        struct str id = str_sub(value, (size_t)i * id_bytes, id_bytes);

        if (is_id(id))
            str_list_add(&record->ids, pool, id);
    }
}

static void
write_record(struct hints *hints, struct str key, struct pool *pool, const struct wait_record *record)
{
    struct wait_header header = { .time_stamp = clock_seconds(), .count = (int32_t)record->ids.count };
    struct buf value;

    if (record->ids.count == 0) {
        hints_delete(hints, key);
        return;
    }
    buf_init(&value, pool, RECORD_MAX_BYTES);
    buf_add(&value, str_make((const char *)&header, sizeof(header)));
    for (size_t i = 0; i < record->ids.count; i++)
        buf_add(&value, record->ids.items[i]);
    hints_put(hints, key, buf_str(&value));
}

void
smtp_waiting_add(const struct smtp_job *job, const struct host *host)
{
    struct hints *hints = hints_open(database_name(job->run->transport, job->pool), HINTS_CREATE);
    struct str id = str_of(job->run->message->id);
    struct wait_record record;

    if (hints == NULL)
        return;
    read_record(hints, host->name, job->pool, &record);
    /* Ids of one record have one length. */
    if (record.ids.count > 0 && record.ids.items[0].len != id.len)
        record.ids.count = 0;
    if (!str_list_has(&record.ids, id) && record.ids.count < IDS_MAX) {
        str_list_add(&record.ids, job->pool, id);
        write_record(hints, host->name, job->pool, &record);
    }
    hints_close(hints);
}

/* The first that is still on the spool; it and those before it are taken off. */
bool
smtp_waiting_next(const struct transport *transport, const struct host *host, struct pool *pool, struct str *id_out)
{
    struct hints *hints = hints_open(database_name(transport, pool), HINTS_WRITE);
    struct wait_record record, rest = { 0 };
    struct why why;
    const struct spool *spool;
    bool is_found = false;

    if (hints == NULL)
        return false;
    why_init(&why, pool);
    spool = spool_configured(&why);
    read_record(hints, host->name, pool, &record);
    for (size_t i = 0; i < record.ids.count; i++) {
        struct str id = record.ids.items[i];

        if (is_found) {
            str_list_add(&rest.ids, pool, id);
        } else if (is_held(spool, pool, id)) {
            is_found = true;
            *id_out = id;
        }
    }
    if (record.ids.count > 0)
        write_record(hints, host->name, pool, &rest);
    hints_close(hints);
    return is_found;
}
