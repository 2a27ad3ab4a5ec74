/* lookups/lookup.c -- the engine: open files and answers that are kept, partial matching, defaults. */
#include "lookups/lookup.h"
#include <sys/stat.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/map.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"

enum { OPEN_FILES_DEFAULT = 25, ANSWERS_MAX_BYTES = 8 << 20, QUERY_LIFETIME_S = 300, LOOK_AGAIN_MS = 50 };

/* What was answered for a key. */
struct kept_answer {
    enum lookup_answer answer;
    struct str value;
};

/* One open file, or one query-style type. */
struct lookup_source {
    struct lookup_source *next;     /* the latest used first */
    const struct lookup_driver *driver;
    struct str file;
    struct pool *pool;              /* of the source itself and the driver's handle */
    struct lookup_handle *handle;
    bool is_open;
    struct stat st;
    time_t opened_at;
    int64_t looked_at_ms;
    struct pool *answer_pool;
    struct map answers;             /* key and options → struct kept_answer * */
};

struct lookup_cache {
    struct lookup_source *sources;
    int open_count;
};

static struct lookup_cache *
cache_get(void)
{
    static const char key = 0;

    return process_cache(&key, sizeof(struct lookup_cache));
}

static void
answers_reset(struct lookup_source *source)
{
    pool_free(source->answer_pool);
    source->answer_pool = pool_new("lookup answers");
    map_init(&source->answers, source->answer_pool, false);
}

static void
source_free(struct lookup_source *source)
{
    if (source->is_open && source->driver->close != NULL && source->handle != NULL)
        source->driver->close(source->handle);
    pool_free(source->answer_pool);
    pool_free(source->pool);
}

void
lookup_tidy(void)
{
    for (struct lookup_source *source = cache_get()->sources; source != NULL; source = source->next)
        if (!source->driver->is_absolute_file && source->answers.count > 0)
            answers_reset(source);
}

