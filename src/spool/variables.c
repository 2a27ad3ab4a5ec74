/* spool/variables.c -- $queue_size: counted when asked for, at most once a minute (manual: expansion variables). */
#include "base/clock.h"
#include "base/process.h"
#include "expand/rows.h"
#include "spool/spool.h"

enum { COUNT_AGAIN_S = 60 };

struct counted {
    bool is_known;
    time_t at;
    size_t count;
};

static enum outcome
get_queue_size(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    static const char key = 0;
    struct counted *counted = process_cache(&key, sizeof *counted);
    const struct spool *spool;

    (void)suffix, (void)why;
    if (!counted->is_known || clock_seconds() - counted->at >= COUNT_AGAIN_S) {
        spool = spool_configured(NULL);
        counted->is_known = spool != NULL && spool_count(spool, &counted->count);
        counted->at = clock_seconds();
    }
    if (counted->is_known)
        *value_out = pool_printf(scope->pool, "%zu", counted->count);
    return OK;
}

const struct expand_variable spool_variables[] = {
    { .name = "queue_size", .get = get_queue_size },
    { .name = NULL }
};
