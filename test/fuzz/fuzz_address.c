/* Any text as an address, as the argument of RCPT TO, as a list of addresses. */
#include <stdint.h>
#include <stdlib.h>
#include "address/mailbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
    if (!holds)
        abort();
}

/* What was parsed stays tainted, is within its limits, holds nothing that ends a line, and is itself an address. */
static void
parse_holds(struct pool *pool, const struct address_rules *rules, const struct address_parse *parse)
{
    struct address_parse again;
    struct str reason;

    if (str_is_empty(parse->address))
        return;
    demand(str_is_tainted(parse->address));
    demand(str_find_any(parse->address, "\r\n") == STR_NONE);
    demand(parse->box.local_part.len + parse->box.domain.len <= parse->address.len);
    demand(parse->box.domain.len <= DOMAIN_MAX_BYTES);
    demand(address_parse(pool, parse->address, rules, &again, &reason));
    demand(str_eq(again.address, parse->address));
    local_part_quote(pool, local_part_unquote(pool, parse->box.local_part));
    address_fold(pool, parse->address);
    address_fold_domain(pool, parse->address);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new("fuzz");
    unsigned bits = size > 0 ? data[0] : 0;
    struct address_rules rules = {
        .allow_domain_literals = bits & 1, .allow_utf8_domains = bits & 2, .strip_excess_angle_brackets = bits & 4,
        .strip_trailing_dot = bits & 8, .allow_empty = bits & 16, .allow_unqualified = bits & 32,
    };
    struct str text = pool_dup_tainted(pool, str_from(str_make((const char *)data, size), 1));
    struct address_parse parse;
    struct address_list list;
    struct address_list_item item;
    struct str reason, rest;
    enum address_list_step step;

    if (address_parse(pool, text, &rules, &parse, &reason))
        parse_holds(pool, &rules, &parse);
    else
        demand(str_find_any(reason, "\r\n") == STR_NONE && reason.len > 0);
    if (address_from_smtp(pool, text, &rules, &parse, &rest, &reason))
        demand(rest.len <= text.len);
    address_list_init(&list, pool, text, &rules);
    for (size_t count = 0; (step = address_list_next(&list, &item)) != ADDRESS_LIST_END; count++) {
        demand(count <= text.len);
        demand(item.start + item.text.len <= text.len);
        if (step == ADDRESS_LIST_ADDRESS)
            parse_holds(pool, &rules, &item.parse);
    }
    phrase_quote(pool, text);
    pool_free(pool);
    return 0;
}
