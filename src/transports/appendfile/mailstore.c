#include <errno.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"
#include "expand/expand.h"
#include "transports/appendfile/appendfile.h"

/* The names of one delivery: BASE.tmp becomes BASE.env when BASE.msg is complete. */
struct store {
    const char *temporary, *envelope, *message;
    int message_fd, envelope_fd;
};

static void
add_line(struct buf *text, struct str line)
{
    buf_add(text, line);
    if (line.len > 0 && line.ptr[line.len - 1] != '\n')
        buf_add_char(text, '\n');
}

static enum outcome
envelope_text(struct append_job *job, struct str *text_out, struct why *why)
{
    struct str prefix, suffix;
    struct buf text;

    if (transport_expand(job->options->mailstore_prefix, job->run, &prefix, why) != OK
        || transport_expand(job->options->mailstore_suffix, job->run, &suffix, why) != OK)
        return DEFER;
    buf_init(&text, job->pool, BUF_NO_LIMIT);
    add_line(&text, prefix);
    buf_add(&text, job->run->return_path);
    buf_add_char(&text, '\n');
    for (const struct address *addr = job->run->addresses; addr != NULL; addr = addr->next)
        add_line(&text, transport_rcpt_address(addr, job->run->transport->rcpt_include_affixes, job->pool));
    add_line(&text, suffix);
    *text_out = buf_str(&text);
    return OK;
}

/* $mailstore_basename is known while prefix and suffix are expanded. */
static enum outcome
make_envelope(struct append_job *job, struct str base, struct str *text_out, struct why *why)
{
    struct scope *scope = &job->run->scope;
    struct scope_value name = { scope->values, "mailstore_basename", base };
    const struct scope_value *outer = scope->values;
    enum outcome outcome;

    scope->values = &name;
    outcome = envelope_text(job, text_out, why);
    scope->values = outer;
    return outcome;
}

static enum outcome
write_store(struct append_job *job, struct store *store, struct str envelope, struct why *why)
{
    enum outcome outcome;

    store->envelope_fd = append_create(job, store->temporary);
    if (store->envelope_fd == -1)
        return transport_defer(why, errno, "while creating file %s", store->temporary);
    if (!file_write_all(store->envelope_fd, envelope))
        return append_error(errno, store->temporary, why);
    store->message_fd = append_create(job, store->message);
    if (store->message_fd == -1)
        return transport_defer(why, errno, "while creating file %s", store->message);
    outcome = append_write(job, store->message_fd, store->message, why);
    if (outcome != OK)
        return outcome;
    if (fsync(store->message_fd) == -1)
        return append_error(errno, store->message, why);
    if (!append_publish(store->envelope_fd, store->temporary, store->envelope, job->path))
        return append_error(errno, store->envelope, why);
    return OK;
}

enum outcome
append_mailstore(struct append_job *job, struct why *why)
{
    struct str base = pool_printf(job->pool, "%s-%.*s", job->run->message->id,
                                  STR_ARG(base62_encode(job->pool, (uint64_t)getpid(), 6)));
    struct str stem = pool_printf(job->pool, "%s/%.*s", job->path, STR_ARG(base));
    struct store store = { .message_fd = -1, .envelope_fd = -1 };
    struct str envelope;
    enum outcome outcome;

    store.temporary = pool_cstr(job->pool, pool_printf(job->pool, "%.*s.tmp", STR_ARG(stem)));
    store.envelope = pool_cstr(job->pool, pool_printf(job->pool, "%.*s.env", STR_ARG(stem)));
    store.message = pool_cstr(job->pool, pool_printf(job->pool, "%.*s.msg", STR_ARG(stem)));
    if (append_make_directories(job, job->path, true, why) != OK || make_envelope(job, base, &envelope, why) != OK)
        return DEFER;
    outcome = append_check_tree(job, job->path, store.message, why);
    if (outcome == OK) {
        outcome = write_store(job, &store, envelope, why);
        if (outcome != OK && store.envelope_fd != -1)
            unlink(store.temporary);
        if (outcome != OK && store.message_fd != -1)
            unlink(store.message);
    }
    if (store.envelope_fd != -1)
        close(store.envelope_fd);
    if (store.message_fd != -1)
        close(store.message_fd);
    if (outcome == OK)
        append_quota_warn(job);
    return outcome;
}
