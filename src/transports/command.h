/* transports/command.h -- from a command option to the arguments of a program (manual: section 29.3). */
#ifndef TRANSPORTS_COMMAND_H
#define TRANSPORTS_COMMAND_H
#include "base/list.h"
#include "transports/transport.h"

struct command_request {
    struct str line;                /* as configured, or from a redirection */
    const char *what;               /* for errors: "address_pipe transport", "transport filter" */
    bool is_expanded;               /* expand each argument */
    struct str address_pipe; /* what an argument $address_pipe stands for (force_command); empty: nothing special */
    bool is_argument_taint_refused;
};

/* Split, expand, put the addresses of the run for $pipe_addresses.  argv_out ends with NULL.
 * DEFER or FAIL with why. */
enum outcome command_make(const struct command_request *request, struct transport_run *run, const char ***argv_out,
                          struct why *why);

/* The environment of local programs: NAME=value strings ended by NULL, from a list. */
const char **command_strings(const struct str_list *list, struct pool *pool);
#endif
