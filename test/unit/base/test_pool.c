/* Pools, taint by address, and builders. */
#include "check.h"
#include <string.h>
#include "base/buf.h"
#include "base/pool.h"

TEST(memory_is_zeroed_aligned_and_on_its_side)
{
    struct pool *pool = pool_new("test");

    for (size_t size = 1; size < 5000; size = size * 3 + 1) {
        char *clean = pool_alloc(pool, size), *tainted = pool_alloc_as(pool, TAINTED, size);

        CHECK((uintptr_t)clean % _Alignof(max_align_t) == 0 && (uintptr_t)tainted % _Alignof(max_align_t) == 0);
        CHECK(!is_tainted(clean) && is_tainted(tainted) && is_tainted(tainted + size - 1));
        for (size_t i = 0; i < size; i++)
            CHECK(clean[i] == 0 && tainted[i] == 0);
        memset(clean, 0xff, size);
        memset(tainted, 0xff, size);
    }
    CHECK(pool_bytes(pool) > 0);
    pool_free(pool);
}

TEST(memory_that_was_freed_comes_back_zeroed)
{
    for (int round = 0; round < 3; round++) {
        struct pool *pool = pool_new("test");
        char *p = pool_alloc(pool, 3000), *large = pool_alloc(pool, 300000);

        for (size_t i = 0; i < 3000; i++)
            CHECK(p[i] == 0);
        CHECK(large[0] == 0 && large[299999] == 0 && large[150000] == 0);
        memset(p, 1, 3000);
        memset(large, 1, 300000);
        pool_free(pool);
    }
}

TEST(constants_stack_and_heap_are_clean)
{
    char local = 0;

    CHECK(!is_tainted("text") && !is_tainted(&local) && !is_tainted(NULL));
}

TEST(a_reset_releases_what_came_after_the_mark)
{
    struct pool *pool = pool_new("test");
    struct str kept = pool_dup(pool, STR("kept"));

    for (int round = 0; round < 1000; round++) {
        struct pool_mark mark = pool_mark(pool), inner;

        pool_alloc(pool, 100);
        inner = pool_mark(pool);
        pool_alloc_as(pool, TAINTED, 100000);
        memset(pool_alloc(pool, 70000), 1, 70000);
        pool_reset(pool, inner);
        pool_reset(pool, mark);
    }
    CHECK(pool_bytes(pool) < 2000000);
    CHECK_STR("before the mark", kept, "kept");
    CHECK_INT("zeroed again", *(char *)pool_alloc(pool, 10), 0);
    pool_free(pool);
}

TEST(copies_keep_their_trust)
{
    struct pool *pool = pool_new("test");
    struct str tainted = pool_dup_tainted(pool, STR("outside"));

    CHECK(str_is_tainted(tainted) && str_is_tainted(pool_dup(pool, tainted)));
    CHECK(str_is_tainted(str_sub(pool_dup(pool, tainted), 2, 3)));
    CHECK(!str_is_tainted(pool_dup(pool, STR("inside"))) && !str_is_tainted(pool_dup_clean(pool, tainted)));
    CHECK(is_tainted(pool_cstr(pool, tainted)));
    CHECK_TEXT("terminated", pool_cstr(pool, str_head(tainted, 3)), "out");
    CHECK_TEXT("with a NUL", pool_cstr(pool, STR("a\0b")), NULL);
    CHECK(!str_is_tainted(pool_printf(pool, "%d", 5)) && str_is_tainted(pool_printf_tainted(pool, "%d", 5)));
    CHECK_STR("printf", pool_printf(pool, "%.*s-%s", STR_ARG(STR("abc")), "d"), "abc-d");
    pool_free(pool);
}

TEST(the_last_allocation_can_grow_in_place)
{
    struct pool *pool = pool_new("test");
    char *p = pool_alloc(pool, 16), *other;

    CHECK(pool_extend(pool, p, 16, 32));
    other = pool_alloc(pool, 16);
    CHECK(other >= p + 32);
    CHECK(!pool_extend(pool, p, 32, 64));
    pool_free(pool);
}

TEST(a_builder_is_tainted_by_what_is_added)
{
    struct pool *pool = pool_new("test");
    struct buf buf;

    buf_init(&buf, pool, 1000);
    CHECK_STR("empty", buf_str(&buf), "");
    buf_add_c(&buf, "a");
    buf_add_char(&buf, 'b');
    buf_addf(&buf, "%03d", 7);
    CHECK(!str_is_tainted(buf_str(&buf)));
    buf_add(&buf, pool_dup_tainted(pool, STR("!")));
    buf_add_c(&buf, "c");
    CHECK(str_is_tainted(buf_str(&buf)));
    CHECK_STR("text", buf_str(&buf), "ab007!c");
    CHECK_TEXT("terminated", buf_cstr(&buf), "ab007!c");
    buf_truncate(&buf, 2);
    CHECK_STR("truncated", buf_str(&buf), "ab");
    pool_free(pool);
}

TEST(a_builder_stops_at_its_limit_and_remembers)
{
    struct pool *pool = pool_new("test");
    struct buf buf;

    buf_init(&buf, pool, 10);
    for (int i = 0; i < 4; i++)
        buf_add_c(&buf, "abc");
    CHECK(buf_overflowed(&buf));
    CHECK_INT("length", buf_str(&buf).len, 10);
    CHECK(buf_space(&buf, 1) == NULL);
    buf_init(&buf, pool, 10);
    buf_addf(&buf, "%s", "0123456789abcdef");
    CHECK(buf_overflowed(&buf));
    CHECK_STR("cut", buf_str(&buf), "0123456789");
    buf_init(&buf, pool, BUF_NO_LIMIT);
    for (int i = 0; i < 100000; i++)
        buf_addf(&buf, "%d,", i % 10);
    CHECK(!buf_overflowed(&buf));
    CHECK_INT("long", buf_str(&buf).len, 200000);
    CHECK_STR("its end", str_from(buf_str(&buf), 199996), "8,9,");
    pool_free(pool);
}
