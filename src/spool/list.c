/* spool/list.c -- which messages there are: names only, nothing is opened or changed. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "spool/spool_file.h"

/* What is done with each name found in a directory of the spool. */
struct walk {
    struct pool *pool;
    struct spool_items *items;      /* NULL: only count */
    size_t count;
    char subdirectories[64];        /* single letters and digits found in input/ */
    size_t subdirectory_count;
};

static void
add_item(struct walk *walk, struct str id, char subdirectory)
{
    struct spool_items *items = walk->items;
    struct spool_item *item;

    walk->count++;
    if (items == NULL)
        return;
    if (items->count == items->room) {
        size_t room = items->room == 0 ? 256 : items->room * 2;
        struct spool_item *moved = POOL_NEW_ARRAY(walk->pool, struct spool_item, room);

        if (items->count > 0)
            memcpy(moved, items->items, items->count * sizeof(*moved));
        items->items = moved;
        items->room = room;
    }
    item = &items->items[items->count++];
    memcpy(item->id, id.ptr, id.len);
    item->id[id.len] = '\0';
    item->subdirectory = subdirectory;
}

/* All names of one directory.  A directory that is not there has none. */
static bool
walk_directory(struct walk *walk, const char *path, char subdirectory)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    if (directory == NULL)
        return errno == ENOENT;
    while ((entry = readdir(directory)) != NULL) {
        struct str name = str_of(entry->d_name);

        if (name.len == 1 && ascii_is_alnum(name.ptr[0]) && subdirectory == '\0') {
            if (walk->subdirectory_count < sizeof(walk->subdirectories))
                walk->subdirectories[walk->subdirectory_count++] = name.ptr[0];
        } else if (name.len > SPOOL_SUFFIX_BYTES && str_ends(name, STR("-H"))) {
            struct str id = str_head(name, name.len - SPOOL_SUFFIX_BYTES);

            if (spool_id_is_valid(id))
                add_item(walk, id, subdirectory);
        }
    }
    closedir(directory);
    return true;
}

static bool
walk_all(const struct spool *spool, struct walk *walk, char subdirectory)
{
    char path[SPOOL_PATH_MAX_BYTES], id[8] = "000000";
    bool is_read = true;

    spool_directory_for(spool, id, false, "input", path);
    if (subdirectory == '\0' || subdirectory == '*')
        is_read = walk_directory(walk, path, '\0');
    else
        walk->subdirectories[walk->subdirectory_count++] = subdirectory;
    for (size_t i = 0; i < walk->subdirectory_count && subdirectory != '*'; i++) {
        id[5] = walk->subdirectories[i];
        spool_directory_for(spool, id, true, "input", path);
        if (!walk_directory(walk, path, id[5]) && errno != ENOTDIR)
            is_read = false;
    }
    return is_read;
}

static int
compare_items(const void *a, const void *b)
{
    return strcmp(((const struct spool_item *)a)->id, ((const struct spool_item *)b)->id);
}

static void
shuffle(struct spool_items *items)
{
    unsigned short seed[3] = { 0 };

    if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        seed[0] = (unsigned short)items->count;
    for (size_t i = items->count; i > 1; i--) {
        size_t other = (size_t)nrand48(seed) % i;
        struct spool_item item = items->items[i - 1];

        items->items[i - 1] = items->items[other];
        items->items[other] = item;
    }
}

bool
spool_list(const struct spool *spool, struct pool *pool, enum spool_order order, char subdirectory,
           struct spool_items *items_out)
{
    struct walk walk = { .pool = pool, .items = items_out };

    *items_out = (struct spool_items){ 0 };
    if (!walk_all(spool, &walk, subdirectory))
        return false;
    if (order == SPOOL_BY_ID && items_out->count > 1)
        qsort(items_out->items, items_out->count, sizeof(*items_out->items), compare_items);
    else if (order == SPOOL_RANDOM)
        shuffle(items_out);
    return true;
}

bool
spool_count(const struct spool *spool, size_t *count_out)
{
    struct walk walk = { 0 };
    bool is_read = walk_all(spool, &walk, '\0');

    *count_out = walk.count;
    return is_read;
}
