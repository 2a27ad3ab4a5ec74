/* Warnings of delay (manual: delay_warning, delay_warning_condition, customizing warning messages). */
#include "base/clock.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "expand/expand.h"

enum { ITEM_HEADER, ITEM_INTRODUCTION, ITEM_END, ITEMS, MINUTE = 60, HOURS_FROM_MINUTES = 120 };

/* How many warnings are due at this age: the list's times, then every last interval. */
static int
warnings_due(int64_t age_s)
{
    const struct int_list *times = &config->delay_warning;
    int64_t last_s, step_s;
    size_t i = 0;

    while (i < times->count && age_s >= times->items[i])
        i++;
    if (i < times->count || times->count == 0)
        return (int)i;
    last_s = times->items[times->count - 1];
    step_s = times->count < 2 ? last_s : last_s - times->items[times->count - 2];
    return step_s <= 0 ? (int)i : (int)(i + (size_t)((age_s - last_s) / step_s));
}

static bool
is_condition_met(struct delivery_state *state)
{
    struct str text;
    struct why why;

    why_init(&why, state->pool);
    if (config->delay_warning_condition == NULL)
        return true;
    if (expand(config->delay_warning_condition, &state->scope, &text, &why) != OK)
        return false;
    return !(str_is_empty(text) || str_eq_c(text, "0") || str_ieq_c(text, "no") || str_ieq_c(text, "false"));
}

/* The time as the reader of the warning understands it. */
static struct str
delay_text(int64_t age_s, struct pool *pool)
{
    int64_t minutes = age_s / MINUTE;

    if (minutes < HOURS_FROM_MINUTES)
        return pool_printf(pool, "%lld minutes", (long long)minutes);
    return pool_printf(pool, "%lld hours", (long long)(minutes / MINUTE));
}

static void
header_line(struct delivery_state *state, struct buf *out, const char *introduction, struct str name)
{
    const struct header_field *field = message_find_header(state->message, name, NULL);

    if (field == NULL)
        return;
    buf_add_c(out, introduction);
    buf_add(out, str_trim(header_body(field)));
    buf_add_char(out, '\n');
}

static void
introduction_add(struct delivery_state *state, struct buf *out, struct str to, struct str delay, size_t count)
{
    buf_add_c(out, "This message was created automatically by mail delivery software.\n");
    if (str_eq(to, state->message->sender)) {
        buf_add_c(out, "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than ");
    } else {
        buf_add_c(out, "A message sent by\n\n  <");
        buf_add(out, state->message->sender);
        buf_add_c(out, ">\n\nhas not yet been delivered to one or more of its recipients after more than \n");
    }
    buf_add(out, delay);
    buf_add_c(out, " on the queue on ");
    buf_add(out, config->primary_hostname);
    buf_addf(out, ".\n\nThe message identifier is:     %s\n", state->message->id);
    header_line(state, out, "The subject of the message is: ", STR("Subject"));
    header_line(state, out, "The date of the message is:    ", STR("Date"));
    buf_addf(out, "\n%s:\n\n", count == 1 ? "The address to which the message has not yet been delivered is"
                                          : "The addresses to which the message has not yet been delivered are");
}

static const char ending[] =
    "\nNo action is required on your part. Delivery attempts will continue for\n"
    "some time, and this warning may be repeated at intervals if the message\n"
    "remains undelivered. Eventually the mail delivery software will give up,\n"
    "and when that happens, the message will be returned to you.\n";

static struct str
warning_text(struct delivery_state *state, struct str to, struct str delay, const struct ptr_list *addresses)
{
    const char *boundary = report_boundary(state).ptr;
    struct str *items = report_template(state, config->warn_message_file, ITEMS, "warning");
    struct address **list = (struct address **)addresses->items;
    struct buf out;

    buf_init(&out, state->pool, BUF_NO_LIMIT);
    report_header(state, &out, to, boundary);
    if (items != NULL && !str_is_empty(items[ITEM_HEADER])) {
        buf_add(&out, items[ITEM_HEADER]);
    } else {
        buf_addf(&out, "Subject: Warning: message %s delayed ", state->message->id);
        buf_add(&out, delay);
        buf_add_char(&out, '\n');
    }
    buf_addf(&out, "\n--%s\nContent-type: text/plain; charset=us-ascii\n\n", boundary);
    if (items != NULL && !str_is_empty(items[ITEM_INTRODUCTION]))
        buf_add(&out, items[ITEM_INTRODUCTION]);
    else
        introduction_add(state, &out, to, delay, addresses->count);
    report_addresses(&out, list, addresses->count, "Delay reason: ");
    if (items != NULL && !str_is_empty(items[ITEM_END]))
        buf_add(&out, items[ITEM_END]);
    else
        buf_add_c(&out, ending);
    buf_add_char(&out, '\n');
    report_status_begin(state, &out, boundary);
    for (size_t i = 0; i < addresses->count; i++)
        report_status_address(state, &out, list[i], "delayed", "4.0.0");
    report_original(state, &out, boundary, true);
    return buf_str(&out);
}

static void
group_warn(struct delivery_state *state, struct str to, const struct ptr_list *addresses, struct str delay)
{
    const struct scope_value *before = state->scope.values;
    struct scope_value delayed = { before, "warn_message_delay", delay };
    struct scope_value recipients = { &delayed, "warn_message_recipients", to };

    state->scope.values = &recipients;
    report_submit(state, &to, 1, warning_text(state, to, delay, addresses));
    state->scope.values = before;
}

static bool
is_told(const struct address *addr)
{
    return addr->notify == 0 || (addr->notify & DSN_DELAY) != 0;
}

/* Not for bounces, nor for what nobody is told of; the count of warnings goes to the spool with the message. */
void
warning_send(struct delivery_state *state)
{
    int64_t age_s = clock_seconds() - state->message->received_at.tv_sec;
    int due = warnings_due(age_s);
    struct map by_recipient;

    if (state->deferred == NULL || str_is_empty(state->message->sender) || due <= state->message->warning_count
        || !is_condition_met(state))
        return;
    map_init(&by_recipient, state->pool, false);
    for (struct address *addr = state->deferred; addr != NULL; addr = addr->next) {
        struct str to = bounce_recipient_of(state, addr);
        struct ptr_list *group;

        if (str_is_empty(to) || !is_told(addr))
            continue;
        group = map_get(&by_recipient, to);
        if (group == NULL) {
            group = POOL_NEW(state->pool, struct ptr_list);
            map_set(&by_recipient, to, group);
        }
        ptr_list_add(group, state->pool, addr);
    }
    for (const struct map_entry *entry = by_recipient.first; entry != NULL; entry = entry->next)
        group_warn(state, entry->key, entry->value, delay_text(age_s, state->pool));
    state->message->warning_count = due;
    state->is_header_changed = true;
}
