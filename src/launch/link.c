#include "launch/link.h"
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

struct launch_link *
launch_link_make(struct pool *pool, int fd, unsigned rights, bool is_privileged)
{
    struct launch_link *link = POOL_NEW(pool, struct launch_link);

    link->pool = pool;
    link->fd = fd;
    link->rights = rights;
    link->is_privileged = is_privileged;
    return link;
}

struct launch_link *
launch_link_adopt(struct pool *pool, int fd, unsigned rights, bool is_privileged)
{
    return launch_link_make(pool, fd, rights, is_privileged);
}

int
launch_link_fd(const struct launch_link *link)
{
    return link->fd;
}

void
launch_link_close(struct launch_link *link)
{
    if (link->fd == -1) {
        launch_direct_reap(link);
        return;
    }
    close(link->fd);
    link->fd = -1;
}

bool
launch_can_become(const struct launch_link *link, uid_t uid)
{
    return uid == geteuid() || (link != NULL && link->is_privileged);
}

int
launch_status_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static enum outcome
launcher_gone(struct why *why)
{
    return why_defer(why, 0, "4.3.5", "the launcher process has gone");
}

static void
ended_remember(struct launch_link *link, const struct launch_record *reply)
{
    if (link->ended_count < LINK_ENDED_MAX)
        link->ended[link->ended_count++] = (struct link_ended){
            reply->sequence, reply->status, reply->kind == LAUNCH_REPLY_REFUSED
        };
}

/* The reply to one request; ends of other children that come meanwhile are kept. */
static bool
reply_await(struct launch_link *link, uint32_t sequence, char *buffer, struct launch_record *reply_out)
{
    for (;;) {
        if (launch_record_receive(link->fd, buffer, true, reply_out) != LAUNCH_RECEIVED)
            return false;
        if (reply_out->kind < LAUNCH_REPLY_STARTED || reply_out->sequence == 0)
            return false;
        if (reply_out->sequence == sequence)
            return true;
        launch_record_close_fds(reply_out);
        ended_remember(link, reply_out);
    }
}

/* Send and take the first reply. */
static bool
ask(struct launch_link *link, struct launch_record *request, char *buffer, struct launch_stat_bytes *stat,
    struct launch_record *reply_out)
{
    request->sequence = ++link->sequence;
    if (link->settings != NULL) {
        launch_direct_serve(link, request, stat, reply_out);
        return true;
    }
    if (link->fd == -1 || !launch_record_send(link->fd, request, true))
        return false;
    if (link->is_one_way) {
        *reply_out = (struct launch_record){ .kind = LAUNCH_REPLY_STARTED, .sequence = request->sequence };
        return true;
    }
    return reply_await(link, request->sequence, buffer, reply_out);
}

static unsigned
ids_flags(struct launch_ids ids)
{
    return ids.does_initgroups ? LAUNCH_FLAG_INITGROUPS : 0;
}

static enum outcome
end_await(struct launch_link *link, uint32_t sequence, int *status_out, struct why *why)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    struct launch_record reply;

    if (link->settings != NULL)
        return launch_direct_wait(link, sequence, status_out) ? OK : launcher_gone(why);
    for (size_t i = 0; i < link->ended_count; i++)
        if (link->ended[i].sequence == sequence) {
            *status_out = link->ended[i].status;
            link->ended[i] = link->ended[--link->ended_count];
            return OK;
        }
    if (!reply_await(link, sequence, buffer, &reply))
        return launcher_gone(why);
    *status_out = reply.status;
    return OK;
}

enum outcome
launch_deliver(struct launch_link *link, const char *id, struct str options, bool is_waiting, int *status_out,
               struct why *why)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    struct launch_record reply, request = { .kind = LAUNCH_REQUEST_DELIVER,
                                            .flags = is_waiting ? LAUNCH_FLAG_WAITING : 0,
                                            .id = str_of(id),
                                            .bytes = options };
    int status = 0;

    if (!launch_id_is_valid(request.id))
        return why_fail(why, 0, "5.3.0", "\"%s\" is no message id", id);
    if (!ask(link, &request, buffer, NULL, &reply))
        return launcher_gone(why);
    if (reply.kind == LAUNCH_REPLY_REFUSED)
        return why_defer(why, reply.error, "4.3.2", "cannot start a delivery process: %.*s", STR_ARG(reply.text));
    if (!is_waiting || link->is_one_way)
        return OK;
    if (end_await(link, request.sequence, &status, why) != OK)
        return DEFER;
    if (status_out != NULL)
        *status_out = status;
    return OK;
}

