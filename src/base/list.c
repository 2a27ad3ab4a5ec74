#include "base/list.h"
#include <string.h>

enum { FIRST_ROOM = 8 };

/* A wider copy of the array. */
static void *
widen(struct pool *pool, const void *items, size_t count, size_t item_bytes, size_t *room)
{
    void *moved;

    *room = *room == 0 ? FIRST_ROOM : *room * 2;
    moved = pool_alloc_array(pool, *room, item_bytes);
    if (count > 0)
        memcpy(moved, items, count * item_bytes);
    return moved;
}

void
str_list_add(struct str_list *list, struct pool *pool, struct str item)
{
    if (list->count == list->room)
        list->items = widen(pool, list->items, list->count, sizeof *list->items, &list->room);
    list->items[list->count++] = item;
}

void
ptr_list_add(struct ptr_list *list, struct pool *pool, void *item)
{
    if (list->count == list->room)
        list->items = widen(pool, list->items, list->count, sizeof *list->items, &list->room);
    list->items[list->count++] = item;
}

bool
str_list_has(const struct str_list *list, struct str item)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i], item))
            return true;
    return false;
}

bool
str_list_ihas(const struct str_list *list, struct str item)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_ieq(list->items[i], item))
            return true;
    return false;
}
