/* The serving side: reads requests, forks, tells the askers how it went.  It never looks into what it hands on. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "launch/child.h"
#include "launch/link.h"

enum { LINK_CHILDREN_MAX = 1000 };

/* A delivery has bounces to be delivered, too. */
enum { DELIVERY_RIGHTS = LAUNCH_MAY_DELIVER | LAUNCH_MAY_RUN | LAUNCH_MAY_OPEN };

struct served_link {
    int fd;                         /* -1: free */
    unsigned rights;
    uint32_t generation;            /* so that a child of a former holder is not taken for one of this */
    bool is_one_way;                /* the notifier socket: nobody waits for an answer, and no asker ends it */
    size_t child_count;
    char id[LAUNCH_ID_MAX_BYTES + 1];       /* a delivery may ask for its own message only */
};

struct served_child {
    pid_t pid;
    size_t link;
    uint32_t generation, sequence;
    bool is_end_wanted;             /* the asker is told of the end */
    bool is_file;                   /* answers by itself; only its death is told */
};

struct launcher {
    struct pool *pool;
    const struct launch_settings *settings;
    bool is_root;
    struct launch_groups mail_groups;
    struct served_link *links;
    size_t link_count, link_room;
    struct served_child *children;
    size_t child_count, child_room;
};

struct launcher *
launcher_new(struct pool *pool, const struct launch_settings *settings)
{
    struct launcher *launcher = POOL_NEW(pool, struct launcher);

    launcher->pool = pool;
    launcher->settings = settings;
    launcher->is_root = geteuid() == 0;
    if (launcher->is_root)
        launch_groups_find(settings->mail_uid, settings->mail_gid, &launcher->mail_groups);
    return launcher;
}

/* Twice the room; the daemon lives long, but doubling wastes no more than what is in use. */
static void *
room_doubled(struct pool *pool, const void *items, size_t *room, size_t item_bytes)
{
    size_t more = *room == 0 ? 32 : 2 * *room;
    void *moved = pool_alloc_array(pool, more, item_bytes);

    if (*room > 0)
        memcpy(moved, items, *room * item_bytes);
    *room = more;
    return moved;
}

static size_t
link_slot(struct launcher *launcher)
{
    for (size_t i = 0; i < launcher->link_count; i++)
        if (launcher->links[i].fd == -1)
            return i;
    if (launcher->link_count == launcher->link_room)
        launcher->links = room_doubled(launcher->pool, launcher->links, &launcher->link_room, sizeof(*launcher->links));
    return launcher->link_count++;
}

/* The asker's end, or -1; *slot_out is the launcher's. */
static int
link_pair(struct launcher *launcher, unsigned rights, struct str id, size_t *slot_out)
{
    int pair[2];
    size_t slot;
    uint32_t generation;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
        return -1;
    slot = link_slot(launcher);
    generation = launcher->links[slot].generation + 1;
    launcher->links[slot] = (struct served_link){ .fd = pair[0], .rights = rights, .generation = generation };
    memcpy(launcher->links[slot].id, id.ptr, id.len);
    *slot_out = slot;
    return pair[1];
}

int
launcher_link_new(struct launcher *launcher, unsigned rights)
{
    size_t slot;

    return link_pair(launcher, rights, STR(""), &slot);
}

void
launcher_adopt_notifier(struct launcher *launcher, int fd)
{
    size_t slot = link_slot(launcher);

    launcher->links[slot] = (struct served_link){
        .fd = fd, .rights = LAUNCH_MAY_DELIVER, .generation = launcher->links[slot].generation + 1, .is_one_way = true
    };
}

static void
link_drop(struct launcher *launcher, size_t slot)
{
    close(launcher->links[slot].fd);
    launcher->links[slot].fd = -1;
}

size_t
launcher_descriptors(const struct launcher *launcher, int *fds_out, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < launcher->link_count; i++) {
        if (launcher->links[i].fd == -1)
            continue;
        if (count < room)
            fds_out[count] = launcher->links[i].fd;
        count++;
    }
    return count;
}

void
launcher_forget(struct launcher *launcher)
{
    for (size_t i = 0; i < launcher->link_count; i++)
        if (launcher->links[i].fd != -1)
            link_drop(launcher, i);
    launcher->link_count = launcher->child_count = 0;
}

static void
reply_send(struct launcher *launcher, size_t slot, const struct launch_record *reply)
{
    const struct served_link *link = &launcher->links[slot];

    if (link->fd != -1 && !link->is_one_way && !launch_record_send(link->fd, reply, false))
        link_drop(launcher, slot);
}

