/* The parts that bounces, warnings and success notifications share: RFC 3461, RFC 3462 (multipart/report), RFC 3464. */
#include <unistd.h>
#include "base/clock.h"
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "expand/expand.h"
#include "log/log.h"
#include "message/header.h"
#include "net/dns.h"
#include "net/host.h"
#include "receive/receive.h"

enum { BODY_CHUNK_BYTES = 65536 };

struct str
report_boundary(struct delivery_state *state)
{
    return pool_printf(state->pool, "%lld-eximdsn-%u", (long long)clock_seconds(), dns_random(1u << 31));
}

static struct str
from_text(struct delivery_state *state)
{
    struct str text;
    struct why why;

    why_init(&why, state->pool);
    if (config->dsn_from != NULL && expand(config->dsn_from, &state->scope, &text, &why) == OK)
        return text;
    if (config->dsn_from != NULL)
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, state->message->id,
                  "Failed to expand dsn_from (using default): %.*s", STR_ARG(why.text));
    return pool_printf(state->pool, "Mail Delivery System <Mailer-Daemon@%.*s>", STR_ARG(config->qualify_domain));
}

void
report_header(struct delivery_state *state, struct buf *out, struct str to, const char *boundary)
{
    struct header_field *id = message_find_header(state->message, STR("Message-ID"), NULL);

    buf_addf_tainted(out, "From: %.*s\n", STR_ARG(from_text(state)));
    buf_addf_tainted(out, "To: %.*s\n", STR_ARG(to));
    if (config->errors_reply_to.len > 0)
        buf_addf(out, "Reply-To: %.*s\n", STR_ARG(config->errors_reply_to));
    if (id != NULL)
        buf_addf_tainted(out, "References: %.*s\n", STR_ARG(str_trim(header_unfold(state->pool, header_body(id)))));
    if (boundary != NULL)
        buf_addf(out, "Content-Type: multipart/report; report-type=delivery-status; boundary=%s\nMIME-Version: 1.0\n",
                 boundary);
}

/* xtext of RFC 3461 section 4 comes decoded; what is not printable ASCII does not go into a field. */
static struct str
field_text(struct pool *pool, struct str text)
{
    struct buf out;

    buf_init(&out, pool, BUF_NO_LIMIT);
    buf_taint(&out);
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(&out, (unsigned char)text.ptr[i] < 0x20 ? ' ' : text.ptr[i]);
    return buf_str(&out);
}

void
report_status_begin(struct delivery_state *state, struct buf *out, const char *boundary)
{
    struct str mta = config->primary_hostname;

    buf_addf(out, "--%s\nContent-type: message/delivery-status\n\nReporting-MTA: dns; %.*s\n", boundary, STR_ARG(mta));
    if (state->message->envid.len > 0)
        buf_addf_tainted(out, "Original-Envelope-ID: %.*s\n", STR_ARG(field_text(state->pool, state->message->envid)));
    buf_add_char(out, '\n');
}

/* The reply of the other side within a text: what follows the last ": " and begins with a code. */
static struct str
reply_within(struct str text, char first_digit)
{
    for (size_t i = 0; i + 3 < text.len; i++)
        if ((i == 0 || text.ptr[i - 1] == ' ') && text.ptr[i] == first_digit && ascii_is_digit(text.ptr[i + 1]) &&
            ascii_is_digit(text.ptr[i + 2]) && (text.ptr[i + 3] == ' ' || text.ptr[i + 3] == '-'))
            return str_from(text, i);
    return STR("");
}

void
report_status_address(struct delivery_state *state, struct buf *out, const struct address *addr, const char *action,
                      const char *status)
{
    const struct address *top = address_top(addr);
    struct str reply = reply_within(addr->why.text, status[0]);

    buf_addf(out, "Action: %s\n", action);
    if (addr->original_recipient.len > 0)
        buf_addf_tainted(out, "Original-Recipient: %.*s\n", STR_ARG(field_text(state->pool, addr->original_recipient)));
    buf_addf_tainted(out, "Final-Recipient: rfc822;%.*s\nStatus: %s\n", STR_ARG(top->text), status);
    if (addr->host_used != NULL && addr->host_used->name.len > 0) {
        buf_addf_tainted(out, "Remote-MTA: dns; %.*s\n", STR_ARG(addr->host_used->name));
        if (reply.len > 0)
            buf_addf_tainted(out, "Diagnostic-Code: smtp; %.*s\n", STR_ARG(field_text(state->pool, reply)));
    }
}

/* ---- The message itself */

/* Would it break the limit on lines?  Then its header section alone is returned. */
static bool
has_long_lines(const struct message *message)
{
    return config->bounce_return_linesize_limit > 0 &&
           message->max_received_line_bytes > config->bounce_return_linesize_limit;
}

static void
body_add(struct delivery_state *state, struct buf *out)
{
    const struct message *message = state->message;
    char *room = pool_alloc(state->pool, BODY_CHUNK_BYTES);
    int64_t at = message->body_start;

    buf_taint(out);
    for (;;) {
        ssize_t got = pread(message->body_fd, room, BODY_CHUNK_BYTES, (off_t)at);

        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got; i++)
            if (room[i] != '\r' || !message->is_spool_wireformat)
                buf_add_char(out, room[i]);
        at += got;
    }
}

static void
header_section_add(struct delivery_state *state, struct buf *out)
{
    buf_addf_tainted(out, "Return-path: <%.*s>\n", STR_ARG(state->message->sender));
    buf_add(out, message_headers_text(state->message, state->pool));
}

void
report_original(struct delivery_state *state, struct buf *out, const char *boundary, bool is_header_only)
{
    const struct message *message = state->message;
    int64_t limit = config->bounce_return_size_limit;
    bool is_cut = limit > 0 && message->message_bytes > limit;

    is_cut = is_cut || has_long_lines(message);
    if (is_header_only || !config->bounce_return_body || is_cut) {
        buf_addf(out, "--%s\nContent-type: text/rfc822-headers\n", boundary);
        if (is_cut && !is_header_only)
            buf_add_c(out, "X-Exim-DSN-Information: Due to administrative limits only headers are returned\n");
        buf_add_char(out, '\n');
        header_section_add(state, out);
        buf_add_char(out, '\n');
    } else {
        buf_addf(out, "--%s\nContent-type: message/rfc822\n\n", boundary);
        header_section_add(state, out);
        buf_add_char(out, '\n');
        body_add(state, out);
    }
    if (out->len > 0 && out->ptr[out->len - 1] != '\n')
        buf_add_char(out, '\n');
    buf_addf(out, "\n--%s--\n", boundary);
}

bool
report_submit(struct delivery_state *state, const struct str *to, size_t to_count, struct str text)
{
    char id[MESSAGE_ID_MAX_BYTES + 1];
    struct why why;

    why_init(&why, state->pool);
    if (receive_own_message(state->pool, STR(""), to, to_count, text, str_of(state->message->id), id, &why) != OK) {
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, state->message->id,
                  "submission of a bounce or warning failed: %.*s", STR_ARG(why.text));
        return false;
    }
    delivery_start(state, id);
    return true;
}
