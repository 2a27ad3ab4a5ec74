#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "transports/appendfile/appendfile.h"

/* One datagram "user@offset" to the biff service of this host (comsat(8)); nobody answers. */
void
append_notify_comsat(struct str user, int64_t offset)
{
    struct pool *pool = pool_new("comsat");
    struct str text = pool_printf_tainted(pool, "%.*s@%lld\n", STR_ARG(user), (long long)offset);
    const struct servent *service = getservbyname("biff", "udp");
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (service != NULL && fd != -1) {
        to.sin_port = (in_port_t)service->s_port;
        (void)!sendto(fd, text.ptr, text.len, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to));
    }
    if (fd != -1)
        close(fd);
    pool_free(pool);
}
