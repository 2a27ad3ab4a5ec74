/* lookups/dbm.c -- Berkeley DB files: dbm (keys end with NUL), dbmnz (they do not), dbmjz (list items joined by
 * NULs). */
#include <db.h>
#include <errno.h>
#include <string.h>
#include "base/buf.h"
#include "base/items.h"
#include "lookups/lookup.h"

struct lookup_handle {
    DB *db;
};

static struct lookup_handle *
dbm_open(struct str path, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);
    int error = db_create(&handle->db, NULL, 0);

    if (error == 0) {
        handle->db->set_errfile(handle->db, NULL);
        error = handle->db->open(handle->db, NULL, path.ptr, NULL, DB_UNKNOWN, DB_RDONLY, 0);
        if (error != 0)
            handle->db->close(handle->db, 0);
    }
    if (error == 0)
        return handle;
    why_defer(why, error > 0 && error != EINVAL ? error : ENOENT, NULL, "failed to open %.*s as a db (v4.1+) file",
              STR_ARG(path));
    return NULL;
}

static void
dbm_close(struct lookup_handle *handle)
{
    handle->db->close(handle->db, 0);
}

static enum lookup_answer
find_octets(struct lookup_handle *handle, const char *octets, size_t len, struct pool *pool, struct str *value_out,
            struct why *why)
{
    DBT key, data;
    int error;

    memset(&key, 0, sizeof key);
    memset(&data, 0, sizeof data);
    key.data = (void *)(uintptr_t)octets;
    key.size = (u_int32_t)len;
    error = handle->db->get(handle->db, NULL, &key, &data, 0);
    if (error == DB_NOTFOUND)
        return LOOKUP_NOT_FOUND;
    if (error != 0) {
        why_defer(why, 0, NULL, "dbm lookup failed: %s", db_strerror(error));
        return LOOKUP_DEFERRED;
    }
    *value_out = pool_dup_clean(pool, str_make(data.data, strnlen(data.data, data.size)));
    return LOOKUP_FOUND;
}

static enum lookup_answer
dbm_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
         struct str *value_out, struct why *why)
{
    struct str copy = pool_dup(scope->pool, key);   /* NUL-terminated */

    (void)path, (void)options;
    return find_octets(handle, copy.ptr, copy.len + 1, scope->pool, value_out, why);
}

static enum lookup_answer
dbmnz_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
           struct str *value_out, struct why *why)
{
    (void)path, (void)options;
    return find_octets(handle, key.ptr, key.len, scope->pool, value_out, why);
}

static enum lookup_answer
dbmjz_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
           struct str *value_out, struct why *why)
{
    struct items items = items_of(key);
    struct str item;
    struct buf joined;
    bool is_first = true;

    (void)path, (void)options;
    buf_init(&joined, scope->pool, BUF_NO_LIMIT);
    while (items_next(&items, scope->pool, &item)) {
        if (!is_first)
            buf_add_char(&joined, '\0');
        is_first = false;
        buf_add(&joined, item);
    }
    return find_octets(handle, buf_str(&joined).ptr, joined.len, scope->pool, value_out, why);
}

const struct lookup_driver dbm_lookup = {
    .name = "dbm",
    .is_single_key = true,
    .is_absolute_file = true,
    .open = dbm_open,
    .find = dbm_find,
    .close = dbm_close,
};

const struct lookup_driver dbmnz_lookup = {
    .name = "dbmnz",
    .is_single_key = true,
    .is_absolute_file = true,
    .open = dbm_open,
    .find = dbmnz_find,
    .close = dbm_close,
};

const struct lookup_driver dbmjz_lookup = {
    .name = "dbmjz",
    .is_single_key = true,
    .is_absolute_file = true,
    .open = dbm_open,
    .find = dbmjz_find,
    .close = dbm_close,
};
