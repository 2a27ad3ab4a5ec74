/* Rewriting: "expected" holds what Exim's -brw prints (made by "renew"); header fields; faults in rules. */
#include "check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/process.h"
#include "config/reader.h"
#include "rewrite/rewrite.h"

#define DIRECTORY "test/unit/rewrite"

static struct str
file_read(struct pool *pool, const char *path)
{
    struct buf text;
    FILE *file = fopen(path, "r");
    size_t count = 0;

    buf_init(&text, pool, BUF_NO_LIMIT);
    REQUIRE(file != NULL);
    do {
        char *space = buf_space(&text, 4096);

        count = fread(space, 1, 4096, file);
        buf_grow(&text, count);
    } while (count > 0);
    fclose(file);
    return buf_str(&text);
}

/* Read a configuration; the error text, or empty.  Panics of rules that go wrong go to a log of the test's own. */
static struct str
configure(struct str text)
{
    struct pool *pool = process_pool();
    struct str error = STR("");
    struct config_request request = { 0 };
    struct config *conf = NULL;

    request.text = pool_cstr(pool, pool_printf(pool, "exim_user = 0\nexim_group = 0\nlog_file_path = %s/%%slog\n%.*s",
        check_directory(), STR_ARG(text)));
    config_read(&request, pool, &conf, &error);
    config = conf;
    return error;
}

static struct str
test_print(struct str question, struct pool *pool)
{
    struct scope scope = scope_make(pool);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct str printed;

    rewrite_test(pool_dup_tainted(pool, question), &scope, out);
    fclose(out);
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = '|';
    printed = pool_dup(pool, str_make(text, size));
    free(text);
    return printed;
}

TEST(addresses_are_rewritten_as_exim_does)
{
    struct str text, line, question, answer;
    int count = 0;

    CHECK_STR("configuration", configure(file_read(process_pool(), DIRECTORY "/exim.conf")), "");
    text = file_read(process_pool(), DIRECTORY "/expected");
    while (str_take_line(&text, &line)) {
        struct pool *pool = pool_new("address");

        if (!str_starts(line, STR("#")) && str_cut(line, '\t', &question, &answer)) {
            CHECK_VIEW(pool_cstr(pool, question), test_print(question, pool), answer);
            count++;
        }
        pool_free(pool);
    }
    CHECK(count > 25);
}

static const struct { const char *field; enum header_kind kind; bool is_qualified; const char *made; } fields[] = {
    { "From: Foo <a@c.example>\n", HEADER_FROM, false, "From: Foo <a@d.example>\n" },
    { "To: b@c.example,\n  Bar (comm) <x@w.example>,\n\t\"Q, u\" <loc>, grp: g@c.example, h@x;\n", HEADER_TO, true,
        "To: b@d.example,\n  Phrase <x@ww.example>,\n\t\"Q, u\" <loc@to.example>, \n\tgrp: g@d.example, h@x;\n" },
    { "Cc: loc2\n", HEADER_CC, true, "Cc: loc2@to.example\n" },
    { "From: loc2\n", HEADER_FROM, true, "From: loc2@from.example\n" },
    { "Cc: loc2\n", HEADER_CC, false, NULL },
    { "Reply-To: bad@@x, ok@c.example\n", HEADER_REPLY_TO, false, "Reply-To: bad@@x, ok@d.example\n" },
    { "Subject: a@c.example\n", HEADER_OTHER, true, NULL },
    { "To: other@x.example\n", HEADER_TO, true, NULL },
    { "To: undisclosed-recipients:;\n", HEADER_TO, true, NULL },
    { "To:\n", HEADER_TO, true, NULL },
};

TEST(addresses_in_header_fields_are_rewritten_where_they_stand)
{
    configure(STR("qualify_domain = from.example\nqualify_recipient = to.example\nbegin rewrite\n*@c.example $1@d.example\n"
        "*@w.example \"Phrase <$1@ww.example>\" hw\n"));
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct pool *pool = pool_new("field");
        struct scope scope = scope_make(pool);
        struct header_field field = { .kind = fields[i].kind, .text = pool_dup_tainted(pool, str_of(fields[i].field)) };
        struct str made = STR("");

        CHECK_INT(fields[i].field, rewrite_header(&field, rewrite_config_rules(), fields[i].is_qualified, &scope,
            &made),
            fields[i].made != NULL);
        if (fields[i].made != NULL) {
            CHECK_STR(fields[i].field, made, fields[i].made);
            CHECK_ROW(fields[i].field, str_is_tainted(made));
        }
        pool_free(pool);
    }
}

static const struct { const char *rule, *error; } faults[] = {
    { "*@a", "missing rewrite replacement string" },
    { "*@a b@c X", "unknown rewrite flag character 'X' (could be missing quotes round replacement item)" },
    { "*@a b@c S", "rewrite rule has the S flag but is not a regular expression" },
    { "*@a \"b c", "missing rewrite replacement string" },
    { "*@a b@c h F w t", NULL },
};

TEST(a_rule_that_makes_no_sense_is_refused)
{
    struct pool *pool = pool_new("test");
    struct why why;

    for (size_t i = 0; i < COUNT(faults); i++) {
        struct str error = configure(pool_printf(process_pool(), "begin rewrite\n%s\n", faults[i].rule));

        if (faults[i].error == NULL)
            CHECK_STR(faults[i].rule, error, "");
        else
            CHECK_CONTAINS(faults[i].rule, pool_cstr(pool, error), faults[i].error);
    }
    why_init(&why, pool);
    CHECK(rewrite_rules_parse(STR("*@a b@c hF"), pool, &why) == NULL);
    CHECK_STR("transport", why.text, "rewrite rule specifies a non-header rewrite - not allowed at transport time -");
    CHECK(rewrite_rules_parse(STR("*@a b@c : *@d e@f t"), pool, &why) != NULL);
    pool_free(pool);
}

/* What comes from outside is never expanded (rule R6). */
TEST(an_address_is_not_a_program)
{
    struct pool *pool = pool_new("test");
    struct scope scope = scope_make(pool);
    struct str made = STR("");
    struct why why;

    configure(STR("begin rewrite\n*@c.example $1@d.example\n"));
    why_init(&why, pool);
    CHECK_INT("outcome", rewrite_address(pool_dup_tainted(pool, STR("${primary_hostname}@c.example")),
        REWRITE_ENV_RECIPIENT, &scope, &made, &why), OK);
    CHECK_STR("address", made, "${primary_hostname}@d.example");
    pool_free(pool);
}
