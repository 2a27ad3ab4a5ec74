/* Bounces: what could not be delivered goes back to whom it concerns (manual: customizing bounce messages). */
#include "base/items.h"
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "deliver/report_text.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"

enum { TEMPLATE_ITEMS = 6, BOUNCE_MAX_BYTES = 512 * 1024 * 1024 };

/* The failed addresses that one bounce reports. */
struct bounce {
    struct bounce *next;
    struct str to;
    struct ptr_list addresses;
};

struct str
bounce_recipient_of(const struct delivery_state *state, const struct address *addr)
{
    return addr->has_errors_to ? addr->errors_to : state->message->sender;
}

/* ---- errors_copy */

static void
copies_add(struct delivery_state *state, struct str to, struct str_list *recipients)
{
    struct scope scope = state->scope;
    struct captures captures = { 0 };
    struct items items;
    struct str item, list, part;

    if (config->errors_copy == NULL)
        return;
    scope.address = address_new(state->pool, to);
    scope.captures = &captures;
    items = items_of(config->errors_copy->text);
    while (items_next(&items, state->pool, &item)) {
        struct template pattern = { .option_name = "errors_copy", .owner = "main" };
        struct str rest = str_trim(item), word;
        struct why why;

        if (rest.len > 0 && rest.ptr[0] == '"') {
            rest = str_from(rest, 1);
            str_cut(rest, '"', &word, &rest);
        } else {
            word = str_take_word(&rest);
        }
        pattern.text = pool_printf(state->pool, "<\n%.*s", STR_ARG(word));
        why_init(&why, state->pool);
        if (match_address(&pattern, to, &scope, NULL, &why) != MATCH_YES)
            continue;
        if (expand_text(str_trim(rest), &scope, &list, &why) != OK)
            return;
        while (list.len > 0) {
            str_cut(list, ',', &part, &list);
            if (str_trim(part).len > 0)
                str_list_add(recipients, state->pool, str_trim(part));
        }
        return;
    }
}

/* ---- The text */

static void
failed_list_add(struct delivery_state *state, struct buf *out, const struct bounce *bounce)
{
    bool is_first = true;

    for (size_t i = 0; i < bounce->addresses.count; i++) {
        const struct address *addr = bounce->addresses.items[i];
        struct str text = addr->kind == ADDRESS_MAIL || addr->parent == NULL ? addr->text : addr->parent->text;

        if (addr->is_hidden_child)
            continue;
        buf_addf_tainted(out, "%s%.*s", is_first ? "X-Failed-Recipients: " : ",\n  ", STR_ARG(text));
        is_first = false;
    }
    if (!is_first)
        buf_add_char(out, '\n');
    (void)state;
}

static void
opening_add(struct delivery_state *state, struct buf *out, struct template *items, bool is_to_sender)
{
    struct str text;

    if (report_template_item(state, items, 1, &text)) {
        buf_add(out, text);
        return;
    }
    buf_add_c(out, "This message was created automatically by mail delivery software.\n");
    if (config->bounce_message_text.len > 0)
        buf_addf(out, "%.*s\n", STR_ARG(config->bounce_message_text));
    if (is_to_sender)
        buf_add_c(out, "\nA message that you sent could not be delivered to one or more of its\n"
                  "recipients. This is a permanent error. The following address(es) failed:\n");
    else
        buf_addf_tainted(out,
                         "\nA message sent by\n\n  <%.*s>\n\ncould not be delivered to one or more of its recipients. "
                         "The following\naddress(es) failed:\n",
                         STR_ARG(state->message->sender));
}

/* What pipes said, for those who set return_output. */
static void
returned_texts_add(struct delivery_state *state, struct buf *out, struct template *items, const struct bounce *bounce)
{
    bool has_any = false;
    struct str text;

    for (size_t i = 0; i < bounce->addresses.count; i++) {
        const struct address *addr = bounce->addresses.items[i];

        if (addr->return_text.len == 0 || addr->is_return_text_for_log_only)
            continue;
        if (!has_any && report_template_item(state, items, 2, &text))
            buf_addf_tainted(out, "\n%.*s", STR_ARG(text));
        else if (!has_any)
            buf_add_c(out, "\nThe following text was generated during the delivery attempt:\n");
        has_any = true;
        buf_addf_tainted(out, "\n------ %.*s ------\n\n%.*s", STR_ARG(report_address_name(addr)),
                         STR_ARG(addr->return_text));
        if (addr->return_text.ptr[addr->return_text.len - 1] != '\n')
            buf_add_char(out, '\n');
    }
}

static const char *
status_of(const struct address *addr)
{
    return addr->why.enhanced != NULL && addr->why.enhanced[0] == '5' ? addr->why.enhanced : "5.0.0";
}

