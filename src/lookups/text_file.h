/* lookups/text_file.h -- the text files of lsearch and its kin: entries of a key and data over one or more lines. */
#ifndef LOOKUPS_TEXT_FILE_H
#define LOOKUPS_TEXT_FILE_H
#include "base/map.h"
#include "base/outcome.h"

enum { TEXT_FILE_MAX_BYTES = 1 << 30 };

struct text_file {
    struct pool *pool;
    struct str text;
    uint64_t searches;
    bool has_index;
    struct map index;               /* folded key → struct text_entry *: made when the file is asked again and again */
};

/* One entry while walking. */
struct text_entry {
    struct str key;                 /* unquoted */
    struct str data;                /* raw: from behind the key to the end of its last line */
    bool is_quoted;
};

/* Read the file.  NULL: why as Exim words it for linear search. */
struct text_file *text_file_open(struct str path, struct pool *pool, struct why *why);

/* A regular file? */
bool text_file_check(struct str path, struct why *why);

/* The next entry; *at is 0 at first.  False at the end.  Keys with quotes are copied to pool. */
bool text_entry_next(const struct text_file *file, size_t *at, struct pool *pool, struct text_entry *entry_out);

/* The entry of a key, case ignored: by a scan at first, by an index later. */
bool text_file_find(struct text_file *file, struct str key, struct pool *pool, struct text_entry *entry_out);

/* The data of an entry: continuation lines joined with one space; is_full: with the key in front. */
struct str text_entry_data(const struct text_entry *entry, bool is_full, struct pool *pool);
#endif
