/* Any text as a -H file; what is accepted is written and read again to the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "spool/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char id[] = "1xUgQD-0000000003R-0D2f";

/* The first line has to be the id; most inputs lack it. */
static struct str
with_id(struct pool *pool, const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size), first, rest;

    str_cut(text, '\n', &first, &rest);
    if (size % 4 == 0)
        return pool_dup_tainted(pool, text);
    return pool_printf_tainted(pool, "%s-H\n%.*s", id, STR_ARG(rest));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new("fuzz");
    struct str text = with_id(pool, data, size), once, twice;
    struct message *message, *again;
    struct why why;

    why_init(&why, pool);
    spool_header_parse(pool, text, id, true, &message, &why);
    if (spool_header_parse(pool, text, id, false, &message, &why) == SPOOL_OK) {
        once = spool_header_format(message, pool, -1);
        if (spool_header_parse(pool, pool_dup_tainted(pool, once), id, false, &again, &why) != SPOOL_OK)
            abort();
        twice = spool_header_format(again, pool, -1);
        if (!str_eq(once, twice))
            abort();
    }
    pool_free(pool);
    return 0;
}
