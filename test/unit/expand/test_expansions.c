/* Every expression of test/data/expansions.txt gives what stands below it.  The expected results come from the
 * reference
 * (test/renew-expansions); those on which Tern differs on purpose stand below "# differs", and in doc/DIFFERENCES.md.
 *
 * One entry: the expression on a line of its own, then each line of the result after "> "; "/DATA" is test/data. */
#include "check.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/file.h"
#include "base/process.h"
#include "config/config.h"
#include "config/reader.h"
#include "expand/expand.h"
#include "expand/interactive.h"
#include "message/message.h"

enum { TABLE_MAX_BYTES = 16 << 20 };

static struct config *
read_configuration(struct pool *pool, const char *file)
{
    struct config_request request = { .files = file };
    struct config *read = NULL;
    struct str error;

    if (config_read(&request, pool, &read, &error) != OK)
        printf("%.*s\n", STR_ARG(error));
    return read;
}

/* What -be would print, without the line end. */
static struct str
expanded(struct scope *scope, struct str text)
{
    struct template template = { .text = pool_dup_clean(scope->pool, text) };
    struct why why;
    struct str result;

    why_init(&why, scope->pool);
    if (expand(&template, scope, &result, &why) == OK)
        return result;
    return pool_printf_tainted(scope->pool, "Failed: %.*s", STR_ARG(why.text));
}

/* With the directory of the data for "/DATA". */
static struct str
with_directory(struct pool *pool, struct str text, const char *directory)
{
    struct buf out;
    size_t at;

    buf_init(&out, pool, BUF_NO_LIMIT);
    while ((at = str_find_str(text, STR("/DATA"))) != STR_NONE) {
        buf_add(&out, str_head(text, at));
        buf_add_c(&out, directory);
        text = str_from(text, at + 5);
    }
    buf_add(&out, text);
    return buf_str(&out);
}

/* The next entry of the table; false at its end. */
static bool
next_entry(struct str *rest, struct pool *pool, struct str *expression_out, struct str *result_out)
{
    struct buf result;
    struct str line;
    bool is_first = true;

    do {
        if (!str_take_line(rest, expression_out))
            return false;
    } while (expression_out->len == 0 || expression_out->ptr[0] == '#');
    buf_init(&result, pool, BUF_NO_LIMIT);
    while (rest->len > 0 && rest->ptr[0] == '>') {
        str_take_line(rest, &line);
        if (!is_first)
            buf_add_char(&result, '\n');
        is_first = false;
        buf_add(&result, str_from(line, 2));
    }
    /* Texts of errors are one line here. */
    for (size_t i = 0; i < result.len && str_starts(buf_str(&result), STR("Failed: ")); i++)
        if (result.ptr[i] == '\n')
            result.ptr[i] = ' ';
    *result_out = buf_str(&result);
    return true;
}

TEST(expressions_of_the_table_give_what_stands_below_them)
{
    const char *directory = getenv("TEST_DATA");
    struct pool *pool = pool_new("table"), *work = pool_new("expression");
    struct scope scope = scope_make(work);
    struct str table, expression, expected;
    char path[512], here[512];
    int count = 0;

    snprintf(path, sizeof path, "%s/expansions.conf", directory != NULL ? directory : "test/data");
    if ((config = read_configuration(pool, path)) == NULL)
        SKIP("no configuration");
    snprintf(path, sizeof path, "%s/expansions.txt", directory != NULL ? directory : "test/data");
    REQUIRE(file_read(path, pool, CLEAN, TABLE_MAX_BYTES, &table));
    REQUIRE(chdir(directory != NULL ? directory : "test/data") == 0 && getcwd(here, sizeof here) != NULL);
    scope.pool = pool;
    scope.origin = origin_new(pool);
    REQUIRE(setenv("TABLE_VALUE", "from the environment", 1) == 0);
    REQUIRE(expand_load_message(STR("message.eml"), &scope, stdout));
    scope.pool = work;
    while (next_entry(&table, pool, &expression, &expected)) {
        struct pool_mark mark = pool_mark(work);
        const char *label = pool_cstr(work, expression);

        CHECK_VIEW(label, expanded(&scope, with_directory(work, expression, here)),
                   with_directory(work, expected, here));
        pool_reset(work, mark);
        count++;
    }
    printf("%d expressions\n", count);
    CHECK(count > 100);
}
