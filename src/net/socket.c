/* net/socket.c -- see socket.h. */
#include "net/socket.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/trace.h"

static int
family_of(const struct ip_address *ip)
{
    return ip->is_v6 ? AF_INET6 : AF_INET;
}

/* Close after a failure, errno kept. */
static int
close_failed(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

static bool
set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

int
socket_listen(const struct ip_address *ip, int port, int backlog)
{
    struct sockaddr_storage address;
    socklen_t length;
    int fd = socket(family_of(ip), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1)
        return -1;
    ip_to_sockaddr(ip, port, &address, &length);
    if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) || (ip->is_v6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) ||
        bind(fd, (struct sockaddr *)&address, length) == -1 || listen(fd, backlog) == -1)
        return close_failed(fd);
    return fd;
}

static bool
source_bind(int fd, const struct connect_request *request)
{
    struct sockaddr_storage address;
    socklen_t length;

    if (!request->has_source)
        return true;
    ip_to_sockaddr(&request->source, request->source_port, &address, &length);
    /* The port is chosen at connect(), when the other end is known: more connections fit. */
    if (request->source_port == 0)
        set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return bind(fd, (struct sockaddr *)&address, length) == 0;
}

/* Options that only help: what the system does not know is done without. */
static void
options_set(int fd, const struct connect_request *request)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (request->has_keepalive)
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (request->is_fast_open)
        set_option(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
    if (request->dscp >= 0 && request->ip.is_v6)
        set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, request->dscp);
    else if (request->dscp >= 0)
        set_option(fd, IPPROTO_IP, IP_TOS, request->dscp);
}

/* Finish a connect() under way: 0, or the error number. */
static int
connect_wait(int fd, struct deadline deadline)
{
    enum io_result result = fd_wait(fd, POLLOUT, deadline);
    int error = 0;
    socklen_t length = sizeof(error);

    if (result == IO_TIMEOUT)
        return ETIMEDOUT;
    if (result != IO_DONE || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
        return errno;
    return error;
}

static int
connect_error(int fd, int error, struct why *why)
{
    close(fd);
    why_defer(why, error, "4.4.1", "%s", "cannot connect");
    if (why != NULL) {
        why->text = str_of(strerror(error));
        why->cause = error == ETIMEDOUT ? CAUSE_CONNECT_TIMEOUT : error == ECONNREFUSED ? CAUSE_CONNECT_REFUSED :
            CAUSE_OTHER;
    }
    errno = error;
    return -1;
}

static int
connect_to(int fd, const struct sockaddr *address, socklen_t length, struct deadline deadline, struct why *why)
{
    int error;

    if (connect(fd, address, length) == 0)
        return fd;
    error = errno;
    if (error == EINPROGRESS || error == EINTR || error == EAGAIN)
        error = connect_wait(fd, deadline);
    return error == 0 ? fd : connect_error(fd, error, why);
}

int
socket_connect(const struct connect_request *request, struct deadline deadline, struct why *why)
{
    struct sockaddr_storage address;
    socklen_t length;
    int fd;

    if (request->has_source && request->source.is_v6 != request->ip.is_v6) {
        why_defer(why, 0, "4.4.1", "the source address is of another address family than the host");
        errno = EAFNOSUPPORT;
        return -1;
    }
    fd = socket(family_of(&request->ip), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        why_defer(why, errno, "4.3.0", "cannot make a socket");
        return -1;
    }
    if (!source_bind(fd, request)) {
        why_defer(why, errno, "4.4.1", "unable to bind outgoing SMTP call to the source address");
        return close_failed(fd);
    }
    options_set(fd, request);
    ip_to_sockaddr(&request->ip, request->port, &address, &length);
    return connect_to(fd, (struct sockaddr *)&address, length, deadline, why);
}

int
socket_connect_unix(struct str path, struct deadline deadline, struct why *why)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (path.len >= sizeof(address.sun_path)) {
        why_defer(why, ENAMETOOLONG, NULL, "socket path \"%.*s\"", STR_ARG(path));
        return -1;
    }
    memcpy(address.sun_path, path.ptr, path.len);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        why_defer(why, errno, NULL, "cannot make a socket");
        return -1;
    }
    return connect_to(fd, (struct sockaddr *)&address, sizeof(address), deadline, why);
}

bool
socket_ends(int fd, struct ip_address *local_out, int *local_port_out, struct ip_address *peer_out, int *peer_port_out)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof(address);

    if (getpeername(fd, (struct sockaddr *)&address, &length) == -1 ||
        !ip_from_sockaddr((struct sockaddr *)&address, peer_out, peer_port_out))
        return false;
    length = sizeof(address);
    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
        ip_from_sockaddr((struct sockaddr *)&address, local_out, local_port_out);
}
