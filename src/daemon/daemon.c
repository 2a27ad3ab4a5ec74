#include "daemon/daemon.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/build_settings.h"
#include "base/clock.h"
#include "base/process.h"
#include "config/config.h"
#include "daemon/parts.h"
#include "expand/expand.h"
#include "launch/notify.h"
#include "log/log.h"
#include "net/socket.h"
#include "spool/spool.h"

enum { CHILDREN_FIRST_ROOM = 64, PID_FILE_MODE = 0644 };

static void
on_signal(int number)
{
    switch (number) {
    case SIGHUP: process.got_hup = 1; break;
    case SIGTERM:
    case SIGINT: process.got_term = 1; break;
    case SIGCHLD: process.got_child = 1; break;
    }
}

static const int handled[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD };

/* Signals stay blocked but while the loop waits, so that no flag is missed. */
static void
signals_set(void (*handler)(int), int how)
{
    struct sigaction action = { .sa_handler = handler };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < COUNT(handled); i++) {
        sigaction(handled[i], &action, NULL);
        sigaddset(&set, handled[i]);
    }
    sigprocmask(how, &set, NULL);
}

bool
daemon_child_add(struct daemon *daemon, pid_t pid, enum child_kind kind, const struct ip_address *ip)
{
    if (daemon->child_count == daemon->child_room) {
        size_t room = daemon->child_room == 0 ? CHILDREN_FIRST_ROOM : daemon->child_room * 2;
        struct daemon_child *wider = reallocarray(daemon->children, room, sizeof *wider);

        if (wider == NULL)
            return false;
        daemon->children = wider;
        daemon->child_room = room;
    }
    daemon->children[daemon->child_count] = (struct daemon_child){ .pid = pid, .kind = kind };
    if (ip != NULL)
        daemon->children[daemon->child_count].ip = *ip;
    daemon->child_count++;
    *(kind == CHILD_SESSION ? &daemon->session_count : &daemon->runner_count) += 1;
    return true;
}

bool
daemon_child_ended(struct daemon *daemon, pid_t pid)
{
    for (size_t i = 0; i < daemon->child_count; i++)
        if (daemon->children[i].pid == pid) {
            *(daemon->children[i].kind == CHILD_SESSION ? &daemon->session_count : &daemon->runner_count) -= 1;
            daemon->children[i] = daemon->children[--daemon->child_count];
            return true;
        }
    return false;
}

static void
listeners_close(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->listener_count; i++)
        close(daemon->listeners[i].fd);
    daemon->listener_count = 0;
}

static void
child_started(void *data)
{
    listeners_close(data);
}

void
daemon_forget(struct daemon *daemon)
{
    signals_set(SIG_DFL, SIG_UNBLOCK);
    listeners_close(daemon);
    launcher_forget(daemon->launcher);
}

/* -oX: items with a dot-less number or name only are ports; else they are interfaces, possibly with ports. */
static bool
is_ports_only(struct str list)
{
    return !str_is_empty(list) && str_find_any(list, ".[") == STR_NONE && str_find_str(list, STR("::")) == STR_NONE;
}

/* A listening socket.  One whose address is in use is tried again retries times; a signal to end stops the waiting. */
static int
listener_open(const struct interface *interface, int retries, struct pool *pool)
{
    for (;; retries--) {
        int fd = socket_listen(&interface->ip, interface->port, config->smtp_connect_backlog);

        if (fd != -1 || errno != EADDRINUSE || retries <= 0)
            return fd;
        log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL,
                  "socket bind() to port %d for address %.*s failed: %s: waiting %.*s before trying again (%d more %s)",
                  interface->port, STR_ARG(ip_format(&interface->ip, pool)), strerror(EADDRINUSE),
                  STR_ARG(interval_format(pool, config->daemon_startup_sleep)), retries, retries > 1 ? "tries" : "try");
        for (int second = 0; second < config->daemon_startup_sleep; second++) {
            struct timespec wait = { .tv_sec = 1 };
            sigset_t none;

            sigemptyset(&none);
            pselect(0, NULL, NULL, NULL, &wait, &none);
            if (process.got_term) {
                errno = EADDRINUSE;
                return -1;
            }
        }
    }
}

