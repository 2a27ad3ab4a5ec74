/* lookups/sqlite.c -- SQL statements to an SQLite database (manual: more about SQLite).
 *
 * The file stands before the query, in the option file=, or in sqlite_dbfile. */
#include <sqlite3.h>
#include "base/buf.h"
#include "config/config.h"
#include "expand/expand.h"
#include "lookups/lookup.h"

enum { MILLISECONDS = 1000, RESULT_MAX_BYTES = 1 << 20 };

struct rows {
    struct buf text;
    int count;
};

/* A value of several columns, or with spaces in it, is quoted as ${extract} reads it. */
static void
named_value_add(struct buf *text, const char *name, const char *value)
{
    struct str v = str_of(value);
    bool is_quoted = v.len == 0 || str_find_any(v, " \t\n\"") != STR_NONE;

    buf_add_c(text, name);
    buf_add_char(text, '=');
    if (!is_quoted) {
        buf_add(text, v);
    } else {
        buf_add_char(text, '"');
        for (size_t i = 0; i < v.len; i++) {
            if (v.ptr[i] == '"' || v.ptr[i] == '\\')
                buf_add_char(text, '\\');
            buf_add_char(text, v.ptr[i]);
        }
        buf_add_char(text, '"');
    }
    buf_add_char(text, ' ');
}

static int
row_add(void *data, int count, char **values, char **names)
{
    struct rows *rows = data;

    if (rows->count++ > 0)
        buf_add_char(&rows->text, '\n');
    if (count == 1) {
        buf_add_c(&rows->text, values[0] == NULL ? "<NULL>" : values[0]);
        return 0;
    }
    for (int i = 0; i < count; i++)
        named_value_add(&rows->text, names[i], values[i] == NULL ? "<NULL>" : values[i]);
    return 0;
}

/* Split "/file query" or find the file elsewhere; false if there is none. */
static bool
file_find(const struct lookup_query *query, struct str *file_out, struct str *statement_out, struct why *why)
{
    *statement_out = query->key;
    if (lookup_option(query->options, "file", file_out) || !str_is_empty(query->file)) {
        if (!str_is_empty(query->file))
            *file_out = query->file;
        return true;
    }
    if (str_starts(query->key, STR("/"))) {
        *file_out = str_take_word(statement_out);
        *statement_out = str_trim_left(*statement_out);
        return true;
    }
    return config->sqlite_dbfile != NULL && expand(config->sqlite_dbfile, query->scope, file_out, why) == OK
        && !str_is_empty(*file_out);
}

static enum lookup_answer
refuse(struct why *why, const char *format, struct str text)
{
    why_defer(why, 0, "4.3.5", "%s%.*s", format, STR_ARG(text));
    return LOOKUP_DEFERRED;
}

static enum lookup_answer
run(sqlite3 *db, const struct lookup_query *query, struct str statement, struct str *value_out, struct why *why)
{
    struct rows rows = { .count = 0 };
    char *error = NULL;

    sqlite3_busy_timeout(db, config->sqlite_lock_timeout * MILLISECONDS);
    buf_init(&rows.text, query->scope->pool, RESULT_MAX_BYTES);
    if (sqlite3_exec(db, pool_cstr(query->scope->pool, statement), row_add, &rows, &error) != SQLITE_OK) {
        why_defer(why, 0, "4.3.0", "sqlite: %s", error == NULL ? sqlite3_errmsg(db) : error);
        sqlite3_free(error);
        return LOOKUP_DEFERRED;
    }
    *value_out = buf_str(&rows.text);
    return rows.count > 0 || sqlite3_changes(db) > 0 ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
}

static enum lookup_answer
sqlite_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    struct str file, statement;
    sqlite3 *db = NULL;
    enum lookup_answer answer;

    (void)handle;
    if (!file_find(query, &file, &statement, why))
        return refuse(why, "absolute file name expected for sqlite lookup", STR(""));
    if (str_is_tainted(file))
        return refuse(why, "tainted filename for sqlite lookup: ", file);
    if (pool_cstr(query->scope->pool, statement) == NULL)
        return refuse(why, "an sqlite query must not hold a NUL octet", STR(""));
    if (sqlite3_open(pool_cstr(query->scope->pool, file), &db) != SQLITE_OK) {
        why_defer(why, 0, "4.3.0", "failed to open %.*s for sqlite lookup: %s", STR_ARG(file), sqlite3_errmsg(db));
        sqlite3_close(db);
        return LOOKUP_DEFERRED;
    }
    answer = run(db, query, statement, value_out, why);
    sqlite3_close(db);
    return answer;
}

/* Quotes are doubled. */
static bool
sqlite_quote(struct str text, struct str option, struct pool *pool, struct str *quoted_out)
{
    struct buf quoted;

    if (!str_is_empty(option))
        return false;
    buf_init(&quoted, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_char(&quoted, '\'');
        buf_add(&quoted, str_sub(text, i, 1));
    }
    *quoted_out = buf_str(&quoted);
    return true;
}

const struct lookup_driver sqlite_driver = {
    .name = "sqlite", .find = sqlite_find, .quote = sqlite_quote,
};
