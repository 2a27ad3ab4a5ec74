/* expand/expand.c -- the entry: templates, budgets, the place of an error. */
#include "expand/expand.h"
#include <string.h>
#include "base/buf.h"
#include "base/map.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/numbers.h"
#include "expand/tree.h"

enum { DEPTH_MAX_DEFAULT = 50, CACHED_TEXTS_MAX = 4000, EXCERPT_SIDE_BYTES = 60 };

static int
depth_limit(void)
{
    return config != NULL && config->expand_max_depth > 0 ? config->expand_max_depth : DEPTH_MAX_DEFAULT;
}

/* A piece of the text around a position on one line, and below it a mark. */
static struct str
excerpt(struct pool *pool, struct str text, size_t at)
{
    size_t start = at > EXCERPT_SIDE_BYTES ? at - EXCERPT_SIDE_BYTES : 0;
    struct str piece = pool_dup(pool, str_sub(text, start, 2 * EXCERPT_SIDE_BYTES));
    char *octets = (char *)(uintptr_t)piece.ptr;

    for (size_t i = 0; i < piece.len; i++)
        if ((unsigned char)octets[i] < ' ')
            octets[i] = ' ';
    return pool_printf(pool, "\n    %.*s\n    %*s^", STR_ARG(piece), (int)(at - start), "");
}

/* "in option "data" of the router x, /etc/tern.conf line 12, column 30", with the text. */
static void
add_place(struct why *why, const struct template *template, struct scope *scope, size_t at)
{
    struct buf place;
    struct pool *pool;

    if (why == NULL || why->place.len > 0)
        return;
    pool = why->pool != NULL ? why->pool : scope->pool;
    buf_init(&place, pool, BUF_NO_LIMIT);
    if (template->option_name != NULL)
        buf_addf(&place, "in option \"%s\"", template->option_name);
    if (template->owner != NULL && strcmp(template->owner, "main") != 0)
        buf_addf(&place, " of the %s", template->owner);
    if (template->at.file != NULL)
        buf_addf(&place, "%s%s line %d", place.len > 0 ? ", " : "in ", template->at.file, template->at.line);
    buf_addf(&place, "%scolumn %zu", place.len > 0 ? ", " : "at ", at + 1);
    buf_add(&place, excerpt(pool, template->text, at < template->text.len ? at : template->text.len));
    why->place = buf_str(&place);
    trace(TRACE_EXPAND, "%.*s", STR_ARG(why->place));
}

/* The results that views memory of others are copied: a variable may change while the caller keeps its value. */
static struct str
own_result(struct pool *pool, const struct expand_node *root, struct str text)
{
    if (root->kind == NODE_TEXT || root->kind == NODE_SEQUENCE)
        return text;
    return pool_dup(pool, text);
}

static enum outcome
walk(const struct template *template, const struct expansion *expansion, struct scope *outer, struct str *text_out,
     struct why *why)
{
    struct scope scope = *outer;
    struct captures captures = { .count = 0 };
    uint64_t steps = 0;
    enum outcome outcome;

    if (scope.captures == NULL)
        scope.captures = &captures;
    if (scope.steps == NULL)
        scope.steps = &steps;
    if (++scope.depth > depth_limit())
        return why_defer(why, 0, NULL, "expansions are nested more than %d deep (expand_max_depth)", depth_limit());
    outcome = expand_node_eval(expansion->root, &scope, text_out, why);
    if (outcome == OK)
        *text_out = own_result(scope.pool, expansion->root, *text_out);
    else if (!(why != NULL && why->is_forced))
        add_place(why, template, &scope, expansion->has_error ? expansion->error_at : expansion->root->start);
    if (outcome != OK && why != NULL && why->cause == CAUSE_OTHER)
        why->cause = CAUSE_EXPANSION;
    return outcome;
}

static enum outcome
walk_traced(const struct template *template, const struct expansion *expansion, struct scope *scope,
            struct str *text_out,
            struct why *why)
{
    enum outcome outcome;

    trace_begin(TRACE_EXPAND, "expanding: %.*s", STR_ARG(template->text));
    outcome = walk(template, expansion, scope, text_out, why);
    if (outcome == OK)
        trace_end(TRACE_EXPAND, "result: %.*s%s", STR_ARG(*text_out), str_is_tainted(*text_out) ? " (tainted)" : "");
    else
        trace_end(TRACE_EXPAND, "failed: %.*s", why == NULL ? 0 : (int)why->text.len, why == NULL ? "" : why->text.ptr);
    return outcome;
}