void
lookup_close_all(void)
{
    struct lookup_cache *cache = cache_get();

    while (cache->sources != NULL) {
        struct lookup_source *source = cache->sources;

        cache->sources = source->next;
        source_free(source);
    }
    cache->open_count = 0;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size
        && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The source is what it was when it was opened.  Files are looked at again after a moment only: a system call for each
 * question costs more than the answer. */
static bool
is_fresh(struct lookup_source *source)
{
    struct stat st;
    int64_t now_ms;

    if (source->driver->is_absolute_file) {
        now_ms = monotonic_ms();
        if (now_ms - source->looked_at_ms < LOOK_AGAIN_MS)
            return true;
        source->looked_at_ms = now_ms;
        return stat(source->file.ptr, &st) == 0 && is_same_file(&st, &source->st);
    }
    return clock_seconds() - source->opened_at < QUERY_LIFETIME_S;
}

/* Close the one not used for the longest time when too many are open. */
static void
close_oldest(struct lookup_cache *cache)
{
    int limit = config != NULL && config->lookup_open_max > 0 ? config->lookup_open_max : OPEN_FILES_DEFAULT;
    struct lookup_source **oldest = NULL;

    if (cache->open_count < limit)
        return;
    for (struct lookup_source **at = &cache->sources; *at != NULL; at = &(*at)->next)
        if ((*at)->driver->is_absolute_file)
            oldest = at;
    if (oldest != NULL) {
        struct lookup_source *source = *oldest;

        *oldest = source->next;
        source_free(source);
        cache->open_count--;
    }
}

static struct lookup_source *
source_open(const struct lookup_driver *driver, struct str file, struct why *why)
{
    struct lookup_cache *cache = cache_get();
    struct pool *pool = pool_new("lookup");
    struct lookup_source *source = POOL_NEW(pool, struct lookup_source);

    if (driver->is_absolute_file)
        close_oldest(cache);
    source->pool = pool;
    source->driver = driver;
    source->file = pool_dup(pool, file);
    source->opened_at = clock_seconds();
    source->looked_at_ms = monotonic_ms();
    if (driver->is_absolute_file && stat(source->file.ptr, &source->st) == -1)
        source->st.st_size = -1;
    if (driver->open != NULL) {
        source->handle = driver->open(source->file, pool, why);
        source->is_open = source->handle != NULL;
        if (!source->is_open || (driver->check != NULL && !driver->check(source->handle, source->file, why))) {
            source_free(source);
            if (why != NULL)
                why->detail = 1;
            return NULL;
        }
    }
    answers_reset(source);
    source->next = cache->sources;
    cache->sources = source;
    cache->open_count += driver->is_absolute_file;
    return source;
}

static struct lookup_source *
source_get(const struct lookup_driver *driver, struct str file, struct why *why)
{
    struct lookup_cache *cache = cache_get();

    for (struct lookup_source **at = &cache->sources; *at != NULL; at = &(*at)->next) {
        struct lookup_source *source = *at;

        if (source->driver != driver || !str_eq(source->file, file))
            continue;
        *at = source->next;
        if (is_fresh(source)) {
            source->next = cache->sources;
            cache->sources = source;
            return source;
        }
        cache->open_count -= driver->is_absolute_file;
        source_free(source);
        break;
    }
    return source_open(driver, file, why);
}

/* Ask the driver, or remember. */
static enum lookup_answer
ask(const struct lookup_spec *spec, struct lookup_source *source, struct str key, struct scope *scope,
    struct str *value_out, struct why *why)
{
    bool is_kept = !spec->driver->has_own_cache;
    struct str cache_key = key;
    struct kept_answer *kept;
    enum lookup_answer answer;

    if (spec->options.len > 0)
        cache_key = pool_printf(scope->pool, "%.*s%c%.*s", STR_ARG(key), '\0', STR_ARG(spec->options));
    if (is_kept && spec->is_cache_read && (kept = map_get(&source->answers, cache_key)) != NULL) {
        *value_out = pool_dup_clean(scope->pool, kept->value);
        return kept->answer;
    }
    answer = spec->driver->find(source->handle, source->file, key, spec->options, scope, value_out, why);
    trace(TRACE_LOOKUP, "%s%s%.*s: key \"%.*s\" %s", spec->driver->name, source->file.len > 0 ? " " : "",
          STR_ARG(source->file), STR_ARG(key),
          answer == LOOKUP_FOUND       ? "found"
          : answer == LOOKUP_NOT_FOUND ? "not found"
                                       : "deferred");
    if (answer == LOOKUP_DEFERRED)
        return answer;
    /* What a lookup finds is trusted: the administrator made the file. */
    if (answer == LOOKUP_FOUND)
        *value_out = pool_dup_clean(scope->pool, *value_out);
    if (is_kept && spec->is_cache_written) {
        if (pool_bytes(source->answer_pool) > ANSWERS_MAX_BYTES)
            answers_reset(source);
        kept = POOL_NEW(source->answer_pool, struct kept_answer);
        kept->answer = answer;
        kept->value = answer == LOOKUP_FOUND ? pool_dup_clean(source->answer_pool, *value_out) : STR("");
        map_set(&source->answers, pool_dup(source->answer_pool, cache_key), kept);
    }
    return answer;
}

/* One lookup of one key; ret=key gives the key back, now known to be good. */
static enum lookup_answer
find_key(const struct lookup_spec *spec, struct lookup_source *source, struct str asked, struct str key,
         struct scope *scope, struct str *value_out, struct why *why)
{
    enum lookup_answer answer;

    if (asked.len == 0 && spec->driver->is_single_key)
        return LOOKUP_NOT_FOUND;
    answer = ask(spec, source, asked, scope, value_out, why);
    if (answer == LOOKUP_FOUND && spec->is_key_wanted)
        *value_out = pool_dup_clean(scope->pool, key);
    return answer;
}

static void
set_wild(struct captures *wild, struct str key, struct str wild_part, struct str fixed_part)
{
    if (wild == NULL)
        return;
    wild->count = 3;
    wild->values[0] = key;
    wild->values[1] = wild_part;
    wild->values[2] = fixed_part;
}

/* "*.b.c", "*.c" … down to the wanted number of components (manual: partial matching). */
static enum lookup_answer
find_partial(const struct lookup_spec *spec, struct lookup_source *source, struct str key, struct scope *scope,
             struct str *value_out, struct captures *wild, struct why *why)
{
    int components = key.len > 0 ? 1 : 0;
    size_t start = 0;
    enum lookup_answer answer;

    for (size_t i = 0; i < key.len; i++)
        components += key.ptr[i] == '.';
    while (components >= spec->partial && components > 0) {
        struct str fixed = str_from(key, start);
        struct buf asked;
        size_t dot;

        buf_init(&asked, scope->pool, BUF_NO_LIMIT);
        buf_add(&asked, spec->affix);
        buf_add(&asked, fixed);
        /* An empty affix asks for the key itself, which was done. */
        if (spec->affix.len > 0 || start > 0) {
            answer = find_key(spec, source, buf_str(&asked), key, scope, value_out, why);
            if (answer != LOOKUP_NOT_FOUND) {
                set_wild(wild, key, str_head(key, start > 0 ? start - 1 : 0), fixed);
                return answer;
            }
        }
        dot = str_find(fixed, '.');
        components--;
        if (dot == STR_NONE)
            break;
        start += dot + 1;
    }
    if (spec->partial == 0 && spec->affix.len > 0) {
        struct str asked = spec->affix;

        if (asked.len > 1 && asked.ptr[asked.len - 1] == '.')
            asked.len--;
        answer = find_key(spec, source, asked, key, scope, value_out, why);
        if (answer != LOOKUP_NOT_FOUND) {
            set_wild(wild, key, key, STR(""));
            return answer;
        }
    }
    return LOOKUP_NOT_FOUND;
}

/* "*@domain", then "*". */
static enum lookup_answer
find_default(const struct lookup_spec *spec, struct lookup_source *source, struct str key, struct scope *scope,
             struct str *value_out, struct captures *wild, struct why *why)
{
    size_t at = str_rfind(key, '@');
    enum lookup_answer answer;

    if (spec->has_star_at && at != STR_NONE) {
        struct buf asked;

        buf_init(&asked, scope->pool, BUF_NO_LIMIT);
        buf_add_char(&asked, '*');
        buf_add(&asked, str_from(key, at));
        answer = find_key(spec, source, buf_str(&asked), key, scope, value_out, why);
        if (answer != LOOKUP_NOT_FOUND) {
            set_wild(wild, key, str_head(key, at), STR(""));
            return answer;
        }
    }
    answer = find_key(spec, source, STR("*"), key, scope, value_out, why);
    if (answer != LOOKUP_NOT_FOUND)
        set_wild(wild, key, key, STR(""));
    return answer;
}

enum lookup_answer
lookup_find(const struct lookup_spec *spec, struct str file, struct str key, struct scope *scope, struct str *value_out,
            struct captures *wild_out, struct why *why)
{
    struct lookup_source *source;
    enum lookup_answer answer;

    *value_out = STR("");
    if (spec->driver->is_single_key && str_is_tainted(file)) {
        why_fail(why, 0, NULL, "Tainted filename for search: '%.*s'", STR_ARG(file));
        if (why != NULL)
            why->detail = 1;
        return LOOKUP_DEFERRED;
    }
    if (str_find(file, '\0') != STR_NONE || (source = source_get(spec->driver, file, why)) == NULL)
        return LOOKUP_DEFERRED;
    answer = find_key(spec, source, key, key, scope, value_out, why);
    if (answer == LOOKUP_FOUND && spec->partial >= 0)
        set_wild(wild_out, key, STR(""), key);
    if (answer == LOOKUP_NOT_FOUND && spec->partial >= 0 && key.len > 0)
        answer = find_partial(spec, source, key, scope, value_out, wild_out, why);
    if (answer == LOOKUP_NOT_FOUND && spec->has_star)
        answer = find_default(spec, source, key, scope, value_out, wild_out, why);
    return answer;
}
