/* Lists and maps. */
#include "check.h"
#include "base/list.h"
#include "base/map.h"

TEST(a_map_finds_what_was_put_and_keeps_the_order)
{
    struct pool *pool = pool_new("test");
    struct map map;
    static char values[1000];
    size_t i = 0;

    map_init(&map, pool, false);
    for (i = 0; i < COUNT(values); i++)
        map_set(&map, pool_printf(pool, "key%zu", i), &values[i]);
    CHECK_INT("count", map.count, COUNT(values));
    for (i = 0; i < COUNT(values); i++)
        CHECK(map_get(&map, pool_printf(pool, "key%zu", i)) == &values[i]);
    CHECK(map_get(&map, STR("KEY1")) == NULL && map_get(&map, STR("")) == NULL && map_find(&map, STR("none")) == NULL);
    i = 0;
    for (struct map_entry *entry = map.first; entry != NULL; entry = entry->next)
        CHECK(entry->value == &values[i++]);
    map_set(&map, STR("key5"), &values[0]);
    CHECK(map_get(&map, STR("key5")) == &values[0] && map.count == COUNT(values));
    CHECK(!map_add(&map, STR("key5"), &values[1]) && map_get(&map, STR("key5")) == &values[0]);
    CHECK(map_add(&map, STR("new"), NULL) && map_find(&map, STR("new")) != NULL);
    pool_free(pool);
}

TEST(a_folded_map_ignores_case)
{
    struct pool *pool = pool_new("test");
    struct map map;
    int value;

    map_init(&map, pool, true);
    CHECK(map_add(&map, STR("Tern.Example"), &value));
    CHECK(!map_add(&map, STR("tern.EXAMPLE"), NULL));
    CHECK(map_get(&map, STR("TERN.example")) == &value);
    pool_free(pool);
}

TEST(lists_grow)
{
    struct pool *pool = pool_new("test");
    struct str_list texts = { 0 };
    struct ptr_list pointers = { 0 };

    for (size_t i = 0; i < 500; i++) {
        str_list_add(&texts, pool, pool_printf(pool, "%zu", i));
        ptr_list_add(&pointers, pool, &texts);
    }
    CHECK_INT("count", texts.count, 500);
    CHECK_STR("item", texts.items[321], "321");
    CHECK(pointers.count == 500 && pointers.items[499] == &texts);
    CHECK(str_list_has(&texts, STR("499")) && !str_list_has(&texts, STR("500")));
    str_list_add(&texts, pool, STR("Ann"));
    CHECK(str_list_ihas(&texts, STR("aNN")) && !str_list_has(&texts, STR("aNN")));
    pool_free(pool);
}
