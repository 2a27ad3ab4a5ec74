#include "lookups/handles.h"
#include <string.h>
#include <sys/stat.h>
#include "base/map.h"
#include "base/process.h"

enum { OPEN_MAX = 25, ANSWERS_MAX = 5000 };

/* What tells that a file is still the one that was opened. */
struct signature {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
};

struct answer {
    bool is_found;
    struct str value;
};

struct open_lookup {
    struct open_lookup *next;
    struct pool *pool;              /* of this handle: everything goes with it */
    const struct lookup_driver *driver;
    struct str file;
    struct signature signature;
    struct lookup_handle *handle;
    struct map answers;             /* key and options to struct answer */
};

/* Most recently used first. */
struct open_lookups {
    struct open_lookup *first;
};

static const char cache_key;

static bool
signature_of(const struct open_lookup *open, struct signature *out)
{
    struct stat st;

    *out = (struct signature){ 0 };
    if (!open->driver->is_file)
        return true;
    if (stat(open->file.ptr, &st) == -1)
        return false;
    *out = (struct signature){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
    return true;
}

static bool
is_current(const struct open_lookup *open)
{
    struct signature now;

    return signature_of(open, &now) && memcmp(&now, &open->signature, sizeof now) == 0;
}

static void
close_one(struct open_lookup *open)
{
    if (open->handle != NULL && open->driver->close != NULL)
        open->driver->close(open->handle);
    pool_free(open->pool);
}

/* Unlink and return the entry for driver and file. */
static struct open_lookup *
take(struct open_lookups *all, const struct lookup_driver *driver, struct str file)
{
    for (struct open_lookup **at = &all->first; *at != NULL; at = &(*at)->next)
        if ((*at)->driver == driver && str_eq((*at)->file, file)) {
            struct open_lookup *found = *at;

            *at = found->next;
            return found;
        }
    return NULL;
}

static void
close_oldest(struct open_lookups *all)
{
    struct open_lookup **at = &all->first;

    for (int i = 0; i < OPEN_MAX; i++) {
        if (*at == NULL)
            return;
        at = &(*at)->next;
    }
    while (*at != NULL) {
        struct open_lookup *old = *at;

        *at = old->next;
        close_one(old);
    }
}

static struct open_lookup *
open_new(const struct lookup_driver *driver, struct str file, struct why *why)
{
    struct pool *pool = pool_new("lookup");
    struct open_lookup *open = POOL_NEW(pool, struct open_lookup);

    *open = (struct open_lookup){ .pool = pool, .driver = driver, .file = pool_dup(pool, file) };
    map_init(&open->answers, pool, false);
    if (!signature_of(open, &open->signature))
        open->signature = (struct signature){ 0 };
    if (driver->open != NULL) {
        open->handle = driver->open(open->file, pool, why);
        if (open->handle == NULL) {
            pool_free(pool);
            return NULL;
        }
    }
    return open;
}

struct open_lookup *
lookup_opened(const struct lookup_driver *driver, struct str file, struct why *why)
{
    struct open_lookups *all = process_cache(&cache_key, sizeof *all);
    struct open_lookup *open = take(all, driver, file);

    if (open != NULL && !is_current(open)) {
        close_one(open);
        open = NULL;
    }
    if (open == NULL)
        open = open_new(driver, file, why);
    if (open == NULL)
        return NULL;
    open->next = all->first;
    all->first = open;
    close_oldest(all);
    return open;
}

static struct str
answer_key(const struct lookup_query *query, struct pool *pool)
{
    return str_is_empty(query->options)
        ? query->key : pool_printf_tainted(pool, "%.*s\n%.*s", STR_ARG(query->key), STR_ARG(query->options));
}

static void
answer_keep(struct open_lookup *open, struct str key, bool is_found, struct str value)
{
    struct answer *answer;

    if (open->answers.count >= ANSWERS_MAX)
        return;
    answer = POOL_NEW(open->pool, struct answer);
    *answer = (struct answer){ is_found, pool_dup(open->pool, value) };
    map_set(&open->answers, pool_dup(open->pool, key), answer);
}

enum lookup_answer
lookup_ask(struct open_lookup *open, const struct lookup_query *query, bool is_fresh, struct str *value_out, struct why *why)
{
    struct str key = answer_key(query, query->scope->pool);
    const struct answer *known = open->driver->is_file && !is_fresh ? map_get(&open->answers, key) : NULL;
    enum lookup_answer answer;

    *value_out = STR("");
    if (known != NULL) {
        *value_out = pool_dup(query->scope->pool, known->value);
        return known->is_found ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
    }
    answer = open->driver->find(open->handle, query, value_out, why);
    if (answer == LOOKUP_FOUND)
        *value_out = pool_dup(query->scope->pool, *value_out);
    if (open->driver->is_file && answer != LOOKUP_DEFERRED)
        answer_keep(open, key, answer == LOOKUP_FOUND, *value_out);
    return answer;
}
