#include "launch/notify.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "launch/link.h"

/* False if path is too long for a socket's name. */
static bool
notify_address(struct str path, struct sockaddr_un *address)
{
    int len;

    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    len = snprintf(address->sun_path, sizeof address->sun_path, "%.*s", STR_ARG(path));
    return len > 0 && (size_t)len < sizeof address->sun_path;
}

/* As the mail user, so that what lies at the name cannot be made to harm root. */
static int
as_mail_user(const struct launch_settings *launch, struct str path, int fd,
             bool (*work)(struct str path, int fd))
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(launch_become_mail_user(launch->mail_uid, launch->mail_gid) && work(path, fd) ? 0 : 1);
    if (pid == -1)
        return -1;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static bool
bind_name(struct str path, int fd)
{
    struct sockaddr_un address;

    if (!notify_address(path, &address) || (unlink(address.sun_path) == -1 && errno != ENOENT))
        return false;
    umask(077);
    return bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static bool
unlink_name(struct str path, int fd)
{
    struct sockaddr_un address;

    (void)fd;
    return notify_address(path, &address) && unlink(address.sun_path) == 0;
}

int
notify_listen(const struct launch_settings *launch, struct str path)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1)
        return -1;
    if (as_mail_user(launch, path, fd, bind_name) == -1) {
        close(fd);
        errno = EACCES;
        return -1;
    }
    return fd;
}

void
notify_unlink(const struct launch_settings *launch, struct str path)
{
    as_mail_user(launch, path, -1, unlink_name);
}

struct launch_link *
notify_link(struct pool *pool, struct str path)
{
    struct sockaddr_un address;
    struct launch_link *link;
    int fd;

    if (!notify_address(path, &address))
        return NULL;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return NULL;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1) {
        close(fd);
        return NULL;
    }
    link = launch_link_make(pool, fd, LAUNCH_MAY_DELIVER, false);
    link->is_one_way = true;
    return link;
}
