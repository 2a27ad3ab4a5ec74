/* Addresses as they come in MAIL and RCPT, in header fields and on the command line; texts of faults as Exim words
 * them. */
#include "check.h"
#include "address/mailbox.h"

static struct pool *pool;
static const struct address_rules plain = { 0 },
                                  loose = { .allow_domain_literals = true,
                                            .allow_unqualified = true,
                                            .allow_empty = true },
                                  wide = { .allow_domain_literals = true,
                                           .allow_utf8_domains = true,
                                           .strip_excess_angle_brackets = true,
                                           .strip_trailing_dot = true };

static const struct {
    const char *text;
    const struct address_rules *rules;
    const char *address, *domain, *reason;
} forms[] = {
    { "a@b", &plain, "a@b", "b", NULL },
    { " <a@b.example> ", &plain, "a@b.example", "b.example", NULL },
    { "@a,@b:user@c", &plain, NULL, NULL, "missing or malformed local part (expected word or \"<\")" },
    { "<@a,@b:user@c>", &plain, "user@c", "c", NULL },
    { "<\"a b\"@c>", &plain, "\"a b\"@c", "c", NULL },
    { "<\"@c>", &plain, NULL, NULL, "unmatched doublequote in local part" },
    { "<\"\\\"@c>", &plain, NULL, NULL, "unmatched doublequote in local part" },
    { "<a@b@c>", &plain, NULL, NULL, "malformed address: @c> may not follow <a@b" },
    { "<(c)a@b>", &plain, "a@b", "b", NULL },
    { "<a(c)@b(d)>", &plain, "a@b", "b", NULL },
    { "<a@[1.2.3.4]>", &plain, NULL, NULL, "domain literals not allowed" },
    { "<a@[1.2.3.4]>", &loose, "a@[1.2.3.4]", "[1.2.3.4]", NULL },
    { "<a@[1.2.3.4>", &loose, NULL, NULL, "malformed domain literal" },
    { "<a@b.>", &plain, NULL, NULL, "domain missing or malformed" },
    { "<a@b.>", &wide, "a@b", "b", NULL },
    { "<a@.b>", &plain, NULL, NULL, "domain missing or malformed" },
    { "<a@>", &plain, NULL, NULL, "domain missing or malformed" },
    { "<>", &plain, NULL, NULL, "missing or malformed local part" },
    { "<>", &loose, "", "", NULL },
    { "<a..b@c>", &plain, "a..b@c", "c", NULL },
    { "<.a@c>", &plain, ".a@c", "c", NULL },
    { "<a@b..c>", &plain, NULL, NULL, "domain missing or malformed" },
    { "<a@-b>", &plain, NULL, NULL, "domain missing or malformed" },
    { "<a@b_c>", &plain, NULL, NULL, "malformed address: _c> may not follow <a@b" },
    { "<<a@b>>", &plain, NULL, NULL, "missing or malformed local part" },
    { "<<a@b>>", &wide, "a@b", "b", NULL },
    { "<\"a\"b@c>", &plain, NULL, NULL, "\"@\" or \".\" expected after \"\"a\"\"" },
    { "<a\"b@c>", &plain, NULL, NULL, "\"@\" or \".\" expected after \"a\"" },
    { "<a,b@c>", &plain, NULL, NULL, "\"@\" or \".\" expected after \"a\"" },
    { "<a\\@b@c>", &plain, "a\\@b@c", "c", NULL },
    { "<\303\251@c>", &plain, "\303\251@c", "c", NULL },
    { "<a@\303\251.com>", &plain, NULL, NULL, "domain missing or malformed" },
    { "<a@\303\251.com>", &wide, "a@\303\251.com", "\303\251.com", NULL },
    { "<@b>", &plain, NULL, NULL, "no local part" },
    { "<()@b>", &plain, NULL, NULL, "no local part" },
    { "<@a:b>", &plain, NULL, NULL, "domain missing in source-routed address" },
    { "<@a,b@c>", &plain, NULL, NULL, "colon expected after route list" },
    { "<a@b(>", &plain, NULL, NULL, "'>' missing at end of address" },
    { "<a. b @ c>", &plain, "a.b@c", "c", NULL },
    { "a b", &plain, NULL, NULL, "missing or malformed local part (expected word or \"<\")" },
    { "phrase <a@b> (c)", &plain, "a@b", "b", NULL },
    { "a.b \"q, r\" <a@b>", &plain, "a@b", "b", NULL },
    { "<a@b> x", &plain, NULL, NULL, "malformed address: x may not follow <a@b> " },
    { "a@b <c@d>", &plain, NULL, NULL, "malformed address: <c@d> may not follow a@b " },
    { "<a", &plain, NULL, NULL, "\"@\" or \".\" expected after \"a\"" },
    { "(a)(b)", &plain, NULL, NULL, "empty address" },
    { "a (b (c", &loose, "a", "", NULL },
    { "\"\"@c", &plain, "\"\"@c", "c", NULL },
    { "\"a\r\nb\"@c", &plain, NULL, NULL, "malformed local part: control character" },
};

