/* expand/operators_text.c -- operators that change or count characters. */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/items.h"
#include "config/config.h"
#include "expand/digest.h"
#include "expand/numbers.h"
#include "expand/tree.h"

/* A copy of text with each octet changed. */
static struct str
changed(struct pool *pool, struct str text, char (*change)(char))
{
    char *out = pool_alloc_as(pool, str_trust(text), text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        out[i] = change(text.ptr[i]);
    return str_make(out, text.len);
}

static char
lower(char c)
{
    return ascii_lower(c);
}

static char
upper(char c)
{
    return ascii_upper(c);
}

static enum outcome
lc_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = changed(scope->pool, text, lower);
    return OK;
}

static enum outcome
uc_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = changed(scope->pool, text, upper);
    return OK;
}

static enum outcome
strlen_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = pool_printf(scope->pool, "%zu", text.len);
    return OK;
}

/* Tabs count as printable here, as the reference has it. */
static enum outcome
escape_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    bool is_8bit_printable = config != NULL && config->print_topbitchars;
    struct str part;
    struct buf out;

    (void)why;
    buf_init(&out, scope->pool, BUF_NO_LIMIT);
    while (str_cut(text, '\t', &part, &text)) {
        buf_add(&out, escape_unprintable(scope->pool, part, is_8bit_printable));
        buf_add_char(&out, '\t');
    }
    buf_add(&out, escape_unprintable(scope->pool, part, is_8bit_printable));
    *text_out = buf_str(&out);
    return OK;
}

/* A text in which some octets become more than one. */
static struct str
widened(struct pool *pool, struct str text, void (*add)(struct buf *out, char c))
{
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&out);
    for (size_t i = 0; i < text.len; i++)
        add(&out, text.ptr[i]);
    return buf_str(&out);
}

static void
add_escaped_8bit(struct buf *out, char c)
{
    if ((unsigned char)c >= 0x7f || c == '\\')
        buf_addf(out, "\\%03o", (unsigned char)c);
    else
        buf_add_char(out, c);
}

static enum outcome
escape8bit_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = widened(scope->pool, text, add_escaped_8bit);
    return OK;
}

static void
add_hexquoted(struct buf *out, char c)
{
    if ((unsigned char)c < 33 || (unsigned char)c > 126)
        buf_addf(out, "\\x%02x", (unsigned char)c);
    else
        buf_add_char(out, c);
}

static enum outcome
hexquote_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = widened(scope->pool, text, add_hexquoted);
    return OK;
}

static void
add_regex_quoted(struct buf *out, char c)
{
    if (!ascii_is_alnum(c))
        buf_add_char(out, '\\');
    buf_add_char(out, c);
}

static enum outcome
rxquote_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    (void)why;
    *text_out = widened(scope->pool, text, add_regex_quoted);
    return OK;
}

static void
add_quoted(struct buf *out, char c)
{
    if (c == '\n')
        buf_add(out, STR("\\n"));
    else if (c == '\r')
        buf_add(out, STR("\\r"));
    else {
        if (c == '"' || c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, c);
    }
}

static struct str
in_quotes(struct pool *pool, struct str text)
{
    struct str inside = widened(pool, text, add_quoted);
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    buf_add_char(&out, '"');
    buf_add(&out, inside);
    buf_add_char(&out, '"');
    return buf_str(&out);
}

static enum outcome
quote_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    bool is_needed = text.len == 0;

    (void)why;
    for (size_t i = 0; i < text.len && !is_needed; i++)
        is_needed = !ascii_is_alnum(text.ptr[i]) && strchr("_-.", text.ptr[i]) == NULL;
    *text_out = is_needed ? in_quotes(scope->pool, text) : text;
    return OK;
}

