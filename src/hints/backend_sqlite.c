/* hints/backend_sqlite.c -- hints in SQLite files: one table of keys and values. */
#include <errno.h>
#include <sqlite3.h>
#include "hints/backend.h"

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *get, *put, *add, *remove, *scan;
};

static enum hints_status
status_of(int result)
{
    switch (result) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return HINTS_OK;
    case SQLITE_CONSTRAINT:
        return HINTS_NONE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:          /* the table is missing */
        return HINTS_CORRUPT;
    case SQLITE_FULL:
        errno = ENOSPC;
        return HINTS_TROUBLE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        errno = EBUSY;
        return HINTS_TROUBLE;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        errno = EACCES;
        return HINTS_TROUBLE;
    default:
        errno = EIO;
        return HINTS_TROUBLE;
    }
}

static enum hints_status
sqlite_close(void *handle)
{
    struct sqlite *sqlite = handle;
    int result = SQLITE_OK;

    if (sqlite->put != NULL)
        result = sqlite3_exec(sqlite->db, "COMMIT", NULL, NULL, NULL);
    sqlite3_finalize(sqlite->get);
    sqlite3_finalize(sqlite->put);
    sqlite3_finalize(sqlite->add);
    sqlite3_finalize(sqlite->remove);
    sqlite3_finalize(sqlite->scan);
    sqlite3_close(sqlite->db);
    return status_of(result);
}

static int
prepare(struct sqlite *sqlite, const char *text, sqlite3_stmt **statement_out)
{
    return sqlite3_prepare_v2(sqlite->db, text, -1, statement_out, NULL);
}

/* Statements for reading; for writing, within one transaction that close ends. */
static int
prepare_all(struct sqlite *sqlite, enum hints_mode mode)
{
    int result = prepare(sqlite, "SELECT value FROM hints WHERE key = ?1", &sqlite->get);

    if (result == SQLITE_OK)
        result = prepare(sqlite, "SELECT key FROM hints ORDER BY key", &sqlite->scan);
    if (result != SQLITE_OK || mode == HINTS_READ)
        return result;
    result = sqlite3_exec(sqlite->db, "BEGIN", NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = prepare(sqlite, "DELETE FROM hints WHERE key = ?1", &sqlite->remove);
    if (result == SQLITE_OK)
        result = prepare(sqlite, "INSERT INTO hints VALUES (?1, ?2)", &sqlite->add);
    if (result == SQLITE_OK)
        result = prepare(sqlite, "INSERT OR REPLACE INTO hints VALUES (?1, ?2)", &sqlite->put);
    return result;
}

static enum hints_status
sqlite_open(const char *path, enum hints_mode mode, struct pool *pool, void **handle_out)
{
    struct sqlite *sqlite = POOL_NEW(pool, struct sqlite);
    int flags = mode == HINTS_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int result = sqlite3_open_v2(path, &sqlite->db, flags | (mode == HINTS_CREATE ? SQLITE_OPEN_CREATE : 0), NULL);

    if (result == SQLITE_OK)
        result = sqlite3_exec(sqlite->db, "PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
    if (result == SQLITE_OK && mode == HINTS_CREATE)
        result = sqlite3_exec(sqlite->db,
            "CREATE TABLE IF NOT EXISTS hints (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID", NULL, NULL,
                NULL);
    if (result == SQLITE_OK)
        result = prepare_all(sqlite, mode);
    if (result != SQLITE_OK) {
        enum hints_status status = status_of(result);
        int saved = errno;

        sqlite_close(sqlite);
        errno = saved;
        return status;
    }
    *handle_out = sqlite;
    return HINTS_OK;
}

static int
bind(sqlite3_stmt *statement, int place, struct str s)
{
    return sqlite3_bind_blob64(statement, place, s.len > 0 ? s.ptr : "", s.len, SQLITE_TRANSIENT);
}

static enum hints_status
column(sqlite3_stmt *statement, int result, struct str *value_out)
{
    if (result == SQLITE_DONE)
        return HINTS_NONE;
    if (result != SQLITE_ROW)
        return status_of(result);
    value_out->ptr = sqlite3_column_blob(statement, 0);
    value_out->len = (size_t)sqlite3_column_bytes(statement, 0);
    return HINTS_OK;
}

static enum hints_status
sqlite_get(void *handle, struct str key, struct str *value_out)
{
    struct sqlite *sqlite = handle;

    sqlite3_reset(sqlite->get);
    bind(sqlite->get, 1, key);
    return column(sqlite->get, sqlite3_step(sqlite->get), value_out);
}

static enum hints_status
sqlite_put(void *handle, struct str key, struct str value, bool is_only_new)
{
    struct sqlite *sqlite = handle;
    sqlite3_stmt *statement = is_only_new ? sqlite->add : sqlite->put;
    int result;

    bind(statement, 1, key);
    bind(statement, 2, value);
    result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return status_of(result);
}

static enum hints_status
sqlite_remove(void *handle, struct str key)
{
    struct sqlite *sqlite = handle;
    int result;

    bind(sqlite->remove, 1, key);
    result = sqlite3_step(sqlite->remove);
    sqlite3_reset(sqlite->remove);
    if (result == SQLITE_DONE && sqlite3_changes(sqlite->db) == 0)
        return HINTS_NONE;
    return status_of(result);
}

static enum hints_status
sqlite_scan(void *handle, bool is_first, struct str *key_out)
{
    struct sqlite *sqlite = handle;

    if (is_first)
        sqlite3_reset(sqlite->scan);
    return column(sqlite->scan, sqlite3_step(sqlite->scan), key_out);
}

const struct hints_backend sqlite_backend = {
    .name = "sqlite",
    .suffix = ".sqlite",
    .open = sqlite_open,
    .get = sqlite_get,
    .put = sqlite_put,
    .remove = sqlite_remove,
    .scan = sqlite_scan,
    .close = sqlite_close,
};
