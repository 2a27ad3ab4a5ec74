#include "launch/child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "base/process.h"

static void
signals_reset(void)
{
    static const int used[] = { SIGHUP, SIGTERM, SIGINT, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2 };
    sigset_t none;

    for (size_t i = 0; i < COUNT(used); i++)
        signal(used[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    process.got_hup = process.got_term = process.got_child = process.got_alarm = process.got_usr1 = 0;
}

void
launch_child_begin(const struct launch_settings *settings)
{
    int null_fd;

    signals_reset();
    if (settings->duties->started != NULL)
        settings->duties->started(settings->duties->data);
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd == -1)
        return;
    dup2(null_fd, 0);
    dup2(null_fd, 1);
    if (!settings->is_debugging)
        dup2(null_fd, 2);
    if (null_fd > 2)
        close(null_fd);
}

static void
refuse(struct launch_record *reply, int error)
{
    reply->kind = LAUNCH_REPLY_REFUSED;
    reply->error = error;
}

/* A regular file and nothing else: a FIFO would block its reader, a device may do anything (R9). */
static void
file_open_answer(const char *path, bool is_nofollow, struct launch_record *reply)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (is_nofollow ? O_NOFOLLOW : 0));
    struct stat facts;

    if (fd == -1) {
        refuse(reply, errno);
        return;
    }
    if (fstat(fd, &facts) == -1 || !S_ISREG(facts.st_mode)) {
        refuse(reply, S_ISDIR(facts.st_mode) ? EISDIR : EINVAL);
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, O_RDONLY);
    reply->kind = LAUNCH_REPLY_OPENED;
    reply->fds[0] = fd;
    reply->fd_count = 1;
}

void
launch_file_answer(const struct launch_record *request, struct launch_stat_bytes *stat_out,
                   struct launch_record *reply_out)
{
    char path[LAUNCH_PATH_MAX_BYTES + 1];
    struct stat facts;

    *reply_out = (struct launch_record){ .sequence = request->sequence };
    memcpy(path, request->text.ptr, request->text.len);
    path[request->text.len] = '\0';
    if (request->kind == LAUNCH_REQUEST_OPEN) {
        file_open_answer(path, (request->flags & LAUNCH_FLAG_NOFOLLOW) != 0, reply_out);
        return;
    }
    if (stat(path, &facts) == -1) {
        refuse(reply_out, errno);
        return;
    }
    *stat_out = (struct launch_stat_bytes){
        .mode = facts.st_mode, .uid = facts.st_uid, .gid = facts.st_gid, .size = (uint64_t)facts.st_size,
        .links = facts.st_nlink, .device = facts.st_dev, .inode = facts.st_ino, .mtime = (uint64_t)facts.st_mtime,
    };
    reply_out->kind = LAUNCH_REPLY_STAT;
    reply_out->bytes = str_make((const char *)stat_out, sizeof(*stat_out));
}

const char *
launch_run_objection(const struct launch_settings *settings, const struct launch_record *request)
{
    if (launch_is_never_user(settings, request->uid))
        return "it is in never_users or in the built-in list of users that deliveries never run as";
    if (geteuid() != 0 && (request->uid != geteuid() || request->gid != getegid()))
        return "this installation runs with one uid and cannot become another user or group";
    return NULL;
}

void
launch_child_become(const struct launch_record *request)
{
    struct launch_ids ids = { request->uid, request->gid, (request->flags & LAUNCH_FLAG_INITGROUPS) != 0 };

    if (!launch_become(ids))
        _exit(LAUNCH_STATUS_NO_IDS);
}
