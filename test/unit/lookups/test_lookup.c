/* Lookups: names of types, files that change, keys by the thousand, cdb, dbm, json, sqlite files made here. */
#include "check.h"
#include <db.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/file.h"
#include "base/process.h"
#include "lookups/lookup.h"

static void
write_file(const char *name, struct str octets)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    REQUIRE(fd != -1 && file_write_all(fd, octets));
    close(fd);
}

static const char *
path_of(struct pool *pool, const char *name)
{
    return pool_printf(pool, "%s/%s", check_directory(), name).ptr;
}

/* What is found, "-" for nothing, "!" for a deferral. */
static struct str
look(const char *type, const char *file, const char *key, struct pool *pool)
{
    struct scope scope = scope_make(pool);
    struct lookup_spec spec;
    struct why why;
    struct str value;

    why_init(&why, pool);
    if (!lookup_spec_parse(str_of(type), &spec, &why))
        return STR("?");
    switch (lookup_find(&spec, str_of(file), str_of(key), &scope, &value, NULL, &why)) {
    case LOOKUP_FOUND: return value;
    case LOOKUP_NOT_FOUND: return STR("-");
    case LOOKUP_DEFERRED: break;
    }
    return STR("!");
}

static const struct {
    const char *type;
    bool is_good;
    int partial;
    const char *affix;
    bool has_star, has_star_at;
} types[] = {
    { "lsearch", true, -1, "*.", false, false },
    { "lsearch*", true, -1, "*.", true, false },
    { "lsearch*@", true, -1, "*.", true, true },
    { "partial-lsearch", true, 2, "*.", false, false },
    { "partial3-lsearch", true, 3, "*.", false, false },
    { "partial0(.)lsearch*", true, 0, ".", true, false },
    { "partial1()lsearch", true, 1, "", false, false },
    { "partial(lsearch", false, 0, "", false, false },
    { "partial(a)lsearch", false, 0, "", false, false },
    { "partialx-lsearch", false, 0, "", false, false },
    { "nosuch", false, 0, "", false, false },
    { "passwd*", false, 0, "", false, false },
    { "partial-passwd", false, 0, "", false, false },
    { "", false, 0, "", false, false },
};

TEST(names_of_types_are_taken_apart)
{
    for (size_t i = 0; i < COUNT(types); i++) {
        struct lookup_spec spec;

        CHECK_INT(types[i].type, lookup_spec_parse(str_of(types[i].type), &spec, NULL), types[i].is_good);
        if (!types[i].is_good)
            continue;
        CHECK_INT(types[i].type, spec.partial, types[i].partial);
        CHECK_STR(types[i].type, spec.affix, types[i].affix);
        CHECK_INT(types[i].type, spec.has_star, types[i].has_star);
        CHECK_INT(types[i].type, spec.has_star_at, types[i].has_star_at);
    }
}

TEST(a_changed_file_is_noticed)
{
    struct pool *pool = pool_new("test");
    const char *file = path_of(pool, "changing");
    const struct timespec a_moment = { .tv_nsec = 60000000 };

    write_file(file, STR("a: one\n"));
    CHECK_STR("before", look("lsearch", file, "a", pool), "one");
    CHECK_STR("again", look("lsearch", file, "a", pool), "one");
    write_file(file, STR("a: another\n"));
    nanosleep(&a_moment, NULL);
    CHECK_STR("after", look("lsearch", file, "a", pool), "another");
    REQUIRE(unlink(file) == 0);
    nanosleep(&a_moment, NULL);
    CHECK_STR("gone", look("lsearch", file, "a", pool), "!");
    pool_free(pool);
}

TEST(many_keys_of_a_large_file_are_found)
{
    struct pool *pool = pool_new("test");
    const char *file = path_of(pool, "large");
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    for (int i = 0; i < 100000; i++)
        buf_addf(&text, "key%d: value %d\n", i, i);
    write_file(file, buf_str(&text));
    for (int i = 0; i < 100000; i += 7) {
        struct pool_mark mark = pool_mark(pool);
        const char *key = pool_printf(pool, "KEY%d", i).ptr, *value = pool_printf(pool, "value %d", i).ptr;

        CHECK_STR(key, look("lsearch", file, key, pool), value);
        pool_reset(pool, mark);
    }
    CHECK_STR("none", look("lsearch", file, "key100000", pool), "-");
    pool_free(pool);
}

