/* From files to logical lines: continuation, comments, conditionals, includes. */
#include <sys/stat.h>
#include "config_check.h"

static const struct { const char *label, *text, *value, *error;
} facts[] = {
    { "continued", "qualify_domain = a\\\n   b", "qualify_domain = ab\n", NULL },
    { "blank before the backslash stays", "qualify_domain = a \\\nb", "qualify_domain = a b\n", NULL },
    { "blanks after the backslash", "qualify_domain = a\\  \n  b", "qualify_domain = ab\n", NULL },
    { "comment in between", "qualify_domain = a\\\n  # comment \\\n  b", "qualify_domain = ab\n", NULL },
    { "an empty line ends", "qualify_domain = a\\\n\nqueue_only", "qualify_domain = a\n", NULL },
    { "continued at the end of the file", "qualify_domain = a\\", "qualify_domain = a\n", NULL },
    { "hash inside a line", "qualify_domain = a # b", "qualify_domain = a # b\n", NULL },
    { "white space at both ends", "  \t qualify_domain = a  \t", "qualify_domain = a\n", NULL },
    { "CR LF", "qualify_domain = a\r\nqueue_only\r\n", "qualify_domain = a\n", NULL },
    { "ifdef of nothing", ".ifdef X\nqualify_domain = a\n.else that\nqualify_domain = b\n.endif X",
      "qualify_domain = b\n", NULL },
    { "ifdef", "X = 1\n.ifdef X\nqualify_domain = a\n.else\nqualify_domain = b\n.endif", "qualify_domain = a\n", NULL },
    { "ifndef", ".ifndef X\nqualify_domain = a\n.elifndef Y\nqualify_domain = b\n.endif", "qualify_domain = a\n",
      NULL },
    { "elifdef",
      "Y = 1\n.ifdef X\nqualify_domain = a\n.elifdef Y\nqualify_domain = b\n.else\nqualify_domain = c\n.endif",
      "qualify_domain = b\n", NULL },
    { "or", "Y = 1\n.ifdef X Y\nqualify_domain = a\n.endif", "qualify_domain = a\n", NULL },
    { "part of a name", "A = 1\n.ifdef BAC\nqualify_domain = a\n.endif", "qualify_domain = a\n", NULL },
    { "nested in what is skipped", ".ifdef X\n.ifndef Y\nqualify_domain = a\n.endif\n.endif\nqualify_domain = b",
      "qualify_domain = b\n", NULL },
    { "macros in what is skipped", ".ifdef X\nX = 1\n.endif\n.ifdef X\nqualify_domain = a\n.endif\nqualify_domain = b",
      "qualify_domain = b\n", NULL },
    { "in a continued line", "qualify_domain = a\\\n.ifdef X\nb\\\n.else\nc\\\n.endif\nd", "qualify_domain = acd\n",
      NULL },
    { "endif alone", ".endif", NULL, ".endif without matching .ifdef" },
    { "else alone", ".else", NULL, ".else without matching .ifdef" },
    { "elifdef alone", ".elifdef X", NULL, ".elifdef without matching .ifdef" },
    { "elifndef alone", ".elifndef X", NULL, ".elifndef without matching .ifdef" },
    { "included relative without need", ".include_if_exists x.conf", NULL,
      ".include specifies a non-absolute path \"x.conf\"" },
    { "optional include of nothing", ".include_if_exists /no-such-place/file\nqualify_domain = a",
      "qualify_domain = a\n", NULL },
    { "include of nothing", ".include /no-such-place/file", NULL,
      "failed to open included configuration file /no-such-place/file: No such file or directory" }
};

TEST(lines_are_made_as_the_manual_says)
{
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct reading reading = read_text(facts[i].text);

        CHECK_TEXT(facts[i].label, reading.error, facts[i].error);
        if (reading.conf != NULL)
            CHECK_TEXT(facts[i].label, SHOWN(&reading, "qualify_domain"), facts[i].value);
        pool_free(reading.pool);
    }
}

TEST(an_open_conditional_is_told_with_its_place)
{
    struct reading reading = read_text("\n.ifdef X\nqueue_only\n");

    CHECK_CONTAINS("", reading.error, "Unexpected end of configuration file: .endif missing (for line 6 of ");
    pool_free(reading.pool);
}

/* Write a file of the test's directory. */
static const char *
file(struct pool *pool, const char *name, const char *text)
{
    const char *path = pool_cstr(pool, pool_printf(pool, "%s/%s", check_directory(), name));
    FILE *out = fopen(path, "w");

    REQUIRE(out != NULL);
    fputs(text, out);
    fclose(out);
    return path;
}