static void
refuse(struct launcher *launcher, size_t slot, uint32_t sequence, int error, const char *reason)
{
    struct launch_record reply = {
        .kind = LAUNCH_REPLY_REFUSED, .sequence = sequence, .error = error, .text = str_of(reason)
    };

    reply_send(launcher, slot, &reply);
}

static void
child_note(struct launcher *launcher, const struct served_child *child)
{
    if (launcher->child_count == launcher->child_room)
        launcher->children = room_doubled(launcher->pool, launcher->children, &launcher->child_room,
                                          sizeof(*launcher->children));
    launcher->children[launcher->child_count++] = *child;
    launcher->links[child->link].child_count++;
}

/* The child's part of a request; never returns.  fd: to answer on (files), or the new link (deliver). */
_Noreturn static void
child_serve(struct launcher *launcher, const struct launch_record *request, int fd)
{
    const struct launch_settings *settings = launcher->settings;
    char id[LAUNCH_ID_MAX_BYTES + 1] = "", transport[LAUNCH_TRANSPORT_MAX_BYTES + 1] = "";
    struct launch_record reply;
    struct launch_stat_bytes facts;

    memcpy(id, request->id.ptr, request->id.len);
    if (request->kind == LAUNCH_REQUEST_DELIVER) {
        struct str options = pool_dup(launcher->pool, request->bytes);

        if (launcher->is_root && !launch_become_known(settings->mail_uid, settings->mail_gid, &launcher->mail_groups))
            _exit(LAUNCH_STATUS_NO_IDS);
        _exit(settings->duties->deliver(launch_link_make(launcher->pool, fd, DELIVERY_RIGHTS, launcher->is_root),
                                        id, options));
    }
    launch_child_become(request);
    if (request->kind == LAUNCH_REQUEST_RUN) {
        int fds[LAUNCH_DESCRIPTORS_MAX];

        memcpy(transport, request->text.ptr, request->text.len);
        memcpy(fds, request->fds, sizeof(fds));
        _exit(settings->duties->run(id, transport, fds, request->fd_count));
    }
    launch_file_answer(request, &facts, &reply);
    _exit(launch_record_send(fd, &reply, true) ? 0 : 1);
}

/* Fork for a request.  keep_fd: the one descriptor of the launcher that the child needs. */
static pid_t
child_fork(struct launcher *launcher, const struct launch_record *request, int keep_fd)
{
    pid_t pid = fork();
    int fd = -1;

    if (pid != 0)
        return pid;
    if (keep_fd != -1)
        fd = fcntl(keep_fd, F_DUPFD_CLOEXEC, 3);
    launcher_forget(launcher);
    launch_child_begin(launcher->settings);
    child_serve(launcher, request, fd);
}

static void
deliver_serve(struct launcher *launcher, size_t slot, const struct launch_record *request)
{
    bool is_waiting = (request->flags & LAUNCH_FLAG_WAITING) != 0;
    struct launch_record started = { .kind = LAUNCH_REPLY_STARTED, .sequence = request->sequence };
    size_t own_slot;
    int fd = link_pair(launcher, DELIVERY_RIGHTS, request->id, &own_slot);
    pid_t pid;

    if (fd == -1) {
        refuse(launcher, slot, request->sequence, errno, "no socket pair");
        return;
    }
    pid = child_fork(launcher, request, fd);
    close(fd);
    if (pid == -1) {
        refuse(launcher, slot, request->sequence, errno, "fork failed");
        link_drop(launcher, own_slot);
        return;
    }
    child_note(launcher, &(struct served_child){
        .pid = pid, .link = slot, .generation = launcher->links[slot].generation, .sequence = request->sequence,
        .is_end_wanted = is_waiting });
    reply_send(launcher, slot, &started);
}

static void
run_serve(struct launcher *launcher, size_t slot, const struct launch_record *request)
{
    struct launch_record started = { .kind = LAUNCH_REPLY_STARTED, .sequence = request->sequence };
    const char *objection = launch_run_objection(launcher->settings, request);
    pid_t pid;

    if (!str_eq_c(request->id, launcher->links[slot].id))
        objection = "the message is not the one this delivery was started for";
    if (request->fd_count == 0)
        objection = "there is no job";
    if (objection != NULL) {
        refuse(launcher, slot, request->sequence, 0, objection);
        return;
    }
    pid = child_fork(launcher, request, -1);
    if (pid == -1) {
        refuse(launcher, slot, request->sequence, errno, "fork failed");
        return;
    }
    child_note(launcher, &(struct served_child){
        .pid = pid, .link = slot, .generation = launcher->links[slot].generation, .sequence = request->sequence,
        .is_end_wanted = true });
    reply_send(launcher, slot, &started);
}

