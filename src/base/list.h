/* base/list.h -- a growing array of views, and one of pointers; items live in a pool.  Pure. */
#ifndef BASE_LIST_H
#define BASE_LIST_H
#include "base/pool.h"

struct str_list {
    struct str *items;
    size_t count, room;
};

struct ptr_list {
    void **items;
    size_t count, room;
};

/* Append; the array is moved within pool when it grows (amortised constant cost). */
void str_list_add(struct str_list *list, struct pool *pool, struct str item);
void ptr_list_add(struct ptr_list *list, struct pool *pool, void *item);

bool str_list_has(const struct str_list *list, struct str item);
bool str_list_ihas(const struct str_list *list, struct str item);
#endif
