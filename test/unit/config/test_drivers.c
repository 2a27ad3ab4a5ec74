/* Sections and driver instances; -bP of drivers, named lists, hidden values. */
#include "config_check.h"

#define R "begin routers\n"

static const struct { const char *label, *text, *error; } facts[] = {
    { "plain", R "x:\n driver = accept\n transport = y", NULL },
    { "driver last", R "x:\n qualify_domain = y\n data = z\n driver = redirect", NULL },
    { "name and colon apart", R "X :\n driver = redirect\n data = y", NULL },
    { "no name", R "x\n", "router name missing" },
    { "name begins with a digit", R "1x:\n driver = accept", "router name missing" },
    { "more after the name", R "x: foo\n driver = accept", "extra characters follow driver name x" },
    { "no driver", R "x:\n debug_print = y", "no driver defined for router \"x\"" },
    { "driver twice", R "x:\n driver = accept\n driver = accept", "\"driver\" option set for the second time" },
    { "name twice", R "x:\n driver = accept\n transport = y\nx:\n driver = accept",
      "there are two routers called \"x\"" },
    { "unknown option", R "x:\n driver = accept\n nosuchthing = y", "option \"nosuchthing\" unknown" },
    { "macro between", R "A1 = y\nx:\n driver = accept\n transport = A1\nB1 = z\ny:\n driver = accept\n transport = B1",
      NULL },
    { "macro ends an instance", R "x:\n driver = accept\nA1 = y\n transport = z", "router name missing" },
    { "section unknown", "begin foo\n", "\"foo\" is not a known configuration section name" },
    { "section twice", R R, "\"routers\" section is repeated in the configuration file" },
    { "section misspelled", "begin router",
      "\"router\" is not a known configuration section name\n  (did you mean \"routers\"?)" },
    { "begin alone", "begin", "main option \"begin\" unknown" },
    { "local_scan", "begin local_scan",
      "local_scan() options not supported: (LOCAL_SCAN_HAS_OPTIONS not defined in Local/Makefile)" },
    { "list twice", "domainlist a = b\ndomainlist a = c", "duplicate name \"a\" for a named domain list" },
    { "list without value", "domainlist a", "missing '=' after \"a\"" },
    { "list with a strange name", "localpartlist a-b = c", "missing '=' after \"a\"" }
};

TEST(sections_are_read_and_checked)
{
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct reading reading = read_text(facts[i].text);

        CHECK_TEXT(facts[i].label, reading.error, facts[i].error);
        pool_free(reading.pool);
    }
}

TEST(an_unknown_driver_gets_a_hint)
{
    struct reading reading = read_text(R "x:\n driver = manualrout\n");

    CHECK_TEXT("", reading.error,
               "router x: cannot find router driver \"manualrout\"\n  (did you mean \"manualroute\"?)");
    pool_free(reading.pool);
}

TEST(places_are_those_of_the_line)
{
    struct reading reading = read_text(R "x:\n # comment\n driver = accept\n debug_prin = \\\n  y\n");

    CHECK_CONTAINS("", reading.whole_error, "Exim configuration error in line 9 of ");
    CHECK_CONTAINS("", reading.whole_error, "option \"debug_prin\" unknown\n  (did you mean \"debug_print\"?)");
    pool_free(reading.pool);
}

