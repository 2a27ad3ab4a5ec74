#include "base/buf.h"
#include "base/trace.h"
#include "lookups/handles.h"

/* One whole search: the keys of sections "default values" and "partial matching" of the manual, one after another. */
struct search {
    const struct lookup_spec *spec;
    struct open_lookup *open;
    struct lookup_query query;
    struct str key;
    bool is_fresh;
    struct str *value_out;
    struct captures *wild_out;
    struct why *why;
};

static enum lookup_answer
ask(struct search *search, struct str key)
{
    enum lookup_answer answer;

    search->query.key = key;
    answer = lookup_ask(search->open, &search->query, search->is_fresh, search->value_out, search->why);
    if (trace_wants(TRACE_LOOKUP))
        trace(TRACE_LOOKUP, "%s lookup of \"%.*s\"%s%.*s: %s", search->spec->driver->name, STR_ARG(key),
              str_is_empty(search->query.file) ? "" : " in ", STR_ARG(search->query.file),
              answer == LOOKUP_FOUND ? "found" : answer == LOOKUP_NOT_FOUND ? "not found" : "deferred");
    return answer;
}

/* $1 is what the wildcard stood for, $2 the fixed rest. */
static void
wild_set(struct search *search, struct str wild, struct str fixed)
{
    if (search->wild_out == NULL)
        return;
    search->wild_out->values[0] = search->key;
    search->wild_out->values[1] = wild;
    search->wild_out->values[2] = fixed;
    search->wild_out->count = 3;
}

static struct str
affixed(struct search *search, struct str rest)
{
    struct buf key;

    buf_init(&key, search->query.scope->pool, BUF_NO_LIMIT);
    buf_add(&key, search->spec->affix);
    buf_add(&key, rest);
    return buf_str(&key);
}

static int
components(struct str domain)
{
    int count = 1;

    for (size_t i = 0; i < domain.len; i++)
        count += domain.ptr[i] == '.';
    return count;
}

/* partial0: what is looked up when nothing of the key is left. */
static bool
last_partial_key(struct str affix, struct str *key_out)
{
    if (affix.len == 0)
        return false;
    *key_out = affix.len > 1 && affix.ptr[affix.len - 1] == '.' ? str_head(affix, affix.len - 1) : affix;
    return true;
}

static enum lookup_answer
ask_partial(struct search *search)
{
    struct str rest = search->key, last;
    int left = components(rest);
    enum lookup_answer answer = LOOKUP_NOT_FOUND;

    /* With an empty affix the whole key would be asked twice. */
    if (left >= search->spec->partial && search->spec->affix.len > 0)
        answer = ask(search, affixed(search, rest));
    if (answer == LOOKUP_FOUND)
        wild_set(search, STR(""), rest);
    while (answer == LOOKUP_NOT_FOUND && --left >= search->spec->partial && left > 0) {
        size_t dot = str_find(rest, '.');

        rest = str_from(rest, dot + 1);
        answer = ask(search, affixed(search, rest));
        if (answer == LOOKUP_FOUND)
            wild_set(search, str_head(search->key, search->key.len - rest.len - 1), rest);
    }
    if (answer == LOOKUP_NOT_FOUND && search->spec->partial == 0 && last_partial_key(search->spec->affix, &last)) {
        answer = ask(search, last);
        if (answer == LOOKUP_FOUND)
            wild_set(search, search->key, STR(""));
    }
    return answer;
}

static enum lookup_answer
ask_default(struct search *search)
{
    enum lookup_answer answer = LOOKUP_NOT_FOUND;
    size_t at = str_rfind(search->key, '@');

    if (search->spec->has_star_at && at != STR_NONE) {
        struct buf key;

        buf_init(&key, search->query.scope->pool, BUF_NO_LIMIT);
        buf_add_char(&key, '*');
        buf_add(&key, str_from(search->key, at));
        answer = ask(search, buf_str(&key));
        if (answer == LOOKUP_FOUND)
            wild_set(search, str_head(search->key, at), str_from(search->key, at));
    }
    if (answer == LOOKUP_NOT_FOUND) {
        answer = ask(search, STR("*"));
        if (answer == LOOKUP_FOUND)
            wild_set(search, search->key, STR(""));
    }
    return answer;
}

static enum lookup_answer
refuse_tainted_file(struct str file, const struct lookup_driver *driver, struct why *why)
{
    why_defer(why, 0, "4.3.5", "tainted filename for search: '%.*s' (%s lookup)", STR_ARG(file), driver->name);
    return LOOKUP_DEFERRED;
}

enum lookup_answer
lookup_find(const struct lookup_spec *spec, struct str file, struct str key, struct scope *scope, struct str *value_out,
            struct captures *wild_out, struct why *why)
{
    struct search search = {
        .spec = spec, .query = { .file = file, .options = spec->options, .scope = scope }, .key = key, .value_out = value_out,
        .wild_out = wild_out, .why = why,
    };
    struct str cache_option;
    enum lookup_answer answer;

    if (str_is_tainted(file))
        return refuse_tainted_file(file, spec->driver, why);
    if (wild_out != NULL)
        wild_out->count = 0;
    search.is_fresh = lookup_option(spec->options, "cache", &cache_option) && str_eq_c(cache_option, "no_rd");
    search.open = lookup_opened(spec->driver, file, why);
    if (search.open == NULL)
        return LOOKUP_DEFERRED;
    answer = ask(&search, key);
    if (answer == LOOKUP_NOT_FOUND && spec->partial >= 0)
        answer = ask_partial(&search);
    if (answer == LOOKUP_NOT_FOUND && (spec->has_star || spec->has_star_at))
        answer = ask_default(&search);
    return answer;
}
