/* Delay warnings (manual: delay_warning, warn_message_file). */
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "deliver/report_text.h"
#include "expand/expand.h"
#include "log/log.h"
#include "message/header.h"

enum { TEMPLATE_ITEMS = 3, WARNING_MAX_BYTES = 64 * 1024 * 1024 };

/* How many warnings are due after this many seconds: those of the list, then one for each further interval. */
static int
warnings_due(const struct int_list *times, int64_t queued_s)
{
    int64_t last, interval;
    size_t i;

    if (times->count == 0 || times->items[0] <= 0)
        return 0;
    for (i = 0; i < times->count && queued_s >= times->items[i]; i++)
        continue;
    if (i < times->count)
        return (int)i;
    last = times->items[times->count - 1];
    interval = times->count > 1 ? last - times->items[times->count - 2] : last;
    return interval <= 0 ? (int)i : (int)i + (int)((queued_s - last) / interval);
}

/* $domain is set if all deferred addresses have the same. */
static bool
condition_holds(struct delivery_state *state)
{
    struct scope scope = state->scope;
    struct str text;
    struct why why;

    scope.address = state->deferred;
    for (struct address *addr = state->deferred; addr != NULL; addr = addr->next)
        if (!str_eq(addr->domain, state->deferred->domain))
            scope.address = NULL;
    if (config->delay_warning_condition == NULL)
        return true;
    why_init(&why, state->pool);
    if (expand(config->delay_warning_condition, &scope, &text, &why) != OK) {
        if (!why.is_forced)
            log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, state->message->id, "delay_warning_condition: %.*s",
                      STR_ARG(why.text));
        return false;
    }
    text = str_trim(text);
    return text.len > 0 && !str_eq_c(text, "0") && !str_ieq_c(text, "no") && !str_ieq_c(text, "false");
}

/* Addresses that ask for no news of a delay (RFC 3461) are left out. */
static bool
is_told(const struct address *addr)
{
    return address_top(addr)->notify == 0 || (address_top(addr)->notify & DSN_DELAY) != 0;
}

static struct str
field_line(struct delivery_state *state, const char *label, const char *name)
{
    const struct header_field *field = message_find_header(state->message, str_of(name), NULL);

    if (field == NULL)
        return STR("");
    return pool_printf_tainted(state->pool, "%s%.*s\n", label,
                               STR_ARG(str_trim(header_unfold(state->pool, header_body(field)))));
}

static void
opening_add(struct delivery_state *state, struct buf *out, struct template *items, struct str to, struct str delay,
            size_t count)
{
    struct str text;

    if (report_template_item(state, items, 1, &text)) {
        buf_add(out, text);
        return;
    }
    buf_add_c(out, "This message was created automatically by mail delivery software.\n");
    if (str_eq(to, state->message->sender))
        buf_add_c(out, "A message that you sent has not yet been delivered to one or more of its\nrecipients");
    else
        buf_addf_tainted(out,
                         "A message sent by\n\n  <%.*s>\n\nhas not yet been delivered to one or more of its recipients",
                         STR_ARG(state->message->sender));
    buf_addf_tainted(out, " after more than %.*s on the queue on %.*s.\n\nThe message identifier is:     %s\n",
                     STR_ARG(delay), STR_ARG(config->primary_hostname), state->message->id);
    buf_add(out, field_line(state, "The subject of the message is: ", "Subject"));
    buf_add(out, field_line(state, "The date of the message is:    ", "Date"));
    buf_addf(out, "\nThe address%s to which the message has not yet been delivered %s:\n", count == 1 ? "" : "es",
             count == 1 ? "is" : "are");
}

static void
closing_add(struct delivery_state *state, struct buf *out, struct template *items)
{
    struct str text;

    buf_add_char(out, '\n');
    if (report_template_item(state, items, 2, &text))
        buf_add(out, text);
    else
        buf_add_c(out, "No action is required on your part. Delivery attempts will continue for\n"
                  "some time, and this warning may be repeated at intervals if the message\n"
                  "remains undelivered. Eventually the mail delivery software will give up,\n"
                  "and when that happens, the message will be returned to you.\n");
    buf_add_char(out, '\n');
}

