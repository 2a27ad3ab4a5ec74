/* lookups/wildlsearch.c -- linear search with wildcards in the file's keys (manual: wildlsearch, nwildlsearch). */
#include "base/regex.h"
#include "expand/expand.h"
#include "lookups/linear.h"
#include "lookups/lookup.h"

struct lookup_handle {
    struct pool *pool;
    struct linear_file file;
};

static struct lookup_handle *
wild_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    handle->pool = pool;
    return linear_file_read(file, "wildlsearch", pool, &handle->file, why) ? handle : NULL;
}

static enum lookup_answer
matches_regex(struct str pattern, struct str key, struct why *why)
{
    struct regex *regex = regex_compile(pattern, REGEX_CASELESS, why);

    if (regex == NULL)
        return LOOKUP_DEFERRED;
    switch (regex_match(regex, key, 0, NULL, 0, NULL, why)) {
    case REGEX_YES: return LOOKUP_FOUND;
    case REGEX_LIMIT: return LOOKUP_DEFERRED;
    case REGEX_NO: break;
    }
    return LOOKUP_NOT_FOUND;
}

/* "cdb;/file": the key is to be found there. */
static enum lookup_answer
matches_lookup(struct str pattern, size_t semicolon, const struct lookup_query *query, struct why *why)
{
    struct lookup_spec spec;
    struct str value, file = str_trim(str_from(pattern, semicolon + 1));

    if (!lookup_spec_parse(str_head(pattern, semicolon), &spec, why))
        return LOOKUP_DEFERRED;
    if (!spec.driver->is_single_key)
        return lookup_find(&spec, STR(""), file, query->scope, &value, NULL, why);
    return lookup_find(&spec, file, query->key, query->scope, &value, NULL, why);
}

static enum lookup_answer
matches(struct str pattern, const struct lookup_query *query, struct why *why)
{
    size_t semicolon;

    if (str_starts(pattern, STR("^")))
        return matches_regex(pattern, query->key, why);
    if (str_starts(pattern, STR("*")))
        return str_iends(query->key, str_from(pattern, 1)) ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
    semicolon = str_find(pattern, ';');
    if (semicolon != STR_NONE)
        return matches_lookup(pattern, semicolon, query, why);
    return str_ieq(pattern, query->key) ? LOOKUP_FOUND : LOOKUP_NOT_FOUND;
}

static enum lookup_answer
wild_find(struct lookup_handle *handle, const struct lookup_query *query, bool is_expanded, struct str *value_out, struct why *why)
{
    struct str rest = handle->file.text, ret;
    struct linear_entry entry;

    while (linear_next(&rest, handle->pool, &entry)) {
        struct str pattern = entry.key;
        enum lookup_answer answer;

        if (is_expanded && expand_text(entry.key, query->scope, &pattern, why) != OK) {
            if (why->is_forced)
                continue;
            return LOOKUP_DEFERRED;
        }
        answer = matches(pattern, query, why);
        if (answer == LOOKUP_NOT_FOUND)
            continue;
        if (answer == LOOKUP_FOUND)
            *value_out = linear_data(&entry, lookup_option(query->options, "ret", &ret) && str_eq_c(ret, "full"),
                                     query->scope->pool);
        return answer;
    }
    return LOOKUP_NOT_FOUND;
}

static enum lookup_answer
wildlsearch_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    return wild_find(handle, query, true, value_out, why);
}

static enum lookup_answer
nwildlsearch_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    return wild_find(handle, query, false, value_out, why);
}

const struct lookup_driver wildlsearch_driver = {
    .name = "wildlsearch", .is_single_key = true, .is_file = true, .open = wild_open, .find = wildlsearch_find,
};

const struct lookup_driver nwildlsearch_driver = {
    .name = "nwildlsearch", .is_single_key = true, .is_file = true, .open = wild_open, .find = nwildlsearch_find,
};