static enum outcome
read_file(struct pool *pool, const char *path, struct config **conf_out, const char **error_out)
{
    struct config_request request = { .files = path, .is_text_kept = true };
    struct str error = { 0 };
    enum outcome outcome = config_read(&request, pool, conf_out, &error);

    *error_out = outcome == OK ? NULL : pool_cstr(pool, error);
    return outcome;
}

TEST(includes_nest_and_errors_show_the_trail)
{
    struct pool *pool = pool_new("test");
    const char *outer = file(pool, "outer.conf", MAIL_USER "X = y\n\n.include \"middle.conf\"\n");
    const char *error;
    struct config *conf;

    file(pool, "middle.conf", "# comment\n.include inner.conf\n");
    file(pool, "inner.conf", "\nqualify_domian = X\n");
    CHECK_INT("outcome", read_file(pool, outer, &conf, &error), FAIL);
    CHECK_CONTAINS("place", error, "Exim configuration error in line 2 of ");
    CHECK_CONTAINS("place", error, "/inner.conf:\n  main option \"qualify_domian\" unknown");
    CHECK_CONTAINS("hint", error, "\n  (did you mean \"qualify_domain\"?)");
    CHECK_CONTAINS("trail", error, "\n  (included in line 2 of ");
    CHECK_CONTAINS("trail", error, "/middle.conf)\n  (included in line 7 of ");
    CHECK_CONTAINS("macro", error, "\n  (macro X, set in line 5 of ");
    CHECK_CONTAINS("macro", error, "/outer.conf, stands for \"y\")");
    pool_free(pool);
}

TEST(an_include_may_end_a_continued_line)
{
    struct pool *pool = pool_new("test");
    const char *outer = file(pool, "outer.conf", MAIL_USER "qualify_domain = a\\\n .include more.conf\n");
    const char *error;
    struct config *conf;

    file(pool, "more.conf", "b\n");
    CHECK_INT("outcome", read_file(pool, outer, &conf, &error), OK);
    CHECK_STR("value", conf->qualify_domain, "ab");
    pool_free(pool);
}

TEST(includes_in_a_circle_come_to_an_end)
{
    struct pool *pool = pool_new("test");
    const char *error, *path = file(pool, "circle.conf", ".include circle.conf\n");
    struct config *conf;

    CHECK_INT("outcome", read_file(pool, path, &conf, &error), FAIL);
    CHECK_CONTAINS("error", error, "includes are nested more than 50 deep");
    pool_free(pool);
}

TEST(the_first_file_of_a_list_that_exists_is_read)
{
    struct pool *pool = pool_new("test");
    const char *path = file(pool, "second.conf", MAIL_USER), *error;
    const char *list = pool_cstr(pool, pool_printf(pool, "%s/first.conf : %s : %s/third.conf", check_directory(), path,
                                                   check_directory()));
    struct config *conf;

    CHECK_INT("outcome", read_file(pool, list, &conf, &error), OK);
    CHECK_STR("file", conf->file, path);
    CHECK_INT("none", read_file(pool, "/no-such-place/file:/nor/this", &conf, &error), FAIL);
    CHECK_CONTAINS("none", error, "none of the configuration files exists: /no-such-place/file:/nor/this");
    pool_free(pool);
}

TEST(an_included_file_may_not_be_writable_for_everybody)
{
    struct pool *pool = pool_new("test");
    const char *outer = file(pool, "outer.conf", MAIL_USER ".include shared.conf\n"),
               *inner = file(pool, "shared.conf", "");
    struct config_request request = { .files = outer, .is_owner_checked = true };
    struct config *conf;
    struct str error = { 0 };

    REQUIRE(chmod(inner, 0664) == 0);
    CHECK_INT("group", config_read(&request, pool, &conf, &error), OK);
    REQUIRE(chmod(inner, 0666) == 0);
    CHECK_INT("everybody", config_read(&request, pool, &conf, &error), FAIL);
    CHECK_CONTAINS("everybody", pool_cstr(pool, error), "/shared.conf has the wrong owner, group, or mode");
    pool_free(pool);
}

TEST(a_file_that_others_may_write_is_refused)
{
    struct pool *pool = pool_new("test");
    const char *path = file(pool, "open.conf", MAIL_USER);
    struct config_request request = { .files = path, .is_owner_checked = true };
    struct config *conf;
    struct str error = { 0 };

    CHECK_INT("safe", config_read(&request, pool, &conf, &error), OK);
    REQUIRE(chmod(path, 0666) == 0);
    CHECK_INT("writable", config_read(&request, pool, &conf, &error), FAIL);
    CHECK_CONTAINS("writable", pool_cstr(pool, error), "has the wrong owner, group, or mode");
    pool_free(pool);
}
