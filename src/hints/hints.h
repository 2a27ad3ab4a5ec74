/* hints/hints.h -- databases that we may lose: retry times, waiting lists, rates, callout results.
 *
 * Files and keys as Exim has them (spool/db/NAME with NAME.lockfile).  Nothing here ever stops mail: a database that
 * stays locked is done without, a corrupt one is renamed to NAME.corrupt-<time> and begun anew.  Records are opaque
 * bytes; who reads one checks its length and fields. */
#ifndef HINTS_HINTS_H
#define HINTS_HINTS_H
#include "base/pool.h"

struct hints;

enum hints_mode {
    HINTS_READ,                     /* NULL if there is no such database */
    HINTS_WRITE,                    /* NULL if there is no such database */
    HINTS_CREATE                    /* made if it is not there */
};

/* Open NAME in the db directory of the spool.  NULL: there is none, or it cannot be had now (logged where it
 * matters); carry on without.  Keep it open for a moment only: others wait. */
struct hints *hints_open(const char *name, enum hints_mode mode);

/* Open a database by its absolute path (autoreply's once file, utilities); no lock file if is_locked is false. */
struct hints *hints_open_path(const char *path, enum hints_mode mode, bool is_locked);

/* The record of key, copied into pool (tainted); false if there is none.  max_bytes: a longer one counts as not
 * there. */
bool hints_get(struct hints *hints, struct str key, size_t max_bytes, struct pool *pool, struct str *value_out);

/* False if it cannot be written: the database is then set aside. */
bool hints_put(struct hints *hints, struct str key, struct str value);
bool hints_delete(struct hints *hints, struct str key);

/* Put only if the key is not there; false if it is. */
bool hints_add(struct hints *hints, struct str key, struct str value);

/* Keys one after another, in the database's own order; false at the end.  Start with is_first. */
bool hints_scan(struct hints *hints, bool is_first, struct pool *pool, struct str *key_out);

/* Close and unlock; NULL is fine. */
void hints_close(struct hints *hints);

/* "db5", "sqlite" …: the kinds of file that this program can make; NULL-ended. */
const char *hints_backend_name(void);
#endif
