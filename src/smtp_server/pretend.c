/* smtp_server/pretend.c -- -bh and -bhc: a session as if from some host, nothing kept, decisions told on standard
 * error. */
#include <stdio.h>
#include <unistd.h>
#include "base/process.h"
#include "base/trace.h"
#include "log/log.h"
#include "net/ip_address.h"
#include "smtp_server/server.h"

static void
tell(const struct origin *origin)
{
    printf("\n**** SMTP testing session as if from host %.*s\n", STR_ARG(origin->host_address));
    if (origin->ident.len > 0)
        printf("**** and ident %.*s\n", STR_ARG(origin->ident));
    else
        printf("**** but without any ident (RFC 1413) callback.\n");
    printf("**** This is not for real!\n\n");
    fflush(stdout);
}

int
smtp_session_pretend(struct str address, struct origin *origin, const struct smtp_session_options *options)
{
    const uint64_t shown = (uint64_t)1 << TRACE_ACL | (uint64_t)1 << TRACE_VERIFY | (uint64_t)1 << TRACE_LISTS |
                           (uint64_t)1 << TRACE_DNSBL | (uint64_t)1 << TRACE_ROUTE | (uint64_t)1 << TRACE_HOST_LOOKUP;
    struct ip_address ip;
    int port;

    if (!ip_parse_with_port(address, &ip, &port)) {
        fprintf(stderr, "tern: -bh data must be an IP address\n");
        return 1;
    }
    if (str_eq(origin->ident, origin->caller_login))
        origin->ident = origin->authenticated_id = STR("");
    origin->is_socket = true;
    origin->is_local = origin->is_trusted = false;
    origin->host_address = ip_format(&ip, origin->pool);
    origin->host_port = port;
    if (process.trace == NULL) {
        trace_to_stream(origin->pool, shown, stderr);
        trace_set_mark(">>> ");
    }
    log_divert(stderr);
    tell(origin);
    return smtp_session_run(STDIN_FILENO, STDOUT_FILENO, origin, options);
}