/* What a reload finds open already goes on under a second descriptor; no connection is refused in between. */
static int
listener_kept(const struct daemon *daemon, const struct interface *interface)
{
    for (size_t i = 0; i < daemon->listener_count; i++) {
        const struct interface *open = &daemon->listeners[i].interface;

        if (open->port == interface->port && ip_equal(&open->ip, &interface->ip))
            return fcntl(daemon->listeners[i].fd, F_DUPFD_CLOEXEC, 3);
    }
    return -1;
}

static struct listener *
listeners_open(const struct daemon *daemon, int retries, struct pool *pool, size_t *count_out, struct why *why)
{
    const struct daemon_request *request = daemon->request;
    bool has_ports = is_ports_only(request->listen);
    struct interface *interfaces = interfaces_to_listen(has_ports ? STR("") : request->listen,
                                                        has_ports ? request->listen : STR(""), pool, why);
    struct listener *listeners;
    size_t wanted = 0, opened = 0;

    for (const struct interface *i = interfaces; i != NULL; i = i->next)
        wanted++;
    listeners = POOL_NEW_ARRAY(pool, struct listener, wanted);
    for (const struct interface *i = interfaces; i != NULL; i = i->next) {
        int fd = listener_kept(daemon, i);

        if (fd == -1)
            fd = listener_open(i, retries, pool);

        /* A machine without IPv6 still listens on what it has. */
        if (fd == -1 && i->is_wildcard && i->ip.is_v6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
            continue;
        if (fd == -1) {
            why_defer(why, 0, NULL, "socket bind() to port %d for address %.*s failed: %s", i->port,
                      STR_ARG(ip_format(&i->ip, pool)), strerror(errno));
            while (opened > 0)
                close(listeners[--opened].fd);
            return NULL;
        }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        listeners[opened++] = (struct listener){ fd, *i };
    }
    *count_out = opened;
    return interfaces == NULL ? NULL : listeners;
}

/* "port 25 (IPv6 and IPv4) port 2525 [127.0.0.1]:…", as Exim says it when it starts. */
static struct str
listeners_describe(const struct daemon *daemon, struct pool *pool)
{
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < daemon->listener_count; i++) {
        const struct interface *it = &daemon->listeners[i].interface;
        const struct interface *next = i + 1 < daemon->listener_count ? &daemon->listeners[i + 1].interface : NULL;

        buf_add_c(&text, i == 0 ? "" : " and for SMTP on ");
        if (!it->is_wildcard) {
            buf_addf(&text, "[%.*s]:%d", STR_ARG(ip_format(&it->ip, pool)), it->port);
        } else if (next != NULL && next->is_wildcard && next->port == it->port) {
            buf_addf(&text, "port %d (IPv6 and IPv4)", it->port);
            i++;
        } else {
            buf_addf(&text, "port %d (IPv%d)", it->port, it->ip.is_v6 ? 6 : 4);
        }
    }
    return buf_str(&text);
}

static void
log_start(const struct daemon *daemon)
{
    const struct daemon_request *request = daemon->request;
    struct pool *pool = daemon->pool;
    struct str run = STR("no queue runs");

    if (request->queue_interval_s > 0)
        run = pool_printf(pool, "-q%.*s", STR_ARG(interval_format(pool, request->queue_interval_s)));
    if (daemon->listener_count == 0)
        log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "tern %s daemon started: pid=%d, %.*s, not listening for SMTP",
                  build_settings.version, (int)getpid(), STR_ARG(run));
    else
        log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "tern %s daemon started: pid=%d, %.*s, listening for SMTP on %.*s",
                  build_settings.version, (int)getpid(), STR_ARG(run), STR_ARG(listeners_describe(daemon, pool)));
}

