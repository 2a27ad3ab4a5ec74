/* What children report, and jobs: whatever comes, reading ends and nothing beyond the batch is touched. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "address/address.h"
#include "deliver/result.h"
#include "deliver/wire.h"
#include "net/host.h"
#include "retry/retry.h"

TEST(an_outcome_survives_the_way)
{
    struct pool *pool = pool_new("test");
    struct host host = { .name = STR("mx.test"), .address = STR("192.0.2.1"), .port = 25, .mx = 10 };
    struct address sent = {
        .host_used = &host, .confirmation = STR("250 ok\nnext"), .delivered_bytes = 428, .log_fields = STR(" L")
    };
    struct address *got[2] = { POOL_NEW(pool, struct address), POOL_NEW(pool, struct address) };
    size_t index = 9;

    why_init(&sent.why, pool);
    sent.outcome = why_defer(&sent.why, 13, "4.2.1", "cannot write");
    REQUIRE(result_address_decode(result_address_encode(&sent, 1, pool), got, 2, pool, &index));
    CHECK_INT("index", index, 1);
    CHECK_INT("outcome", got[1]->outcome, DEFER);
    CHECK_INT("errno", got[1]->why.sys_errno, 13);
    CHECK_VIEW("text", got[1]->why.text, sent.why.text);
    CHECK_TEXT("enhanced", got[1]->why.enhanced, "4.2.1");
    CHECK_STR("no line feed gets into a log line", got[1]->confirmation, "250 ok next");
    CHECK_STR("host", got[1]->host_used->name, "mx.test");
    CHECK_INT("mx", got[1]->host_used->mx, 10);
    CHECK_INT("size", got[1]->delivered_bytes, 428);
    CHECK(!result_address_decode(result_address_encode(&sent, 2, pool), got, 2, pool, &index));
    pool_free(pool);
}

TEST(changed_or_cut_records_are_refused_or_harmless)
{
    struct pool *pool = pool_new("test");
    struct address sent = { .confirmation = STR("250 ok") }, *got[1] = { POOL_NEW(pool, struct address) };
    struct str record;
    char bytes[4096];
    size_t index;

    why_init(&sent.why, pool);
    record = result_address_encode(&sent, 0, pool);
    REQUIRE(record.len < sizeof(bytes));
    memcpy(bytes, record.ptr, record.len);
    for (size_t cut = 0; cut < record.len; cut++)
        CHECK(!result_address_decode(str_make(bytes, cut), got, 1, pool, &index));
    srand(42);
    for (int round = 0; round < 20000; round++) {
        memcpy(bytes, record.ptr, record.len);
        for (int flips = 0; flips < 4; flips++)
            bytes[(size_t)rand() % record.len] = (char)rand();
        if (result_address_decode(str_make(bytes, record.len), got, 1, pool, &index)) {
            CHECK(index == 0);
            CHECK(got[0]->outcome <= FAIL);
        }
    }
    pool_free(pool);
}

TEST(a_reader_that_met_rubbish_gives_nothing_more)
{
    struct pool *pool = pool_new("test");
    struct buf out;
    struct wire_reader reader;

    buf_init(&out, pool, 1024);
    wire_put_number(&out, -7);
    wire_put_text(&out, STR("abc"));
    reader = (struct wire_reader){ .rest = buf_str(&out) };
    CHECK_INT("number", wire_take_number(&reader), -7);
    CHECK_STR("text", wire_take_text(&reader), "abc");
    CHECK(wire_is_done(&reader));
    reader = (struct wire_reader){ .rest = buf_str(&out) };
    CHECK_INT("out of range", wire_take_number_within(&reader, 0, 9), 0);
    CHECK_STR("then nothing", wire_take_text(&reader), "");
    CHECK(!wire_is_done(&reader));
    pool_free(pool);
}
