/* Records between asker and launcher. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "launch/protocol.h"

static const struct { const char *what; struct launch_record record; bool is_valid;
} records[] = {
    { "deliver", { .kind = LAUNCH_REQUEST_DELIVER, .sequence = 1, .id = STR_INIT("1rABCD-000000000zz-1Abc") }, true },
    { "deliver, old id", { .kind = LAUNCH_REQUEST_DELIVER, .sequence = 1, .id = STR_INIT("1rABCD-0000zz-1A") }, true },
    { "deliver without id", { .kind = LAUNCH_REQUEST_DELIVER, .sequence = 1 }, false },
    { "id with a slash", { .kind = LAUNCH_REQUEST_DELIVER, .id = STR_INIT("../../../etc/passwd") }, false },
    { "deliver with a path",
      { .kind = LAUNCH_REQUEST_DELIVER, .id = STR_INIT("1rABCD-0000zz-1A"), .text = STR_INIT("/x") },
      false },
    { "run",
      { .kind = LAUNCH_REQUEST_RUN,
        .uid = 1000,
        .gid = 8,
        .id = STR_INIT("1rABCD-0000zz-1A"),
        .text = STR_INIT("local_delivery") },
      true },
    { "run without transport", { .kind = LAUNCH_REQUEST_RUN, .id = STR_INIT("1rABCD-0000zz-1A") }, false },
    { "run, line feed in transport",
      { .kind = LAUNCH_REQUEST_RUN, .id = STR_INIT("1rABCD-0000zz-1A"), .text = STR_INIT("a\nb") },
      false },
    { "open", { .kind = LAUNCH_REQUEST_OPEN, .uid = 1000, .text = STR_INIT("/home/ann/.forward") }, true },
    { "open relative", { .kind = LAUNCH_REQUEST_OPEN, .text = STR_INIT(".forward") }, false },
    { "open with NUL", { .kind = LAUNCH_REQUEST_OPEN, .text = STR_INIT("/a\0b") }, false },
    { "refusal", { .kind = LAUNCH_REPLY_REFUSED, .error = 13, .text = STR_INIT("no") }, true },
    { "short stat", { .kind = LAUNCH_REPLY_STAT, .bytes = STR_INIT("abc") }, false },
    { "unknown kind", { .kind = 9, .sequence = 1 }, false },
    { "unknown flag", { .kind = LAUNCH_REPLY_STARTED, .flags = 8 }, false },
};

TEST(records_survive_the_way_and_bad_ones_are_refused)
{
    for (size_t i = 0; i < COUNT(records); i++) {
        char bytes[LAUNCH_RECORD_MAX_BYTES];
        struct launch_record got = { 0 };
        size_t len = launch_record_encode(&records[i].record, bytes, sizeof(bytes));

        CHECK_ROW(records[i].what, len > 0);
        CHECK_INT(records[i].what, launch_record_decode(bytes, len, &got), records[i].is_valid);
        if (!records[i].is_valid)
            continue;
        CHECK_INT(records[i].what, got.kind, records[i].record.kind);
        CHECK_INT(records[i].what, got.uid, records[i].record.uid);
        CHECK_VIEW(records[i].what, got.id, records[i].record.id);
        CHECK_VIEW(records[i].what, got.text, records[i].record.text);
        for (size_t cut = 0; cut < len; cut++)
            CHECK_ROW(records[i].what, !launch_record_decode(bytes, cut, &got));
    }
}

TEST(random_bytes_are_no_record)
{
    char bytes[512];
    struct launch_record got;

    srand(4711);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)rand() % sizeof(bytes);

        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)rand();
        CHECK(!launch_record_decode(bytes, len, &got));
    }
}

TEST(a_changed_octet_never_reads_beyond_the_record)
{
    struct launch_record record = { .kind = LAUNCH_REQUEST_RUN, .sequence = 7, .id = STR_INIT("1rABCD-0000zz-1A"),
                                    .text = STR_INIT("local") }, got;
    char bytes[LAUNCH_RECORD_MAX_BYTES];
    size_t len = launch_record_encode(&record, bytes, sizeof(bytes));

    for (size_t at = 0; at < len; at++)
        for (int value = 0; value < 256; value++) {
            char kept = bytes[at];

            bytes[at] = (char)value;
            if (launch_record_decode(bytes, len, &got))
                CHECK(got.id.len + got.text.len + got.bytes.len == record.id.len + record.text.len);
            bytes[at] = kept;
        }
}
