/* Route rules and the items of host lists. */
#include "check.h"
#include "routers/router_driver.h"

static const struct {
    const char *text, *pattern, *hosts, *transport, *reason;
    enum lookup_way way;
    bool is_randomized;
} rules[] = {
    { "*", "*", "", "", NULL, LOOKUP_WAY_DEFAULT, false },
    { "* host.test", "*", "host.test", "", NULL, LOOKUP_WAY_DEFAULT, false },
    { "*.a  \"b : c\"  byname", "*.a", "b : c", "", NULL, LOOKUP_WAY_BYNAME, false },
    { "a b randomize bydns smtp", "a", "b", "smtp", NULL, LOOKUP_WAY_BYDNS, true },
    { "a b smtp no_randomize", "a", "b", "smtp", NULL, LOOKUP_WAY_DEFAULT, false },
    { "\"^a b\" c", "^a b", "c", "", NULL, LOOKUP_WAY_DEFAULT, false },
    { "a b smtp other", NULL, NULL, NULL, "unknown routing option or transport name \"other\"", 0, false },
    { "  ", NULL, NULL, NULL, "empty rule", 0, false },
};

TEST(a_rule_is_pattern_hosts_and_options)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(rules); i++) {
        struct route_rule rule;
        struct str reason = STR("");

        CHECK_INT(rules[i].text, route_rule_parse(str_of(rules[i].text), true, pool, &rule, &reason),
                  rules[i].reason == NULL);
        CHECK_STR(rules[i].text, reason, rules[i].reason);
        if (rules[i].reason != NULL)
            continue;
        CHECK_STR(rules[i].text, rule.pattern, rules[i].pattern);
        CHECK_STR(rules[i].text, rule.hosts, rules[i].hosts);
        CHECK_STR(rules[i].text, rule.transport, rules[i].transport);
        CHECK_INT(rules[i].text, rule.way, rules[i].way);
        CHECK_INT(rules[i].text, rule.is_randomized, rules[i].is_randomized);
    }
    pool_free(pool);
}

static const struct { const char *text, *name; int port; bool is_mx, is_border, is_good; } hosts[] = {
    { "host.test",          "host.test",   0,    false, false, true },
    { "host.test:1225",     "host.test",   1225, false, false, true },
    { "dom.test/MX",        "dom.test",    0,    true,  false, true },
    { "dom.test/mx:26",     "dom.test",    26,   true,  false, true },
    { "10.1.1.1",           "10.1.1.1",    0,    false, false, true },
    { "10.1.1.1:26",        "10.1.1.1",    26,   false, false, true },
    { "[10.1.1.1]:1225",    "10.1.1.1",    1225, false, false, true },
    { "[::1]:1226",         "::1",         1226, false, false, true },
    { "2001:db8::1",        "2001:db8::1", 0,    false, false, true },
    { "+",                  "+",           0,    false, true,  true },
    { "host:0",             NULL,          0,    false, false, false },
    { "host:65536",         NULL,          0,    false, false, false },
    { "host:x",             NULL,          0,    false, false, false },
    { "[::1",               NULL,          0,    false, false, false },
    { "",                   NULL,          0,    false, false, false },
};

TEST(a_host_item_may_carry_a_port)
{
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct host_item item;
        const char *reason;

        CHECK_INT(hosts[i].text, host_item_parse(str_of(hosts[i].text), &item, &reason), hosts[i].is_good);
        if (!hosts[i].is_good)
            continue;
        CHECK_STR(hosts[i].text, item.name, hosts[i].name);
        CHECK_INT(hosts[i].text, item.port, hosts[i].port);
        CHECK_INT(hosts[i].text, item.is_mx, hosts[i].is_mx);
        CHECK_INT(hosts[i].text, item.is_group_border, hosts[i].is_border);
    }
}
