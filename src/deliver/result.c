#include "deliver/result.h"
#include "address/address.h"
#include "deliver/wire.h"
#include "net/host.h"
#include "retry/retry.h"

enum { RECORD_MAX_BYTES = 1 << 24, NOTES_MAX = 100000, CODE_MAX = 999 };

enum result_kind
result_kind_of(struct str record)
{
    struct wire_reader reader = { .rest = record };

    return (enum result_kind)wire_take_number_within(&reader, 0, RESULT_RETURN_TEXT);
}

/* One line without control characters, in pool: it goes into logs and bounces. */
static struct str
line_clean(struct pool *pool, struct str text)
{
    struct buf line;

    buf_init(&line, pool, BUF_NO_LIMIT);
    buf_taint(&line);
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(&line, (unsigned char)text.ptr[i] < 0x20 ? ' ' : text.ptr[i]);
    return buf_str(&line);
}

static void
why_encode(struct buf *out, const struct why *why)
{
    wire_put_number(out, why->smtp_code);
    wire_put_text(out, str_of(why->enhanced));
    wire_put_text(out, why->text);
    wire_put_text(out, why->user_text);
    wire_put_number(out, why->sys_errno);
    wire_put_number(out, why->cause);
    wire_put_number(out, why->detail);
    wire_put_number(out, why->is_via_mx);
}

static void
why_decode(struct wire_reader *reader, struct why *why, struct pool *pool)
{
    struct str enhanced;

    why_init(why, pool);
    why->smtp_code = (int)wire_take_number_within(reader, 0, CODE_MAX);
    enhanced = wire_take_text(reader);
    why->enhanced = enhanced.len == 0 || enhanced.len > 16 ? NULL : pool_cstr(pool, line_clean(pool, enhanced));
    why->text = line_clean(pool, wire_take_text(reader));
    why->user_text = line_clean(pool, wire_take_text(reader));
    why->sys_errno = (int)wire_take_number_within(reader, -1000, 100000);
    why->cause = (enum why_cause)wire_take_number_within(reader, 0, CAUSE_CONFIG);
    why->detail = (int)wire_take_number_within(reader, INT32_MIN, INT32_MAX);
    why->is_via_mx = wire_take_bool(reader);
}

static void
host_encode(struct buf *out, const struct host *host)
{
    wire_put_number(out, host != NULL);
    if (host == NULL)
        return;
    wire_put_text(out, host->name);
    wire_put_text(out, host->address);
    wire_put_number(out, host->port);
    wire_put_number(out, host->mx);
    wire_put_number(out, host->is_dnssec);
}

static struct host *
host_decode(struct wire_reader *reader, struct pool *pool)
{
    struct host *host;

    if (!wire_take_bool(reader))
        return NULL;
    host = POOL_NEW(pool, struct host);
    host->name = line_clean(pool, wire_take_text(reader));
    host->address = line_clean(pool, wire_take_text(reader));
    host->port = (int)wire_take_number_within(reader, 0, 65535);
    host->mx = (int)wire_take_number_within(reader, -1, INT32_MAX);
    host->is_dnssec = wire_take_bool(reader);
    return host;
}

struct str
result_address_encode(const struct address *addr, size_t index, struct pool *pool)
{
    struct buf out;

    buf_init(&out, pool, RECORD_MAX_BYTES);
    wire_put_number(&out, RESULT_ADDRESS);
    wire_put_number(&out, (int64_t)index);
    wire_put_number(&out, addr->outcome);
    wire_put_number(&out, addr->special_action);
    wire_put_number(&out, addr->is_freeze_wanted);
    wire_put_number(&out, addr->dsn_aware);
    wire_put_number(&out, addr->retry_at);
    wire_put_number(&out, (int64_t)(addr->transport_time_s * 1e6));
    wire_put_text(&out, addr->confirmation);
    wire_put_text(&out, addr->shadow_text);
    wire_put_text(&out, addr->log_connection);
    wire_put_text(&out, addr->log_fields);
    wire_put_text(&out, addr->return_text);
    wire_put_text(&out, addr->output_line);
    wire_put_number(&out, addr->delivered_bytes);
    why_encode(&out, &addr->why);
    host_encode(&out, addr->host_used);
    return buf_str(&out);
}

