/* Mail to administrators and list owners: frozen messages, syntax errors in redirections. */
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "log/log.h"
#include "receive/receive.h"

enum { NOTICE_MAX_BYTES = 16 * 1024 * 1024 };

/* syntax_errors_to of redirect routers: what routing found, now that this process may submit. */
void
notices_send(struct delivery_state *state)
{
    for (const struct route_notice *notice = state->run.notices; notice != NULL; notice = notice->next) {
        struct str to = receive_qualify(state->pool, notice->to, true);
        struct buf out;

        buf_init(&out, state->pool, NOTICE_MAX_BYTES);
        buf_add_c(&out, "Auto-Submitted: auto-replied\n");
        report_header(state, &out, to, NULL);
        buf_add_c(&out, "Subject: error(s) in forwarding or filtering\n\n");
        buf_add(&out, notice->text);
        report_submit(state, &to, 1, buf_str(&out));
    }
}

static void
addresses_add(struct buf *out, const struct address *addr)
{
    for (; addr != NULL; addr = addr->next)
        if (!addr->is_done)
            buf_addf_tainted(out, "  %.*s: %.*s\n", STR_ARG(addr->text), STR_ARG(addr->why.text));
}

/* freeze_tell: a comma-separated list. */
void
freeze_tell_send(struct delivery_state *state)
{
    struct str_list recipients = { 0 };
    struct str rest, item;
    struct buf out, to;

    if (config->freeze_tell == NULL)
        return;
    rest = config->freeze_tell->text;
    buf_init(&to, state->pool, NOTICE_MAX_BYTES);
    while (rest.len > 0) {
        str_cut(rest, ',', &item, &rest);
        item = str_trim(item);
        if (item.len == 0)
            continue;
        item = receive_qualify(state->pool, item, true);
        if (to.len > 0)
            buf_add_c(&to, ", ");
        buf_add(&to, item);
        str_list_add(&recipients, state->pool, item);
    }
    if (recipients.count == 0)
        return;
    buf_init(&out, state->pool, NOTICE_MAX_BYTES);
    buf_add_c(&out, "Auto-Submitted: auto-replied\n");
    report_header(state, &out, buf_str(&to), NULL);
    buf_addf_tainted(&out,
                     "Subject: Message frozen\n\nMessage %s has been frozen%s.\nThe sender is <%.*s>.\n\n"
                     "The following address(es) have yet to be delivered:\n",
                     state->message->id, state->is_bounce_undeliverable ? " (delivery error message)" : "",
                     STR_ARG(state->message->sender));
    addresses_add(&out, state->deferred);
    addresses_add(&out, state->failed);
    report_submit(state, recipients.items, recipients.count, buf_str(&out));
}
