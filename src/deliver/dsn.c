/* Notifications of success that were asked for (RFC 3461). */
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "net/host.h"

enum { NOTIFICATION_MAX_BYTES = 64 * 1024 * 1024 };

/* The next host promised to tell: then we do not.  dsn_lasthop takes the request away from it. */
static bool
is_wanted(const struct address *addr)
{
    const struct address *top = address_top(addr);
    bool is_passed_on = addr->dsn_aware == 2 && (addr->router == NULL || !addr->router->dsn_lasthop);

    return (top->notify & DSN_SUCCESS) != 0 && !is_passed_on;
}

/* One line for each original recipient, however many deliveries it turned into. */
static void
wanted_collect(struct delivery_state *state, struct ptr_list *wanted)
{
    struct map seen;

    map_init(&seen, state->pool, false);
    for (struct address *addr = state->delivered; addr != NULL; addr = addr->next)
        if (is_wanted(addr) && map_add(&seen, address_top(addr)->unique, addr))
            ptr_list_add(wanted, state->pool, addr);
}

static bool
is_remote(const struct address *addr)
{
    return addr->transport != NULL && !transport_driver(addr->transport)->info.is_local;
}

static void
status_add(struct delivery_state *state, struct buf *out, const struct address *addr)
{
    const struct address *top = address_top(addr);

    buf_addf(out, "Action: %s\n", is_remote(addr) ? "relayed" : addr->parent != NULL ? "expanded" : "delivered");
    if (addr->original_recipient.len > 0)
        buf_addf_tainted(out, "Original-Recipient: %.*s\n", STR_ARG(addr->original_recipient));
    buf_addf_tainted(out, "Final-Recipient: rfc822;%.*s\nStatus: 2.0.0\n", STR_ARG(top->text));
    if (is_remote(addr) && addr->host_used != NULL)
        buf_addf_tainted(out, "Remote-MTA: dns; %.*s\nDiagnostic-Code: smtp; 250 Ok\n", STR_ARG(addr->host_used->name));
    else
        buf_add_c(out, "Diagnostic-Code: X-Exim; relayed via non SMTP router\n");
    buf_add_char(out, '\n');
    (void)state;
}

void
success_notifications_send(struct delivery_state *state)
{
    struct ptr_list wanted = { 0 };
    struct str boundary_text;
    const char *boundary;
    struct buf out;

    wanted_collect(state, &wanted);
    if (wanted.count == 0 || state->message->sender.len == 0)
        return;
    boundary_text = report_boundary(state);
    boundary = pool_cstr(state->pool, boundary_text);
    buf_init(&out, state->pool, NOTIFICATION_MAX_BYTES);
    buf_add_c(&out, "Auto-Submitted: auto-generated\n");
    report_header(state, &out, state->message->sender, boundary);
    buf_addf(&out, "Subject: Delivery Status Notification\n\n--%s\nContent-type: text/plain; charset=us-ascii\n\n"
             "This message was created automatically by mail delivery software.\n"
             " ----- The following addresses had successful delivery notifications -----\n", boundary);
    for (size_t i = 0; i < wanted.count; i++) {
        const struct address *addr = wanted.items[i];

        buf_addf_tainted(&out, "<%.*s> (relayed %s)\n\n", STR_ARG(address_top(addr)->text),
                         is_remote(addr) ? "to non-DSN-aware mailer" : "via non \"Remote SMTP\" router");
    }
    report_status_begin(state, &out, boundary);
    for (size_t i = 0; i < wanted.count; i++)
        status_add(state, &out, wanted.items[i]);
    report_original(state, &out, boundary, state->message->dsn_return != DSN_RET_FULL);
    report_submit(state, &state->message->sender, 1, buf_str(&out));
}