bool
result_address_decode(struct str record, struct address *const *addresses, size_t count, struct pool *pool,
                      size_t *index_out)
{
    struct wire_reader reader = { .rest = record };
    struct address result = { 0 }, *addr;
    struct why why;

    if (wire_take_number(&reader) != RESULT_ADDRESS || count == 0)
        return false;
    *index_out = (size_t)wire_take_number_within(&reader, 0, (int64_t)count - 1);
    result.outcome = (enum outcome)wire_take_number_within(&reader, OK, FAIL);
    result.special_action = (int)wire_take_number_within(&reader, ACTION_NONE, ACTION_WARN);
    result.is_freeze_wanted = wire_take_bool(&reader);
    result.dsn_aware = (int)wire_take_number_within(&reader, 0, 2);
    result.retry_at = (time_t)wire_take_number(&reader);
    result.transport_time_s = (double)wire_take_number_within(&reader, 0, (int64_t)1 << 50) / 1e6;
    result.confirmation = line_clean(pool, wire_take_text(&reader));
    result.shadow_text = line_clean(pool, wire_take_text(&reader));
    result.log_connection = line_clean(pool, wire_take_text(&reader));
    result.log_fields = line_clean(pool, wire_take_text(&reader));
    result.return_text = pool_dup_tainted(pool, wire_take_text(&reader));
    result.output_line = line_clean(pool, wire_take_text(&reader));
    result.delivered_bytes = wire_take_number(&reader);
    why_decode(&reader, &why, pool);
    result.host_used = host_decode(&reader, pool);
    if (!wire_is_done(&reader))
        return false;
    addr = addresses[*index_out];
    addr->outcome = result.outcome;
    addr->special_action = result.special_action;
    addr->is_freeze_wanted = result.is_freeze_wanted;
    addr->dsn_aware = result.dsn_aware;
    addr->retry_at = result.retry_at;
    addr->transport_time_s = result.transport_time_s;
    addr->confirmation = result.confirmation;
    addr->shadow_text = result.shadow_text;
    addr->log_connection = result.log_connection;
    addr->log_fields = result.log_fields;
    addr->return_text = result.return_text;
    addr->output_line = result.output_line;
    addr->delivered_bytes = result.delivered_bytes;
    addr->why = why;
    addr->host_used = result.host_used;
    return true;
}

static int64_t
index_of(const struct address *addr, struct address *const *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (addresses[i] == addr)
            return (int64_t)i;
    return -1;
}

struct str
result_retry_encode(const struct retry_notes *notes, struct address *const *addresses, size_t count, struct pool *pool)
{
    struct buf out;
    int64_t number = 0;

    for (const struct retry_note *note = notes->first; note != NULL; note = note->next)
        number++;
    buf_init(&out, pool, RECORD_MAX_BYTES);
    wire_put_number(&out, RESULT_RETRY);
    wire_put_number(&out, number);
    for (const struct retry_note *note = notes->first; note != NULL; note = note->next) {
        wire_put_number(&out, index_of(note->address, addresses, count));
        wire_put_text(&out, note->key);
        wire_put_text(&out, note->host_name);
        wire_put_number(&out, note->is_success);
        wire_put_number(&out, note->is_host);
        wire_put_number(&out, note->is_message);
        wire_put_number(&out, note->is_routing);
        why_encode(&out, &note->why);
    }
    return buf_str(&out);
}

bool
result_retry_decode(struct str record, struct address *const *addresses, size_t count, struct retry_notes *notes,
                    struct pool *pool)
{
    struct wire_reader reader = { .rest = record };
    int64_t number;

    if (wire_take_number(&reader) != RESULT_RETRY)
        return false;
    number = wire_take_number_within(&reader, 0, NOTES_MAX);
    for (int64_t i = 0; i < number && !reader.is_bad; i++) {
        int64_t index = wire_take_number_within(&reader, -1, (int64_t)count - 1);
        struct str key = line_clean(pool, wire_take_text(&reader)),
                   host_name = line_clean(pool, wire_take_text(&reader));
        bool is_success = wire_take_bool(&reader), is_host = wire_take_bool(&reader),
             is_message = wire_take_bool(&reader);
        bool is_routing = wire_take_bool(&reader);
        struct address *addr = index >= 0 ? addresses[index] : NULL;
        struct retry_note *note;
        struct why why;

        why_decode(&reader, &why, pool);
        if (reader.is_bad)
            break;
        note = is_success ? retry_note_success(notes, addr, key) : retry_note(notes, addr, key, &why);
        note->host_name = host_name;
        note->is_host = is_host;
        note->is_message = is_message;
        note->is_routing = is_routing;
    }
    return wire_is_done(&reader);
}
