/* Texts of addresses and networks (RFC 4291, RFC 5952, RFC 5321 section 4.1.3). */
#include "check.h"
#include "net/ip_address.h"

static const struct { const char *text, *canonical; } addresses[] = {
    { "192.0.2.1",              "192.0.2.1" },
    { "0.0.0.0",                "0.0.0.0" },
    { "2001:DB8:0:0:0:0:0:1",   "2001:db8::1" },
    { "::",                     "::" },
    { "::ffff:192.0.2.1",       "::ffff:192.0.2.1" },
    { "192.0.2",                NULL },
    { "192.0.2.256",            NULL },
    { "192.0.2.1.5",            NULL },
    { "192.0.2.01",             NULL },
    { "0x7f.0.0.1",             NULL },
    { " 192.0.2.1",             NULL },
    { "192.0.2.1%1",            NULL },
    { "1:2:3:4:5:6:7",          NULL },
    { "1::2::3",                NULL },
    { "[::1]",                  NULL },
    { "fe80::1%",               NULL },
    { "",                       NULL },
};

TEST(an_address_is_read_only_in_its_full_form)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct ip_address ip;
        bool is_address = ip_parse(str_of(addresses[i].text), &ip);

        CHECK_INT(addresses[i].text, is_address, addresses[i].canonical != NULL);
        if (is_address)
            CHECK_STR(addresses[i].text, ip_format(&ip, pool), addresses[i].canonical);
    }
    pool_free(pool);
}

static const struct { const char *text, *address; } literals[] = {
    { "[192.0.2.1]",            "192.0.2.1" },
    { "[IPv6:2001:db8::1]",     "2001:db8::1" },
    { "[ipv6:::1]",             "::1" },
    { "[2001:db8::1]",          "2001:db8::1" },
    { "[IPv4:192.0.2.1]",       "192.0.2.1" },
    { "[IPv6:192.0.2.1]",       NULL },
    { "[IPv4:::1]",             NULL },
    { "192.0.2.1",              NULL },
    { "[]",                     NULL },
    { "[",                      NULL },
};

TEST(an_address_literal_has_brackets)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(literals); i++) {
        struct ip_address ip;
        bool is_literal = ip_parse_literal(str_of(literals[i].text), &ip);

        CHECK_INT(literals[i].text, is_literal, literals[i].address != NULL);
        if (is_literal)
            CHECK_STR(literals[i].text, ip_format(&ip, pool), literals[i].address);
    }
    pool_free(pool);
}

static const struct { const char *network, *address; bool is_inside; } memberships[] = {
    { "10.0.0.0/8",         "10.255.0.1",       true },
    { "10.0.0.0/8",         "11.0.0.1",         false },
    { "192.168.23.236/31",  "192.168.23.237",   true },
    { "192.168.23.236/31",  "192.168.23.238",   false },
    { "192.0.2.7",          "192.0.2.7",        true },
    { "0.0.0.0/0",          "192.0.2.7",        true },
    { "0.0.0.0/0",          "::1",              false },
    { "2001:db8::/33",      "2001:db8:7fff::1", true },
    { "2001:db8::/33",      "2001:db8:8000::1", false },
    { "::/0",               "2001:db8::1",      true },
    { "10.1.2.3/8",         "10.9.9.9",         true },
};

TEST(a_network_holds_what_agrees_in_the_masked_bits)
{
    for (size_t i = 0; i < COUNT(memberships); i++) {
        struct ip_address network, ip;
        int bits;

        REQUIRE(ip_parse_network(str_of(memberships[i].network), &network, &bits));
        REQUIRE(ip_parse(str_of(memberships[i].address), &ip));
        CHECK_INT(memberships[i].network, ip_in_network(&ip, &network, bits), memberships[i].is_inside);
    }
}

static const char *const bad_networks[] = { "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8",
    "10.0.0.0/0008" };

TEST(a_mask_is_a_number_of_bits)
{
    for (size_t i = 0; i < COUNT(bad_networks); i++) {
        struct ip_address network;
        int bits;

        CHECK_ROW(bad_networks[i], !ip_parse_network(str_of(bad_networks[i]), &network, &bits));
    }
}

static const struct { const char *text, *address; int port; } ports[] = {
    { "127.0.0.1",          "127.0.0.1",    0 },
    { "127.0.0.1.1225",     "127.0.0.1",    1225 },
    { "127.0.0.1:1225",     "127.0.0.1",    1225 },
    { "[127.0.0.1]:1225",   "127.0.0.1",    1225 },
    { "::1",                "::1",          0 },
    { "::1.1225",           "::1",          1225 },
    { "[::1]:1225",         "::1",          1225 },
    { "[::1]",              "::1",          0 },
    { "[::1]:65536",        NULL,           0 },
    { "[::1]x",             NULL,           0 },
    { "127.0.0.1.",         NULL,           0 },
    { "host.example",       NULL,           0 },
};

TEST(a_port_follows_a_dot_or_a_bracket)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(ports); i++) {
        struct ip_address ip;
        int port;
        bool is_good = ip_parse_with_port(str_of(ports[i].text), &ip, &port);

        CHECK_INT(ports[i].text, is_good, ports[i].address != NULL);
        if (is_good) {
            CHECK_STR(ports[i].text, ip_format(&ip, pool), ports[i].address);
            CHECK_INT(ports[i].text, port, ports[i].port);
        }
    }
    pool_free(pool);
}

static const struct { const char *address, *reverse, *full; } forms[] = {
    { "192.0.2.1", "1.2.0.192.in-addr.arpa", "192.0.2.1" },
    { "2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        "2001.0db8.0000.0000.0000.0000.0000.0001" },
};

TEST(names_and_keys_are_made_of_addresses)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(forms); i++) {
        struct ip_address ip;

        REQUIRE(ip_parse(str_of(forms[i].address), &ip));
        CHECK_STR(forms[i].address, ip_reverse_name(&ip, NULL, pool), forms[i].reverse);
        CHECK_STR(forms[i].address, ip_format_full(&ip, '.', pool), forms[i].full);
    }
    pool_free(pool);
}

TEST(a_mapped_address_is_an_ipv4_address)
{
    struct pool *pool = pool_new("test");
    struct ip_address ip;

    REQUIRE(ip_parse(STR("::ffff:192.0.2.1"), &ip));
    ip_unmap(&ip);
    CHECK_STR("mapped", ip_format(&ip, pool), "192.0.2.1");
    pool_free(pool);
}
