/* lookups/lookup.h -- look a key up in a file or database (manual: file and database lookups).
 *
 * One file per type, one cache of open handles and of answers for all.  What comes back is clean: the files are the
 * administrator's. */
#ifndef LOOKUPS_LOOKUP_H
#define LOOKUPS_LOOKUP_H
#include "base/outcome.h"
#include "expand/scope.h"

enum lookup_answer { LOOKUP_FOUND, LOOKUP_NOT_FOUND, LOOKUP_DEFERRED };

/* "partial2-lsearch*@,ret=full" taken apart and checked. */
struct lookup_spec {
    const struct lookup_driver *driver;
    int partial;                    /* -1: none; else the minimum number of domain components */
    struct str affix;               /* "*." unless partialN(affix) */
    bool has_star, has_star_at;
    struct str options;             /* after the first comma */
};

/* False (why filled, Exim's wording) for an unknown or unusable type; says which build flag brings a left-out one. */
bool lookup_spec_parse(struct str type, struct lookup_spec *spec_out, struct why *why);

/* Look key up.  file: for single-key types the (untainted) absolute file name, else empty or the text before the query.
 * The value is clean and lives in scope->pool or longer.  wild_out (may be NULL): $1, $2 of a partial match or a default.
 * DEFERRED fills why. */
enum lookup_answer lookup_find(const struct lookup_spec *spec, struct str file, struct str key, struct scope *scope,
                               struct str *value_out, struct captures *wild_out, struct why *why);

struct lookup_handle;               /* the driver's own */

/* One question to a driver. */
struct lookup_query {
    struct str file, key, options;
    struct scope *scope;
};

struct lookup_driver {
    const char *name;
    bool is_single_key;
    bool is_file;                   /* a file: opened anew when it has changed, answers remembered until then */
    /* Open, in pool; NULL with why filled.  NULL function: nothing is open between questions. */
    struct lookup_handle *(*open)(struct str file, struct pool *pool, struct why *why);
    enum lookup_answer (*find)(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out,
                               struct why *why);
    void (*close)(struct lookup_handle *handle);
    /* Quote for ${quote_<name>:…}; NULL: no such operator.  An option follows "_" in the operator. */
    bool (*quote)(struct str text, struct str option, struct pool *pool, struct str *quoted_out);
};
extern const struct lookup_driver *const lookups_rows[];

/* By name; NULL if it is not built in. */
const struct lookup_driver *lookup_driver_find(struct str name);

/* The value of "name=" among comma-separated options; false if it is not there. */
bool lookup_option(struct str options, const char *name, struct str *value_out);
#endif
