/* main/alternatives.h -- what -C and -D may do (manual: using a different configuration file). */
#ifndef MAIN_ALTERNATIVES_H
#define MAIN_ALTERNATIVES_H
#include "main/invocation.h"

/* May the command line have these -C and -D at all, as this program was built (DISABLE_D_OPTION, ALT_CONFIG_PREFIX)?
 * False: *reason_out, constant text. */
bool alternatives_are_allowed(const struct command_line *line, const char **reason_out);

/* Do they cost the rights that the set-uid bit gave?  Not for the configuration that is built in, not for files of
 * TRUSTED_CONFIG_LIST and macros of WHITELIST_D_MACROS named by CONFIGURE_OWNER, and not for root. */
bool alternatives_cost_privilege(const struct invocation *invocation);
#endif
