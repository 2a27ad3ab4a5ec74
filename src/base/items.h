/* base/items.h -- the items of a list as the configuration writes lists (manual: list construction).
 *
 * Separated by ":" or by what a leading "<x" names; a doubled separator stands for itself (unless it is a control
 * character); white space around items is dropped; an empty item at the end does not count.  Pure. */
#ifndef BASE_ITEMS_H
#define BASE_ITEMS_H
#include "base/list.h"

struct items {
    struct str rest;
    char separator;
};

/* Begin; the view must live as long as the items. */
struct items items_of(struct str list);

/* The next item: a part of the list, or a copy in pool where a separator was doubled. */
bool items_next(struct items *items, struct pool *pool, struct str *item_out);

/* All of them. */
struct str_list items_all(struct str list, struct pool *pool);
#endif
