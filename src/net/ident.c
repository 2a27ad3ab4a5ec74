/* net/ident.c -- ask a client's ident server (RFC 1413) whose connection this is. */
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/trace.h"
#include "config/config.h"
#include "net/socket.h"

enum { IDENT_PORT = 113, REPLY_MAX_BYTES = 1000, IDENT_MAX_BYTES = 127 };

/* "port , port : USERID : system : name"; the name runs to the end of the line, leading blanks dropped. */
struct str
ident_reply_parse(struct str reply, int peer_port, int local_port)
{
    struct str part, ports[2];
    uint64_t port;

    if (!str_cut(reply, ':', &part, &reply) || !str_cut(part, ',', &ports[0], &ports[1]))
        return STR("");
    if (!str_to_u64(str_trim(ports[0]), 10, &port) || port != (uint64_t)peer_port ||
        !str_to_u64(str_trim(ports[1]), 10, &port) || port != (uint64_t)local_port)
        return STR("");
    if (!str_cut(reply, ':', &part, &reply) || !str_eq_c(str_trim(part), "USERID") || !str_cut(reply, ':', &part,
        &reply))
        return STR("");
    return str_head(str_trim(reply), IDENT_MAX_BYTES);
}

/* Read up to the end of a line, or the limit. */
static struct str
reply_read(int fd, struct deadline deadline, struct pool *pool)
{
    char *reply = pool_alloc_as(pool, TAINTED, REPLY_MAX_BYTES);
    size_t length = 0, count;

    while (length < REPLY_MAX_BYTES && memchr(reply, '\n', length) == NULL &&
           fd_read(fd, reply + length, REPLY_MAX_BYTES - length, deadline, &count) == IO_DONE)
        length += count;
    return str_head(str_make(reply, length), str_find(str_make(reply, length), '\n'));
}

/* What is not printable becomes "?": the name goes into logs and header fields. */
static struct str
printable(struct str name, struct pool *pool)
{
    char *text = pool_alloc_as(pool, TAINTED, name.len + 1);

    for (size_t i = 0; i < name.len; i++)
        text[i] = name.ptr[i];
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_print(text[i]))
            text[i] = '?';
    return str_make(text, name.len);
}

struct str
ident_query(const struct ip_address *local, int local_port, const struct ip_address *peer, int peer_port,
            struct deadline deadline, struct pool *pool)
{
    struct connect_request request = { .ip = *peer, .port = IDENT_PORT, .has_source = true, .source = *local,
        .dscp = -1 };
    struct str query, name = STR("");
    int fd;

    if (config != NULL && config->rfc1413_port > 0)
        request.port = config->rfc1413_port;
    trace(TRACE_IDENT, "doing ident callback");
    fd = socket_connect(&request, deadline, NULL);
    if (fd == -1)
        return name;
    query = pool_printf(pool, "%d , %d\r\n", peer_port, local_port);
    if (fd_write(fd, query, deadline) == IO_DONE)
        name = printable(ident_reply_parse(reply_read(fd, deadline, pool), peer_port, local_port), pool);
    close(fd);
    trace(TRACE_IDENT, "sender_ident = %.*s", STR_ARG(name));
    return name;
}
