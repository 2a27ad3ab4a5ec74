/* Hints: every kind of file that was built in keeps records; damage is set aside. */
#include "check.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "hints/backend.h"

static const char *
path_of(struct pool *pool, const char *name)
{
    return pool_cstr(pool, pool_printf(pool, "%s/%s", check_directory(), name));
}

static void
keeps_records(const struct hints_backend *backend, const char *path, struct pool *pool)
{
    struct str value = STR(""), key;
    void *handle = NULL;
    int count = 0;

    CHECK_INT(backend->name, backend->open(path, HINTS_READ, pool, &handle) != HINTS_OK, true);
    REQUIRE(backend->open(path, HINTS_CREATE, pool, &handle) == HINTS_OK);
    CHECK_INT(backend->name, backend->get(handle, STR("T:a"), &value), HINTS_NONE);
    CHECK_INT(backend->name, backend->put(handle, STR("T:a"), STR("one\0two"), false), HINTS_OK);
    CHECK_INT(backend->name, backend->put(handle, STR("T:a"), STR("other"), true), HINTS_NONE);
    CHECK_INT(backend->name, backend->put(handle, STR("R:b"), STR(""), true), HINTS_OK);
    CHECK_INT(backend->name, backend->get(handle, STR("T:a"), &value), HINTS_OK);
    CHECK_VIEW(backend->name, value, STR("one\0two"));
    CHECK_INT(backend->name, backend->close(handle), HINTS_OK);
    REQUIRE(backend->open(path, HINTS_WRITE, pool, &handle) == HINTS_OK);
    for (bool is_first = true; backend->scan(handle, is_first, &key) == HINTS_OK; is_first = false) {
        CHECK_ROW(backend->name, str_eq(key, STR("T:a")) || str_eq(key, STR("R:b")));
        count++;
    }
    CHECK_INT(backend->name, count, 2);
    CHECK_INT(backend->name, backend->remove(handle, STR("T:a")), HINTS_OK);
    CHECK_INT(backend->name, backend->remove(handle, STR("T:a")), HINTS_NONE);
    CHECK_INT(backend->name, backend->get(handle, STR("T:a"), &value), HINTS_NONE);
    CHECK_INT(backend->name, backend->close(handle), HINTS_OK);
}

TEST(every_backend_keeps_records)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; hints_backends_rows[i] != NULL; i++)
        keeps_records(hints_backends_rows[i], path_of(pool, pool_cstr(pool, pool_printf(pool, "%zu", i))), pool);
    pool_free(pool);
}

static bool
directory_has(const char *part)
{
    DIR *directory = opendir(check_directory());
    bool is_there = false;

    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        is_there |= strstr(entry->d_name, part) != NULL;
    closedir(directory);
    return is_there;
}

static void
file_fill(const char *path, char c, size_t bytes)
{
    FILE *file = fopen(path, "w");

    for (size_t i = 0; i < bytes; i++)
        putc(c, file);
    fclose(file);
}

static const struct { const char *name; char filling; size_t bytes; } damages[] = {
    { "text", 'x', 100 }, { "page", 'x', 4096 }, { "zeros", '\0', 8192 },
};

TEST(a_corrupt_database_is_set_aside_and_begun_anew)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(damages); i++) {
        const char *path = path_of(pool, damages[i].name);
        struct hints *hints;
        struct str value = STR("");

        file_fill(pool_cstr(pool, pool_printf(pool, "%s%s", path, hints_backends_rows[0]->suffix)), damages[i].filling,
            damages[i].bytes);
        CHECK_ROW(damages[i].name, hints_open_path(path, HINTS_READ, true) == NULL);
        hints = hints_open_path(path, HINTS_CREATE, true);
        CHECK_ROW(damages[i].name, hints_put(hints, STR("key"), STR("value")));
        CHECK_ROW(damages[i].name, hints_get(hints, STR("key"), 100, pool, &value));
        CHECK_STR(damages[i].name, value, "value");
        CHECK_ROW(damages[i].name, is_tainted(value.ptr));
        CHECK_ROW(damages[i].name, !hints_get(hints, STR("key"), 4, pool, &value));
        hints_close(hints);
        CHECK_ROW(damages[i].name,
            directory_has(pool_cstr(pool, pool_printf(pool, "%s%s.corrupt-", damages[i].name,
                hints_backends_rows[0]->suffix))));
    }
    pool_free(pool);
}

TEST(a_database_that_is_not_there_is_done_without)
{
    struct pool *pool = pool_new("test");
    const char *path = path_of(pool, "nothing");

    CHECK(hints_open_path(path, HINTS_READ, true) == NULL);
    CHECK(hints_open_path(path, HINTS_WRITE, true) == NULL);
    CHECK(hints_open("no/such/name", HINTS_CREATE) == NULL);
    CHECK(!hints_put(NULL, STR("a"), STR("b")));
    hints_close(NULL);
    CHECK(!directory_has("nothing"));
    pool_free(pool);
}

/* A process that dies at a database leaves a mark; the next sets the database aside. */
TEST(a_database_at_which_someone_died_is_set_aside)
{
    struct pool *pool = pool_new("test");
    const char *path = path_of(pool, "died");
    struct hints *hints;
    struct str value;
    pid_t child;

    hints = hints_open_path(path, HINTS_CREATE, true);
    REQUIRE(hints_put(hints, STR("key"), STR("value")));
    hints_close(hints);
    child = fork();
    if (child == 0) {
        hints_open_path(path, HINTS_READ, true);
        _exit(0);
    }
    REQUIRE(waitpid(child, NULL, 0) == child);
    CHECK(hints_open_path(path, HINTS_READ, true) == NULL);
    CHECK(directory_has(pool_cstr(pool, pool_printf(pool, "died%s.corrupt-", hints_backends_rows[0]->suffix))));
    hints = hints_open_path(path, HINTS_CREATE, true);
    CHECK(!hints_get(hints, STR("key"), 100, pool, &value));
    CHECK(hints_put(hints, STR("key"), STR("value")));
    hints_close(hints);
    hints = hints_open_path(path, HINTS_READ, true);
    CHECK(hints_get(hints, STR("key"), 100, pool, &value));
    hints_close(hints);
    pool_free(pool);
}
