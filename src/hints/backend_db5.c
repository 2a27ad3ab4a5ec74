/* hints/backend_db5.c -- hints in Berkeley DB 5.3 hash files, as Exim keeps them: keys with their final NUL.
 *
 * The environment's home is the absolute directory of the file, so that the library looks for its DB_CONFIG nowhere
 * else (rule R10).  Hints may be lost, so they are not synced to the disk. */
#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "hints/backend.h"

struct db5 {
    struct pool *pool;
    DB_ENV *env;
    DB *db;
    DBC *cursor;
};

/* Hints are not worth a disk flush. */
static int
no_sync(int fd)
{
    (void)fd;
    return 0;
}

static enum hints_status
status_of(int result)
{
    switch (result) {
    case 0:
        return HINTS_OK;
    case DB_NOTFOUND:
    case DB_KEYEMPTY:
    case DB_KEYEXIST:
    case ENOENT:
        return HINTS_NONE;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EFBIG:
        errno = result;
        return HINTS_TROUBLE;
    default:
        return HINTS_CORRUPT;
    }
}

/* A file of another kind, or cut short below its first page, is not given to the library. */
static bool
looks_like_database(const char *path)
{
    struct stat st;

    return stat(path, &st) == -1 || st.st_size == 0 || (S_ISREG(st.st_mode) && st.st_size >= 512 &&
        st.st_size % 512 == 0);
}

static enum hints_status
db5_close(void *handle)
{
    struct db5 *db5 = handle;
    int result = 0;

    if (db5->cursor != NULL)
        db5->cursor->close(db5->cursor);
    if (db5->db != NULL)
        result = db5->db->close(db5->db, 0);
    if (db5->env != NULL)
        db5->env->close(db5->env, 0);
    return status_of(result);
}

static int
env_open(struct db5 *db5, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *home = pool_cstr(db5->pool, str_make(path, slash != NULL && slash > path ? (size_t)(slash - path) : 1));
    int result = db_env_create(&db5->env, 0);

    if (result != 0)
        return result;
    db5->env->set_errcall(db5->env, NULL);
    db5->env->set_errfile(db5->env, NULL);
    return db5->env->open(db5->env, home, DB_CREATE | DB_INIT_MPOOL | DB_PRIVATE, 0640);
}

static enum hints_status
db5_open(const char *path, enum hints_mode mode, struct pool *pool, void **handle_out)
{
    struct db5 *db5 = POOL_NEW(pool, struct db5);
    int result;

    if (path[0] != '/' || !looks_like_database(path))
        return HINTS_CORRUPT;
    db5->pool = pool;
    db_env_set_func_fsync(no_sync);
    result = env_open(db5, path);
    if (result == 0)
        result = db_create(&db5->db, db5->env, 0);
    /* For new files: damage is then noticed before the library believes it. */
    if (result == 0 && mode == HINTS_CREATE)
        result = db5->db->set_flags(db5->db, DB_CHKSUM);
    if (result == 0)
        result = db5->db->open(db5->db, NULL, path, NULL, mode == HINTS_CREATE ? DB_HASH : DB_UNKNOWN,
            mode == HINTS_READ ? DB_RDONLY : mode == HINTS_CREATE ? DB_CREATE : 0, 0640);
    if (result != 0) {
        enum hints_status status = status_of(result);
        int saved = errno;

        db5_close(db5);
        errno = saved;
        return status;
    }
    *handle_out = db5;
    return HINTS_OK;
}

/* A key with the NUL that ends it in the file. */
static DBT
key_of(struct db5 *db5, struct str key)
{
    char *text = pool_alloc(db5->pool, key.len + 1);

    if (key.len > 0)
        memcpy(text, key.ptr, key.len);
    return (DBT){ .data = text, .size = (u_int32_t)key.len + 1 };
}

static enum hints_status
db5_get(void *handle, struct str key, struct str *value_out)
{
    struct db5 *db5 = handle;
    DBT key_t = key_of(db5, key), value = { 0 };
    int result = db5->db->get(db5->db, NULL, &key_t, &value, 0);

    *value_out = str_make(value.data, value.size);
    return status_of(result);
}

static enum hints_status
db5_put(void *handle, struct str key, struct str value, bool is_only_new)
{
    struct db5 *db5 = handle;
    DBT key_t = key_of(db5, key), value_t = { .size = (u_int32_t)value.len };
    struct str copy = pool_dup(db5->pool, value);

    memcpy(&value_t.data, &copy.ptr, sizeof(value_t.data));
    return status_of(db5->db->put(db5->db, NULL, &key_t, &value_t, is_only_new ? DB_NOOVERWRITE : 0));
}

static enum hints_status
db5_remove(void *handle, struct str key)
{
    struct db5 *db5 = handle;
    DBT key_t = key_of(db5, key);

    return status_of(db5->db->del(db5->db, NULL, &key_t, 0));
}

static enum hints_status
db5_scan(void *handle, bool is_first, struct str *key_out)
{
    struct db5 *db5 = handle;
    DBT key = { 0 }, value = { .flags = DB_DBT_PARTIAL };
    int result = 0;

    if (is_first && db5->cursor != NULL) {
        db5->cursor->close(db5->cursor);
        db5->cursor = NULL;
    }
    if (db5->cursor == NULL)
        result = db5->db->cursor(db5->db, NULL, &db5->cursor, 0);
    if (result == 0)
        result = db5->cursor->get(db5->cursor, &key, &value, DB_NEXT);
    if (result != 0)
        return status_of(result);
    *key_out = str_make(key.data, key.size);
    if (key.size > 0 && key_out->ptr[key.size - 1] == '\0')
        key_out->len--;
    return HINTS_OK;
}

const struct hints_backend db5_backend = {
    .name = "db5",
    .suffix = "",
    .open = db5_open,
    .get = db5_get,
    .put = db5_put,
    .remove = db5_remove,
    .scan = db5_scan,
    .close = db5_close,
};
