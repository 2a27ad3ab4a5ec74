/* expand/items_text.c -- ${sg …}, ${tr …}. */
#include "base/buf.h"
#include "base/process.h"
#include "base/regex.h"
#include "expand/tree.h"

static enum outcome
text_argument(const struct expand_call *call, size_t index, struct scope *scope, struct str *text_out, struct why *why)
{
    return expand_node_eval(call->args[index], scope, text_out, why);
}

struct regex *
regex_argument(const struct expand_node *node, struct str pattern, struct why *why)
{
    return node->kind == NODE_TEXT ? regex_compile(pattern, 0, why) : regex_compile_once(pattern, 0, why);
}

void
regex_argument_release(const struct expand_node *node, struct regex *regex)
{
    if (node->kind != NODE_TEXT)
        regex_free(regex);
}

/* The replacement with $0 … of the match that was just made. */
static enum outcome
add_replacement(struct buf *out, const struct expansion *replacement, struct scope *scope, struct why *why)
{
    struct str text;
    enum outcome outcome = expand_node_eval(replacement->root, scope, &text, why);

    if (outcome == OK)
        buf_add(out, text);
    return outcome;
}

/* As Perl's s///g: after an empty match the next one must not be empty at the same place. */
static enum outcome
substitute(struct regex *regex, struct str subject, const struct expansion *replacement, struct scope *scope,
           struct buf *out,
           struct why *why)
{
    size_t at = 0, copied = 0;
    enum outcome outcome = OK;

    while (outcome == OK && at <= subject.len) {
        struct str *captures = scope->captures->values;
        size_t count, start, end;
        enum regex_result result = regex_match(regex, subject, at, captures, CAPTURES_MAX, &count, why);

        if (result != REGEX_YES) {
            outcome = result == REGEX_LIMIT ? DEFER : OK;
            break;
        }
        if (expand_step(scope, why) != OK)
            return DEFER;
        scope->captures->count = count;
        start = (size_t)(captures[0].ptr - subject.ptr);
        end = start + captures[0].len;
        buf_add(out, str_sub(subject, copied, start - copied));
        outcome = add_replacement(out, replacement, scope, why);
        copied = end;
        at = end > start ? end : end + 1;
    }
    buf_add(out, str_from(subject, copied));
    return outcome;
}

/* The replacement is expanded for each match; one that is constant was parsed at the first. */
static const struct expansion *
replacement_of(const struct expand_node *node, struct str text, struct pool *pool)
{
    struct template *template = expand_node_template(node);

    if (template == NULL)
        return expansion_parse(pool, text);
    if (template->parsed == NULL)
        template->parsed = expansion_parse(process_pool(), template->text);
    return template->parsed;
}

static enum outcome
sg_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str subject, pattern, text;
    struct captures_kept kept;
    struct regex *regex;
    struct buf out;
    enum outcome outcome = text_argument(call, 0, scope, &subject, why);

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &pattern, why)) != OK
        || (outcome = text_argument(call, 2, scope, &text, why)) != OK)
        return outcome;
    if (str_is_tainted(text) && str_find_any(text, "$\\") != STR_NONE)
        return why_fail(why, 0, NULL, "attempt to expand tainted string '%.*s'", STR_ARG(text));
    if ((regex = regex_argument(call->args[1], pattern, why)) == NULL)
        return FAIL;
    if (subject.ptr == NULL)
        subject = STR("");
    captures_keep(&kept, scope);
    buf_init(&out, scope->pool, expand_size_limit());
    outcome = substitute(regex, subject, replacement_of(call->args[2], text, scope->pool), scope, &out, why);
    captures_restore(&kept, scope);
    regex_argument_release(call->args[1], regex);
    if (outcome == OK && buf_overflowed(&out))
        return why_defer(why, 0, NULL, "expansion result is larger than %zu bytes (expand_max_size)",
                         expand_size_limit());
    *text_out = buf_str(&out);
    return outcome;
}

static enum outcome
tr_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str subject, from, to;
    enum outcome outcome = text_argument(call, 0, scope, &subject, why);
    unsigned char table[256];
    unsigned char *out;

    if (outcome != OK || (outcome = text_argument(call, 1, scope, &from, why)) != OK
        || (outcome = text_argument(call, 2, scope, &to, why)) != OK)
        return outcome;
    *text_out = subject;
    if (to.len == 0)
        return OK;
    for (int i = 0; i < 256; i++)
        table[i] = (unsigned char)i;
    for (size_t i = 0; i < from.len; i++)
        table[(unsigned char)from.ptr[i]] = (unsigned char)to.ptr[i < to.len ? i : to.len - 1];
    out = pool_alloc_as(scope->pool, str_is_tainted(subject) || str_is_tainted(to) ? TAINTED : CLEAN, subject.len + 1);
    for (size_t i = 0; i < subject.len; i++)
        out[i] = table[(unsigned char)subject.ptr[i]];
    *text_out = str_make((const char *)out, subject.len);
    return OK;
}

const struct expand_item expand_text_items[] = {
    { .name = "sg", .args_min = 3, .args_max = 3, .eval = sg_eval },
    { .name = "tr", .args_min = 3, .args_max = 3, .eval = tr_eval },
    { .name = NULL }
};