TEST(berkeley_db_keys_may_end_with_nul)
{
    struct pool *pool = pool_new("test");
    const char *file = path_of(pool, "hash.db");
    static const struct { const char *key; u_int32_t len; const char *value; } records[] = {
        { "with", 5, "with NUL" }, { "without", 7, "without NUL" }, { "a\0b", 3, "joined" },
    };
    DB *db;

    REQUIRE(db_create(&db, NULL, 0) == 0 && db->open(db, NULL, file, NULL, DB_HASH, DB_CREATE, 0600) == 0);
    for (size_t i = 0; i < COUNT(records); i++) {
        DBT key = { .data = (void *)(uintptr_t)records[i].key, .size = records[i].len };
        DBT data = { .data = (void *)(uintptr_t)records[i].value, .size = (u_int32_t)strlen(records[i].value) };

        REQUIRE(db->put(db, NULL, &key, &data, 0) == 0);
    }
    db->close(db, 0);
    CHECK_STR("dbm", look("dbm", file, "with", pool), "with NUL");
    CHECK_STR("dbm", look("dbm", file, "without", pool), "-");
    CHECK_STR("dbmnz", look("dbmnz", file, "without", pool), "without NUL");
    CHECK_STR("dbmjz", look("dbmjz", file, "a:b", pool), "joined");
    pool_free(pool);
}

static void
add_u32(struct buf *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_add_char(out, (char)(value >> 8 * i));
}

/* One record, one slot in its table. */
TEST(cdb_files_are_read)
{
    struct pool *pool = pool_new("test");
    const char *file = path_of(pool, "file.cdb");
    uint32_t hash = 5381;
    struct buf out;

    for (const char *c = "key"; *c != '\0'; c++)
        hash = (hash * 33) ^ (unsigned char)*c;
    buf_init(&out, pool, BUF_NO_LIMIT);
    for (uint32_t i = 0; i < 256; i++) {
        add_u32(&out, i == (hash & 255) ? 2048 + 8 + 3 + 5 : 2048);
        add_u32(&out, i == (hash & 255) ? 2 : 0);
    }
    add_u32(&out, 3);
    add_u32(&out, 5);
    buf_add(&out, STR("keyvalue"));
    for (uint32_t slot = 0; slot < 2; slot++) {
        add_u32(&out, slot == (hash >> 8) % 2 ? hash : 0);
        add_u32(&out, slot == (hash >> 8) % 2 ? 2048 : 0);
    }
    write_file(file, buf_str(&out));
    CHECK_STR("there", look("cdb", file, "key", pool), "value");
    CHECK_STR("not there", look("cdb", file, "kez", pool), "-");
    write_file(file, STR("short"));
    CHECK_STR("short", look("cdb", path_of(pool, "./file.cdb"), "key", pool), "!");
    pool_free(pool);
}

static const struct { const char *key, *value; } selections[] = {
    { "name", "tern" }, { "list:0", "1" }, { "list:2:deep", "yes" }, { "list:9", "-" }, { "nosuch", "-" },
      { "flag", "true" },
    { "list", "[1, \"two, three\", {\"deep\":\"yes\"}]" }, { "list:1", "two, three" },
};

TEST(parts_of_json_files_are_selected)
{
    struct pool *pool = pool_new("test");
    const char *file = path_of(pool, "file.json");

    write_file(file,
               STR("{ \"name\": \"tern\", \"list\": [1, \"two, three\", {\"deep\":\"yes\"}], \"flag\" : true }\n"));
    for (size_t i = 0; i < COUNT(selections); i++)
        CHECK_STR(selections[i].key, look("json", file, selections[i].key, pool), selections[i].value);
    pool_free(pool);
}

TEST(sqlite_rows_are_values_or_pairs)
{
    struct pool *pool = pool_new("test");
    const char *file = path_of(pool, "file.sqlite");
    const char *type = pool_printf(pool, "sqlite,file=%s", file).ptr;
    sqlite3 *db;

    REQUIRE(sqlite3_open(file, &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, "create table t(a, b); insert into t values('x', 'y z'), ('p', '')", NULL, NULL,
                         NULL) == SQLITE_OK);
    sqlite3_close(db);
    CHECK_STR("one", look(type, "", "select a from t", pool), "x\np");
    CHECK_STR("two", look(type, "", "select a, b from t", pool), "a=x b=\"y z\" \na=p b=\"\" ");
    CHECK_STR("none", look(type, "", "select a from t where a = 'q'", pool), "-");
    CHECK_STR("bad", look(type, "", "nonsense", pool), "!");
    pool_free(pool);
}

TEST(directories_give_names_and_no_paths)
{
    struct pool *pool = pool_new("test");

    write_file(path_of(pool, "entry"), STR("x"));
    CHECK_STR("there", look("dsearch", check_directory(), "entry", pool), "entry");
    CHECK_STR("full", look("dsearch,ret=full", check_directory(), "entry", pool), path_of(pool, "entry"));
    CHECK_STR("kind", look("dsearch,filter=dir", check_directory(), "entry", pool), "-");
    CHECK_STR("slash", look("dsearch", check_directory(), "../entry", pool), "!");
    CHECK_STR("path", look("dsearch,key=path", check_directory(), "../entry", pool), "!");
    pool_free(pool);
}