/* Not root: nothing is gained by a child, and another uid cannot be had. */
static void
file_serve(struct launcher *launcher, size_t slot, const struct launch_record *request)
{
    struct launch_record reply;
    struct launch_stat_bytes facts;
    pid_t pid;

    if (!launcher->is_root) {
        if (request->uid != geteuid()) {
            refuse(launcher, slot, request->sequence, EPERM, "");
            return;
        }
        launch_file_answer(request, &facts, &reply);
        reply_send(launcher, slot, &reply);
        launch_record_close_fds(&reply);
        return;
    }
    pid = child_fork(launcher, request, launcher->links[slot].fd);
    if (pid == -1) {
        refuse(launcher, slot, request->sequence, errno, "fork failed");
        return;
    }
    child_note(launcher, &(struct served_child){ .pid = pid,
                                                 .link = slot,
                                                 .generation = launcher->links[slot].generation,
                                                 .sequence = request->sequence,
                                                 .is_file = true });
}

static void
link_serve(struct launcher *launcher, size_t slot, const struct launch_record *request)
{
    struct launch_record reply = { .kind = LAUNCH_REPLY_OPENED, .sequence = request->sequence, .fd_count = 1 };
    size_t own_slot;

    reply.fds[0] = link_pair(launcher, LAUNCH_FURTHER_RIGHTS, STR(""), &own_slot);
    if (reply.fds[0] == -1) {
        refuse(launcher, slot, request->sequence, errno, "no socket pair");
        return;
    }
    reply_send(launcher, slot, &reply);
    launch_record_close_fds(&reply);
}

static unsigned
right_needed(enum launch_kind kind)
{
    switch (kind) {
    case LAUNCH_REQUEST_DELIVER: return LAUNCH_MAY_DELIVER;
    case LAUNCH_REQUEST_RUN: return LAUNCH_MAY_RUN;
    case LAUNCH_REQUEST_OPEN:
    case LAUNCH_REQUEST_STAT:
    case LAUNCH_REQUEST_LINK: return LAUNCH_MAY_OPEN;
    default: return 0;
    }
}

static void
request_serve(struct launcher *launcher, size_t slot, const struct launch_record *request)
{
    unsigned needed = right_needed(request->kind);

    if (needed == 0 || request->sequence == 0) {
        if (!launcher->links[slot].is_one_way)
            link_drop(launcher, slot);
        return;
    }
    if ((launcher->links[slot].rights & needed) == 0)
        refuse(launcher, slot, request->sequence, EPERM, "this process may not ask for that");
    else if (launcher->links[slot].child_count >= LINK_CHILDREN_MAX)
        refuse(launcher, slot, request->sequence, EAGAIN, "too many at a time");
    else if (needed == LAUNCH_MAY_DELIVER)
        deliver_serve(launcher, slot, request);
    else if (needed == LAUNCH_MAY_RUN)
        run_serve(launcher, slot, request);
    else if (request->kind == LAUNCH_REQUEST_LINK)
        link_serve(launcher, slot, request);
    else
        file_serve(launcher, slot, request);
}

void
launcher_handle(struct launcher *launcher, int fd)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    struct launch_record request;

    for (size_t slot = 0; slot < launcher->link_count; slot++) {
        if (launcher->links[slot].fd != fd || fd == -1)
            continue;
        switch (launch_record_receive(fd, buffer, false, &request)) {
        case LAUNCH_RECEIVED:
            request_serve(launcher, slot, &request);
            launch_record_close_fds(&request);
            return;
        case LAUNCH_NOTHING_YET:
            return;
        case LAUNCH_CLOSED:
        case LAUNCH_MALFORMED:
            if (!launcher->links[slot].is_one_way)
                link_drop(launcher, slot);
            return;
        }
    }
}

bool
launcher_child_ended(struct launcher *launcher, pid_t pid, int status)
{
    for (size_t i = 0; i < launcher->child_count; i++) {
        struct served_child child = launcher->children[i];
        struct launch_record reply = {
            .kind = LAUNCH_REPLY_ENDED, .sequence = child.sequence, .status = launch_status_code(status)
        };

        if (child.pid != pid)
            continue;
        launcher->children[i] = launcher->children[--launcher->child_count];
        if (launcher->links[child.link].generation != child.generation || launcher->links[child.link].fd == -1)
            return true;
        launcher->links[child.link].child_count--;
        if (child.is_file && status != 0)
            refuse(launcher, child.link, child.sequence, EPERM, "");
        else if (child.is_end_wanted)
            reply_send(launcher, child.link, &reply);
        return true;
    }
    return false;
}

size_t
launcher_child_count(const struct launcher *launcher)
{
    return launcher->child_count;
}
