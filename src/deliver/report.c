/* Parts that bounces, warnings and success notifications share (RFC 3464, RFC 3834; manual: customizing bounce and warning messages). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/items.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"
#include "net/host.h"
#include "receive/receive.h"

enum { TEMPLATE_MAX_BYTES = 65536, REFERENCES_MAX_BYTES = 2000, COPY_BYTES = 16384, COPIES_MAX = 50 };

struct str
report_boundary(struct delivery_state *state)
{
    return pool_printf(state->pool, "%lld-ternds-%ld", (long long)clock_seconds(), random());
}

/* What this message is an answer to: its References: or In-Reply-To: and its Message-ID:. */
static void
references_add(const struct message *message, struct buf *out)
{
    const struct header_field *before = message_find_header(message, STR("References"), NULL);
    const struct header_field *id = message_find_header(message, STR("Message-ID"), NULL);
    struct str earlier;

    if (before == NULL)
        before = message_find_header(message, STR("In-Reply-To"), NULL);
    if (id == NULL)
        return;
    buf_add_c(out, "References:");
    earlier = before == NULL ? STR("") : str_trim(header_body(before));
    if (!str_is_empty(earlier) && earlier.len < REFERENCES_MAX_BYTES) {
        buf_add_char(out, ' ');
        buf_add(out, earlier);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, ' ');
    buf_add(out, str_trim(header_body(id)));
    buf_add_char(out, '\n');
}

static struct str
from_text(struct delivery_state *state)
{
    struct str text;
    struct why why;

    why_init(&why, state->pool);
    if (config->dsn_from != NULL && expand(config->dsn_from, &state->scope, &text, &why) == OK && !str_is_empty(text))
        return text;
    log_panic(state->message->id, "failed to expand dsn_from (using default): %.*s", STR_ARG(why.text));
    return pool_printf(state->pool, "Mail Delivery System <Mailer-Daemon@%.*s>", STR_ARG(config->qualify_domain));
}

void
report_header(struct delivery_state *state, struct buf *out, struct str to, const char *boundary)
{
    buf_add_c(out, "Auto-Submitted: auto-replied\nFrom: ");
    buf_add(out, from_text(state));
    buf_add_c(out, "\nTo: ");
    buf_add(out, to);
    buf_add_char(out, '\n');
    if (!str_is_empty(config->errors_reply_to)) {
        buf_add_c(out, "Reply-To: ");
        buf_add(out, config->errors_reply_to);
        buf_add_char(out, '\n');
    }
    references_add(state->message, out);
    if (boundary != NULL)
        buf_addf(out, "Content-Type: multipart/report; report-type=delivery-status; boundary=%s\nMIME-Version: 1.0\n", boundary);
}

void
report_status_begin(struct delivery_state *state, struct buf *out, const char *boundary)
{
    buf_addf(out, "--%s\nContent-type: message/delivery-status\n\nReporting-MTA: dns; ", boundary);
    buf_add(out, config->primary_hostname);
    buf_add_char(out, '\n');
    if (!str_is_empty(state->message->envid)) {
        buf_add_c(out, "Original-Envelope-ID: ");
        buf_add(out, state->message->envid);
        buf_add_char(out, '\n');
    }
}

void
report_status_address(struct delivery_state *state, struct buf *out, const struct address *addr, const char *action,
                      const char *status)
{
    const struct host *host = addr->host_used;
    bool has_enhanced = addr->why.enhanced != NULL && addr->why.enhanced[0] == status[0];

    (void)state;
    buf_addf(out, "\nAction: %s\n", action);
    if (!str_is_empty(addr->original_recipient)) {
        buf_add_c(out, "Original-Recipient: ");
        buf_add(out, addr->original_recipient);
        buf_add_char(out, '\n');
    }
    buf_add_c(out, "Final-Recipient: rfc822;");
    buf_add(out, address_top(addr)->text);
    buf_addf(out, "\nStatus: %s\n", has_enhanced ? addr->why.enhanced : status);
    if (host == NULL || str_is_empty(host->name))
        return;
    buf_add_c(out, "Remote-MTA: dns; ");
    buf_add(out, host->name);
    buf_add_char(out, '\n');
    if (addr->outcome != OK && addr->why.smtp_code != 0 && !str_is_empty(addr->why.text)) {
        buf_add_c(out, "Diagnostic-Code: smtp; ");
        buf_add(out, addr->why.text);
        buf_add_char(out, '\n');
    }
}

/* The body, cut to lines that the limit allows (bounce_return_linesize_limit). */
static bool
body_add(const struct message *message, struct buf *out)
{
    char block[COPY_BYTES];
    off_t at = message->body_start;
    ssize_t len;

    while ((len = pread(message->body_fd, block, sizeof block, at)) > 0) {
        buf_taint(out);
        buf_add(out, str_make(block, (size_t)len));
        at += len;
    }
    return len == 0;
}

