/* lookups/dbm.c -- keyed files of Berkeley DB (manual: dbm, dbmjz, dbmnz). */
#include <db.h>
#include <errno.h>
#include "base/buf.h"
#include "base/items.h"
#include "lookups/lookup.h"

struct lookup_handle {
    DB *db;
};

static struct lookup_handle *
dbm_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);
    int error = file.len > 0 && file.ptr[0] == '/' ? db_create(&handle->db, NULL, 0) : ENOENT;

    if (error == 0) {
        handle->db->set_errfile(handle->db, NULL);
        error = handle->db->open(handle->db, NULL, file.ptr, NULL, DB_UNKNOWN, DB_RDONLY, 0);
        if (error == 0)
            return handle;
        handle->db->close(handle->db, 0);
    }
    why_defer(why, 0, "4.3.0", "failed to open %.*s as a db file: %s", STR_ARG(file), db_strerror(error));
    return NULL;
}

static void
dbm_close(struct lookup_handle *handle)
{
    handle->db->close(handle->db, 0);
}

static enum lookup_answer
fetch(struct lookup_handle *handle, const struct lookup_query *query, struct str key, struct str *value_out, struct why *why)
{
    DBT wanted = { .data = (void *)key.ptr, .size = (u_int32_t)key.len }, found = { 0 };
    int error = handle->db->get(handle->db, NULL, &wanted, &found, 0);
    struct str value;

    if (error == DB_NOTFOUND)
        return LOOKUP_NOT_FOUND;
    if (error != 0) {
        why_defer(why, 0, "4.3.0", "reading %.*s: %s", STR_ARG(query->file), db_strerror(error));
        return LOOKUP_DEFERRED;
    }
    value = str_make(found.data, found.size);
    if (value.len > 0 && value.ptr[value.len - 1] == '\0')
        value.len--;
    *value_out = pool_dup(query->scope->pool, value);
    return LOOKUP_FOUND;
}

static enum lookup_answer
dbm_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    struct str key = pool_dup(query->scope->pool, query->key);

    /* The copy is terminated: the terminator counts as part of the key. */
    return fetch(handle, query, str_make(key.ptr, key.len + 1), value_out, why);
}

static enum lookup_answer
dbmnz_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    return fetch(handle, query, query->key, value_out, why);
}

/* The items of a list, NUL between them. */
static enum lookup_answer
dbmjz_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    struct items items = items_of(query->key);
    struct str item;
    struct buf key;
    bool is_first = true;

    buf_init(&key, query->scope->pool, BUF_NO_LIMIT);
    while (items_next(&items, query->scope->pool, &item)) {
        if (!is_first)
            buf_add_char(&key, '\0');
        buf_add(&key, item);
        is_first = false;
    }
    return fetch(handle, query, buf_str(&key), value_out, why);
}

const struct lookup_driver dbm_driver = {
    .name = "dbm", .is_single_key = true, .is_file = true, .open = dbm_open, .find = dbm_find, .close = dbm_close,
};
const struct lookup_driver dbmjz_driver = {
    .name = "dbmjz", .is_single_key = true, .is_file = true, .open = dbm_open, .find = dbmjz_find, .close = dbm_close,
};
const struct lookup_driver dbmnz_driver = {
    .name = "dbmnz", .is_single_key = true, .is_file = true, .open = dbm_open, .find = dbmnz_find, .close = dbm_close,
};