static struct str
warning_text(struct delivery_state *state, struct str to, struct str delay, const struct ptr_list *addresses)
{
    struct template *items =
        report_template_read(state, config->warn_message_file, "warn_message_file", TEMPLATE_ITEMS);
    struct str boundary_text = report_boundary(state), text;
    const char *boundary = pool_cstr(state->pool, boundary_text);
    struct buf out;

    buf_init(&out, state->pool, WARNING_MAX_BYTES);
    buf_add_c(&out, "Auto-Submitted: auto-replied\n");
    report_header(state, &out, to, boundary);
    if (report_template_item(state, items, 0, &text))
        buf_addf_tainted(&out, "%.*s\n", STR_ARG(str_trim_right(text)));
    else
        buf_addf_tainted(&out, "Subject: Warning: message %s delayed %.*s\n", state->message->id, STR_ARG(delay));
    buf_addf(&out, "\n--%s\nContent-type: text/plain; charset=us-ascii\n\n", boundary);
    opening_add(state, &out, items, to, delay, addresses->count);
    buf_add_char(&out, '\n');
    for (size_t i = 0; i < addresses->count; i++)
        report_address(state, &out, addresses->items[i], "Delay reason: ");
    closing_add(state, &out, items);
    report_status_begin(state, &out, boundary);
    for (size_t i = 0; i < addresses->count; i++) {
        const struct address *addr = addresses->items[i];
        const char *status = addr->why.enhanced != NULL && addr->why.enhanced[0] == '4' ? addr->why.enhanced : "4.0.0";

        report_status_address(state, &out, addr, "delayed", status);
        buf_add_char(&out, '\n');
    }
    report_original(state, &out, boundary, true);
    return buf_str(&out);
}

/* One for each errors address. */
static void
warnings_make(struct delivery_state *state, struct str delay)
{
    struct map by_recipient;

    map_init(&by_recipient, state->pool, false);
    for (struct address *addr = state->deferred; addr != NULL; addr = addr->next) {
        struct str to = bounce_recipient_of(state, addr);
        struct ptr_list *list = map_get(&by_recipient, to);

        if (to.len == 0 || !is_told(addr))
            continue;
        if (list == NULL) {
            list = POOL_NEW(state->pool, struct ptr_list);
            map_set(&by_recipient, to, list);
        }
        ptr_list_add(list, state->pool, addr);
    }
    for (const struct map_entry *e = by_recipient.first; e != NULL; e = e->next) {
        struct scope_value values[] = {
            { .name = "warn_message_recipients", .value = e->key },
            { .next = state->scope.values, .name = "warn_message_delay", .value = delay }
        };
        const struct scope_value *outer = state->scope.values;

        values[0].next = &values[1];
        state->scope.values = values;
        report_submit(state, &e->key, 1, warning_text(state, e->key, delay, e->value));
        state->scope.values = outer;
    }
}

void
warning_send(struct delivery_state *state)
{
    struct message *message = state->message;
    int64_t queued_s = state->now.tv_sec - message->received_at.tv_sec;
    int due = warnings_due(&config->delay_warning, queued_s);
    int64_t shown_s;

    if (due <= message->warning_count || message->sender.len == 0 || state->deferred == NULL || !condition_holds(state))
        return;
    shown_s = due > 0 && (size_t)due <= config->delay_warning.count ? config->delay_warning.items[due - 1] : queued_s;
    warnings_make(state, shown_s < 120 * 60 ? pool_printf(state->pool, "%d minutes", (int)(shown_s / 60))
                                            : pool_printf(state->pool, "%d hours", (int)(shown_s / 3600)));
    message->warning_count = due;
    state->is_header_changed = true;
}
