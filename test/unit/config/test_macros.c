/* Macros: definition, replacement, redefinition, the built-in ones. */
#include "base/buf.h"
#include "config_check.h"

static const struct { const char *label, *text, *value, *error; } facts[] = {
    { "inside a word", "AB = 1\nqualify_domain = xABy", "qualify_domain = x1y\n", NULL },
    { "in order of definition", "ABCD_X = 1\nABCD = 2\nqualify_domain = ABCD_X ABCD", "qualify_domain = 1 2\n", NULL },
    { "later macros are replaced in values", "A1 = B1\nB1 = x\nqualify_domain = A1", "qualify_domain = x\n", NULL },
    { "not again in its own value", "A1 = A1A1\nqualify_domain = A1", "qualify_domain = A1A1\n", NULL },
    { "in a later definition", "A1 = x\nB1 = A1 y\nqualify_domain = B1", "qualify_domain = x y\n", NULL },
    { "redefined", "A1 = 1\nA1 == A1 2\nqualify_domain = A1", "qualify_domain = 1 2\n", NULL },
    { "as a whole line", "Q1 = qualify_domain = foo\nQ1", "qualify_domain = foo\n", NULL },
    { "empty line", "E1 =\nE1\nqualify_domain = x", "qualify_domain = x\n", NULL },
    { "quotes stay", "A1 = \"x\"\nqualify_domain = A1", "qualify_domain = x\n", NULL },
    { "makes a comment", "A1 = #\nA1 foo\nqualify_domain = x", "qualify_domain = x\n", NULL },
    { "continued value", "A1 = x \\\n  y\nqualify_domain = A1", "qualify_domain = x y\n", NULL },
    { "substring", "AB = 1\nABC = 2", NULL,
      "\"ABC\" cannot be defined as a macro because previously defined macro \"AB\" is a substring" },
    { "again", "AB = 1\nAB = 2", NULL, "macro \"AB\" is already defined (use \"==\" if you want to redefine it)" },
    { "redefined without definition", "AB == 1", NULL, "can't redefine an undefined macro \"AB\"" },
    { "strange name", "A-B = 1", NULL, "malformed macro definition" },
    { "no value", "AB 1", NULL, "malformed macro definition" },
    { "built in", "qualify_domain = x_OPT_MAIN_QUEUE_ONLYx", "qualify_domain = xyx\n", NULL },
    { "the longest built-in name", "qualify_domain = _LOG_REJECTED_HEADERS _LOG_REJECTED_HEADER",
      "qualify_domain = y y\n", NULL },
    { "not built in", "qualify_domain = _OPT_MAIN_NO_SUCH", "qualify_domain = _OPT_MAIN_NO_SUCH\n", NULL },
    { "ifdef of a built-in one", ".ifdef _OPT_MAIN_QUEUE_ONLY\nqualify_domain = a\n.endif", "qualify_domain = a\n",
      NULL },
    { "ifdef of a driver", ".ifdef _DRIVER_ROUTER_ACCEPT\nqualify_domain = a\n.endif", "qualify_domain = a\n", NULL },
    { "ifdef of a generic option", ".ifdef _OPT_ROUTERS_ADDRESS_DATA\nqualify_domain = a\n.endif",
      "qualify_domain = a\n", NULL },
    { "ifdef of a private option", ".ifdef _OPT_ROUTER_REDIRECT_DATA\nqualify_domain = a\n.endif",
      "qualify_domain = a\n", NULL },
    { "ifdef of a selector", ".ifdef _LOG_ARGUMENTS\nqualify_domain = a\n.endif", "qualify_domain = a\n", NULL },
    { "ifdef of an item", ".ifdef _EXP_ITEM_SG\nqualify_domain = a\n.endif", "qualify_domain = a\n", NULL },
    { "ifdef of a condition", ".ifdef _ACL_COND_VERIFY\nqualify_domain = a\n.endif", "qualify_domain = a\n", NULL },
    { "lower case is no built-in name", ".ifndef _opt_main_queue_only\nqualify_domain = a\n.endif",
      "qualify_domain = a\n", NULL }
};

TEST(macros_are_defined_and_replaced)
{
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct reading reading = read_text(facts[i].text);

        CHECK_TEXT(facts[i].label, reading.error, facts[i].error);
        if (reading.conf != NULL)
            CHECK_TEXT(facts[i].label, SHOWN(&reading, "qualify_domain"), facts[i].value);
        pool_free(reading.pool);
    }
}

static const struct { const char *label, *define, *text, *value, *error; } defines[] = {
    { "value", "A1=x", "qualify_domain = A1", "qualify_domain = x\n", NULL },
    { "blanks", "A1 = x y", "qualify_domain = A1", "qualify_domain = x y\n", NULL },
    { "no value", "A1", ".ifdef A1\nqualify_domain = x\n.endif", "qualify_domain = x\n", NULL },
    { "wins over the file", "A1=x", "A1 = y\nA1 == z\nqualify_domain = A1", "qualify_domain = x\n", NULL },
    { "lower case", "a1=x", "", NULL, "macro name set by -D must start with an upper case letter" },
    { "no name", "=x", "", NULL, "macro name set by -D must start with an upper case letter" },
    { "strange name", "A-1=x", "", NULL, "malformed macro name set by -D: A-1=x" }
};

TEST(the_command_line_defines_macros)
{
    for (size_t i = 0; i < COUNT(defines); i++) {
        const char *const list[] = { defines[i].define, NULL };
        struct reading reading = read_text_with(defines[i].text, list);

        CHECK_TEXT(defines[i].label, reading.error, defines[i].error);
        if (reading.conf != NULL)
            CHECK_TEXT(defines[i].label, SHOWN(&reading, "qualify_domain"), defines[i].value);
        pool_free(reading.pool);
    }
}

TEST(macros_are_shown_to_administrators)
{
    struct reading reading = read_text("A1 = x\nB1 = A1 y\n");
    const char *const one[] = { "macro", "B1" };
    const char *const all[] = { "macros" };

    REQUIRE(reading.conf != NULL);
    CHECK_TEXT("one", SHOWN(&reading, "macro", "B1"), "B1=x y\n");
    CHECK_TEXT("built in", SHOWN(&reading, "macro", "_LOG_PID"), "_LOG_PID=y\n");
    CHECK_TEXT("unknown", SHOWN(&reading, "macro", "NOPE"), "macro NOPE not found\n");
    CHECK_CONTAINS("all", SHOWN(&reading, "macros"), "\nA1=x\nB1=x y\n");
    CHECK_CONTAINS("list", SHOWN(&reading, "macro_list"), "\nA1\nB1\n");
    CHECK_TEXT("value only", shown_with(&reading, true, true, 2, one), "x y\n");
    CHECK_TEXT("not for others", shown_with(&reading, false, false, 2, one), "exim: permission denied\n");
    CHECK_TEXT("not for others", shown_with(&reading, false, false, 1, all), "exim: permission denied\n");
    pool_free(reading.pool);
}

/* A macro that doubles itself with each line must not eat the memory. */
TEST(growing_macros_are_stopped)
{
    struct pool *pool = pool_new("test");
    struct buf text;
    struct reading reading;

    buf_init(&text, pool, BUF_NO_LIMIT);
    buf_add_c(&text, "AA = 0123456789012345678901234567890123456789\n");
    for (int i = 0; i < 40; i++)
        buf_add_c(&text, "AA == AAAA\n");
    reading = read_text(buf_cstr(&text));
    CHECK_CONTAINS("", reading.error, "line longer than");
    pool_free(reading.pool);
    pool_free(pool);
}