static enum outcome
run(const struct template *template, const struct expansion *expansion, struct scope *scope, struct str *text_out,
    struct why *why)
{
    if (expansion->is_constant) {
        *text_out = expansion->root->text;
        return OK;
    }
    if (trace_wants(TRACE_EXPAND))
        return walk_traced(template, expansion, scope, text_out, why);
    return walk(template, expansion, scope, text_out, why);
}

static enum outcome
refuse_tainted(struct str text, struct why *why)
{
    return why_fail(why, 0, NULL, "attempt to expand tainted string '%.*s'", STR_ARG(text));
}

enum outcome
expand(struct template *template, struct scope *scope, struct str *text_out, struct why *why)
{
    *text_out = STR("");
    if (template == NULL)
        return OK;
    if (template->parsed == NULL) {
        if (str_is_tainted(template->text))
            return refuse_tainted(template->text, why);
        template->parsed = expansion_parse(process_pool(), template->text);
    }
    return run(template, template->parsed, scope, text_out, why);
}

/* A text of the configuration that was parsed before. */
struct parsed_texts {
    bool is_ready;
    struct map by_text;
};

static struct expansion *
parse_cached(struct str text, struct pool *pool)
{
    static const char key = 0;
    struct parsed_texts *texts = process_cache(&key, sizeof *texts);
    struct expansion *expansion;
    struct str kept;

    if (!texts->is_ready) {
        map_init(&texts->by_text, process_pool(), false);
        texts->is_ready = true;
    }
    if ((expansion = map_get(&texts->by_text, text)) != NULL)
        return expansion;
    if (texts->by_text.count >= CACHED_TEXTS_MAX)
        return expansion_parse(pool, text);
    kept = pool_dup(process_pool(), text);
    expansion = expansion_parse(process_pool(), kept);
    map_set(&texts->by_text, kept, expansion);
    return expansion;
}

enum outcome
expand_text(struct str text, struct scope *scope, struct str *text_out, struct why *why)
{
    struct template template = { .text = text };

    if (str_is_tainted(text))
        return refuse_tainted(text, why);
    if (str_find_any(text, "$\\") == STR_NONE) {
        *text_out = text;
        return OK;
    }
    *text_out = STR("");
    return run(&template, parse_cached(text, scope->pool), scope, text_out, why);
}

enum outcome
expand_text_once(struct str text, struct scope *scope, struct str *text_out, struct why *why)
{
    struct template template = { .text = text };

    if (str_is_tainted(text))
        return refuse_tainted(text, why);
    *text_out = STR("");
    return run(&template, expansion_parse(scope->pool, text), scope, text_out, why);
}

enum outcome
expand_bool(struct template *template, struct scope *scope, bool *value_out, struct why *why)
{
    struct str text;
    enum outcome outcome = expand(template, scope, &text, why);

    if (outcome != OK)
        return outcome;
    text = str_trim(text);
    *value_out = false;
    if (text.len == 0 || str_ieq_c(text, "no") || str_ieq_c(text, "false"))
        return OK;
    *value_out = true;
    if (str_ieq_c(text, "yes") || str_ieq_c(text, "true"))
        return OK;
    if (number_is_integer(text)) {
        *value_out = str_find_any(text, "123456789") != STR_NONE;
        return OK;
    }
    return why_fail(why, 0, NULL, "\"%.*s\" is not a valid value for the \"%s\" option", STR_ARG(text),
                    template->option_name == NULL ? "boolean" : template->option_name);
}

enum outcome
expand_int(struct template *template, struct scope *scope, int64_t *value_out, struct why *why)
{
    struct str text;
    enum outcome outcome = expand(template, scope, &text, why);

    return outcome != OK ? outcome : number_parse(text, false, value_out, why);
}

bool
expand_variable_get(struct str name, struct scope *scope, struct str *value_out, struct why *why)
{
    struct str suffix;
    const struct expand_variable *row = expand_variable_find(name, &suffix);
    struct captures captures = { .count = 0 };
    struct scope inner = *scope;

    *value_out = STR("");
    for (const struct scope_value *value = scope->values; value != NULL; value = value->next)
        if (str_eq_c(name, value->name)) {
            *value_out = value->value;
            return true;
        }
    if (row == NULL)
        return false;
    if (inner.captures == NULL)
        inner.captures = &captures;
    row->get(&inner, suffix, value_out, why);
    return true;
}

enum outcome
expand_check(struct template *template, struct pool *pool, struct why *why)
{
    struct scope scope = scope_make(pool);

    if (template == NULL)
        return OK;
    if (template->parsed == NULL)
        template->parsed = expansion_parse(process_pool(), template->text);
    if (!template->parsed->has_error)
        return OK;
    why_fail(why, 0, NULL, "%.*s", STR_ARG(template->parsed->error));
    add_place(why, template, &scope, template->parsed->error_at);
    return FAIL;
}
