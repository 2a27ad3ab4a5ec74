/* receive/fixup.c -- fields taken away and added, as the manual's chapter on message processing says. */
#include "address/mailbox.h"
#include "expand/expand.h"
#include "message/date.h"
#include "message/header.h"
#include "receive/reception.h"

bool
fixup_is_wanted(const struct reception *r)
{
    const struct acl_message_controls *controls = &r->scope.acl->message;

    return (r->is_local_input || controls->submission) && !controls->suppress_local_fixups
           && !r->options->suppresses_fixups;
}

bool
fixup_has_resent(const struct message *message)
{
    for (const struct header_field *field = message->headers; field != NULL; field = field->next)
        if (field->kind != HEADER_DELETED && header_name_is_resent(field->name))
            return true;
    return false;
}

static void
delete_all(struct message *message, struct str name)
{
    struct header_field *field = message_find_header(message, name, NULL);

    for (; field != NULL; field = message_find_header(message, name, field))
        header_delete(field);
}

void
fixup_unwanted_fields(struct reception *r)
{
    if (config->return_path_remove)
        delete_all(r->message, STR("Return-path"));
    if (config->delivery_date_remove)
        delete_all(r->message, STR("Delivery-date"));
    if (config->envelope_to_remove)
        delete_all(r->message, STR("Envelope-to"));
}

/* What may not stand in an address becomes a hyphen. */
static struct str
hyphenated(struct reception *r, struct str text, const char *allowed)
{
    struct buf out;

    buf_init(&out, r->pool, DOMAIN_MAX_BYTES);
    if (str_is_tainted(text))
        buf_taint(&out);
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(&out, ascii_is_alnum(text.ptr[i]) || str_find(str_of(allowed), text.ptr[i]) != STR_NONE
                               ? text.ptr[i]
                               : '-');
    return buf_str(&out);
}

/* An option that is inserted if it expands to something. */
static struct str
expanded_or_empty(struct reception *r, struct template *option)
{
    struct str text = STR("");
    struct why why;

    why_init(&why, r->pool);
    if (option != NULL && expand(option, &r->scope, &text, &why) != OK) {
        if (!why.is_forced)
            log_panic(r->message->id, "%s: expansion of \"%.*s\" failed: %.*s", option->option_name,
                      STR_ARG(option->text), STR_ARG(why.text));
        text = STR("");
    }
    return text;
}

/* "<Eid.text@domain>" (manual: message_id_header_text, message_id_header_domain). */
static struct str
message_id_make(struct reception *r)
{
    struct str text = hyphenated(r, expanded_or_empty(r, config->message_id_header_text), "!#$%&'*+-/=?^_`{|}~."),
               domain = hyphenated(r, expanded_or_empty(r, config->message_id_header_domain), ".-");
    struct buf id;

    if (domain.len == 0)
        domain = config->primary_hostname;
    buf_init(&id, r->pool, BUF_NO_LIMIT);
    buf_addf(&id, "<E%s", r->message->id);
    if (text.len > 0)
        buf_add_char(&id, '.');
    buf_add(&id, text);
    buf_add_char(&id, '@');
    buf_add(&id, domain);
    buf_add_char(&id, '>');
    return buf_str(&id);
}

/* A field that is missing; Resent- ones stand before everything else. */
static void
add_field(struct reception *r, bool is_resent, struct str name, struct str body)
{
    if (is_resent)
        message_insert_header_first(
            r->message, header_make(r->pool, pool_printf(r->pool, "Resent-%.*s", STR_ARG(name)), body, false));
    else
        message_add_header(r->message, header_make(r->pool, name, body, false));
}

void
fixup_added_fields(struct reception *r)
{
    struct message *message = r->message;
    bool is_resent = fixup_has_resent(message);

    if (!fixup_is_wanted(r))
        return;
    if (message_find_header(message, is_resent ? STR("Resent-Message-Id") : STR("Message-Id"), NULL) == NULL) {
        add_field(r, is_resent, STR("Message-Id"), message_id_make(r));
        r->has_made_id = true;
    }
    fixup_missing_from(r, is_resent);
    fixup_sender(r, is_resent);
    if (message_find_header(message, is_resent ? STR("Resent-Date") : STR("Date"), NULL) == NULL)
        add_field(r, is_resent, STR("Date"), date_format(r->pool, message->received_at.tv_sec));
}
