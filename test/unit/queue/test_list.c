#include "check.h"
#include "queue/list.h"

static const struct { int64_t size; const char *text; } sizes[] = {
    { 0, "    0" }, { 291, "  291" }, { 1023, " 1023" }, { 1024, " 1.0K" }, { 9331, " 9.1K" }, { 10269, "  10K" },
    { 500269, " 489K" }, { 1048269, "1024K" }, { 1500269, " 1.4M" }, { 10500269, "  10M" }, { 1100000269, "1049M" },
};

TEST(sizes_take_five_columns)
{
    char text[SIZE_TEXT_BYTES];

    for (size_t i = 0; i < COUNT(sizes); i++) {
        queue_format_size(sizes[i].size, text);
        CHECK_TEXT(sizes[i].text, text, sizes[i].text);
    }
}

static const struct { int64_t minutes; const char *text; } ages[] = {
    { 0, " 0m" }, { 59, "59m" }, { 90, "90m" }, { 91, " 2h" }, { 150, " 3h" }, { 4349, "72h" }, { 4350, " 3d" }, { 6480, " 5d" },
    { 144000, "100d" },
};

TEST(ages_change_unit_as_they_grow)
{
    char text[SIZE_TEXT_BYTES];

    for (size_t i = 0; i < COUNT(ages); i++) {
        queue_format_age(ages[i].minutes * 60, text);
        CHECK_TEXT(ages[i].text, text, ages[i].text);
    }
}
