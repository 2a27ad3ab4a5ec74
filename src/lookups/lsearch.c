/* lookups/lsearch.c -- lsearch, wildlsearch, nwildlsearch: text files searched by key or by pattern. */
#include "base/process.h"
#include "base/regex.h"
#include "expand/expand.h"
#include "lookups/lookup.h"
#include "lookups/text_file.h"

struct lookup_handle {
    struct text_file *file;
};

static struct lookup_handle *
lsearch_open(struct str path, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    handle->file = text_file_open(path, pool, why);
    return handle->file == NULL ? NULL : handle;
}

static bool
is_full_wanted(struct str options)
{
    struct str value;

    return lookup_option(options, "ret", &value) && str_eq_c(value, "full");
}

static enum lookup_answer
lsearch_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
             struct str *value_out, struct why *why)
{
    struct text_entry entry;

    (void)path, (void)why;
    if (!text_file_find(handle->file, key, scope->pool, &entry))
        return LOOKUP_NOT_FOUND;
    *value_out = text_entry_data(&entry, is_full_wanted(options), scope->pool);
    return LOOKUP_FOUND;
}

/* "type;file" as a key: is the subject found there? */
static enum lookup_answer
nested_lookup(struct str pattern, struct str subject, struct scope *scope, struct why *why)
{
    struct lookup_spec spec;
    struct str file, value;

    if (!lookup_split_item(pattern, &spec, &file, why))
        return LOOKUP_DEFERRED;
    if (!spec.driver->is_single_key)
        return lookup_find(&spec, STR(""), file, scope, &value, NULL, why);
    return lookup_find(&spec, file, subject, scope, &value, NULL, why);
}

/* Does the subject fit a key of a (n)wildlsearch file? */
static enum lookup_answer
pattern_matches(struct str pattern, struct str subject, struct scope *scope, struct why *why)
{
    if (pattern.len > 0 && pattern.ptr[0] == '^') {
        struct regex *regex = regex_compile(pattern, REGEX_CASELESS, why);

        if (regex == NULL)
            return LOOKUP_DEFERRED;
        switch (regex_match(regex, subject, 0, NULL, 0, NULL, why)) {
        case REGEX_YES: return LOOKUP_FOUND;
        case REGEX_NO: return LOOKUP_NOT_FOUND;
        case REGEX_LIMIT: return LOOKUP_DEFERRED;
        }
    }
    if (pattern.len > 0 && pattern.ptr[0] == '*')
        return str_iends(subject, str_from(pattern, 1)) ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
    if (str_find(pattern, ';') != STR_NONE)
        return nested_lookup(pattern, subject, scope, why);
    return str_ieq(pattern, subject) ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
}

static enum lookup_answer
find_pattern(struct lookup_handle *handle, struct str key, struct str options, bool is_expanded, struct scope *scope,
             struct str *value_out, struct why *why)
{
    struct text_entry entry;
    size_t at = 0;

    while (text_entry_next(handle->file, &at, scope->pool, &entry)) {
        struct str pattern = entry.key;
        enum lookup_answer answer;

        if (is_expanded) {
            struct why inner;

            why_init(&inner, scope->pool);
            if (expand_text(entry.key, scope, &pattern, &inner) != OK) {
                why_defer(why, 0, NULL, "failed to expand wildlsearch key \"%.*s\": %.*s", STR_ARG(entry.key),
                          STR_ARG(inner.text));
                return LOOKUP_DEFERRED;
            }
        }
        answer = pattern_matches(pattern, key, scope, why);
        if (answer == LOOKUP_FOUND)
            *value_out = text_entry_data(&entry, is_full_wanted(options), scope->pool);
        if (answer != LOOKUP_NOT_FOUND)
            return answer;
    }
    return LOOKUP_NOT_FOUND;
}

static enum lookup_answer
wildlsearch_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
                 struct str *value_out, struct why *why)
{
    (void)path;
    return find_pattern(handle, key, options, true, scope, value_out, why);
}

static enum lookup_answer
nwildlsearch_find(struct lookup_handle *handle, struct str path, struct str key, struct str options,
                  struct scope *scope, struct str *value_out, struct why *why)
{
    (void)path;
    return find_pattern(handle, key, options, false, scope, value_out, why);
}

const struct lookup_driver lsearch_lookup = {
    .name = "lsearch", .is_single_key = true, .is_absolute_file = true, .open = lsearch_open, .find = lsearch_find,
};

const struct lookup_driver wildlsearch_lookup = {
    .name = "wildlsearch", .is_single_key = true, .is_absolute_file = true, .has_own_cache = true, .open = lsearch_open,
    .find = wildlsearch_find,
};

const struct lookup_driver nwildlsearch_lookup = {
    .name = "nwildlsearch",
    .is_single_key = true,
    .is_absolute_file = true,
    .open = lsearch_open,
    .find = nwildlsearch_find,
};
