/* launch/notify.h -- a socket on which a daemon hears of messages from elsewhere.
 *
 * Only the mail user can reach it (mode of the socket and of the directory).  What it carries are requests for
 * deliveries, as over any other link. */
#ifndef LAUNCH_NOTIFY_H
#define LAUNCH_NOTIFY_H
#include "launch/launch.h"

/* Make it and bind it to path, for launcher_adopt_notifier(); the binding is done by a child that is
 * the mail user. -1 with errno. */
int notify_listen(const struct launch_settings *launch, struct str path);

/* Remove the socket's name: the daemon ends. */
void notify_unlink(const struct launch_settings *launch, struct str path);

/* A link to the daemon that listens at path; launch_deliver() over it never waits.  NULL if none does. */
struct launch_link *notify_link(struct pool *pool, struct str path);
#endif
