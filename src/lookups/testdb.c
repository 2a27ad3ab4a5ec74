/* lookups/testdb.c -- a type for tests: the query itself is the answer, "fail" and "defer" are what they say. */
#include "lookups/lookup.h"

static enum lookup_answer
testdb_find(struct lookup_handle *handle, struct str file, struct str key, struct str options, struct scope *scope,
            struct str *value_out, struct why *why)
{
    (void)handle, (void)file, (void)options, (void)scope;
    if (str_eq_c(key, "fail"))
        return LOOKUP_NOT_FOUND;
    if (str_eq_c(key, "defer")) {
        why_defer(why, 0, NULL, "testdb lookup forced DEFER");
        return LOOKUP_DEFERRED;
    }
    *value_out = str_eq_c(key, "nocache") ? STR("") : key;
    return LOOKUP_FOUND;
}

const struct lookup_driver testdb_lookup = { .name = "testdb", .find = testdb_find };
