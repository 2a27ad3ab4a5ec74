/* lookups/linear.h -- the entries of a linearly searched file: "key: data" with continued lines. */
#ifndef LOOKUPS_LINEAR_H
#define LOOKUPS_LINEAR_H
#include "base/outcome.h"

/* A whole file in memory, to be read entry by entry. */
struct linear_file {
    struct str text;
};

struct linear_entry {
    struct str key;                 /* unquoted */
    struct str head;                /* the first line's data, as written */
    struct str more;                /* continuation lines, unread */
    struct str full;                /* key part as it stands in the line, unquoted, with what separates it from the data */
};

enum { LINEAR_FILE_MAX_BYTES = 1 << 28 };

/* Read a file for a lookup of this type; false with why filled (DEFER) if it is not there or no regular file. */
bool linear_file_read(struct str file, const char *type, struct pool *pool, struct linear_file *out, struct why *why);

/* Take the next entry off the front of rest; false at the end.  Unquoted keys live in pool. */
bool linear_next(struct str *rest, struct pool *pool, struct linear_entry *entry_out);

/* The whole data of an entry: continued lines joined by a space each; with is_full the key in front. */
struct str linear_data(const struct linear_entry *entry, bool is_full, struct pool *pool);
#endif
