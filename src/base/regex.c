#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/regex.h"
#include <pcre2.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/process.h"

enum {
    MATCH_STEPS_MAX = 1000000,
    MATCH_DEPTH_MAX = 10000,
    MATCH_HEAP_MAX_KIB = 20000,
    PAIRS_MAX = 64,
    ERROR_TEXT_BYTES = 256
};

struct regex {
    pcre2_code *code;
};

struct regex_cache {
    struct map by_pattern;          /* key: one octet of flags, then the pattern */
    pcre2_match_context *limits;
    pcre2_match_data *data;
};

static const char cache_key;

static struct regex_cache *
cache(void)
{
    struct regex_cache *c = process_cache(&cache_key, sizeof *c);

    if (c->limits == NULL) {
        map_init(&c->by_pattern, process_pool(), false);
        c->limits = pcre2_match_context_create(NULL);
        c->data = pcre2_match_data_create(PAIRS_MAX, NULL);
        must(c->limits != NULL && c->data != NULL);
        pcre2_set_match_limit(c->limits, MATCH_STEPS_MAX);
        pcre2_set_depth_limit(c->limits, MATCH_DEPTH_MAX);
        pcre2_set_heap_limit(c->limits, MATCH_HEAP_MAX_KIB);
    }
    return c;
}

static uint32_t
pcre2_options(unsigned flags)
{
    return ((flags & REGEX_CASELESS) != 0 ? PCRE2_CASELESS : 0) |
           ((flags & REGEX_UTF) != 0 ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0) |
           ((flags & REGEX_MULTILINE) != 0 ? PCRE2_MULTILINE : 0);
}

static pcre2_code *
compile_code(struct str pattern, unsigned flags, struct why *why)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, pcre2_options(flags), &error, &offset, NULL);

    if (code == NULL) {
        unsigned char text[ERROR_TEXT_BYTES];

        pcre2_get_error_message(error, text, sizeof text);
        why_fail(why, 0, NULL, "regular expression error in \"%.*s\": %s at offset %zu", STR_ARG(pattern), (char *)text,
                 offset);
        return NULL;
    }
    return code;
}

static struct regex *
compile_new(struct regex_cache *c, struct str key, unsigned flags, struct why *why)
{
    pcre2_code *code = compile_code(str_from(key, 1), flags, why);
    struct regex *regex;

    if (code == NULL)
        return NULL;
    /* Without JIT the same matches are only slower. */
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    regex = POOL_NEW(process_pool(), struct regex);
    regex->code = code;
    map_add(&c->by_pattern, pool_dup(process_pool(), key), regex);
    return regex;
}

struct regex *
regex_compile_once(struct str pattern, unsigned flags, struct why *why)
{
    pcre2_code *code = compile_code(pattern, flags, why);
    struct regex *regex = code == NULL ? NULL : malloc(sizeof *regex);

    if (regex != NULL)
        regex->code = code;
    else
        pcre2_code_free(code);
    return regex;
}

void
regex_free(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

struct regex *
regex_compile(struct str pattern, unsigned flags, struct why *why)
{
    struct regex_cache *c = cache();
    struct pool_mark mark = pool_mark(process_pool());
    struct str key = pool_printf(process_pool(), "%c%.*s", (int)('a' + flags), STR_ARG(pattern));
    struct regex *regex = map_get(&c->by_pattern, key);

    if (regex != NULL) {
        pool_reset(process_pool(), mark);
        return regex;
    }
    return compile_new(c, key, flags, why);
}

static size_t
captures_take(struct str subject, int pairs, struct str *captures_out, size_t room)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(cache()->data);
    size_t count = (size_t)pairs < room ? (size_t)pairs : room;

    for (size_t i = 0; i < count; i++) {
        bool took_part = ends[2 * i] != PCRE2_UNSET && ends[2 * i] <= ends[2 * i + 1];

        captures_out[i] =
            took_part ? str_sub(subject, ends[2 * i], ends[2 * i + 1] - ends[2 * i]) : str_head(subject, 0);
    }
    return count;
}

enum regex_result
regex_match(const struct regex *regex, struct str subject, size_t start, struct str *captures_out, size_t room,
            size_t *count_out, struct why *why)
{
    struct regex_cache *c = cache();
    int pairs = pcre2_match(regex->code, (PCRE2_SPTR)(subject.len > 0 ? subject.ptr : ""), subject.len, start, 0,
                            c->data, c->limits);

    if (count_out != NULL)
        *count_out = 0;
    if (pairs == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    if (pairs < 0) {
        unsigned char text[ERROR_TEXT_BYTES];

        pcre2_get_error_message(pairs, text, sizeof text);
        why_defer(why, 0, NULL, "regular expression given up: %s", (char *)text);
        return REGEX_LIMIT;
    }
    if (captures_out != NULL) {
        size_t count = captures_take(subject, pairs == 0 ? PAIRS_MAX : pairs, captures_out, room);

        if (count_out != NULL)
            *count_out = count;
    }
    return REGEX_YES;
}

bool
regex_matches(const struct regex *regex, struct str subject)
{
    return regex_match(regex, subject, 0, NULL, 0, NULL, NULL) == REGEX_YES;
}
