/* lookups/sqlite.c -- SQL on a file of SQLite. */
#include <sqlite3.h>
#include <string.h>
#include "base/buf.h"
#include "base/map.h"
#include "base/process.h"
#include "config/config.h"
#include "expand/expand.h"
#include "lookups/lookup.h"
#include "lookups/rows_text.h"

enum { LOCK_TIMEOUT_DEFAULT_S = 5, RESULT_MAX_BYTES = 64 << 20 };

/* Databases that are open, by file. */
struct lookup_handle {
    struct pool *pool;
    struct map databases;
};

static struct lookup_handle *
sqlite_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    (void)file, (void)why;
    handle->pool = pool;
    map_init(&handle->databases, pool, false);
    return handle;
}

static void
sqlite_close(struct lookup_handle *handle)
{
    for (const struct map_entry *entry = handle->databases.first; entry != NULL; entry = entry->next)
        sqlite3_close(entry->value);
}

/* The file: option file=, or a path before the query, or sqlite_dbfile.  False: why is filled. */
static bool
choose_file(struct str options, struct str *query, struct scope *scope, struct str *file_out, struct why *why)
{
    if (!lookup_option(options, "file", file_out)) {
        if (query->len > 0 && query->ptr[0] == '/') {
            size_t end = str_find_any(*query, " \t\n");

            *file_out = str_head(*query, end == STR_NONE ? query->len : end);
            *query = str_trim_left(str_from(*query, file_out->len));
        } else if (config == NULL || expand(config->sqlite_dbfile, scope, file_out, why) != OK) {
            return false;
        }
    }
    if (file_out->len == 0 || file_out->ptr[0] != '/') {
        why_defer(why, 0, NULL, "absolute file name expected for \"sqlite\" lookup");
        return false;
    }
    if (!str_is_tainted(*file_out))
        return true;
    why_fail(why, 0, NULL, "Tainted filename for search: '%.*s'", STR_ARG(*file_out));
    return false;
}

static sqlite3 *
database_open(struct lookup_handle *handle, struct str file, struct why *why)
{
    sqlite3 *database = map_get(&handle->databases, file);
    struct str kept;
    int lock_timeout_s =
        config != NULL && config->sqlite_lock_timeout > 0 ? config->sqlite_lock_timeout : LOCK_TIMEOUT_DEFAULT_S;

    if (database != NULL)
        return database;
    kept = pool_dup(handle->pool, file);
    if (sqlite3_open(kept.ptr, &database) != SQLITE_OK) {
        why_defer(why, 0, NULL, "sqlite_open %.*s: %s", STR_ARG(file), sqlite3_errmsg(database));
        sqlite3_close(database);
        return NULL;
    }
    sqlite3_busy_timeout(database, lock_timeout_s * 1000);
    map_set(&handle->databases, kept, database);
    return database;
}

/* One row: its only value, or name=value pairs. */
static void
add_row(struct rows_text *out, sqlite3_stmt *statement)
{
    int count = sqlite3_column_count(statement);

    rows_text_row(out, count > 1);
    for (int i = 0; i < count; i++) {
        const void *octets = sqlite3_column_text(statement, i);

        rows_text_field(out, str_of(sqlite3_column_name(statement, i)),
                        str_make(octets == NULL ? "" : octets,
                                 octets == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, i)));
    }
}

static enum lookup_answer
sqlite_find(struct lookup_handle *handle, struct str unused, struct str query, struct str options, struct scope *scope,
            struct str *value_out, struct why *why)
{
    struct str file = STR("");
    sqlite3_stmt *statement;
    sqlite3 *database;
    struct rows_text out;
    const char *rest;
    int result = SQLITE_DONE;

    (void)unused;
    if (!choose_file(options, &query, scope, &file, why) || (database = database_open(handle, file, why)) == NULL)
        return LOOKUP_DEFERRED;
    rows_text_init(&out, scope->pool, RESULT_MAX_BYTES);
    for (rest = query.ptr; (size_t)(rest - query.ptr) < query.len;) {
        int left = (int)(query.len - (size_t)(rest - query.ptr));

        if (sqlite3_prepare_v2(database, rest, left, &statement, &rest) != SQLITE_OK) {
            why_defer(why, 0, NULL, "%s", sqlite3_errmsg(database));
            if (why != NULL)
                why->detail = 1;
            return LOOKUP_DEFERRED;
        }
        if (statement == NULL)
            break;
        while ((result = sqlite3_step(statement)) == SQLITE_ROW)
            add_row(&out, statement);
        if (sqlite3_finalize(statement) != SQLITE_OK) {
            why_defer(why, 0, NULL, "%s", sqlite3_errmsg(database));
            return LOOKUP_DEFERRED;
        }
    }
    *value_out = rows_text_end(&out);
    return out.row_count > 0 ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
}

/* Single quotes are doubled. */
static bool
sqlite_quote(struct str text, struct str option, struct pool *pool, struct str *quoted_out)
{
    struct buf out;

    if (option.len > 0)
        return false;
    buf_init(&out, pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_char(&out, '\'');
        if (text.ptr[i] != '\0')
            buf_add_char(&out, text.ptr[i]);
    }
    *quoted_out = buf_str(&out);
    return true;
}

const struct lookup_driver sqlite_lookup = {
    .name = "sqlite", .open = sqlite_open, .find = sqlite_find, .close = sqlite_close, .quote = sqlite_quote,
};
