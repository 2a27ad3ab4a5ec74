/* lookups/handles.h -- open files and databases of this process, and the answers they gave. */
#ifndef LOOKUPS_HANDLES_H
#define LOOKUPS_HANDLES_H
#include "lookups/lookup.h"

struct open_lookup;

/* The handle for driver and file, opened if it is not or if the file has changed since; NULL with why filled (DEFER). */
struct open_lookup *lookup_opened(const struct lookup_driver *driver, struct str file, struct why *why);

/* One question, answered from memory if it was asked before (files only) unless is_fresh. */
enum lookup_answer lookup_ask(struct open_lookup *open, const struct lookup_query *query, bool is_fresh, struct str *value_out,
                              struct why *why);
#endif
