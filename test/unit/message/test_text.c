/* Encoded words and dates. */
#include "check.h"
#include <stdlib.h>
#include "message/date.h"
#include "message/encoded_word.h"

static struct pool *pool;

static const struct { const char *text, *decoded; } words[] = {
    { "=?iso-8859-1?Q?=F8?= =?utf-8?b?w6kK?= x", "\303\270\303\251\n x" },
    { "a=?utf-8?q?b_c?=d", "ab cd" },
    { "=?utf-8?q?a b?=", "=?utf-8?q?a b?=" },
    { "=?utf-8?q?a?=  =?utf-8?q?b?=", "ab" },
    { "=?utf-8?q?a?=\n\t=?utf-8?q?b?= c", "ab c" },
    { "=?utf-8?q?a=ZZ?=", "=?utf-8?q?a=ZZ?=" },
    { "=?utf-8?b?w6k?=", "=?utf-8?b?w6k?=" },
    { "=?utf-8?x?w?=", "=?utf-8?x?w?=" },
    { "=?utf-8?q?a=00b?=", "a?b" },
    { "=?utf-8*en?q?a?=", "a" },
    { "=?no-such?q?a?= b", "=?no-such?q?a?= b" },
    { "=?utf-8?q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=",
      "=?utf-8?q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=" },
    { "=?", "=?" }, { "=?utf-8?q?" "?=", "" }, { "=?utf-8?q?x?", "=?utf-8?q?x?" },
};

TEST(encoded_words_are_decoded_or_left)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(words); i++)
        CHECK_STR(words[i].text, encoded_words_decode(pool, str_of(words[i].text), STR("UTF-8"), true, '?', NULL),
                  words[i].decoded);
}

static const struct { const char *text, *encoded; } encodings[] = {
    { "plain ascii x", "plain ascii x" },
    { "a\"b", "=?UTF-8?Q?a=22b?=" },
    { "a.b-c_d=e?f+g/h*i!j", "=?UTF-8?Q?a=2Eb-c=5Fd=3De=3Ff+g/h*i!j?=" },
    { "\303\251 a", "=?UTF-8?Q?=C3=A9_a?=" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\303\251", "=?UTF-8?Q?"
                                                                            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                                                            "aaaaaaaaaaaaaaaa?= =?UTF-8?Q?=C3=A9?=" },
};

TEST(words_are_encoded_within_75_octets)
{
    for (size_t i = 0; i < COUNT(encodings); i++)
        CHECK_STR(encodings[i].text, encoded_words_encode(pool, str_of(encodings[i].text), STR("UTF-8"), false),
                  encodings[i].encoded);
    CHECK_STR("", display_name(pool, STR("John Q. Smith"), STR("UTF-8")), "\"John Q. Smith\"");
    CHECK_STR("", display_name(pool, STR("\303\251"), STR("UTF-8")), "=?UTF-8?Q?=C3=A9?=");
}

static const struct { const char *text; long when; } dates[] = {
    { "Sat, 21 Nov 2026 08:22:51 +0000", 1795249371 },
    { "21 Nov 2026 09:22:51 +0100", 1795249371 },
    { "Sat , 21 (x) Nov 26 03:22:51 EST", 1795249371 },
    { "Sat, 21 Nov 2026 08:22 GMT", 1795249320 },
    { "Sat, 1 Jan 2000 00:00:00 Z", 946684800 },
    { "Fri, 31 Dec 1999 23:59:60 +0000 (leap)", 946684800 },
    { "Sat, 32 Nov 2026 08:22:51 +0000", -1 },
    { "Sat, 21 Nov 2026 24:22:51 +0000", -1 },
    { "Sat 21 Nov 2026 08:22:51 +0000", -1 },
    { "Sat, 21 Nov 2026 08:22:51", -1 },
    { "", -1 },
    { "Sat, 21 Nov 2026 08:22:51 +0000 x", -1 },
    { "Sat, 21 Nov (2026", -1 },
};

TEST(dates_are_read)
{
    for (size_t i = 0; i < COUNT(dates); i++) {
        time_t when = -1;

        date_parse(str_of(dates[i].text), &when, NULL);
        CHECK_INT(dates[i].text, when, dates[i].when);
    }
}

TEST(dates_are_written)
{
    CHECK_STR("", date_format_utc(pool, 1795249371), "Sat, 21 Nov 2026 08:22:51 +0000");
}
