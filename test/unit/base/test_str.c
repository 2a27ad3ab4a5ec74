/* Views: comparison, search, parts, numbers. */
#include "check.h"

TEST(comparisons_go_by_octets_or_folded)
{
    CHECK(str_eq(STR("ab"), STR("ab")));
    CHECK(!str_eq(STR("ab"), STR("aB")));
    CHECK(str_ieq(STR("aB.Example"), STR("Ab.eXAMPLE")));
    CHECK(!str_ieq(STR("ab"), STR("abc")));
    CHECK(str_eq(STR(""), (struct str){ 0 }));
    CHECK(str_compare(STR("a"), STR("b")) < 0 && str_compare(STR("b"), STR("a")) > 0);
    CHECK(str_compare(STR("a"), STR("ab")) < 0);
    CHECK_INT("equal", str_compare(STR("ab"), STR("ab")), 0);
    CHECK_INT("folded", str_icompare(STR("AB"), STR("ab")), 0);
    CHECK(str_compare(STR("\xff"), STR("a")) > 0);
    CHECK(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    CHECK(str_istarts(STR("ABc"), STR("ab")) && str_ends(STR("abc"), STR("bc")) && str_iends(STR("abC"), STR("Bc")));
    CHECK(str_starts(STR("a"), STR("")) && str_ends(STR(""), STR("")));
    CHECK_INT("folded hashes", str_hash_folded(STR("AbC")) == str_hash_folded(STR("aBc")), 1);
    CHECK_INT("hashes", str_hash(STR("AbC")) == str_hash(STR("aBc")), 0);
}

TEST(search_gives_a_position_or_none)
{
    CHECK_INT("first", str_find(STR("abca"), 'a'), 0);
    CHECK_INT("last", str_rfind(STR("abca"), 'a'), 3);
    CHECK(str_find(STR("abc"), 'x') == STR_NONE && str_rfind(STR(""), 'x') == STR_NONE);
    CHECK_INT("text", str_find_str(STR("abcabd"), STR("abd")), 3);
    CHECK_INT("folded text", str_ifind_str(STR("xxABD"), STR("abd")), 2);
    CHECK_INT("empty text", str_find_str(STR("abc"), STR("")), 0);
    CHECK(str_find_str(STR("ab"), STR("abc")) == STR_NONE);
    CHECK_INT("set", str_find_any(STR("abc:;"), ";:"), 3);
    CHECK_INT("over a NUL", str_find(STR("a\0b"), 'b'), 2);
}

TEST(parts_never_leave_the_view)
{
    struct str head, tail, s = STR("  two words \r\n"), line;
    char c;

    CHECK_STR("from", str_from(STR("abc"), 1), "bc");
    CHECK_STR("from beyond", str_from(STR("abc"), 9), "");
    CHECK_STR("head beyond", str_head(STR("abc"), 9), "abc");
    CHECK_STR("sub", str_sub(STR("abcdef"), 2, 3), "cde");
    CHECK_STR("sub beyond", str_sub(STR("abcdef"), 4, SIZE_MAX), "ef");
    CHECK(str_cut(STR("a:b:c"), ':', &head, &tail));
    CHECK_STR("head", head, "a");
    CHECK_STR("tail", tail, "b:c");
    CHECK(!str_cut(STR("abc"), ':', &head, &tail));
    CHECK_STR("no separator", head, "abc");
    CHECK_STR("no separator", tail, "");
    CHECK_STR("trim", str_trim(s), "two words");
    CHECK_STR("left", str_trim_left(STR(" a ")), "a ");
    CHECK_STR("right", str_trim_right(STR(" a ")), " a");
    CHECK_STR("all white", str_trim(STR(" \t\r\n")), "");
    CHECK_STR("word", str_take_word(&s), "two");
    CHECK_STR("word", str_take_word(&s), "words");
    CHECK_STR("no word", str_take_word(&s), "");
    s = STR("one\n\nlast");
    CHECK(str_take_line(&s, &line));
    CHECK_STR("line", line, "one");
    CHECK(str_take_line(&s, &line));
    CHECK_STR("empty line", line, "");
    CHECK(str_take_line(&s, &line));
    CHECK_STR("last line", line, "last");
    CHECK(!str_take_line(&s, &line));
    s = STR("x");
    CHECK(str_take_char(&s, &c) && c == 'x' && !str_take_char(&s, &c));
}

static const struct { const char *text; unsigned base; bool holds; uint64_t value; } unsigned_numbers[] = {
    { "0", 10, true, 0 }, { "18446744073709551615", 10, true, UINT64_MAX }, { "18446744073709551616", 10, false, 0 },
    { "", 10, false, 0 }, { "-1", 10, false, 0 }, { "+1", 10, false, 0 }, { " 1", 10, false, 0 }, { "1 ", 10, false, 0 },
    { "12x", 10, false, 0 }, { "ff", 16, true, 255 }, { "FF", 16, true, 255 }, { "fg", 16, false, 0 }, { "0644", 8, true, 0644 },
    { "8", 8, false, 0 }, { "99999999999999999999999999999999999999", 10, false, 0 }, { "0x10", 16, false, 0 },
};

TEST(numbers_are_whole_views_or_nothing)
{
    int64_t value = 0;

    for (size_t i = 0; i < COUNT(unsigned_numbers); i++) {
        uint64_t found = 0;

        CHECK_INT(unsigned_numbers[i].text, str_to_u64(str_of(unsigned_numbers[i].text), unsigned_numbers[i].base, &found),
            unsigned_numbers[i].holds);
        if (unsigned_numbers[i].holds)
            CHECK_ROW(unsigned_numbers[i].text, found == unsigned_numbers[i].value);
    }
    CHECK(str_to_i64(STR("-9223372036854775808"), &value) && value == INT64_MIN);
    CHECK(str_to_i64(STR("9223372036854775807"), &value) && value == INT64_MAX);
    CHECK(!str_to_i64(STR("9223372036854775808"), &value) && !str_to_i64(STR("-9223372036854775809"), &value));
    CHECK(str_to_i64(STR("+5"), &value) && value == 5);
    CHECK(!str_to_i64(STR("-"), &value) && !str_to_i64(STR(""), &value) && !str_to_i64(STR("--1"), &value));
}
