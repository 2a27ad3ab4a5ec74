/* The items of redirection data. */
#include "check.h"
#include <stdlib.h>
#include "routers/redirect_list.h"

static const struct { const char *data; enum redirect_kind kind; const char *text; } firsts[] = {
    { "ann@tern.test",                  REDIRECT_ADDRESS,   "ann@tern.test" },
    { "ann",                            REDIRECT_ADDRESS,   "ann" },
    { "  ann , bob",                    REDIRECT_ADDRESS,   "ann" },
    { "\\ann",                          REDIRECT_ADDRESS,   "ann" },
    { "# note\nann",                    REDIRECT_ADDRESS,   "ann" },
    { "\"ann@tern.test\"",              REDIRECT_ADDRESS,   "ann@tern.test" },
    { "\"a b\"@tern.test",              REDIRECT_ADDRESS,   "\"a b\"@tern.test" },
    { "Ann <ann@tern.test>",            REDIRECT_ADDRESS,   "ann@tern.test" },
    { "|/bin/cat -x",                   REDIRECT_PIPE,      "|/bin/cat -x" },
    { "\"|/bin/cat a,b\", ann",         REDIRECT_PIPE,      "|/bin/cat a,b" },
    { "\"|/bin/x \\\"a b\\\"\"",        REDIRECT_PIPE,      "|/bin/x \"a b\"" },
    { "|\"/bin/cat a,b\"",              REDIRECT_PIPE,      "|\"/bin/cat a,b\"" },
    { "/var/mail/x",                    REDIRECT_FILE,      "/var/mail/x" },
    { "/var/mail/x/,y",                 REDIRECT_FILE,      "/var/mail/x/" },
    { "/s=molari/o=babylon/@x400gate.way", REDIRECT_ADDRESS, "/s=molari/o=babylon/@x400gate.way" },
    { ":include:/etc/list",             REDIRECT_INCLUDE,   "/etc/list" },
    { ":include: /etc/list , x",        REDIRECT_INCLUDE,   "/etc/list" },
    { ":fail: gone, really\nann",       REDIRECT_FAIL,      "gone, really" },
    { ":defer:",                        REDIRECT_DEFER,     "" },
    { ":blackhole:",                    REDIRECT_BLACKHOLE, "" },
    { ":unknown:",                      REDIRECT_UNKNOWN,   "" },
    { "",                               REDIRECT_END,       NULL },
    { " , ,\n# only notes",             REDIRECT_END,       NULL },
    { "a@b@c",                          REDIRECT_FAULT,     "a@b@c" },
};

TEST(the_first_item_is_what_it_looks_like)
{
    struct pool *pool = pool_new("test");
    struct address_rules rules = { .allow_unqualified = true };

    for (size_t i = 0; i < COUNT(firsts); i++) {
        struct redirect_list list;
        struct redirect_item item;

        redirect_list_init(&list, pool, str_of(firsts[i].data), &rules);
        CHECK_INT(firsts[i].data, redirect_list_next(&list, &item), firsts[i].kind);
        if (firsts[i].text != NULL)
            CHECK_STR(firsts[i].data, item.text, firsts[i].text);
    }
    pool_free(pool);
}

TEST(every_item_of_a_list_is_found)
{
    static const char data[] =
        "ann, \"|/bin/x a,b\",\n# note, with comma\n/file/a , :include:/inc\nbob@tern.test (Bob, B)\n,last";
    static const enum redirect_kind kinds[] = { REDIRECT_ADDRESS, REDIRECT_PIPE,    REDIRECT_FILE, REDIRECT_INCLUDE,
                                                REDIRECT_ADDRESS, REDIRECT_ADDRESS, REDIRECT_END };
    struct pool *pool = pool_new("test");
    struct address_rules rules = { .allow_unqualified = true };
    struct redirect_list list;
    struct redirect_item item;

    redirect_list_init(&list, pool, str_of(data), &rules);
    for (size_t i = 0; i < COUNT(kinds); i++)
        CHECK_INT("item", redirect_list_next(&list, &item), kinds[i]);
    pool_free(pool);
}

static const struct { const char *text; char digit; int code; const char *enhanced; } codes[] = {
    { "550 5.7.1 no",   '5', 550, "5.7.1" },
    { "550 no",         '5', 550, "" },
    { "450 no",         '5', -1,  "" },
    { "451 4.2.0 wait", '4', 451, "4.2.0" },
    { "no",             '5', 0,   "" },
    { "5500 no",        '5', 0,   "" },
    { "550",            '5', 0,   "" },
    { "550 5.7 no",     '5', 550, "" },
};

TEST(an_smtp_code_is_taken_if_it_fits)
{
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct str enhanced;

        CHECK_INT(codes[i].text, redirect_code_take(str_of(codes[i].text), codes[i].digit, &enhanced), codes[i].code);
        CHECK_STR(codes[i].text, enhanced, codes[i].enhanced);
    }
}

static const struct { const char *data; enum redirect_filter kind; } filters[] = {
    { "#Exim filter\nsave x",   REDIRECT_EXIM_FILTER },
    { "  # exim   FILTER",      REDIRECT_EXIM_FILTER },
    { "#Sieve filter",          REDIRECT_SIEVE_FILTER },
    { "# Exim filters are fun", REDIRECT_NO_FILTER },
    { "# note",                 REDIRECT_NO_FILTER },
    { "ann",                    REDIRECT_NO_FILTER },
};

TEST(filters_are_known_by_their_first_line)
{
    for (size_t i = 0; i < COUNT(filters); i++)
        CHECK_INT(filters[i].data, redirect_filter_kind(str_of(filters[i].data)), filters[i].kind);
}
