/* Any text as redirection data, as a host item, as a route rule, as a record between processes. */
#include <stdint.h>
#include <stdlib.h>
#include "address/address.h"
#include "deliver/result.h"
#include "launch/protocol.h"
#include "routers/redirect_list.h"
#include "routers/router_driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
    if (!holds)
        abort();
}

/* The walk ends, and no item is longer than the data nor clean if the data is not. */
static void
redirection_holds(struct pool *pool, struct str text)
{
    struct address_rules rules = { .allow_unqualified = true };
    struct redirect_list list;
    struct redirect_item item;
    size_t count = 0;

    redirect_list_init(&list, pool, text, &rules);
    while (redirect_list_next(&list, &item) != REDIRECT_END) {
        demand(++count <= text.len);
        demand(item.text.len <= text.len);
        demand(item.text.len == 0 || str_is_tainted(item.text));
    }
    redirect_filter_kind(text);
}

static void
words_hold(struct pool *pool, struct str text)
{
    struct host_item host;
    struct route_rule rule;
    struct str reason;
    const char *fault;

    if (host_item_parse(text, &host, &fault) && !host.is_group_border)
        demand(host.name.len > 0 && host.port >= 0 && host.port <= 65535);
    route_rule_parse(text, true, pool, &rule, &reason);
}

static void
records_hold(struct pool *pool, struct str text)
{
    struct address *addresses[2] = { POOL_NEW(pool, struct address), POOL_NEW(pool, struct address) };
    struct launch_record record;
    size_t index;

    if (result_address_decode(text, addresses, 2, pool, &index))
        demand(index < 2);
    if (launch_record_decode(text.ptr, text.len, &record))
        demand(record.id.len + record.text.len + record.bytes.len <= text.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new("fuzz");
    struct str text = pool_dup_tainted(pool, str_make((const char *)data, size));

    redirection_holds(pool, text);
    words_hold(pool, text);
    records_hold(pool, text);
    pool_free(pool);
    return 0;
}