static struct str
bounce_text(struct delivery_state *state, const struct bounce *bounce)
{
    struct template *items =
        report_template_read(state, config->bounce_message_file, "bounce_message_file", TEMPLATE_ITEMS);
    struct str boundary_text = report_boundary(state), text;
    const char *boundary = pool_cstr(state->pool, boundary_text);
    bool is_to_sender = str_eq(bounce->to, state->message->sender);
    struct buf out;

    buf_init(&out, state->pool, BOUNCE_MAX_BYTES);
    failed_list_add(state, &out, bounce);
    buf_add_c(&out, "Auto-Submitted: auto-replied\n");
    report_header(state, &out, bounce->to, boundary);
    if (report_template_item(state, items, 0, &text))
        buf_addf_tainted(&out, "%.*s\n", STR_ARG(str_trim_right(text)));
    else
        buf_addf(&out, "Subject: Mail delivery failed%s\n", is_to_sender ? ": returning message to sender" : "");
    buf_addf(&out, "\n--%s\nContent-type: text/plain; charset=us-ascii\n\n", boundary);
    opening_add(state, &out, items, is_to_sender);
    buf_add_char(&out, '\n');
    for (size_t i = 0; i < bounce->addresses.count; i++)
        report_address(state, &out, bounce->addresses.items[i], NULL);
    returned_texts_add(state, &out, items, bounce);
    buf_add_char(&out, '\n');
    report_status_begin(state, &out, boundary);
    for (size_t i = 0; i < bounce->addresses.count; i++) {
        report_status_address(state, &out, bounce->addresses.items[i], "failed", status_of(bounce->addresses.items[i]));
        buf_add_char(&out, '\n');
    }
    if (config->bounce_return_message)
        report_original(state, &out, boundary, state->message->dsn_return == DSN_RET_HEADERS);
    else
        buf_addf(&out, "--%s--\n", boundary);
    return buf_str(&out);
}

/* The bounce is durable before any of its addresses counts as done. */
static void
bounce_send(struct delivery_state *state, struct bounce *bounce)
{
    struct str_list recipients = { 0 };
    struct scope_value values[] = {
        { .name = "bounce_recipient", .value = bounce->to },
        { .next = state->scope.values, .name = "bounce_return_size_limit",
          .value = pool_printf(state->pool, "%lld", (long long)config->bounce_return_size_limit) }
    };
    const struct scope_value *outer = state->scope.values;
    bool is_sent;

    values[0].next = &values[1];
    state->scope.values = values;
    str_list_add(&recipients, state->pool, bounce->to);
    copies_add(state, bounce->to, &recipients);
    is_sent = report_submit(state, recipients.items, recipients.count, bounce_text(state, bounce));
    state->scope.values = outer;
    if (is_sent)
        addresses_finish(state, (struct address **)bounce->addresses.items, bounce->addresses.count);
    for (size_t i = 0; i < bounce->addresses.count && !is_sent; i++) {
        struct address *addr = bounce->addresses.items[i];

        addr->outcome = DEFER;
        addr->next = NULL;
        *state->deferred_end = addr;
        state->deferred_end = &addr->next;
    }
}

/* ---- Which addresses get one */

static void
ignored(struct delivery_state *state, struct address *addr, const char *reason)
{
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "%.*s: error ignored%s",
              STR_ARG(log_address(state, addr, false)), reason);
    address_finish(state, addr);
}

/* A bounce that cannot be delivered has nobody to go back to: it is kept, frozen, until it is old enough to be
 * dropped. */
static void
undeliverable_bounce(struct delivery_state *state, struct address *addr)
{
    time_t age_s = state->now.tv_sec - state->message->received_at.tv_sec;

    if (state->is_cancelled) {
        address_finish(state, addr);
    } else if (age_s >= config->ignore_bounce_errors_after) {
        ignored(state, addr, "");
    } else {
        state->is_bounce_undeliverable = true;
        if (state->freeze_text.len == 0)
            state->freeze_text = addr->why.text;
    }
}

static struct bounce *
bounce_for(struct delivery_state *state, struct map *by_recipient, struct bounce ***end, struct str to)
{
    struct bounce *bounce = map_get(by_recipient, to);

    if (bounce != NULL)
        return bounce;
    bounce = POOL_NEW(state->pool, struct bounce);
    bounce->to = to;
    map_set(by_recipient, to, bounce);
    **end = bounce;
    *end = &bounce->next;
    return bounce;
}

void
bounces_send(struct delivery_state *state)
{
    struct bounce *first = NULL, **end = &first;
    struct map by_recipient;

    map_init(&by_recipient, state->pool, false);
    for (struct address *addr = state->failed, *next; addr != NULL; addr = next) {
        struct str to = bounce_recipient_of(state, addr);

        next = addr->next;
        if (addr->has_errors_to && to.len == 0)
            ignored(state, addr, "");
        else if (to.len == 0)
            undeliverable_bounce(state, addr);
        else if (address_top(addr)->notify != 0 && (address_top(addr)->notify & DSN_FAILURE) == 0)
            ignored(state, addr, ": RFC 3461 DSN, failure notify not requested");
        else
            ptr_list_add(&bounce_for(state, &by_recipient, &end, to)->addresses, state->pool, addr);
    }
    for (struct bounce *bounce = first; bounce != NULL; bounce = bounce->next)
        bounce_send(state, bounce);
}
