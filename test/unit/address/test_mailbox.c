/* Splitting, quoting, folding, affixes, internationalised forms. */
#include "check.h"
#include "address/address.h"
#include "address/idn.h"
#include "address/mailbox.h"

static struct pool *pool;

static const struct { const char *text, *local_part, *domain, *reason; } splits[] = {
    { "ann@tern.example", "ann", "tern.example", NULL },
    { "\"a@b\"@tern.example", "\"a@b\"", "tern.example", NULL },
    { "a\\@b@c", "a\\@b", "c", NULL },
    { "ann", NULL, NULL, "domain missing" },
    { "ann@", NULL, NULL, "domain missing" },
    { "@b", NULL, NULL, "local part missing" },
};

TEST(mailbox_splits_at_last_unquoted_at)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(splits); i++) {
        struct mailbox box = { 0 };
        const char *reason = NULL;

        mailbox_split(str_of(splits[i].text), &box, &reason);
        CHECK_STR(splits[i].text, box.local_part, splits[i].local_part);
        CHECK_STR(splits[i].text, box.domain, splits[i].domain);
        CHECK_TEXT(splits[i].text, reason, splits[i].reason);
    }
}

static const struct { const char *plain, *quoted; } local_parts[] = {
    { "a.b", "a.b" },
    { "a b", "\"a b\"" },
    { ".a", "\".a\"" },
    { "a@b", "\"a@b\"" },
    { "a\"\\b", "\"a\\\"\\\\b\"" },
    { "", "\"\"" },
    { "a|b/c", "a|b/c" },
    { "a\303\251", "\"a\303\251\"" },
};

TEST(a_local_part_is_quoted_where_it_must_be)
{
    for (size_t i = 0; i < COUNT(local_parts); i++) {
        struct str quoted = local_part_quote(pool, str_of(local_parts[i].plain));

        CHECK_STR(local_parts[i].plain, quoted, local_parts[i].quoted);
        CHECK_STR(local_parts[i].quoted, local_part_unquote(pool, quoted), local_parts[i].plain);
    }
}

static const struct { const char *phrase, *quoted; } phrases[] = {
    { "Ann Example", "Ann Example" },
    { "John Q. Smith", "\"John Q. Smith\"" },
    { "a (b) c", "a (b) c" },
    { "\"quoted\" x", "\"quoted\" x" },
    { "back\\slash", "\"back\\\\slash\"" },
    { "x@y", "\"x@y\"" },
    { "it's", "it's" },
    { "(only", "\"(only\"" },
    { "O\"Hara", "\"O\\\"Hara\"" },
};

TEST(a_phrase_is_quoted_where_it_must_be)
{
    for (size_t i = 0; i < COUNT(phrases); i++)
        CHECK_STR(phrases[i].phrase, phrase_quote(pool, str_of(phrases[i].phrase)), phrases[i].quoted);
}

static const struct { const char *pattern, *local_part; size_t prefix, suffix; const char *variable; } affixes[] = {
    { "owner-", "Owner-list", 6, 0, "" },     { "*-", "a-b-c", 4, 0, "a-b" },   { "-*", "a-b-c", 0, 4, "b-c" },
    { "-request", "list-request", 0, 8, "" }, { "x-", "owner-list", 0, 0, "" }, { "+*", "plain", 0, 0, "" },
};

TEST(affixes_match_at_their_end)
{
    for (size_t i = 0; i < COUNT(affixes); i++) {
        struct str variable;
        bool is_suffix = affixes[i].pattern[0] == '-' || affixes[i].pattern[0] == '+';

        if (is_suffix)
            CHECK_INT(affixes[i].pattern,
                      local_part_suffix(str_of(affixes[i].pattern), str_of(affixes[i].local_part), &variable),
                      affixes[i].suffix);
        else
            CHECK_INT(affixes[i].pattern,
                      local_part_prefix(str_of(affixes[i].pattern), str_of(affixes[i].local_part), &variable),
                      affixes[i].prefix);
        CHECK_STR(affixes[i].pattern, variable, affixes[i].variable);
    }
}

TEST(folding_and_comparing_leave_local_parts_alone)
{
    CHECK_STR("", address_fold_domain(pool, STR("Ann@Tern.EXAMPLE")), "Ann@tern.example");
    CHECK_STR("", address_fold(pool, STR("Ann@Tern.EXAMPLE")), "ann@tern.example");
    CHECK(address_same(STR("ann@tern.example"), STR("ann@TERN.example")));
    CHECK(!address_same(STR("Ann@tern.example"), STR("ann@tern.example")));
}

TEST(the_percent_hack_uses_the_last_percent)
{
    struct str address;

    CHECK(local_part_percent_hack(pool, STR("a%b%c.example"), &address));
    CHECK_STR("", address, "a%b@c.example");
    CHECK(!local_part_percent_hack(pool, STR("ab"), &address));
    CHECK(!local_part_percent_hack(pool, STR("a%"), &address));
}

TEST(trust_follows_the_text)
{
    struct str tainted = pool_dup_tainted(pool, STR("A@B"));

    CHECK(str_is_tainted(address_fold(pool, tainted)));
    CHECK(str_is_tainted(address_join(pool, STR("x"), tainted)));
    CHECK(!str_is_tainted(address_fold(pool, STR("A@B"))));
}

TEST(an_address_has_the_forms_that_routers_use)
{
    struct address *addr = address_new(pool, STR("\"Ann B\"@Tern.Example")), *child;

    CHECK_STR("", addr->domain, "tern.example");
    CHECK_STR("", addr->local_part, "ann b");
    CHECK_STR("", addr->cc_local_part, "Ann B");
    addr->has_errors_to = true;
    child = address_new_child(pool, addr, STR("|/bin/x"));
    CHECK(child->has_errors_to);
    CHECK(address_top(child) == addr);
    CHECK_INT("", address_new(pool, STR("nodomain"))->outcome, FAIL);
}

static const struct { const char *utf8, *ascii; } domains[] = {
    { "b\303\274cher.example", "xn--bcher-kva.example" },
    { "example", "example" },
    { "stra\303\237e.de", "xn--strae-oqa.de" },
};

TEST(domains_have_an_ascii_form)
{
    struct str text;
    const char *reason;

    if (!idn_is_available())
        SKIP("built without SUPPORT_I18N");
    for (size_t i = 0; i < COUNT(domains); i++) {
        CHECK(domain_to_ascii(pool, str_of(domains[i].utf8), &text, &reason));
        CHECK_STR(domains[i].utf8, text, domains[i].ascii);
        CHECK(domain_to_utf8(pool, text, &text, &reason));
        CHECK_STR(domains[i].ascii, text, domains[i].utf8);
    }
    CHECK(local_part_to_ascii(pool, STR("b\303\274cher"), &text, &reason));
    CHECK_STR("", text, "xn--bcher-kva");
    CHECK(local_part_to_utf8(pool, text, &text, &reason));
    CHECK_STR("", text, "b\303\274cher");
    CHECK(!domain_to_ascii(pool, STR("a\377b"), &text, &reason));
    CHECK(!local_part_to_utf8(pool, STR("xn--99999999999"), &text, &reason));
}

TEST(utf8_is_told_from_other_octets)
{
    CHECK(text_is_utf8(STR("a\303\251\342\202\254\360\237\230\200")));
    CHECK(!text_is_utf8(STR("\300\200")));
    CHECK(!text_is_utf8(STR("\355\240\200")));
    CHECK(!text_is_utf8(STR("\303")));
}
