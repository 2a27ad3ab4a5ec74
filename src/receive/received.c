/* receive/received.c -- our own Received: field (manual: received_header_text). */
#include "base/clock.h"
#include "expand/expand.h"
#include "message/date.h"
#include "message/header.h"
#include "receive/reception.h"

/* The field with the time behind a semicolon. */
static struct str
field_text(struct reception *r, struct str text, time_t when)
{
    struct buf field;

    buf_init(&field, r->pool, BUF_NO_LIMIT);
    buf_add(&field, text);
    buf_add_c(&field, ";\n\t");
    buf_add(&field, date_format(r->pool, when));
    buf_add_char(&field, '\n');
    return buf_str(&field);
}

enum outcome
received_add(struct reception *r, struct why *why)
{
    struct str text, clean;
    const char *reason;
    enum outcome outcome;

    if (config->received_header_text == NULL)
        return OK;
    outcome = expand(config->received_header_text, &r->scope, &text, why);
    if (outcome != OK)
        return outcome;
    text = str_trim_right(text);
    if (text.len == 0)
        return OK;
    /* A name of the client could hold a line end: what is no continuation is refused. */
    if (!header_text_check(r->pool, text, &clean, &reason))
        return why_defer(why, 0, NULL, "received_header_text: %s", reason);
    clean.len--;
    message_insert_header_first(r->message, field_text(r, clean, r->message->received_at.tv_sec))->kind =
        HEADER_RECEIVED;
    r->message->received_count++;
    return OK;
}

void
received_update(struct reception *r)
{
    struct header_field *field = r->message->headers;
    size_t mark;

    while (field != NULL && field->kind != HEADER_RECEIVED)
        field = field->next;
    if (field == NULL || config->received_header_text == NULL)
        return;
    mark = str_rfind(field->text, ';');
    if (mark != STR_NONE && str_starts(str_from(field->text, mark), STR(";\n\t"))) {
        field->text = field_text(r, str_head(field->text, mark), clock_seconds());
        field->name = str_head(field->text, field->name.len);
    }
}
