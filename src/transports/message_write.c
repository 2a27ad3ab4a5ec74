#include "transports/message_write.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/items.h"
#include "expand/expand.h"
#include "rewrite/rewrite.h"
#include "transports/common.h"

enum { BODY_CHUNK_BYTES = 65536 };

/* ---- Which header fields go out */

struct header_edit {
    struct transport_run *run;
    struct str_list removed;        /* names; "x-*" stands for all that begin so */
};

static enum outcome
expand_header_item(struct str item, struct transport_run *run, struct str *text_out, struct why *why)
{
    struct str reason;
    enum outcome outcome = expand_text(item, &run->scope, text_out, why);

    if (outcome == OK)
        return OK;
    *text_out = STR("");
    if (why->is_forced)
        return OK;
    reason = why->text;
    return transport_defer(why, NUMBER_HEADERS, "Failed to expand headers_add or headers_remove: %.*s",
                           STR_ARG(reason));
}

static enum outcome
collect_removed(struct header_edit *edit, struct why *why)
{
    struct transport_run *run = edit->run;
    struct items items = items_of(run->addresses->remove_headers);
    struct str item, text;

    while (items_next(&items, run->pool, &item))
        if (item.len > 0)
            str_list_add(&edit->removed, run->pool, item);
    if (run->transport->headers_remove == NULL)
        return OK;
    items = items_of(run->transport->headers_remove->text);
    while (items_next(&items, run->pool, &item)) {
        struct items names;
        struct str name;

        if (expand_header_item(item, run, &text, why) != OK)
            return DEFER;
        names = items_of(text);
        while (items_next(&names, run->pool, &name))
            if (name.len > 0)
                str_list_add(&edit->removed, run->pool, name);
    }
    return OK;
}

static bool
is_removed(const struct header_edit *edit, struct str name)
{
    for (size_t i = 0; i < edit->removed.count; i++) {
        struct str wanted = edit->removed.items[i];

        if (wanted.len > 0 && wanted.ptr[wanted.len - 1] == '*') {
            if (str_istarts(name, str_head(wanted, wanted.len - 1)))
                return true;
        } else if (str_ieq(name, wanted)) {
            return true;
        }
    }
    return false;
}

/* ---- What is put in front and behind */

/* One address of Envelope-to:, unless it stands there already. */
static void
add_envelope_to(struct buf *text, struct str_list *seen, const struct address *addr, struct pool *pool)
{
    const struct address *top = address_top(addr);

    if (str_list_has(seen, top->text))
        return;
    str_list_add(seen, pool, top->text);
    buf_add_c(text, text->len == 0 ? "Envelope-to: " : ",\n ");
    buf_add(text, top->text);
}

static void
write_envelope_to(struct transport_run *run, struct line_format *format)
{
    struct str_list seen = { 0 };
    struct buf text;

    buf_init(&text, run->pool, BUF_NO_LIMIT);
    for (const struct address *addr = run->addresses; addr != NULL; addr = addr->next)
        add_envelope_to(&text, &seen, addr, run->pool);
    for (const struct address *addr = run->duplicates; addr != NULL; addr = addr->next)
        add_envelope_to(&text, &seen, addr, run->pool);
    buf_add_c(&text, "\n");
    line_format_text(format, buf_str(&text));
}

static void
write_added_first(struct transport_run *run, struct line_format *format)
{
    const struct transport *transport = run->transport;

    if (transport->return_path_add)
        line_format_text(format, pool_printf_tainted(run->pool, "Return-path: <%.*s>\n", STR_ARG(run->return_path)));
    if (transport->envelope_to_add)
        write_envelope_to(run, format);
    if (transport->delivery_date_add)
        line_format_text(format, pool_printf(run->pool, "Delivery-date: %.*s\n", STR_ARG(clock_date(run->pool))));
}

static void
write_field(struct line_format *format, struct str text)
{
    text = str_trim_right(text);
    if (text.len == 0)
        return;
    line_format_text(format, text);
    line_format_text(format, STR("\n"));
}

static enum outcome
write_added_last(struct transport_run *run, struct line_format *format, struct why *why)
{
    struct items items;
    struct str item, text;

    for (const struct header_addition *extra = run->addresses->extra_headers; extra != NULL; extra = extra->next)
        write_field(format, extra->text);
    if (run->transport->headers_add == NULL)
        return OK;
    items = items_of(run->transport->headers_add->text);
    if (run->transport->headers_add->text.len == 0 || run->transport->headers_add->text.ptr[0] != '<')
        items.separator = '\n';
    while (items_next(&items, run->pool, &item)) {
        if (expand_header_item(item, run, &text, why) != OK)
            return DEFER;
        write_field(format, text);
    }
    return OK;
}

static enum outcome
write_headers(struct transport_run *run, struct line_format *format, struct why *why)
{
    struct header_edit edit = { .run = run };
    struct str text;

    if (collect_removed(&edit, why) != OK)
        return DEFER;
    write_added_first(run, format);
    for (const struct header_field *field = run->message->headers; field != NULL; field = field->next) {
        if (field->kind == HEADER_DELETED || is_removed(&edit, field->name))
            continue;
        if (run->transport->rewrite_rules != NULL
            && rewrite_header(field, run->transport->rewrite_rules, false, &run->scope, &text))
            line_format_text(format, text);
        else
            line_format_text(format, field->text);
    }
    return write_added_last(run, format, why);
}

/* ---- The body */

static enum outcome
write_body(struct transport_run *run, struct line_format *format, struct why *why)
{
    const struct message *message = run->message;
    off_t at = message->body_start;
    char *chunk = pool_alloc_as(run->pool, TAINTED, BODY_CHUNK_BYTES);

    format->is_crlf_input = message->is_spool_wireformat;
    while (!format->has_failed) {
        ssize_t count = pread(message->body_fd, chunk, BODY_CHUNK_BYTES, at);

        if (count == 0)
            break;
        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1)
            return transport_defer(why, errno, "failed to read the message body from the spool");
        line_format_text(format, str_make(chunk, (size_t)count));
        at += count;
    }
    format->is_crlf_input = false;
    return OK;
}

enum outcome
message_write_plain(struct transport_run *run, struct line_format *format, struct why *why)
{
    if (!run->transport->body_only) {
        if (write_headers(run, format, why) != OK)
            return DEFER;
        line_format_text(format, STR("\n"));
    }
    if (!run->transport->headers_only && write_body(run, format, why) != OK)
        return DEFER;
    return OK;
}

enum outcome
message_write(struct transport_run *run, struct line_format *format, bool is_final_newline_wanted, struct why *why)
{
    enum outcome outcome =
        message_has_filter(run) ? message_write_filtered(run, format, why) : message_write_plain(run, format, why);

    if (outcome != OK)
        return outcome;
    if (is_final_newline_wanted)
        line_format_end_line(format);
    return format->has_failed ? DEFER : OK;
}

int64_t
message_longest_line(const struct message *message)
{
    int64_t longest = message->max_received_line_bytes;

    for (const struct header_field *field = message->headers; field != NULL; field = field->next) {
        struct str line, rest = field->text;

        if (field->kind == HEADER_DELETED)
            continue;
        while (rest.len > 0) {
            str_cut(rest, '\n', &line, &rest);
            if ((int64_t)line.len > longest)
                longest = (int64_t)line.len;
        }
    }
    return longest;
}
