/* Lists of the configuration (manual: list construction, changing separators, empty items). */
#include "check.h"
#include "base/buf.h"
#include "base/items.h"

/* items: joined by "|", an empty item as "()". */
static const struct { const char *list, *items; } lists[] = {
    { "a:b:c",                  "a|b|c" },
    { " a : b : c ",            "a|b|c" },
    { "a::b:c",                 "a:b|c" },
    { "127.0.0.1 : ::::1",      "127.0.0.1|::1" },
    { "<; 127.0.0.1 ; ::1",     "127.0.0.1|::1" },
    { " <;a;;b;c",              "a;b|c" },
    { "a : : b",                "a|()|b" },
    { "a:",                     "a" },
    { ":",                      "()" },
    { ": :",                    "()|()" },
    { "",                       "" },
    { "   ",                    "" },
    { "<\n a\nb\n\nc",          "a|b|()|c" },
    { "<x a",                   "<x a" },
    { "< a",                    "< a" },
    { "<, a , b:c",             "a|b:c" },
    { "a:::b",                  "a:|b" },
    { "<<a<b",                  "a|b" },
};

TEST(a_list_is_taken_apart_at_its_separators)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(lists); i++) {
        struct items items = items_of(str_of(lists[i].list));
        struct buf joined;
        struct str item;
        bool is_first = true;

        buf_init(&joined, pool, BUF_NO_LIMIT);
        while (items_next(&items, pool, &item)) {
            if (!is_first)
                buf_add_char(&joined, '|');
            buf_add(&joined, str_is_empty(item) ? STR("()") : item);
            is_first = false;
        }
        CHECK_STR(lists[i].list, buf_str(&joined), lists[i].items);
    }
    pool_free(pool);
}