TEST(an_address_is_found_in_every_form)
{
    pool = pool_new("test");
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct address_parse parse = { 0 };
        struct str reason = STR("");
        bool is_found = address_parse(pool, str_of(forms[i].text), forms[i].rules, &parse, &reason);

        CHECK_INT(forms[i].text, is_found, forms[i].reason == NULL);
        CHECK_STR(forms[i].text, parse.address, forms[i].address);
        CHECK_STR(forms[i].text, parse.box.domain, forms[i].domain);
        CHECK_STR(forms[i].text, reason, forms[i].reason);
    }
}

static const struct { const char *text, *address, *rest, *reason; } paths[] = {
    { "<a@b>", "a@b", "", NULL },
    { " <a@b> NOTIFY=NEVER", "a@b", "NOTIFY=NEVER", NULL },
    { "a@b SIZE=3", "a@b", "SIZE=3", NULL },
    { "\"a b\"@c SIZE=3", "\"a b\"@c", "SIZE=3", NULL },
    { "joe <a@b>", "a@b", "", NULL },
    { "<a@b>junk", NULL, NULL, "malformed address: junk may not follow <a@b>" },
    { "a@b>", NULL, NULL, "malformed address: > may not follow a@b" },
    { "<a@b", NULL, NULL, "'>' missing at end of address" },
    { "postmaster", "postmaster", "", NULL },
    { "<> BODY=8BITMIME", "", "BODY=8BITMIME", NULL },
};

TEST(a_path_ends_before_its_parameters)
{
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct address_parse parse = { 0 };
        struct str reason = STR(""), rest = STR("");

        address_from_smtp(pool, str_of(paths[i].text), &loose, &parse, &rest, &reason);
        CHECK_STR(paths[i].text, parse.address, paths[i].address);
        CHECK_STR(paths[i].text, rest, paths[i].rest);
        CHECK_STR(paths[i].text, reason, paths[i].reason);
    }
}

static const struct { const char *list, *addresses; } lists[] = {
    { "a@b, c@d", "a@b|c@d" },
    { "\"x, y\" <a@b>, (c, d) e@f,, <@r1,@r2:g@h>", "a@b|e@f|g@h" },
    { "friends: a@b, \"q\" <c@d>;, e@f", "a@b|c@d|e@f" },
    { "undisclosed-recipients:;", "" },
    { "a@b,\n\tc@d", "a@b|c@d" },
    { "a b c, d@e", "!|d@e" },
    { "<a@b, c@d, <e@f", "!|c@d|!" },
    { "x@[1.2.3.4], y@z", "x@[1.2.3.4]|y@z" },
    { "a@b; c@d", "a@b|c@d" },
    { "\"unclosed, a@b", "!" },
};

TEST(a_list_gives_its_addresses)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct address_list list;
        struct address_list_item item;
        enum address_list_step step;
        struct str all = STR("");

        address_list_init(&list, pool, str_of(lists[i].list), &loose);
        while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
            struct str one = step == ADDRESS_LIST_ADDRESS ? item.parse.address : STR("!");

            all = pool_printf(pool, "%.*s%s%.*s", STR_ARG(all), all.len > 0 ? "|" : "", STR_ARG(one));
            if (step == ADDRESS_LIST_ADDRESS && str_find(one, '[') == STR_NONE
                && item.parse.end - item.parse.start == one.len)
                CHECK_VIEW(lists[i].list, str_sub(list.text, item.parse.start, one.len), one);
        }
        CHECK_STR(lists[i].list, all, lists[i].addresses);
    }
}

TEST(ten_thousand_comments_cost_no_stack)
{
    enum { DEPTH = 10000 };
    static char text[2 * DEPTH + 4];
    struct address_parse parse;
    struct str reason;

    for (size_t i = 0; i < DEPTH; i++) {
        text[i] = '(';
        text[DEPTH + i] = ')';
    }
    text[2 * DEPTH] = 'a', text[2 * DEPTH + 1] = '@', text[2 * DEPTH + 2] = 'b';
    CHECK(address_parse(pool, str_of(text), &plain, &parse, &reason));
    CHECK_STR("", parse.address, "a@b");
}
