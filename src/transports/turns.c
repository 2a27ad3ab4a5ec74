#include "transports/turns.h"
#include <string.h>
#include "base/clock.h"
#include "hints/hints.h"

enum { FORGOTTEN_S = 6 * 60 * 60 };

struct turn_record {
    int64_t time_stamp;
    int32_t count, unused;
};

static struct str
turn_key(const char *kind, struct str name, struct pool *pool)
{
    return pool_printf(pool, "%s-%.*s", kind, STR_ARG(name));
}

static struct turn_record
read_turns(struct hints *hints, struct str key, struct pool *pool)
{
    struct turn_record record = { 0 };
    struct str value;

    if (!hints_get(hints, key, sizeof(record), pool, &value) || value.len != sizeof(record))
        return record;
    memcpy(&record, value.ptr, sizeof(record));
    if (record.time_stamp < clock_seconds() - FORGOTTEN_S || record.count < 0)
        record.count = 0;
    return record;
}

static void
write_turns(struct hints *hints, struct str key, int32_t count)
{
    struct turn_record record = { .time_stamp = clock_seconds(), .count = count };

    if (count <= 0)
        hints_delete(hints, key);
    else
        hints_put(hints, key, str_make((const char *)&record, sizeof(record)));
}

bool
turn_take(const char *kind, struct str name, int limit, struct pool *pool)
{
    struct hints *hints = hints_open("misc", HINTS_CREATE);
    struct str key = turn_key(kind, name, pool);
    struct turn_record record;

    if (hints == NULL)
        return true;
    record = read_turns(hints, key, pool);
    if (record.count < limit)
        write_turns(hints, key, record.count + 1);
    hints_close(hints);
    return record.count < limit;
}

void
turn_give_back(const char *kind, struct str name, struct pool *pool)
{
    struct hints *hints = hints_open("misc", HINTS_WRITE);
    struct str key = turn_key(kind, name, pool);

    if (hints == NULL)
        return;
    write_turns(hints, key, read_turns(hints, key, pool).count - 1);
    hints_close(hints);
}
