#include "queue/act.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "log/log.h"
#include "spool/spool.h"

enum { COPY_BYTES = 65536 };

struct act {
    struct pool *pool;
    const struct spool *spool;
    struct message *message;
    const struct str_list *addresses;
    const struct queue_actor *actor;
};

static bool
save(struct act *act)
{
    struct why why;

    why_init(&why, act->pool);
    if (spool_rewrite_header(act->message, &why) == OK)
        return true;
    printf("%.*s\n", STR_ARG(why.text));
    return false;
}

static bool
freeze(struct act *act)
{
    struct message *m = act->message;

    if (m->frozen_at != 0) {
        printf("is already frozen\n");
        return true;
    }
    m->frozen_at = clock_seconds();
    m->is_manually_thawed = false;
    if (!save(act))
        return false;
    printf("is now frozen\n");
    log_write(LOG_ALWAYS, LOG_TO_MAIN, m->id, "frozen by %.*s", STR_ARG(act->actor->login));
    return true;
}

static bool
thaw(struct act *act)
{
    struct message *m = act->message;

    if (m->frozen_at == 0) {
        printf("is not frozen\n");
        return true;
    }
    m->frozen_at = 0;
    m->is_manually_thawed = true;
    if (!save(act))
        return false;
    printf("is no longer frozen\n");
    log_write(LOG_ALWAYS, LOG_TO_MAIN, m->id, "unfrozen by %.*s", STR_ARG(act->actor->login));
    return true;
}

static bool
remove_message(struct act *act)
{
    struct why why;

    why_init(&why, act->pool);
    /* Logged first: what an administrator ordered must leave a trace even if the machine stops now. */
    log_write(LOG_ALWAYS, LOG_TO_MAIN, act->message->id, "removed by %.*s", STR_ARG(act->actor->login));
    if (spool_remove(act->message, &why) != OK) {
        printf("could not be removed: %.*s\n", STR_ARG(why.text));
        return false;
    }
    printf("has been removed\n");
    log_write(LOG_ALWAYS, LOG_TO_MAIN, act->message->id, "Completed");
    return true;
}

static const struct recipient *
recipient_find(const struct message *message, struct str address)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (str_ieq(message->recipients[i].address, address))
            return &message->recipients[i];
    return NULL;
}

static bool
not_a_recipient(struct str address)
{
    printf("- error while marking as delivered:\n  %.*s is not a recipient: message not updated\n", STR_ARG(address));
    return false;
}

static bool
mark(struct act *act)
{
    struct message *m = act->message;

    for (size_t i = 0; i < act->addresses->count; i++)
        if (recipient_find(m, act->addresses->items[i]) == NULL)
            return not_a_recipient(act->addresses->items[i]);
    for (size_t i = 0; i < act->addresses->count; i++) {
        struct str address = recipient_find(m, act->addresses->items[i])->address;

        map_add(&m->nonrecipients, address, m);
        log_write(LOG_ALWAYS, LOG_TO_MAIN, m->id, "address <%.*s> marked delivered by %.*s", STR_ARG(address),
                  STR_ARG(act->actor->login));
    }
    if (!save(act))
        return false;
    printf("has been modified\n");
    return true;
}

static bool
mark_all(struct act *act)
{
    for (size_t i = 0; i < act->message->recipient_count; i++)
        map_add(&act->message->nonrecipients, act->message->recipients[i].address, act->message);
    if (!save(act))
        return false;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, act->message->id, "all addresses marked delivered by %.*s",
              STR_ARG(act->actor->login));
    printf("has been modified\n");
    return true;
}

static bool
add_recipients(struct act *act)
{
    for (size_t i = 0; i < act->addresses->count; i++) {
        message_add_recipient(act->message, act->addresses->items[i]);
        log_write(LOG_ALWAYS, LOG_TO_MAIN, act->message->id, "recipient <%.*s> added by %.*s",
                  STR_ARG(act->addresses->items[i]), STR_ARG(act->actor->login));
    }
    if (!save(act))
        return false;
    printf("has been modified\n");
    return true;
}

static bool
edit_sender(struct act *act)
{
    act->message->sender = act->addresses->items[0];
    if (!save(act))
        return false;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, act->message->id, "sender address changed to <%.*s> by %.*s",
              STR_ARG(act->addresses->items[0]), STR_ARG(act->actor->login));
    printf("has been modified\n");
    return true;
}

