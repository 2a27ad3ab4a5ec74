/* main/surroundings.h -- what a process inherits from a caller who may mean harm: descriptors, environment, limits,
 * signals. */
#ifndef MAIN_SURROUNDINGS_H
#define MAIN_SURROUNDINGS_H
#include "base/list.h"

/* Descriptors 0 to 2 are open (on /dev/null if need be), those above are closed except listed ones; umask 0; SIGPIPE
 * is ignored, others are as by default; the environment is copied to environment_out ("NAME=value", tainted) and
 * emptied; TZ is kept for debugging by unprivileged callers only.  Exits if even /dev/null cannot be opened. */
void surroundings_clean(struct pool *pool, struct str_list *environment_out);

/* keep_environment and add_environment: fill the environment again. */
void surroundings_environment(struct pool *pool, const struct str_list *environment);

/* Option timezone. */
void surroundings_timezone(void);
#endif
