/* transports/queuefile.c -- put a copy of the spool files into a directory.  The option is complete; the copying is not
 * built yet, and a message that comes here waits. */
#include "transports/transport.h"

struct queuefile_options {
    struct template *directory;
};

#define O struct queuefile_options

static const struct option options[] = {
    OPTION_EXPANDED(O, directory),
    OPTION_END
};

static void
queuefile_run(struct transport_run *run)
{
    for (struct address *addr = run->addresses; addr != NULL; addr = addr->next) {
        why_init(&addr->why, run->pool);
        addr->outcome =
            why_defer(&addr->why, 0, "4.3.5", "the queuefile driver of the transport %.*s is not acted on yet",
                      STR_ARG(run->transport->instance.name));
    }
}

const struct transport_driver queuefile_driver = {
    .info = { .name = "queuefile",
              .is_local = true,
              .options = options,
              .options_size = sizeof(struct queuefile_options) },
    .run = queuefile_run,
};