static struct str
pid_file_name(const struct daemon *daemon)
{
    struct scope scope = scope_make(daemon->pool);
    const struct spool *spool;
    struct str name;
    struct why why;

    if (!str_is_empty(daemon->request->pid_file))
        return daemon->request->pid_file;
    why_init(&why, daemon->pool);
    if (config->pid_file_path != NULL && expand(config->pid_file_path, &scope, &name, &why) == OK &&
        !str_is_empty(name))
        return name;
    spool = spool_configured(&why);
    if (spool == NULL)
        return STR("");
    return pool_printf(daemon->pool, "%.*s/tern-daemon.pid", STR_ARG(spool->directory));
}

/* A new file each time, so that what may lie at the name is replaced, never written to. */
static void
pid_file_write(const struct daemon *daemon)
{
    const char *name = pool_cstr(daemon->pool, pid_file_name(daemon));
    int fd;

    if (name == NULL || *name == '\0')
        return;
    unlink(name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PID_FILE_MODE);
    if (fd == -1 || dprintf(fd, "%d\n", (int)getpid()) < 0)
        log_panic(NULL, "cannot write the pid file %s: %s", name, strerror(errno));
    if (fd != -1)
        close(fd);
}

static void
pid_file_remove(const struct daemon *daemon)
{
    const char *name = pool_cstr(daemon->pool, pid_file_name(daemon));

    if (name != NULL)
        unlink(name);
}

static void
reap(struct daemon *daemon)
{
    int status;
    pid_t pid;

    process.got_child = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (launcher_child_ended(daemon->launcher, pid, status))
            continue;
        if (daemon_child_ended(daemon, pid) && WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
            log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "process %d crashed with signal %d", (int)pid,
                      WTERMSIG(status));
    }
}

static bool
listen_again(struct daemon *daemon, struct pool *pool)
{
    struct listener *old = daemon->listeners;
    size_t old_count = daemon->listener_count, count = 0;
    struct listener *opened;
    struct why why;

    why_init(&why, pool);
    if (!daemon->request->is_listening)
        return true;
    opened = listeners_open(daemon, 0, pool, &count, &why);
    if (opened == NULL) {
        log_panic(NULL, "%.*s; still listening as before", STR_ARG(why.text));
        opened = POOL_NEW_ARRAY(pool, struct listener, old_count);
        memcpy(opened, old, old_count * sizeof *old);
        count = old_count;
    } else {
        listeners_close(daemon);
    }
    daemon->listeners = opened;
    daemon->listener_count = count;
    return true;
}

/* SIGHUP: a broken configuration is refused, and the one in force serves on. */
static void
reload(struct daemon *daemon)
{
    struct pool *pool = pool_new("daemon");
    struct str error;

    process.got_hup = 0;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "pid %d: SIGHUP received: re-read configuration", (int)getpid());
    if (!daemon->request->reload(daemon->request->data, pool, &error)) {
        log_panic(NULL, "the new configuration is refused, the old one stays in force: %.*s", STR_ARG(error));
        pool_free(pool);
        return;
    }
    listen_again(daemon, pool);
    pool_free(daemon->pool);
    daemon->pool = pool;
    log_start(daemon);
}

