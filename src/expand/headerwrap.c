/* expand/headerwrap.c -- ${headerwrap_COLUMNS_LIMIT:…}: fold a header field.
 *
 * Lines end before COLUMNS, at white space if there is any, which is dropped; a new line begins with a tab that counts
 * as
 * eight columns.  The result is cut at LIMIT octets. */
#include "base/buf.h"
#include "expand/tree.h"

enum { COLUMNS_DEFAULT = 80, LIMIT_DEFAULT = 998, TAB_COLUMNS = 8 };

/* The place to break text so that at most room columns stand before it, 0 < result <= text.len. */
static size_t
break_at(struct str text, size_t room)
{
    size_t at = text.len < room ? text.len : room;

    if (at == text.len)
        return at;
    while (at > 0 && !ascii_is_space(text.ptr[at]))
        at--;
    return at > 0 ? at : room;
}

static struct str
fold(struct pool *pool, struct str text, size_t columns, size_t limit)
{
    struct buf out;
    size_t room = columns;

    buf_init(&out, pool, limit);
    while (text.len > 0) {
        size_t at = break_at(text, room);

        buf_add(&out, str_head(text, at));
        text = str_trim_left(str_from(text, at));
        if (text.len > 0)
            buf_add(&out, STR("\n\t"));
        room = columns > TAB_COLUMNS ? columns - TAB_COLUMNS : 1;
    }
    return buf_str(&out);
}

static bool
take_number(struct str text, size_t *number_out)
{
    uint64_t number;

    if (text.len == 0)
        return true;
    if (!str_to_u64(text, 10, &number) || number == 0 || number > SIZE_MAX / 4)
        return false;
    *number_out = (size_t)number;
    return true;
}

/* One number is the limit, two are columns and limit. */
static enum outcome
headerwrap_suffix(struct scope *scope, struct str suffix, struct str text, struct str *text_out, struct why *why)
{
    size_t columns = COLUMNS_DEFAULT, limit = LIMIT_DEFAULT;
    struct str first, second;
    bool has_two = str_cut(suffix, '_', &first, &second);

    if (!take_number(has_two ? second : first, &limit) || (has_two && !take_number(first, &columns)))
        return why_fail(why, 0, NULL, "non-digit after underscore in \"headerwrap_%.*s\"", STR_ARG(suffix));
    *text_out = fold(scope->pool, text, columns, limit);
    return OK;
}

const struct expand_operator headerwrap_operators[] = {
    { .name = "headerwrap", .takes_suffix = true, .apply_suffix = headerwrap_suffix },
    { .name = NULL }
};
