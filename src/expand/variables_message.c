/* expand/variables_message.c -- the message under way. */
#include <sys/stat.h>
#include <unistd.h>
#include "address/address.h"
#include "address/mailbox.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/process.h"
#include "config/config.h"
#include "expand/getters.h"
#include "expand/tree.h"
#include "message/encoded_word.h"
#include "message/header.h"

enum { BODY_VISIBLE_DEFAULT = 500 };

#define MESSAGE_NUMBER(name, field) GETTER_NUMBER(name, scope->message, scope->message->field, "0")
MESSAGE_NUMBER(message_size, message_bytes)
MESSAGE_NUMBER(message_body_size, body_bytes)
MESSAGE_NUMBER(body_linecount, body_lines)
MESSAGE_NUMBER(body_zerocount, body_zeros)
MESSAGE_NUMBER(message_linecount, received_lines)
MESSAGE_NUMBER(received_count, received_count)
MESSAGE_NUMBER(recipients_count, recipient_count)
MESSAGE_NUMBER(max_received_linelength, max_received_line_bytes)
MESSAGE_NUMBER(received_time, received_at.tv_sec)
GETTER_NUMBER(message_age, scope->message, scope->message->received_at.tv_sec == 0 ? 0
              : clock_seconds() - scope->message->received_at.tv_sec, "0")
GETTER_TEXT(message_exim_id, scope->message, str_of(scope->message->id))
GETTER_TEXT(sender_address, scope->message, scope->message->sender)
GETTER_TEXT(queue_name, scope->message, scope->message->queue_name)
GETTER_TEXT(local_scan_data, scope->message, scope->message->local_scan_data)
GETTER_TEXT(message_headers_raw, scope->message, message_headers_text(scope->message, scope->pool))

GETTER(message_smtputf8)
{
    *value_out = scope->message != NULL && scope->message->is_smtputf8 ? STR("yes") : STR("no");
    return OK;
}

/* Whom bounces go to: errors_to of the router, else the sender (manual: $return_path). */
GETTER(return_path)
{
    if (scope->address != NULL && scope->address->has_errors_to)
        *value_out = scope->address->errors_to;
    else if (scope->message != NULL)
        *value_out = scope->message->sender;
    return OK;
}

static enum outcome
sender_part(const struct scope *scope, bool is_domain, struct str *value_out)
{
    struct mailbox box;

    if (scope->message == NULL || scope->message->sender.len == 0)
        return OK;
    if (mailbox_split(scope->message->sender, &box, NULL))
        *value_out = is_domain ? box.domain : box.local_part;
    else if (!is_domain)
        *value_out = scope->message->sender;
    return OK;
}

GETTER(sender_address_domain)
{
    return sender_part(scope, true, value_out);
}

GETTER(sender_address_local_part)
{
    return sender_part(scope, false, value_out);
}

static struct str
joined_recipients(const struct scope *scope, bool is_list)
{
    struct buf out;

    buf_init(&out, scope->pool, expand_size_limit());
    for (size_t i = 0; i < scope->message->recipient_count; i++) {
        struct str rest = scope->message->recipients[i].address, piece;
        bool has_more = true;

        if (i > 0)
            buf_add(&out, is_list ? STR(":") : STR(", "));
        while (has_more) {
            has_more = str_cut(rest, ':', &piece, &rest);
            buf_add(&out, piece);
            if (has_more)
                buf_add(&out, is_list ? STR("::") : STR(":"));
        }
    }
    return buf_str(&out);
}

GETTER(recipients)
{
    if (scope->message != NULL && !scope->is_recipients_hidden)
        *value_out = joined_recipients(scope, false);
    return OK;
}

GETTER(recipients_list)
{
    if (scope->message != NULL && !scope->is_recipients_hidden)
        *value_out = joined_recipients(scope, true);
    return OK;
}

GETTER(received_for)
{
    if (scope->message != NULL && scope->message->recipient_count == 1)
        *value_out = scope->message->recipients[0].address;
    return OK;
}

GETTER(reply_address)
{
    enum outcome outcome = expand_header_value(HEADER_DECODED, STR("reply-to"), scope, value_out, why);

    if (outcome == OK && value_out->len == 0)
        outcome = expand_header_value(HEADER_DECODED, STR("from"), scope, value_out, why);
    return outcome;
}

/* Decoded, the charset left as it is. */
GETTER(message_headers)
{
    struct str raw;

    if (scope->message == NULL)
        return OK;
    raw = message_headers_text(scope->message, scope->pool);
    raw = str_trim_right(raw);
    *value_out = encoded_words_decode(scope->pool, raw, STR(""), config == NULL || config->check_rfc2047_length, '?',
                                      NULL);
    return OK;
}

/* A part of the body, line ends and NULs as spaces. */
static void
read_body(const struct scope *scope, bool is_end, struct str *value_out)
{
    int64_t limit = config == NULL ? BODY_VISIBLE_DEFAULT : config->message_body_visible, size;
    const struct message *message = scope->message;
    struct stat st;
    char *octets;
    ssize_t count;

    if (message == NULL || message->body_fd < 0 || limit <= 0 || fstat(message->body_fd, &st) == -1)
        return;
    size = st.st_size > message->body_start ? st.st_size - message->body_start : 0;
    if (limit > size)
        limit = size;
    octets = pool_alloc_as(scope->pool, TAINTED, (size_t)limit + 1);
    count = pread(message->body_fd, octets, (size_t)limit, message->body_start + (is_end ? size - limit : 0));
    for (ssize_t i = 0; i < count; i++)
        if (octets[i] == '\0' || (octets[i] == '\n' && (config == NULL || !config->message_body_newlines)))
            octets[i] = ' ';
    *value_out = str_make(octets, count > 0 ? (size_t)count : 0);
}

GETTER(message_body)
{
    read_body(scope, false, value_out);
    return OK;
}

GETTER(message_body_end)
{
    read_body(scope, true, value_out);
    return OK;
}

const struct expand_variable expand_message_variables[] = {
    VARIABLE(message_size), VARIABLE(message_body_size), VARIABLE(body_linecount), VARIABLE(body_zerocount),
    VARIABLE(message_linecount), VARIABLE(received_count), VARIABLE(recipients_count),
        VARIABLE(max_received_linelength),
    VARIABLE(received_time), VARIABLE(message_age), VARIABLE(message_exim_id),
        { .name = "message_id", .get = get_message_exim_id },
    VARIABLE(sender_address), VARIABLE(sender_address_domain), VARIABLE(sender_address_local_part),
        VARIABLE(queue_name),
    VARIABLE(local_scan_data), VARIABLE(message_headers), VARIABLE(message_headers_raw), VARIABLE(message_smtputf8),
    VARIABLE(return_path), VARIABLE(recipients), VARIABLE(recipients_list), VARIABLE(received_for),
        VARIABLE(reply_address),
    VARIABLE(message_body), VARIABLE(message_body_end),
    { .name = NULL }
};