TEST(instances_keep_their_order_and_options)
{
    struct reading reading = read_text(
        R "a:\n driver = accept\n transport = t\n headers_add = X: 1\n headers_add = Y: 2\n"
          "b:\n driver = redirect\n data = z\n user = root\n condition = p\n condition = q\n"
          " headers_remove = a\n headers_remove = b:c\n no_more\n");
    const char *shown;

    REQUIRE(reading.conf != NULL);
    CHECK_TEXT("order", SHOWN(&reading, "router_list"), "a\nb\n");
    shown = SHOWN(&reading, "router", "a");
    CHECK_CONTAINS("joined", shown, "\nheaders_add = X: 1\\nY: 2\n");
    CHECK_CONTAINS("driver", shown, "\ndriver = accept\n");
    CHECK_CONTAINS("default", shown, "\nmore\n");
    shown = SHOWN(&reading, "router", "b");
    CHECK_CONTAINS("conditions", shown, "\ncondition = ${if and{{bool_lax{p}}{bool_lax{q}}}}\n");
    CHECK_CONTAINS("group of the user", shown, "\ngroup = root\n");
    CHECK_CONTAINS("joined", shown, "\nheaders_remove = a:b:c\n");
    CHECK_CONTAINS("negated", shown, "\nno_more\n");
    CHECK_CONTAINS("private", shown, "\ndata = z\n");
    CHECK_TEXT("unknown", SHOWN(&reading, "router", "c"), "router c not found\n");
    pool_free(reading.pool);
}

TEST(hidden_values_are_for_administrators)
{
    struct reading reading = read_text(
        "hide mysql_servers = secret\nhide domainlist d = secret\nX1 = secret\n" R
        "a:\n driver = redirect\n hide data = secret\nb:\n driver = redirect\n data = open\n");
    static const struct { const char *words[2]; size_t count; const char *shown; } facts_hidden[] = {
        { { "mysql_servers" }, 1, "mysql_servers = <value not displayable>\n" },
        { { "+d" }, 1, "hide domainlist d = <value not displayable>\n" }
    };
    const char *const all[] = { "routers" };
    const char *const text[] = { "config" };

    REQUIRE(reading.conf != NULL);
    for (size_t i = 0; i < COUNT(facts_hidden); i++)
        CHECK_TEXT(facts_hidden[i].words[0],
                   shown_with(&reading, false, false, facts_hidden[i].count, facts_hidden[i].words),
                   facts_hidden[i].shown);
    CHECK_TEXT("administrator", SHOWN(&reading, "mysql_servers"), "mysql_servers = secret\n");
    CHECK_ROW("no instance shows it", strstr(shown_with(&reading, false, false, 1, all), "data = open") == NULL);
    CHECK_ROW("nor does the text", strstr(shown_with(&reading, false, false, 1, text), "secret") == NULL);
    CHECK_CONTAINS("administrator", SHOWN(&reading, "config"), "hide mysql_servers = secret\n");
    pool_free(reading.pool);
}

TEST(named_lists_are_kept_by_kind)
{
    struct reading reading = read_text("domainlist_cache a = x : y\nhostlist a = z\naddresslist b = \"p : q\"\n");

    REQUIRE(reading.conf != NULL);
    CHECK_TEXT("both kinds", SHOWN(&reading, "+a"), "domainlist a = x : y\nhostlist a = z\n");
    CHECK_TEXT("quoted", SHOWN(&reading, "+b"), "addresslist b = p : q\n");
    CHECK_TEXT("none", SHOWN(&reading, "+c"), "no address, domain, host, or local part list called \"c\" exists\n");
    CHECK_ROW("cached", config_named_list_find(reading.conf, LIST_DOMAIN, STR("a"))->is_cached);
    CHECK_ROW("not cached", !config_named_list_find(reading.conf, LIST_HOST, STR("a"))->is_cached);
    CHECK_ROW("no such kind", config_named_list(reading.conf, LIST_LOCAL_PART, STR("a")) == NULL);
    pool_free(reading.pool);
}

TEST(the_text_is_shown_as_it_was_parsed)
{
    struct reading reading = read_text("qualify_domain  =  a \\\n  b\n# comment\n" R
                                       "x:\n  driver =   redirect\n  data = y\n");

    REQUIRE(reading.conf != NULL);
    CHECK_CONTAINS("", SHOWN(&reading, "config"),
                   "\nqualify_domain = a b\n\nbegin routers\n\n  x:\n    driver = redirect\n    data = y\n");
    pool_free(reading.pool);
}
