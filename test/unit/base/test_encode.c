/* Encodings: forth and back, and what is refused. */
#include "check.h"
#include "base/encode.h"

static const struct { const char *plain, *base64; } base64_pairs[] = {
    { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" }, { "\xff\xfe", "//4=" },
};
static const char *const base64_faults[] = { "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm=8", "Zg==Zg==", "Zm9v!", "Zm8=x", "Z\x80==" };

TEST(base64_is_rfc_4648)
{
    struct pool *pool = pool_new("test");
    struct str data;

    for (size_t i = 0; i < COUNT(base64_pairs); i++) {
        CHECK_STR(base64_pairs[i].plain, base64_encode(pool, str_of(base64_pairs[i].plain)), base64_pairs[i].base64);
        if (CHECK_ROW(base64_pairs[i].base64, base64_decode(pool, str_of(base64_pairs[i].base64), &data)))
            CHECK_STR(base64_pairs[i].base64, data, base64_pairs[i].plain);
    }
    for (size_t i = 0; i < COUNT(base64_faults); i++)
        CHECK_ROW(base64_faults[i], !base64_decode(pool, str_of(base64_faults[i]), &data));
    pool_free(pool);
}

TEST(results_keep_the_trust_of_their_source)
{
    struct pool *pool = pool_new("test");
    struct str tainted = pool_dup_tainted(pool, STR("Zm9v")), data;

    CHECK(str_is_tainted(base64_encode(pool, tainted)) && str_is_tainted(hex_encode(pool, tainted)));
    CHECK(base64_decode(pool, tainted, &data) && str_is_tainted(data));
    CHECK(str_is_tainted(escape_unprintable(pool, pool_dup_tainted(pool, STR("\n")), true)));
    CHECK(str_is_tainted(xtext_encode(pool, tainted)));
    CHECK(!str_is_tainted(base64_encode(pool, STR("x"))));
    pool_free(pool);
}

TEST(hexadecimal_both_ways)
{
    struct pool *pool = pool_new("test");
    struct str data;

    CHECK_STR("lower", hex_encode(pool, STR("\x01\xab")), "01ab");
    CHECK_STR("upper", hex_encode_upper(pool, STR("\x01\xab")), "01AB");
    CHECK(hex_decode(pool, STR("01aBFf"), &data));
    CHECK_STR("decoded", data, "\x01\xab\xff");
    CHECK(!hex_decode(pool, STR("0"), &data) && !hex_decode(pool, STR("0g"), &data));
    CHECK_INT("digit", hex_digit_value('F'), 15);
    CHECK_INT("no digit", hex_digit_value('g'), -1);
    pool_free(pool);
}

static const struct { uint64_t value; const char *base62, *base32; } numbers[] = {
    { 0, "000000", "" }, { 1, "000001", "b" }, { 61, "00000z", "b5" }, { 62, "000010", "b6" }, { 3844, "000100", "dye" },
};

TEST(numbers_in_base_62_and_32)
{
    struct pool *pool = pool_new("test");
    uint64_t value = 0;

    for (size_t i = 0; i < COUNT(numbers); i++) {
        CHECK_STR("base 62", base62_encode(pool, numbers[i].value, 6), numbers[i].base62);
        CHECK(base62_decode(str_of(numbers[i].base62), &value) && value == numbers[i].value);
        CHECK_STR("base 32", base32_encode(pool, numbers[i].value), numbers[i].base32);
        if (numbers[i].value != 0)
            CHECK(base32_decode(str_of(numbers[i].base32), &value) && value == numbers[i].value);
    }
    CHECK(!base62_decode(STR("a-b"), &value) && !base62_decode(STR("zzzzzzzzzzzzzzzz"), &value));
    CHECK(!base32_decode(STR("a1"), &value));
    pool_free(pool);
}

static const struct { const char *text, *escaped; } escapes[] = {
    { "plain", "plain" }, { "a\nb", "a\\nb" }, { "\r\t\b\v\f", "\\r\\t\\b\\v\\f" }, { "\x1b[2J", "\\033[2J" }, { "\x7f", "\\177" },
    { "back\\slash \"q\"", "back\\slash \"q\"" }, { "\xc3\xa4", "\\303\\244" },
};

TEST(what_cannot_be_printed_is_escaped)
{
    struct pool *pool = pool_new("test");
    struct str plain = STR("plain");

    for (size_t i = 0; i < COUNT(escapes); i++)
        CHECK_STR(escapes[i].escaped, escape_unprintable(pool, str_of(escapes[i].text), false), escapes[i].escaped);
    CHECK_STR("8 bits", escape_unprintable(pool, STR("\xc3\xa4"), true), "\xc3\xa4");
    CHECK(escape_unprintable(pool, plain, false).ptr == plain.ptr);
    CHECK_STR("NUL", escape_unprintable(pool, STR("a\0b"), false), "a\\000b");
    pool_free(pool);
}

static const struct { const char *text, *value, *rest; } quoted[] = {
    { "\"abc\" rest", "abc", " rest" }, { "\"a\\\"b\\\\c\"", "a\"b\\c", "" }, { "\"\\n\\t\\r\"", "\n\t\r", "" },
    { "\"\\101\\x42\"x", "AB", "x" }, { "\"\"", "", "" }, { "\"open", NULL, NULL }, { "\"open\\\"", NULL, NULL }, { "\"\\", NULL, NULL },
};

TEST(quoted_strings_are_taken_off_and_made)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(quoted); i++) {
        struct str text = str_of(quoted[i].text), value;

        CHECK_INT(quoted[i].text, quoted_string_take(pool, &text, &value), quoted[i].value != NULL);
        if (quoted[i].value != NULL) {
            CHECK_STR(quoted[i].text, value, quoted[i].value);
            CHECK_STR(quoted[i].text, text, quoted[i].rest);
        }
    }
    for (size_t i = 0; i < COUNT(escapes); i++) {
        struct str made = quoted_string_make(pool, str_of(escapes[i].text)), value;

        CHECK_ROW(escapes[i].escaped, quoted_string_take(pool, &made, &value));
        CHECK_STR(escapes[i].escaped, value, escapes[i].text);
    }
    pool_free(pool);
}

TEST(xtext_refuses_what_would_end_a_line)
{
    static const char *const faults[] = { "+", "+0", "+00", "+0A", "+0D", "+0a", "+GG", "a=b", "a b", "\x80" };
    struct pool *pool = pool_new("test");
    struct str data;

    CHECK_STR("encoded", xtext_encode(pool, STR("a+b=c d\xe4")), "a+2Bb+3Dc+20d+E4");
    CHECK(xtext_decode(pool, STR("a+2Bb+3Dc+20d"), &data));
    CHECK_STR("decoded", data, "a+b=c d");
    for (size_t i = 0; i < COUNT(faults); i++)
        CHECK_ROW(faults[i], !xtext_decode(pool, str_of(faults[i]), &data));
    pool_free(pool);
}
