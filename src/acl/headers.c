/* acl/headers.c -- header fields that lists add and remove (manual: adding header lines in ACLs, removing header
 * lines in ACLs). */
#include "acl/list.h"
#include "base/buf.h"
#include "base/items.h"
#include "message/header.h"

enum { FIELDS_MAX_BYTES = 1 << 20 };

static const struct { struct str word; enum header_place place; } places[] = {
    { STR_INIT(":at_start:"), HEADER_AT_START },
    { STR_INIT(":after_received:"), HEADER_AFTER_RECEIVED },
    { STR_INIT(":at_start_rfc:"), HEADER_AT_START_RFC },
    { STR_INIT(":at_end:"), HEADER_AT_END },
};

/* Length of "Name:", white space before the colon included; 0 if text does not begin with a field name. */
static size_t
field_name_length(struct str text)
{
    size_t i = 0;

    while (i < text.len && text.ptr[i] > ' ' && text.ptr[i] < 0x7f && text.ptr[i] != ':')
        i++;
    if (i == 0)
        return 0;
    while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
        i++;
    return i < text.len && text.ptr[i] == ':' ? i + 1 : 0;
}

static bool
is_same_field(const struct acl_header *header, enum header_place place, struct str text)
{
    return header->place == place && str_eq(header->text, text);
}

static void
add_field(struct acl_state *state, enum header_place place, struct str text)
{
    struct buf field;
    struct acl_header *header;

    buf_init(&field, state->message_pool, FIELDS_MAX_BYTES);
    if (field_name_length(text) == 0)
        buf_add_c(&field, "X-ACL-Warn: ");
    buf_add(&field, text);
    buf_add_char(&field, '\n');
    for (header = state->headers_added; header != NULL; header = header->next)
        if (is_same_field(header, place, buf_str(&field)))
            return;
    header = POOL_NEW(state->message_pool, struct acl_header);
    *header = (struct acl_header){ .place = place, .text = buf_str(&field) };
    *state->headers_added_end = header;
    state->headers_added_end = &header->next;
}

/* One field with its folded lines off the front of text. */
static struct str
take_field(struct str *text)
{
    struct str field = *text;
    size_t i = 0;

    for (; i < field.len; i++)
        if (field.ptr[i] == '\n' && (i + 1 == field.len || (field.ptr[i + 1] != ' ' && field.ptr[i + 1] != '\t')))
            break;
    *text = str_from(field, i + 1);
    return str_head(field, i);
}

/* Carriage returns would end up inside a field: they are left out (RFC 5322 section 2.2; catalogue EOD-21). */
static struct str
without_cr(struct acl_state *state, struct str text)
{
    struct buf clean;

    if (str_find(text, '\r') == STR_NONE && str_find(text, '\0') == STR_NONE)
        return text;
    buf_init(&clean, state->message_pool, FIELDS_MAX_BYTES);
    if (str_is_tainted(text))
        buf_taint(&clean);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\r' && text.ptr[i] != '\0')
            buf_add_char(&clean, text.ptr[i]);
    return buf_str(&clean);
}

void
acl_add_headers(struct acl_state *state, struct str text)
{
    text = without_cr(state, text);
    while (text.len > 0 && text.ptr[0] == '\n')
        text = str_from(text, 1);
    while (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text = str_head(text, text.len - 1);
    while (text.len > 0) {
        struct str field = take_field(&text);
        enum header_place place = HEADER_AT_END;

        for (size_t i = 0; i < COUNT(places); i++)
            if (str_istarts(field, places[i].word)) {
                place = places[i].place;
                field = str_trim_left(str_from(field, places[i].word.len));
                break;
            }
        if (field.len > 0)
            add_field(state, place, field);
    }
}

struct str
acl_headers_added(const struct acl_state *state, struct pool *pool)
{
    struct buf all;

    buf_init(&all, pool, FIELDS_MAX_BYTES);
    for (const struct acl_header *h = state->headers_added; h != NULL; h = h->next)
        buf_add(&all, h->text);
    if (all.len > 0)
        buf_truncate(&all, all.len - 1);
    return buf_str(&all);
}

/* The last field of the first block of Received: fields; NULL if there is none. */
static struct header_field *
last_received(struct message *message)
{
    struct header_field *last = NULL;

    for (struct header_field *f = message->headers; f != NULL; f = f->next) {
        if (f->kind == HEADER_RECEIVED)
            last = f;
        else if (last != NULL && f->kind != HEADER_DELETED)
            break;
    }
    return last;
}

/* Where a field with this place goes: behind the field returned; NULL: first. */
static struct header_field *
field_before(struct message *message, enum header_place place)
{
    struct header_field *before = NULL;

    if (place == HEADER_AFTER_RECEIVED)
        return last_received(message);
    if (place == HEADER_AT_START_RFC)
        for (struct header_field *f = message->headers; f != NULL; before = f, f = f->next)
            if (f->kind != HEADER_RECEIVED && f->kind != HEADER_DELETED && !header_name_is_resent(f->name))
                break;
    return before;
}

static void
insert_field(struct message *message, enum header_place place, struct str text)
{
    struct header_field *before = field_before(message, place);

    if (place == HEADER_AT_END)
        message_add_header(message, text);
    else if (before == NULL)
        message_insert_header_first(message, text);
    else
        message_insert_header_after(message, before, text);
}

static void
remove_fields(struct message *message, struct str names, struct pool *pool)
{
    struct items items = items_of(names);
    struct str name;

    while (items_next(&items, pool, &name))
        for (struct header_field *f = message->headers; f != NULL; f = f->next)
            if (f->kind != HEADER_DELETED && str_ieq(f->name, name))
                header_delete(f);
}

void
acl_apply_headers(struct acl_state *state, struct message *message)
{
    if (state->headers_removed.len > 0)
        remove_fields(message, state->headers_removed, message->pool);
    for (const struct acl_header *h = state->headers_added; h != NULL; h = h->next)
        insert_field(message, h->place, pool_dup(message->pool, h->text));
    state->headers_removed = STR("");
    state->headers_added = NULL;
    state->headers_added_end = &state->headers_added;
}