static bool
is_body_wanted(const struct message *message)
{
    return config->bounce_return_message && config->bounce_return_body && message->dsn_return != DSN_RET_HEADERS
        && (config->bounce_return_size_limit <= 0 || message->body_bytes <= config->bounce_return_size_limit)
        && (config->bounce_return_linesize_limit <= 0 || message->max_received_line_bytes <= config->bounce_return_linesize_limit);
}

void
report_original(struct delivery_state *state, struct buf *out, const char *boundary, bool is_header_only)
{
    const struct message *message = state->message;
    bool has_body = !is_header_only && is_body_wanted(message);
    bool is_cut = !is_header_only && !has_body && config->bounce_return_body && message->dsn_return != DSN_RET_HEADERS;

    if (config->bounce_return_message) {
        buf_addf(out, "\n--%s\nContent-type: %s\n\n", boundary, has_body ? "message/rfc822" : "text/rfc822-headers");
        if (is_cut)
            buf_add_c(out, "X-Exim-DSN-Information: Due to administrative limits only headers are returned\n");
        buf_add_c(out, "Return-path: <");
        buf_add(out, message->sender);
        buf_add_c(out, ">\n");
        for (const struct header_field *field = message->headers; field != NULL; field = field->next)
            if (field->kind != HEADER_DELETED)
                buf_add(out, field->text);
        buf_add_char(out, '\n');
        if (has_body && !body_add(message, out))
            log_panic(message->id, "reading the body for a report failed: %s", strerror(errno));
    }
    buf_addf(out, "\n--%s--\n", boundary);
}

/* errors_copy: "pattern destinations", each pattern an address list item for the recipient of the report. */
static size_t
copies_add(struct delivery_state *state, struct str to, struct str *recipients, size_t room)
{
    struct str list, item;
    struct items items;
    size_t count = 0;
    struct why why;

    why_init(&why, state->pool);
    if (config->errors_copy == NULL || expand(config->errors_copy, &state->scope, &list, &why) != OK)
        return 0;
    items = items_of(list);
    while (items_next(&items, state->pool, &item)) {
        struct template pattern = { .text = str_take_word(&item), .option_name = "errors_copy", .owner = "main" };

        if (match_address(&pattern, to, &state->scope, NULL, &why) != MATCH_YES)
            continue;
        while (!str_is_empty(item) && count < room) {
            struct str address;

            str_cut(item, ',', &address, &item);
            if (!str_is_empty(str_trim(address)))
                recipients[count++] = receive_qualify(state->pool, str_trim(address), true);
        }
        break;
    }
    return count;
}

bool
report_submit(struct delivery_state *state, const struct str *to, size_t to_count, struct str text)
{
    struct str *recipients = POOL_NEW_ARRAY(state->pool, struct str, to_count + COPIES_MAX);
    char id[MESSAGE_ID_MAX_BYTES + 1];
    struct why why;

    why_init(&why, state->pool);
    memcpy(recipients, to, to_count * sizeof *to);
    to_count += copies_add(state, to[0], recipients + to_count, COPIES_MAX);
    if (receive_own_message(state->pool, STR(""), recipients, to_count, text, str_of(state->message->id), id, &why) != OK) {
        log_panic(state->message->id, "a report to %.*s could not be put on the spool: %.*s", STR_ARG(to[0]), STR_ARG(why.text));
        return false;
    }
    launch_report(state, id);
    return true;
}

/* Items end with lines of four asterisks; an empty one stands for the default text. */
struct str *
report_template(struct delivery_state *state, struct template *file, size_t count, const char *name)
{
    struct str *items = POOL_NEW_ARRAY(state->pool, struct str, count);
    struct str path, text, line;
    struct buf item;
    struct why why;

    why_init(&why, state->pool);
    if (file == NULL || expand(file, &state->scope, &path, &why) != OK || str_is_empty(path))
        return NULL;
    if (pool_cstr(state->pool, path) == NULL
        || !file_read(pool_cstr(state->pool, path), state->pool, CLEAN, TEMPLATE_MAX_BYTES, &text)) {
        log_panic(state->message->id, "Failed to open %.*s for %s message texts: %s", STR_ARG(path), name, strerror(errno));
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct str raw, expanded;

        buf_init(&item, state->pool, BUF_NO_LIMIT);
        while (str_take_line(&text, &line) && !str_eq_c(line, "****")) {
            buf_add(&item, line);
            buf_add_char(&item, '\n');
        }
        raw = buf_str(&item);
        if (expand_text(raw, &state->scope, &expanded, &why) != OK) {
            log_panic(state->message->id, "Failed to expand text from %.*s for %s: %.*s", STR_ARG(path), name, STR_ARG(why.text));
            expanded = STR("");
        }
        items[i] = expanded;
    }
    return items;
}
