#include "message/message.h"
#include <string.h>
#include "base/buf.h"
#include "message/header.h"

struct message *
message_new(struct pool *pool, struct origin *origin)
{
    struct message *message = POOL_NEW(pool, struct message);

    message->pool = pool;
    message->origin = origin;
    message->body_fd = -1;
    map_init(&message->nonrecipients, pool, false);
    map_init(&message->acl_variables, pool, false);
    return message;
}

struct recipient *
message_add_recipient(struct message *message, struct str address)
{
    struct recipient *recipient;

    if (message->recipient_count == message->recipient_room) {
        size_t room = message->recipient_room == 0 ? 8 : message->recipient_room * 2;
        struct recipient *moved = POOL_NEW_ARRAY(message->pool, struct recipient, room);

        if (message->recipient_count > 0)
            memcpy(moved, message->recipients, message->recipient_count * sizeof(*moved));
        message->recipients = moved;
        message->recipient_room = room;
    }
    recipient = &message->recipients[message->recipient_count++];
    *recipient = (struct recipient){ .address = address, .parent = -1 };
    return recipient;
}

static const struct { const char *name; enum header_kind kind; } kinds[] = {
    { "bcc", HEADER_BCC },           { "cc", HEADER_CC },         { "from", HEADER_FROM },
    { "message-id", HEADER_ID },     { "to", HEADER_TO },         { "received", HEADER_RECEIVED },
    { "reply-to", HEADER_REPLY_TO }, { "sender", HEADER_SENDER },
};

enum header_kind
header_kind_of(struct str name)
{
    if (str_istarts(name, STR("resent-")))
        name = str_from(name, 7);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_ieq_c(name, kinds[i].name))
            return kinds[i].kind;
    return HEADER_OTHER;
}

/* A field over a text that is in the pool already or lives as long: LF is added if missing. */
static struct header_field *
field_new(struct message *message, struct str text)
{
    struct header_field *field = POOL_NEW(message->pool, struct header_field);
    size_t colon;

    if (text.len == 0 || text.ptr[text.len - 1] != '\n') {
        struct buf whole;

        buf_init(&whole, message->pool, BUF_NO_LIMIT);
        buf_add(&whole, text);
        buf_add_char(&whole, '\n');
        text = buf_str(&whole);
    }
    field->text = text;
    field->name = str_head(text, header_name_length(text, &colon));
    field->kind = header_kind_of(field->name);
    return field;
}

struct header_field *
message_add_header(struct message *message, struct str text)
{
    struct header_field *field = field_new(message, text);

    if (message->headers_last != NULL)
        message->headers_last->next = field;
    else
        message->headers = field;
    message->headers_last = field;
    return field;
}

struct header_field *
message_insert_header_first(struct message *message, struct str text)
{
    struct header_field *field = field_new(message, text);

    field->next = message->headers;
    message->headers = field;
    if (message->headers_last == NULL)
        message->headers_last = field;
    return field;
}

struct header_field *
message_insert_header_after(struct message *message, struct header_field *before, struct str text)
{
    struct header_field *field = field_new(message, text);

    field->next = before->next;
    before->next = field;
    if (message->headers_last == before)
        message->headers_last = field;
    return field;
}

struct header_field *
message_replace_header(struct message *message, struct header_field *field, struct str text)
{
    struct header_field *replacement = message_insert_header_after(message, field, text);

    field->kind = HEADER_DELETED;
    return replacement;
}

void
header_delete(struct header_field *field)
{
    field->kind = HEADER_DELETED;
}

struct header_field *
message_find_header(const struct message *message, struct str name, const struct header_field *after)
{
    struct header_field *field = after != NULL ? after->next : message->headers;

    while (field != NULL && (field->kind == HEADER_DELETED || !str_ieq(field->name, name)))
        field = field->next;
    return field;
}

struct str
header_body(const struct header_field *field)
{
    struct str body = str_from(field->text, field->name.len);

    while (body.len > 0 && (body.ptr[0] == ' ' || body.ptr[0] == '\t'))
        body = str_from(body, 1);
    if (body.len > 0 && body.ptr[0] == ':')
        body = str_from(body, 1);
    body = str_trim_left(body);
    if (body.len > 0 && body.ptr[body.len - 1] == '\n')
        body.len--;
    return body;
}