static bool
opened(struct act *act, const char *id)
{
    struct why why;
    enum spool_state state;

    why_init(&why, act->pool);
    state = spool_open(act->spool, act->pool, id, &act->message, &why);
    switch (state) {
    case SPOOL_OK: return true;
    case SPOOL_LOCKED: printf("Message %s is locked\n", id); break;
    case SPOOL_GONE: printf("Message %s does not exist\n", id); break;
    case SPOOL_HALF: printf("Message %s was never accepted: it is not whole\n", id); break;
    case SPOOL_BAD:
    case SPOOL_ERROR: printf("Message %s cannot be read: %.*s\n", id, STR_ARG(why.text)); break;
    }
    return false;
}

bool
queue_act(enum queue_action action, const char *id, const struct str_list *addresses, const struct queue_actor *actor)
{
    static bool (*const works[])(struct act *) = {
        [QUEUE_FREEZE] = freeze, [QUEUE_THAW] = thaw, [QUEUE_REMOVE] = remove_message, [QUEUE_MARK_ALL] = mark_all,
        [QUEUE_MARK] = mark, [QUEUE_ADD_RECIPIENTS] = add_recipients, [QUEUE_EDIT_SENDER] = edit_sender,
    };
    struct act act = { .pool = pool_new("queue action"), .addresses = addresses, .actor = actor };
    struct why why;
    bool is_done = false;

    why_init(&why, act.pool);
    act.spool = spool_configured(&why);
    if (act.spool == NULL)
        printf("%.*s\n", STR_ARG(why.text));
    else if (opened(&act, id)) {
        printf("Message %s ", id);
        is_done = works[action](&act);
        spool_close(act.message);
    }
    pool_free(act.pool);
    return is_done;
}

static bool
copy_out(int fd, FILE *out)
{
    char block[COPY_BYTES];
    ssize_t len;

    while ((len = read(fd, block, sizeof block)) > 0)
        fwrite(block, 1, (size_t)len, out);
    return len == 0;
}

static bool
file_print(const char *path, const char *name, FILE *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_copied;

    if (fd == -1) {
        fprintf(stderr, "Failed to open input file for %s: %s\n", name, strerror(errno));
        return false;
    }
    is_copied = copy_out(fd, out);
    close(fd);
    return is_copied;
}

static bool
message_print(const struct spool *spool, struct pool *pool, const char *id, FILE *out)
{
    struct message *message;
    struct why why;
    bool is_copied;

    why_init(&why, pool);
    if (spool_read(spool, pool, id, false, &message, &why) != SPOOL_OK) {
        fprintf(stderr, "Failed to read message %s: %.*s\n", id, STR_ARG(why.text));
        return false;
    }
    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        if (field->kind != HEADER_DELETED)
            fwrite(field->text.ptr, 1, field->text.len, out);
    fputc('\n', out);
    is_copied = lseek(message->body_fd, message->body_start, SEEK_SET) != -1 && copy_out(message->body_fd, out);
    spool_close(message);
    return is_copied;
}

bool
queue_view(enum queue_view view, const char *id, FILE *out)
{
    static const char *const suffixes[] = {
        [QUEUE_VIEW_HEADER] = "-H", [QUEUE_VIEW_BODY] = "-D", [QUEUE_VIEW_LOG] = ""
    };
    struct pool *pool = pool_new("queue view");
    struct why why;
    const struct spool *spool;
    bool is_shown = false;

    why_init(&why, pool);
    spool = spool_configured(&why);
    if (spool == NULL) {
        fprintf(stderr, "%.*s\n", STR_ARG(why.text));
    } else if (view == QUEUE_VIEW_MESSAGE) {
        is_shown = message_print(spool, pool, id, out);
    } else {
        struct str name = pool_printf(pool, "%s%s", id, suffixes[view]);
        struct str path =
            view == QUEUE_VIEW_LOG ? spool_msglog_path(spool, pool, id) : spool_path(spool, pool, id, suffixes[view]);

        is_shown = file_print(path.ptr, name.ptr, out);
    }
    pool_free(pool);
    return is_shown;
}
