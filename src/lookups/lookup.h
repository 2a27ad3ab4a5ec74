/* lookups/lookup.h -- look a key up in a file or database (manual: file and database lookups).
 *
 * One file per type, one cache of open files and of answers for all: a file stays open until it changes
 * (device, inode, size, times), and an answer is kept as long as its file. */
#ifndef LOOKUPS_LOOKUP_H
#define LOOKUPS_LOOKUP_H
#include "base/outcome.h"
#include "expand/scope.h"

enum lookup_answer { LOOKUP_FOUND, LOOKUP_NOT_FOUND, LOOKUP_DEFERRED };

/* "partial2-lsearch*@,ret=full" taken apart and checked. */
struct lookup_spec {
    const struct lookup_driver *driver;
    struct str name;                /* of the type, without what stands around it */
    int partial;                    /* -1: none; else the minimum number of domain components */
    struct str affix;               /* "*." unless partialN(affix) */
    bool has_star, has_star_at;
    bool is_key_wanted;             /* ret=key */
    bool is_cache_read, is_cache_written;   /* not cache=no, cache=no_rd; not cache=no, cache=no_wr */
    struct str options;             /* after the first comma; those above are left in */
};

/* False (why filled, Exim's wording) for an unknown or unusable type; says which build flag brings a left-out one.
 * The views of the spec point into type. */
bool lookup_spec_parse(struct str type, struct lookup_spec *spec_out, struct why *why);

/* By its plain name; NULL if it is not built in. */
const struct lookup_driver *lookup_driver_find(struct str name);

/* Is the text the name of a type, with or without options and partial-: so that "type;file" in a list is a lookup? */
bool lookup_type_exists(struct str name);

/* Look key up.  file: for single-key types the file name, which must be untainted; else empty (the query is the key).
 * The value is clean and lives in scope->pool.  wild_out (may be NULL): $1, $2 of a partial match.  DEFERRED fills why;
 * why->detail is 1 if the file could not be opened (Exim makes an expansion fail then). */
enum lookup_answer lookup_find(const struct lookup_spec *spec, struct str file, struct str key, struct scope *scope,
                               struct str *value_out, struct captures *wild_out, struct why *why);

/* Take a text "type;file" or "type;query" of a list apart: file_out for single-key types, query_out for the others. */
bool lookup_split_item(struct str item, struct lookup_spec *spec_out, struct str *rest_out, struct why *why);

/* Forget the answers of queries: when a message has been dealt with.  Files stay open, they are watched for changes. */
void lookup_tidy(void);

/* Close all that is open, too. */
void lookup_close_all(void);

/* Value of an option ("ret" in "ret=full,filter=file"); false if it is not there. */
bool lookup_option(struct str options, const char *name, struct str *value_out);

struct lookup_handle;               /* the driver's own */

struct lookup_driver {
    const char *name;
    bool is_single_key;
    bool is_absolute_file;          /* the file is one of the file system: opened once, watched for changes */
    bool has_own_cache;             /* answers are not kept by the engine */
    /* Open; NULL with why filled.  pool lives as long as the handle.  Query-style types without a file leave it
     * NULL. */
    struct lookup_handle *(*open)(struct str file, struct pool *pool, struct why *why);
    /* Ownership, modes; NULL: none to make. */
    bool (*check)(struct lookup_handle *handle, struct str file, struct why *why);
    /* The value may live in the handle, in scope->pool or be constant; its trust does not matter. */
    enum lookup_answer (*find)(struct lookup_handle *handle, struct str file, struct str key, struct str options,
                               struct scope *scope, struct str *value_out, struct why *why);
    void (*close)(struct lookup_handle *handle);
    /* Quote for ${quote_<name>:…}; NULL: the text itself.  An option follows "_" in the operator.  False: a bad
     * option. */
    bool (*quote)(struct str text, struct str option, struct pool *pool, struct str *quoted_out);
};
extern const struct lookup_driver *const lookups_rows[];
#endif
