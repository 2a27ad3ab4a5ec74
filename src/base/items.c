/* base/items.c -- see items.h. */
#include "base/items.h"
#include "base/buf.h"

static bool
is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool
is_punctuation(char c)
{
    return ascii_is_print(c) && c != ' ' && !ascii_is_alnum(c);
}

/* White space left of an item; a separator that is white space itself stays. */
static struct str
skip_space(struct str s, char separator)
{
    while (s.len > 0 && ascii_is_space(*s.ptr) && *s.ptr != separator)
        s = str_from(s, 1);
    return s;
}

struct items
items_of(struct str list)
{
    struct items items = { .rest = list, .separator = ':' };
    struct str s = str_trim_left(list);

    if (s.len >= 2 && s.ptr[0] == '<' && (is_punctuation(s.ptr[1]) || is_control(s.ptr[1]))) {
        items.separator = s.ptr[1];
        items.rest = str_from(s, 2);
    }
    return items;
}

/* Position of the next separator that is not doubled; *is_doubled_out tells whether one before it is. */
static size_t
item_end(struct str s, char separator, bool *is_doubled_out)
{
    bool may_double = !is_control(separator);

    *is_doubled_out = false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != separator)
            continue;
        if (!may_double || i + 1 >= s.len || s.ptr[i + 1] != separator)
            return i;
        *is_doubled_out = true;
        i++;
    }
    return s.len;
}

static struct str
without_doubling(struct str s, char separator, struct pool *pool)
{
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < s.len; i++) {
        buf_add(&text, str_sub(s, i, 1));
        if (s.ptr[i] == separator)
            i++;
    }
    return buf_str(&text);
}

bool
items_next(struct items *items, struct pool *pool, struct str *item_out)
{
    struct str s = skip_space(items->rest, items->separator);
    bool is_doubled;
    size_t end;

    if (s.len == 0) {
        items->rest = s;
        return false;
    }
    end = item_end(s, items->separator, &is_doubled);
    items->rest = str_from(s, end < s.len ? end + 1 : end);
    *item_out = str_head(s, end);
    if (is_doubled)
        *item_out = without_doubling(*item_out, items->separator, pool);
    *item_out = str_trim_right(*item_out);
    return true;
}

struct str_list
items_all(struct str list, struct pool *pool)
{
    struct items items = items_of(list);
    struct str_list all = { 0 };
    struct str item;

    while (items_next(&items, pool, &item))
        str_list_add(&all, pool, item);
    return all;
}