/* Atoms of RFC 5322 with single dots between them stay as they are. */
static enum outcome
quote_local_part_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    bool is_needed = text.len == 0;

    (void)why;
    for (size_t i = 0; i < text.len && !is_needed; i++) {
        char c = text.ptr[i];

        if (c == '.')
            is_needed = i == 0 || i + 1 == text.len;
        else
            is_needed = c == '\0' || (!ascii_is_alnum(c) && strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL);
    }
    *text_out = is_needed ? in_quotes(scope->pool, text) : text;
    return OK;
}

static enum outcome
eval_number(struct scope *scope, struct str text, bool is_decimal, struct str *text_out, struct why *why)
{
    int64_t value;
    enum outcome outcome = number_eval(text, is_decimal, &value, why);

    if (outcome == OK)
        *text_out = pool_printf(scope->pool, "%lld", (long long)value);
    return outcome;
}

static enum outcome
eval_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    return eval_number(scope, text, false, text_out, why);
}

static enum outcome
eval10_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    return eval_number(scope, text, true, text_out, why);
}

static enum outcome
time_eval_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    int seconds = interval_parse(text);

    if (seconds < 0)
        return why_fail(why, 0, NULL, "string \"%.*s\" is not an Exim time interval in \"time_eval\" operator",
                        STR_ARG(text));
    *text_out = pool_printf(scope->pool, "%d", seconds);
    return OK;
}

static enum outcome
time_interval_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    uint64_t seconds = 0;

    if ((text.len > 0 && !str_to_u64(text, 10, &seconds)) || seconds > INT64_MAX)
        return why_fail(why, 0, NULL, "string \"%.*s\" is not a positive number in \"time_interval\" operator",
                        STR_ARG(text));
    *text_out = interval_format(scope->pool, (int64_t)seconds);
    return OK;
}

static enum outcome
listcount_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct items items = items_of(text);
    struct str item;
    size_t count = 0;

    (void)why;
    while (items_next(&items, scope->pool, &item))
        count++;
    *text_out = pool_printf(scope->pool, "%zu", count);
    return OK;
}

static enum outcome
expand_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct why inner;
    enum outcome outcome;

    why_init(&inner, scope->pool);
    outcome = expand_text_once(text, scope, text_out, &inner);
    if (outcome == OK)
        return OK;
    if (outcome == DEFER)
        why_defer(why, 0, NULL, "internal expansion of \"%.*s\" failed: %.*s", STR_ARG(text), STR_ARG(inner.text));
    else
        why_fail(why, 0, NULL, "internal expansion of \"%.*s\" failed: %.*s", STR_ARG(text), STR_ARG(inner.text));
    if (why != NULL)
        why->is_forced = inner.is_forced;
    return outcome;
}

static enum outcome
randint_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    int64_t limit;
    enum outcome outcome = number_parse(text, true, &limit, why);
    uint32_t number = 0;

    if (outcome != OK)
        return outcome;
    if (limit > UINT32_MAX)
        limit = UINT32_MAX;
    if (limit > 1)
        number = expand_random((uint32_t)limit);
    *text_out = pool_printf(scope->pool, "%u", number);
    return OK;
}

const struct expand_operator expand_text_operators[] = {
    { .name = "lc", .apply = lc_apply },
    { .name = "uc", .apply = uc_apply },
    { .name = "strlen", .apply = strlen_apply },
    { .name = "escape", .apply = escape_apply },
    { .name = "escape8bit", .apply = escape8bit_apply },
    { .name = "hexquote", .apply = hexquote_apply },
    { .name = "rxquote", .apply = rxquote_apply },
    { .name = "quote", .apply = quote_apply },
    { .name = "quote_local_part", .apply = quote_local_part_apply },
    { .name = "eval", .apply = eval_apply },
    { .name = "eval10", .apply = eval10_apply },
    { .name = "time_eval", .apply = time_eval_apply },
    { .name = "time_interval", .apply = time_interval_apply },
    { .name = "listcount", .apply = listcount_apply },
    { .name = "expand", .apply = expand_apply },
    { .name = "randint", .apply = randint_apply },
    { .name = NULL }
};