/* Wait for anything to happen; poll set: listeners, then the launcher's. */
static void
wait_and_serve(struct daemon *daemon)
{
    size_t fixed = daemon->listener_count;
    size_t room = fixed + launcher_descriptors(daemon->launcher, NULL, 0);
    struct pollfd *polled = calloc(room, sizeof *polled);
    int *served = calloc(room, sizeof *served);
    bool is_accepting = deadline_has_passed(daemon->accept_again);
    struct deadline until = is_accepting ? deadline_never() : daemon->accept_again;
    struct timespec timeout;
    sigset_t none;
    int left_ms;
    size_t served_count;

    if (polled == NULL || served == NULL)
        must_failed(__FILE__, __LINE__, "memory for the poll set");
    for (size_t i = 0; i < daemon->listener_count; i++)
        polled[i] = (struct pollfd){ is_accepting ? daemon->listeners[i].fd : -1, POLLIN, 0 };
    served_count = launcher_descriptors(daemon->launcher, served, room - fixed);
    for (size_t i = 0; i < served_count; i++)
        polled[fixed + i] = (struct pollfd){ served[i], POLLIN, 0 };
    if (daemon->request->queue_interval_s > 0)
        until = deadline_sooner(until, daemon->next_run);
    left_ms = deadline_left_ms(until);
    timeout = (struct timespec){ left_ms / 1000, left_ms % 1000 * 1000000L };
    sigemptyset(&none);
    if (ppoll(polled, fixed + served_count, left_ms < 0 ? NULL : &timeout, &none) > 0) {
        for (size_t i = 0; i < served_count; i++)
            if (polled[fixed + i].revents != 0)
                launcher_handle(daemon->launcher, served[i]);
        for (size_t i = 0; i < daemon->listener_count; i++)
            if (polled[i].revents != 0)
                sessions_accept(daemon, &daemon->listeners[i]);
    }
    free(polled);
    free(served);
}

static void
serve(struct daemon *daemon)
{
    while (!process.got_term) {
        runners_start_due(daemon);
        wait_and_serve(daemon);
        if (process.got_child)
            reap(daemon);
        if (process.got_hup)
            reload(daemon);
    }
}

/* Leave the terminal and the caller's directory; the first process ends when the listeners are open. */
static bool
detach(void)
{
    pid_t pid = fork();
    int null_fd;

    if (pid == -1)
        return false;
    if (pid > 0)
        _exit(EXIT_SUCCESS);
    setsid();
    null_fd = open("/dev/null", O_RDWR);
    for (int fd = 0; null_fd != -1 && fd <= (process.trace == NULL ? 2 : 1); fd++)
        dup2(null_fd, fd);
    if (null_fd > 2)
        close(null_fd);
    return true;
}

static void
raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool
start(struct daemon *daemon)
{
    const struct daemon_request *request = daemon->request;
    struct why why;
    int notify_fd;

    why_init(&why, daemon->pool);
    raise_descriptor_limit();
    if (request->is_listening) {
        daemon->listeners = listeners_open(daemon, config->daemon_startup_retries, daemon->pool,
                                           &daemon->listener_count, &why);
        if (daemon->listeners == NULL) {
            log_panic(NULL, "%.*s: daemon abandoned", STR_ARG(why.text));
            return false;
        }
    }
    if (!request->is_foreground && !detach())
        return false;
    if (chdir("/") == -1)
        return false;
    daemon->duties = *request->launch->duties;
    daemon->duties.started = child_started;
    daemon->duties.data = daemon;
    daemon->launch = *request->launch;
    daemon->launch.duties = &daemon->duties;
    daemon->launcher = launcher_new(pool_new("launcher"), &daemon->launch);
    notify_fd = str_is_empty(request->notifier_path) ? -1 : notify_listen(request->launch, request->notifier_path);
    if (notify_fd != -1)
        launcher_adopt_notifier(daemon->launcher, notify_fd);
    else if (!str_is_empty(request->notifier_path))
        log_panic(NULL, "no notifier socket %.*s: local submissions wait for the next queue run",
                  STR_ARG(request->notifier_path));
    pid_file_write(daemon);
    log_start(daemon);
    return true;
}

int
daemon_run(const struct daemon_request *request)
{
    struct daemon daemon = {
        .request = request, .pool = pool_new("daemon"), .next_run = deadline_in_ms(0),
        .accept_again = deadline_in_ms(0),
    };

    process.purpose = "daemon";
    signals_set(on_signal, SIG_BLOCK);
    if (!start(&daemon))
        return EXIT_FAILURE;
    serve(&daemon);
    if (!str_is_empty(request->notifier_path))
        notify_unlink(request->launch, request->notifier_path);
    pid_file_remove(&daemon);
    free(daemon.children);
    return EXIT_SUCCESS;
}
