/* The child of a local delivery: it is the user by now, and knows only what it was handed. */
#include <sysexits.h>
#include <unistd.h>
#include "base/file.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "deliver/job.h"
#include "deliver/result.h"
#include "deliver/wire.h"

enum { JOB_MAX_BYTES = 1 << 30 };

struct child {
    struct pool *pool;
    struct message *message;
    struct job job;
    struct address **addresses;
    int result_fd;
};

/* An autoreply's message goes to the delivery, which may write the spool. */
static enum outcome
submit(void *data, const struct transport_submission *submission, struct why *why)
{
    struct child *child = data;
    struct buf record;
    struct str answer;

    buf_init(&record, child->pool, BUF_NO_LIMIT);
    buf_taint(&record);
    wire_put_number(&record, RESULT_SUBMISSION);
    wire_put_text(&record, submission->sender);
    wire_put_text(&record, submission->text);
    if (!wire_send(child->result_fd, buf_str(&record)) || !wire_receive(child->result_fd, child->pool, &answer))
        return why_defer(why, 0, "4.3.0", "the delivery process has gone");
    if (!str_eq_c(answer, "ok"))
        return why_defer(why, 0, "4.3.0", "the generated message could not be put on the spool");
    return OK;
}

static bool
child_read(struct child *child, const char *id, const char *transport, int *fds)
{
    struct str job, message;
    struct why why;

    why_init(&why, child->pool);
    if (lseek(fds[0], 0, SEEK_SET) == -1 || lseek(fds[1], 0, SEEK_SET) == -1)
        return false;
    if (!file_read_fd(fds[0], child->pool, TAINTED, JOB_MAX_BYTES, &job) ||
        !file_read_fd(fds[1], child->pool, TAINTED, JOB_MAX_BYTES, &message))
        return false;
    if (spool_header_parse(child->pool, message, id, false, &child->message, &why) != SPOOL_OK)
        return false;
    if (!job_unpack(job, transport, child->pool, &child->job))
        return false;
    if (!spool_body_attach(child->message, fds[2]))
        return false;
    child->message->is_dont_deliver = child->job.is_dont_deliver;
    return true;
}

/* After a success, the copy for a shadow transport; its trouble is only logged. */
static void
shadow_run(struct child *child, const struct transport_run *run)
{
    struct scope scope = run->scope;
    struct transport_run again = *run;
    struct address *addr = child->job.addresses, copy;
    struct transport *shadow;

    if (addr->outcome != OK || child->job.is_dont_deliver)
        return;
    scope.address = addr;
    shadow = transport_shadow(run->transport, addr, &scope);
    if (shadow == NULL)
        return;
    copy = *addr;
    copy.next = NULL;
    again.transport = copy.transport = shadow;
    again.addresses = &copy;
    again.is_shadow = true;
    again.channel = NULL;
    transport_run(&again);
    addr->shadow_text = copy.outcome == OK
        ? pool_printf(child->pool, " ST=%.*s", STR_ARG(shadow->instance.name))
        : pool_printf_tainted(child->pool, " ST=%.*s (%.*s)", STR_ARG(shadow->instance.name), STR_ARG(copy.why.text));
}

static bool
child_report(struct child *child)
{
    struct buf done;
    size_t i = 0;

    for (struct address *addr = child->job.addresses; addr != NULL; addr = addr->next)
        if (!wire_send(child->result_fd, result_address_encode(addr, i++, child->pool)))
            return false;
    buf_init(&done, child->pool, 64);
    wire_put_number(&done, RESULT_DONE);
    return wire_send(child->result_fd, buf_str(&done));
}

int
deliver_run_duty(const char *id, const char *transport, int *fds, size_t fd_count)
{
    struct child child = { .pool = pool_new("local delivery"), .result_fd = fds[fd_count - 1] };
    struct transport_hooks hooks = { .data = &child, .submit = submit };
    struct captures captures = { 0 };
    struct transport_run run;

    process.purpose = "local delivery";
    if (fd_count != 4 || !child_read(&child, id, transport, fds))
        return EX_SOFTWARE;
    run = (struct transport_run){ .pool = child.pool,
                                  .transport = child.job.transport,
                                  .message = child.message,
                                  .addresses = child.job.addresses,
                                  .duplicates = child.job.duplicates,
                                  .identity = child.job.identity,
                                  .hooks = &hooks,
                                  .is_dont_deliver = child.job.is_dont_deliver,
                                  .is_forced = child.job.is_forced };
    for (struct address *addr = child.job.addresses; addr != NULL; addr = addr->next)
        addr->transport = child.job.transport;
    run.scope = scope_make(child.pool);
    run.scope.message = child.message;
    run.scope.origin = child.message->origin;
    run.scope.captures = &captures;
    run.scope.host = child.job.addresses->hosts;
    transport_run(&run);
    shadow_run(&child, &run);
    return child_report(&child) ? EX_OK : EX_IOERR;
}
