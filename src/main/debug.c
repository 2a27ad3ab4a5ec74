#include "main/debug.h"
#include <stdio.h>
#include "base/trace.h"

#define BIT(category) ((uint64_t)1 << (category))

static const uint64_t everything = BIT(TRACE_GENERAL) - 1;

/* What -d alone leaves out (manual: -d). */
static const uint64_t not_by_default = BIT(TRACE_EXPAND) | BIT(TRACE_FILTER) | BIT(TRACE_INTERFACE) | BIT(TRACE_LOAD) |
                                       BIT(TRACE_LOCAL_SCAN) | BIT(TRACE_MEMORY) | BIT(TRACE_PID) |
                                       BIT(TRACE_RESOLVER) | BIT(TRACE_TIMESTAMP) | BIT(TRACE_NOUTF8);
static const uint64_t not_by_all = BIT(TRACE_MEMORY) | BIT(TRACE_NOUTF8);

static bool
apply_word(struct str word, bool is_added, uint64_t *categories)
{
    enum trace_category category;
    uint64_t bits;

    if (str_eq_c(word, "all"))
        bits = is_added ? everything & ~not_by_all : everything;
    else if (trace_category_find(word, &category))
        bits = BIT(category);
    else
        return false;
    *categories = is_added ? *categories | bits : *categories & ~bits;
    return true;
}

bool
debug_selection(struct str text, uint64_t *categories)
{
    while (!str_is_empty(text)) {
        char sign = text.ptr[0];
        struct str word;
        size_t len;

        if (sign != '+' && sign != '-')
            return false;
        text = str_from(text, 1);
        len = str_find_any(text, "+-");
        word = str_head(text, len);
        text = str_from(text, word.len);
        if (!apply_word(word, sign == '+', categories))
            return false;
    }
    return true;
}

bool
debug_start(const struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;
    uint64_t categories = everything & ~not_by_default;
    struct str spec = line->debug;

    if (line->is_explained)
        trace_keep(invocation->pool);
    if (!line->is_debugging)
        return true;
    if (!invocation->caller.is_admin && !invocation->has_dropped_privilege)
        return false;
    if (str_starts(spec, STR("="))) {
        uint64_t number;

        if (!str_to_u64(str_from(spec, str_istarts(spec, STR("=0x")) ? 3 : 1), str_istarts(spec, STR("=0x")) ? 16 : 10,
                        &number))
            return false;
        categories = number;
    } else if (!debug_selection(spec, &categories)) {
        fprintf(stderr, "tern: unknown debug selection \"%.*s\"\n", STR_ARG(spec));
        return false;
    }
    if (line->mode == MODE_DAEMON)
        categories |= BIT(TRACE_PID);
    trace_to_stream(invocation->pool, categories, stderr);
    return true;
}
