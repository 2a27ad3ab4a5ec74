/* expand/items_list.c -- ${map …}, ${filter …}, ${reduce …}, ${sort …}, ${listquote …}. */
#include <stdlib.h>
#include "base/buf.h"
#include "base/items.h"
#include "base/list.h"
#include "expand/compare.h"
#include "expand/tree.h"

/* A list that is being written: the separator doubled inside items, a space before one that is empty or begins with the
 * separator (but for the first). */
struct list_out {
    struct buf text;
    char separator;
    bool has_items;
};

static void
list_out_init(struct list_out *out, struct pool *pool, char separator)
{
    buf_init(&out->text, pool, expand_size_limit());
    out->separator = separator;
    out->has_items = false;
}

static void
add_doubled(struct buf *out, struct str text, char separator)
{
    struct str piece;
    bool has_more;

    do {
        has_more = str_cut(text, separator, &piece, &text);
        buf_add(out, piece);
        if (has_more) {
            buf_add_char(out, separator);
            buf_add_char(out, separator);
        }
    } while (has_more);
}

static void
list_out_add(struct list_out *out, struct str item)
{
    if (out->has_items)
        buf_add_char(&out->text, out->separator);
    if (out->has_items && (item.len == 0 || item.ptr[0] == out->separator))
        buf_add_char(&out->text, ' ');
    add_doubled(&out->text, item, out->separator);
    out->has_items = true;
}

static enum outcome
list_out_end(struct list_out *out, struct str *text_out, struct why *why)
{
    if (buf_overflowed(&out->text))
        return why_defer(why, 0, NULL, "expansion result is larger than %zu bytes (expand_max_size)",
                         expand_size_limit());
    *text_out = buf_str(&out->text);
    return OK;
}

static void
add_place(struct why *why, struct scope *scope, const struct expand_call *call, const char *kind)
{
    if (why != NULL && why->text.len > 0 && !why->is_forced)
        why->text = pool_printf_tainted(why->pool != NULL ? why->pool : scope->pool, "%.*s inside \"%s\" %s",
                                        STR_ARG(why->text), call->name, kind);
}

static enum outcome
map_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str list, item, item_before = scope->item;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &list, why);
    struct pool *pool = scope->pool;
    struct pool *work;
    struct list_out out;
    struct items items;

    if (outcome != OK)
        return outcome;
    items = items_of(list);
    list_out_init(&out, pool, items.separator);
    work = pool_new("map");
    scope->pool = work;
    while (outcome == OK && items_next(&items, work, &item)) {
        struct pool_mark mark = pool_mark(work);
        struct str made;

        scope->item = item;
        outcome = expand_node_eval(call->args[1], scope, &made, why);
        if (outcome == OK)
            list_out_add(&out, made);
        pool_reset(work, mark);
    }
    scope->pool = pool;
    scope->item = item_before;
    if (outcome != OK)
        add_place(why, scope, call, "item");
    pool_free(work);
    return outcome != OK ? outcome : list_out_end(&out, text_out, why);
}

static enum outcome
filter_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str list, item, item_before = scope->item;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &list, why);
    struct list_out out;
    struct items items;

    if (outcome != OK)
        return outcome;
    items = items_of(list);
    list_out_init(&out, scope->pool, items.separator);
    while (outcome == OK && items_next(&items, scope->pool, &item)) {
        bool is_true = false;

        scope->item = item;
        outcome = expand_step(scope, why) != OK ? DEFER : expand_test_eval(call->test, scope, &is_true, why);
        if (is_true && outcome == OK)
            list_out_add(&out, item);
    }
    scope->item = item_before;
    if (outcome != OK)
        add_place(why, scope, call, "condition");
    return outcome != OK ? outcome : list_out_end(&out, text_out, why);
}

/* Two pools by turns: the value of the last step lives in one while the next is made in the other. */
static enum outcome
reduce_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str list, item, item_before = scope->item, value_before = scope->value, value;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &list, why);
    struct pool *pool = scope->pool, *work[2];
    struct pool_mark mark[2];
    struct items items;
    int turn = 0;

    if (outcome != OK || (outcome = expand_node_eval(call->args[1], scope, &value, why)) != OK)
        return outcome;
    items = items_of(list);
    for (int i = 0; i < 2; i++) {
        work[i] = pool_new("reduce");
        mark[i] = pool_mark(work[i]);
    }
    while (outcome == OK && items_next(&items, pool, &item)) {
        turn = !turn;
        pool_reset(work[turn], mark[turn]);
        scope->pool = work[turn];
        scope->item = item;
        scope->value = value;
        outcome = expand_node_eval(call->args[2], scope, &value, why);
    }
    scope->pool = pool;
    scope->item = item_before;
    scope->value = value_before;
    if (outcome == OK)
        *text_out = pool_dup(pool, value);
    else
        add_place(why, scope, call, "item");
    for (int i = 0; i < 2; i++)
        pool_free(work[i]);
    return outcome;
}

