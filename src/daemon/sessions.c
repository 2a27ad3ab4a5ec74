#include "daemon/parts.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/process.h"
#include "config/config.h"
#include "log/log.h"
#include "message/origin.h"
#include "net/socket.h"
#include "smtp_server/session.h"

enum { ACCEPTS_PER_ROUND = 64, PAUSE_WHEN_FULL_MS = 1000 };

struct arrival {
    int fd;
    struct ip_address ip;
    int port;
};

/* A descriptor or process is missing: others must end first, so do not spin. */
static void
pause_accepting(struct daemon *daemon, const char *what)
{
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "%s: %s: no connections are accepted for a second", what,
              strerror(errno));
    daemon->accept_again = deadline_in_ms(PAUSE_WHEN_FULL_MS);
}

static struct origin *
origin_of(const struct arrival *arrival, struct pool *pool)
{
    struct origin *origin = origin_new(pool);
    struct ip_address ours, peer;
    int our_port, peer_port;

    origin->is_smtp = origin->is_socket = true;
    origin->host_address = ip_format(&arrival->ip, pool);
    origin->host_port = arrival->port;
    if (socket_ends(arrival->fd, &ours, &our_port, &peer, &peer_port)) {
        origin->interface_address = ip_format(&ours, pool);
        origin->interface_port = our_port;
    }
    return origin;
}

static int
host_connections(const struct daemon *daemon, const struct ip_address *ip)
{
    int count = 1;

    for (size_t i = 0; i < daemon->child_count; i++)
        count += daemon->children[i].kind == CHILD_SESSION && ip_equal(&daemon->children[i].ip, ip);
    return count;
}

_Noreturn static void
session_run(struct daemon *daemon, const struct arrival *arrival, int host_count, int link_fd)
{
    const struct launch_settings *launch = daemon->request->launch;
    struct smtp_session_options options = {
        .is_daemon = true,
        .is_queue_only = daemon->request->is_queue_only,
        .connection_count = (int)daemon->session_count + 1,
        .host_connection_count = host_count,
    };
    bool is_root = geteuid() == 0;
    struct pool *pool;

    daemon_forget(daemon);
    process.purpose = "session";
    if (daemon->request->is_session_quiet)
        process.trace = NULL;
    if (!launch_become_session(launch->mail_uid, launch->mail_gid)) {
        log_panic(NULL, "a session could not become the mail user: %s", strerror(errno));
        _exit(1);
    }
    pool = pool_new("session");
    options.link = launch_link_adopt(pool, link_fd, LAUNCH_MAY_DELIVER, is_root);
    _exit(smtp_session_run(arrival->fd, arrival->fd, origin_of(arrival, pool), &options));
}

static void
session_start(struct daemon *daemon, const struct arrival *arrival, int host_count)
{
    int link_fd = launcher_link_new(daemon->launcher, LAUNCH_MAY_DELIVER);
    pid_t pid = link_fd == -1 ? -1 : fork();

    if (pid == 0)
        session_run(daemon, arrival, host_count, link_fd);
    if (link_fd != -1)
        close(link_fd);
    if (pid == -1)
        pause_accepting(daemon, "no process for a session");
    else
        daemon_child_add(daemon, pid, CHILD_SESSION, &arrival->ip);
}

/* smtp_accept_keepalive and tcp_nodelay; a failure costs nothing but the effect. */
static void
socket_prepare(int fd)
{
    int on = 1;

    if (config->smtp_accept_keepalive)
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (config->tcp_nodelay)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void
arrival_handle(struct daemon *daemon, const struct arrival *arrival)
{
    struct pool *pool = pool_new("arrival");
    struct origin *origin = origin_of(arrival, pool);
    int host_count = host_connections(daemon, &arrival->ip);
    struct refusal refusal;

    if (connection_admit(daemon, origin, host_count, &refusal)) {
        connection_log(daemon, origin);
        socket_prepare(arrival->fd);
        session_start(daemon, arrival, host_count);
    } else {
        smtp_session_refuse(arrival->fd, origin, refusal.log_text, refusal.reply);
    }
    pool_free(pool);
}

void
sessions_accept(struct daemon *daemon, const struct listener *listener)
{
    for (int i = 0; i < ACCEPTS_PER_ROUND; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof address;
        struct arrival arrival = { .fd = accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_CLOEXEC) };

        if (arrival.fd == -1) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(daemon, "accept() failed");
            return;
        }
        if (ip_from_sockaddr((struct sockaddr *)&address, &arrival.ip, &arrival.port))
            arrival_handle(daemon, &arrival);
        close(arrival.fd);
    }
}
