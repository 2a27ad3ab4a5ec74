/* lookups/lookup.h -- look a key up in a file or database (manual: file and database lookups).
 *
 * One file per type, one cache of open handles and of answers for all. */
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
 * The value is clean.  wild_out (may be NULL): $1, $2 of a partial match.  DEFERRED fills why. */
enum lookup_answer lookup_find(const struct lookup_spec *spec, struct str file, struct str key, struct scope *scope,
                               struct str *value_out, struct captures *wild_out, struct why *why);

struct lookup_handle;               /* the driver's own */

struct lookup_driver {
    const char *name;
    bool is_single_key, is_absolute_file;
    /* Open (cached by file name); NULL with why filled. */
    struct lookup_handle *(*open)(struct str file, struct pool *pool, struct why *why);
    /* Ownership, modes (manual: exim_user, lsearch file checks); NULL: none to make. */
    bool (*check)(struct lookup_handle *handle, struct str file, struct why *why);
    enum lookup_answer (*find)(struct lookup_handle *handle, struct str file, struct str key, struct str options, struct scope *scope,
                               struct str *value_out, struct why *why);
    void (*close)(struct lookup_handle *handle);
    /* Quote for ${quote_<name>:…}; NULL: no such operator.  An option follows "_" in the operator. */
    bool (*quote)(struct str text, struct str option, struct pool *pool, struct str *quoted_out);
};
extern const struct lookup_driver *const lookups_rows[];
#endif