/* ---- sort: the comparison can fail, so the order is made by merging, with the fault remembered */

struct sort_entry {
    struct str item, key;
};

struct sort {
    struct scope *scope;
    enum comparison comparison;
    enum outcome outcome;
    struct why *why;
};

/* Does b stand before a?  (Equal ones keep their order.) */
static bool
is_before(struct sort *sort, const struct sort_entry *b, const struct sort_entry *a)
{
    bool is_true = false;

    if (sort->outcome == OK && expand_step(sort->scope, sort->why) != OK)
        sort->outcome = DEFER;
    if (sort->outcome == OK)
        sort->outcome = compare_texts(sort->comparison, b->key, a->key, &is_true, sort->why);
    return is_true;
}

static void
merge_sort(struct sort *sort, struct sort_entry *entries, struct sort_entry *spare, size_t count)
{
    size_t half = count / 2, left = 0, right = half, made = 0;

    if (count < 2)
        return;
    merge_sort(sort, entries, spare, half);
    merge_sort(sort, entries + half, spare, count - half);
    while (left < half && right < count)
        spare[made++] = is_before(sort, &entries[right], &entries[left]) ? entries[right++] : entries[left++];
    while (left < half)
        spare[made++] = entries[left++];
    while (right < count)
        spare[made++] = entries[right++];
    for (size_t i = 0; i < count; i++)
        entries[i] = spare[i];
}

static enum outcome
sort_keys(const struct expand_call *call, struct scope *scope, const struct str_list *list, struct sort_entry *entries,
          struct why *why)
{
    struct str item_before = scope->item;
    enum outcome outcome = OK;

    for (size_t i = 0; i < list->count && outcome == OK; i++) {
        scope->item = entries[i].item = list->items[i];
        outcome = expand_node_eval(call->args[2], scope, &entries[i].key, why);
    }
    scope->item = item_before;
    if (outcome != OK)
        add_place(why, scope, call, "item");
    return outcome;
}

static enum outcome
sort_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str list, name;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &list, why);
    struct sort sort = { .scope = scope, .outcome = OK, .why = why };
    struct str_list items;
    struct sort_entry *entries;
    struct list_out out;

    if (outcome != OK || (outcome = expand_node_eval(call->args[1], scope, &name, why)) != OK)
        return outcome;
    if (!comparison_find(str_trim(name), &sort.comparison))
        return why_fail(why, 0, NULL, "comparator not handled for sort");
    items = items_all(list, scope->pool);
    entries = POOL_NEW_ARRAY(scope->pool, struct sort_entry, 2 * items.count + 1);
    outcome = sort_keys(call, scope, &items, entries, why);
    if (outcome != OK)
        return outcome;
    merge_sort(&sort, entries, entries + items.count, items.count);
    if (sort.outcome != OK)
        return sort.outcome;
    list_out_init(&out, scope->pool, items_of(list).separator);
    for (size_t i = 0; i < items.count; i++)
        list_out_add(&out, entries[i].item);
    return list_out_end(&out, text_out, why);
}

static enum outcome
listquote_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str separator, text;
    enum outcome outcome = expand_node_eval(call->args[0], scope, &separator, why);
    struct buf out;

    if (outcome != OK || (outcome = expand_node_eval(call->args[1], scope, &text, why)) != OK)
        return outcome;
    buf_init(&out, scope->pool, BUF_NO_LIMIT);
    if (text.len == 0)
        buf_add_char(&out, ' ');
    else if (separator.len == 0)
        buf_add(&out, text);
    else
        add_doubled(&out, text, separator.ptr[0]);
    *text_out = buf_str(&out);
    return OK;
}

const struct expand_item expand_list_items[] = {
    { .name = "map", .args_max = 2, .syntax = EXPAND_LIST, .eval = map_eval },
    { .name = "filter", .args_max = 1, .syntax = EXPAND_FILTER, .eval = filter_eval },
    { .name = "reduce", .args_max = 3, .syntax = EXPAND_LIST, .eval = reduce_eval },
    { .name = "sort", .args_max = 3, .syntax = EXPAND_SORT, .eval = sort_eval },
    { .name = "listquote", .args_min = 2, .args_max = 2, .eval = listquote_eval },
    { .name = NULL }
};
