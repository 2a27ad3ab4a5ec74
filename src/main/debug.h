/* main/debug.h -- -d, -v and --explain: who listens to the decision records. */
#ifndef MAIN_DEBUG_H
#define MAIN_DEBUG_H
#include "main/invocation.h"

/* False if the caller may not see debug output. */
bool debug_start(const struct invocation *invocation);

/* "+route-acl" applied to a set of categories, one bit each; false for a malformed text or an unknown name. */
bool debug_selection(struct str text, uint64_t *categories);
#endif
