/* The launcher's service without a launcher process: children of the asker, which cannot become anyone else. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>
#include "launch/child.h"
#include "launch/link.h"

struct launch_link *
launch_link_direct(struct pool *pool, const struct launch_settings *settings, unsigned rights)
{
    struct launch_link *link = launch_link_make(pool, -1, rights, geteuid() == 0);

    link->settings = settings;
    return link;
}

static void
refuse(struct launch_record *reply, const struct launch_record *request, int error, const char *reason)
{
    *reply = (struct launch_record){
        .kind = LAUNCH_REPLY_REFUSED, .sequence = request->sequence, .error = error, .text = str_of(reason)
    };
}

static void
child_note(struct launch_link *link, pid_t pid, uint32_t sequence)
{
    if (link->child_count == link->child_room) {
        size_t room = link->child_room == 0 ? 16 : 2 * link->child_room;
        struct direct_child *more = POOL_NEW_ARRAY(link->pool, struct direct_child, room);

        for (size_t i = 0; i < link->child_count; i++)
            more[i] = link->children[i];
        link->children = more;
        link->child_room = room;
    }
    link->children[link->child_count++] = (struct direct_child){ pid, sequence };
}

void
launch_direct_reap(struct launch_link *link)
{
    for (size_t i = link->child_count; i-- > 0;) {
        int status;
        pid_t pid = waitpid(link->children[i].pid, &status, WNOHANG);

        if (pid == 0 || (pid == -1 && errno != ECHILD))
            continue;
        if (link->ended_count < LINK_ENDED_MAX)
            link->ended[link->ended_count++] = (struct link_ended){
                link->children[i].sequence, pid == -1 ? 0 : launch_status_code(status), false
            };
        link->children[i] = link->children[--link->child_count];
    }
}

bool
launch_direct_wait(struct launch_link *link, uint32_t sequence, int *status_out)
{
    for (size_t i = 0; i < link->ended_count; i++)
        if (link->ended[i].sequence == sequence) {
            *status_out = link->ended[i].status;
            link->ended[i] = link->ended[--link->ended_count];
            return true;
        }
    for (size_t i = 0; i < link->child_count; i++) {
        int status = 0;
        pid_t pid;

        if (link->children[i].sequence != sequence)
            continue;
        do
            pid = waitpid(link->children[i].pid, &status, 0);
        while (pid == -1 && errno == EINTR);
        link->children[i] = link->children[--link->child_count];
        *status_out = pid == -1 ? 0 : launch_status_code(status);
        return true;
    }
    return false;
}

_Noreturn static void
deliver_child(struct launch_link *asker, const struct launch_record *request)
{
    struct launch_link *link;
    char id[LAUNCH_ID_MAX_BYTES + 1];
    struct str options = pool_dup(asker->pool, request->bytes);

    __builtin_memcpy(id, request->id.ptr, request->id.len);
    id[request->id.len] = '\0';
    launch_child_begin(asker->settings);
    link = launch_link_direct(asker->pool, asker->settings, LAUNCH_MAY_DELIVER | LAUNCH_MAY_RUN | LAUNCH_MAY_OPEN);
    _exit(asker->settings->duties->deliver(link, id, options));
}

_Noreturn static void
run_child(struct launch_link *asker, struct launch_record *request)
{
    char id[LAUNCH_ID_MAX_BYTES + 1], transport[LAUNCH_TRANSPORT_MAX_BYTES + 1];

    __builtin_memcpy(id, request->id.ptr, request->id.len);
    id[request->id.len] = '\0';
    __builtin_memcpy(transport, request->text.ptr, request->text.len);
    transport[request->text.len] = '\0';
    launch_child_begin(asker->settings);
    launch_child_become(request);
    _exit(asker->settings->duties->run(id, transport, request->fds, request->fd_count));
}

static unsigned
right_needed(enum launch_kind kind)
{
    if (kind == LAUNCH_REQUEST_DELIVER)
        return LAUNCH_MAY_DELIVER;
    return kind == LAUNCH_REQUEST_RUN ? LAUNCH_MAY_RUN : LAUNCH_MAY_OPEN;
}

void
launch_direct_serve(struct launch_link *link, const struct launch_record *request, struct launch_stat_bytes *stat_out,
                    struct launch_record *reply_out)
{
    const char *objection = NULL;
    struct launch_record copy = *request;
    pid_t pid;

    launch_direct_reap(link);
    link->ended_count = 0;
    if ((link->rights & right_needed(request->kind)) == 0) {
        refuse(reply_out, request, EPERM, "this process may not ask for that");
        return;
    }
    if (request->kind == LAUNCH_REQUEST_OPEN || request->kind == LAUNCH_REQUEST_STAT) {
        if (request->uid != geteuid())
            refuse(reply_out, request, EPERM, "");
        else
            launch_file_answer(request, stat_out, reply_out);
        return;
    }
    if (request->kind == LAUNCH_REQUEST_RUN)
        objection = launch_run_objection(link->settings, request);
    if (objection != NULL) {
        refuse(reply_out, request, 0, objection);
        return;
    }
    pid = fork();
    if (pid == -1) {
        refuse(reply_out, request, errno, "fork failed");
        return;
    }
    if (pid == 0 && request->kind == LAUNCH_REQUEST_DELIVER)
        deliver_child(link, request);
    if (pid == 0)
        run_child(link, &copy);
    child_note(link, pid, request->sequence);
    *reply_out = (struct launch_record){ .kind = LAUNCH_REPLY_STARTED, .sequence = request->sequence };
}
