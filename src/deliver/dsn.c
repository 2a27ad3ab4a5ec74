/* Success notifications that senders asked for (RFC 3461), and notes of frozen messages (manual: freeze_tell). */
#include "config/config.h"
#include "deliver/delivery.h"
#include "expand/expand.h"
#include "receive/receive.h"

/* Told by us: delivered here, or handed to a host that does not know of DSN. */
static bool
is_ours_to_tell(const struct address *addr)
{
    return (addr->notify & DSN_SUCCESS) != 0 && addr->dsn_aware != 2;
}

static const char *
action_of(const struct address *addr)
{
    return addr->transport == NULL || transport_driver(addr->transport)->is_local ? "delivered" : "relayed";
}

static struct str
success_text(struct delivery_state *state, struct str to)
{
    const char *boundary = report_boundary(state).ptr;
    struct buf out;

    buf_init(&out, state->pool, BUF_NO_LIMIT);
    report_header(state, &out, to, boundary);
    buf_addf(&out, "Subject: Delivery Status Notification\n\n--%s\nContent-type: text/plain; charset=us-ascii\n\n"
             "This message was created automatically by mail delivery software.\n"
             " ----- The following addresses had successful delivery notifications -----\n", boundary);
    for (const struct address *addr = state->delivered; addr != NULL; addr = addr->next)
        if (is_ours_to_tell(addr)) {
            buf_add_char(&out, '<');
            buf_add(&out, addr->text);
            buf_addf(&out, "> (%s)\n", action_of(addr)[0] == 'r' ? "relayed to non DSN-aware mailer" : "successfully delivered");
        }
    buf_add_char(&out, '\n');
    report_status_begin(state, &out, boundary);
    for (const struct address *addr = state->delivered; addr != NULL; addr = addr->next)
        if (is_ours_to_tell(addr))
            report_status_address(state, &out, addr, action_of(addr), "2.0.0");
    report_original(state, &out, boundary, true);
    return buf_str(&out);
}

void
success_notifications_send(struct delivery_state *state)
{
    struct str to = state->message->sender;

    if (str_is_empty(to))
        return;
    for (const struct address *addr = state->delivered; addr != NULL; addr = addr->next)
        if (is_ours_to_tell(addr)) {
            report_submit(state, &to, 1, success_text(state, to));
            return;
        }
}

static struct str
freeze_text(struct delivery_state *state, struct str to)
{
    struct buf out;

    buf_init(&out, state->pool, BUF_NO_LIMIT);
    report_header(state, &out, to, NULL);
    buf_addf(&out, "Subject: Message %s frozen\n\nMessage %s has been frozen", state->message->id, state->message->id);
    if (!str_is_empty(state->freeze_text)) {
        buf_add_c(&out, " (");
        buf_add(&out, state->freeze_text);
        buf_add_char(&out, ')');
    }
    buf_add_c(&out, ".\nThe sender is <");
    buf_add(&out, state->message->sender);
    buf_add_c(&out, ">.\n\n");
    if (state->failed != NULL || state->deferred != NULL)
        buf_add_c(&out, "The following address(es) have yet to be delivered:\n\n");
    for (int i = 0; i < 2; i++)
        for (const struct address *addr = i == 0 ? state->failed : state->deferred; addr != NULL; addr = addr->next) {
            buf_add_c(&out, "  ");
            buf_add(&out, addr->text);
            buf_add_c(&out, ": ");
            buf_add(&out, addr->why.text);
            buf_add_char(&out, '\n');
        }
    return buf_str(&out);
}

void
freeze_tell_send(struct delivery_state *state)
{
    struct str to;
    struct why why;

    why_init(&why, state->pool);
    if (config->freeze_tell == NULL || expand(config->freeze_tell, &state->scope, &to, &why) != OK || str_is_empty(to))
        return;
    /* A report about a report could go on for ever. */
    if (str_is_empty(state->message->sender) && state->message->is_local_error)
        return;
    to = receive_qualify(state->pool, to, true);
    report_submit(state, &to, 1, freeze_text(state, to));
}

void
notices_send(struct delivery_state *state)
{
    bounces_send(state);
    success_notifications_send(state);
    warning_send(state);
}
