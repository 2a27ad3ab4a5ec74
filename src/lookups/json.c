/* lookups/json.c -- a part of a JSON file, selected by a list of member names and numbers of elements (from 0). */
#include <errno.h>
#include "base/file.h"
#include "base/items.h"
#include "expand/json.h"
#include "expand/numbers.h"
#include "lookups/lookup.h"

enum { FILE_MAX_BYTES = 256 << 20 };

struct lookup_handle {
    struct str text;
};

static struct lookup_handle *
json_open(struct str path, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);

    if (file_read(path.ptr, pool, CLEAN, FILE_MAX_BYTES, &handle->text))
        return handle;
    why_defer(why, errno, NULL, "failed to open %.*s for json search", STR_ARG(path));
    return NULL;
}

static bool
select_element(struct str array, struct str selector, struct str *value_out)
{
    struct json_items items;
    uint64_t number;

    if (!str_to_u64(selector, 10, &number) || !json_items_init(&items, array))
        return false;
    do {
        if (!json_items_next(&items, value_out))
            return false;
    } while (number-- > 0);
    return true;
}

static enum lookup_answer
json_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
          struct str *value_out, struct why *why)
{
    struct items items = items_of(key);
    struct str selector, value = str_trim(handle->text);

    (void)path, (void)options, (void)why;
    while (items_next(&items, scope->pool, &selector)) {
        value = str_trim(value);
        if (number_is_integer(selector) ? !select_element(value, selector, &value)
                                        : json_member(value, selector, &value) != JSON_FOUND)
            return LOOKUP_NOT_FOUND;
    }
    value = str_trim(value);
    if (!json_unquote(value, value_out))
        *value_out = value;
    return LOOKUP_FOUND;
}

const struct lookup_driver json_lookup = {
    .name = "json", .is_single_key = true, .is_absolute_file = true, .open = json_open, .find = json_find,
};