enum outcome
launch_run(struct launch_link *link, const char *id, const struct launch_run *run, unsigned *child_out, struct why *why)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    struct launch_record reply, request = { .kind = LAUNCH_REQUEST_RUN,
                                            .flags = ids_flags(run->ids),
                                            .uid = run->ids.uid,
                                            .gid = run->ids.gid,
                                            .id = str_of(id),
                                            .text = str_of(run->transport),
                                            .fd_count = run->fd_count };

    if (run->fd_count == 0 || run->fd_count > LAUNCH_DESCRIPTORS_MAX)
        return why_defer(why, 0, "4.3.5", "a local delivery passes 1 to %d descriptors", LAUNCH_DESCRIPTORS_MAX);
    for (size_t i = 0; i < run->fd_count; i++)
        request.fds[i] = run->fds[i];
    if (!ask(link, &request, buffer, NULL, &reply))
        return launcher_gone(why);
    if (reply.kind != LAUNCH_REPLY_STARTED)
        return why_defer(why, reply.error, "4.3.5", "cannot run the %s transport as uid %ld gid %ld: %.*s",
                         run->transport, (long)run->ids.uid, (long)run->ids.gid, STR_ARG(reply.text));
    *child_out = request.sequence;
    return OK;
}

enum outcome
launch_run_wait(struct launch_link *link, unsigned child, int *status_out, struct why *why)
{
    if (end_await(link, child, status_out, why) != OK)
        return DEFER;
    if (*status_out > 128)
        return why_defer(why, 0, "4.3.0", "the local delivery process ended by signal %d", *status_out - 128);
    return OK;
}

static enum outcome
file_ask(struct launch_link *link, enum launch_kind kind, const char *path, struct launch_ids ids, bool is_nofollow,
         struct launch_stat_bytes *stat_out, struct launch_record *reply_out, struct why *why)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    struct launch_record request = { .kind = kind,
                                     .flags = ids_flags(ids) | (is_nofollow ? LAUNCH_FLAG_NOFOLLOW : 0),
                                     .uid = ids.uid,
                                     .gid = ids.gid,
                                     .text = str_of(path) };

    if (request.text.len > LAUNCH_PATH_MAX_BYTES || request.text.len == 0 || request.text.ptr[0] != '/')
        return why_defer(why, 0, "4.3.5", "\"%s\" is not an absolute path", path);
    if (!ask(link, &request, buffer, stat_out, reply_out))
        return launcher_gone(why);
    if (reply_out->kind == LAUNCH_REPLY_REFUSED)
        return why_defer(why, reply_out->error, "4.3.0", "cannot %s %s as uid %ld",
                         kind == LAUNCH_REQUEST_OPEN ? "open" : "stat", path, (long)ids.uid);
    if (reply_out->kind == LAUNCH_REPLY_STAT)
        __builtin_memcpy(stat_out, reply_out->bytes.ptr, sizeof(*stat_out));
    return OK;
}

enum outcome
launch_open(struct launch_link *link, const char *path, struct launch_ids ids, bool is_nofollow, int *fd_out,
            struct why *why)
{
    struct launch_record reply;
    struct launch_stat_bytes unused;
    enum outcome outcome = file_ask(link, LAUNCH_REQUEST_OPEN, path, ids, is_nofollow, &unused, &reply, why);

    if (outcome != OK)
        return outcome;
    if (reply.kind != LAUNCH_REPLY_OPENED || reply.fd_count != 1) {
        launch_record_close_fds(&reply);
        return launcher_gone(why);
    }
    *fd_out = reply.fds[0];
    return OK;
}

struct launch_link *
launch_link_more(struct launch_link *link)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    struct launch_record reply, request = { .kind = LAUNCH_REQUEST_LINK };

    if (link->settings != NULL)
        return launch_link_direct(link->pool, link->settings, LAUNCH_FURTHER_RIGHTS);
    if (!ask(link, &request, buffer, NULL, &reply))
        return NULL;
    if (reply.kind != LAUNCH_REPLY_OPENED || reply.fd_count != 1) {
        launch_record_close_fds(&reply);
        return NULL;
    }
    return launch_link_make(link->pool, reply.fds[0], LAUNCH_FURTHER_RIGHTS, link->is_privileged);
}

enum outcome
launch_stat(struct launch_link *link, const char *path, struct launch_ids ids, struct stat *stat_out, struct why *why)
{
    struct launch_record reply;
    struct launch_stat_bytes facts;
    enum outcome outcome = file_ask(link, LAUNCH_REQUEST_STAT, path, ids, false, &facts, &reply, why);

    if (outcome != OK)
        return outcome;
    if (reply.kind != LAUNCH_REPLY_STAT)
        return launcher_gone(why);
    *stat_out = (struct stat){ .st_mode = (mode_t)facts.mode,
                               .st_uid = (uid_t)facts.uid,
                               .st_gid = (gid_t)facts.gid,
                               .st_size = (off_t)facts.size,
                               .st_nlink = (nlink_t)facts.links,
                               .st_dev = (dev_t)facts.device,
                               .st_ino = (ino_t)facts.inode,
                               .st_mtim = { .tv_sec = (time_t)facts.mtime } };
    return OK;
}
