/* transports/turns.h -- a limit on how many processes of this host do the same thing at once (serialize_hosts,
 * max_parallel): counts in the hints database "misc".  Counts older than six hours are forgotten, as the manual says.
 */
#ifndef TRANSPORTS_TURNS_H
#define TRANSPORTS_TURNS_H
#include "base/pool.h"

/* Take a turn of "KIND-NAME"; false: limit of them are taken.  Without a database everyone gets a turn. */
bool turn_take(const char *kind, struct str name, int limit, struct pool *pool);
void turn_give_back(const char *kind, struct str name, struct pool *pool);
#endif
