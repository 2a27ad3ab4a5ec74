/* rewrite/header.c -- addresses in header fields: rewritten, qualified, given another domain. */
#include "base/buf.h"
#include "config/config.h"
#include "log/log.h"
#include "message/header.h"
#include "rewrite/rule.h"

enum { FIELD_MAX_BYTES = 4 << 20 };

static enum rewrite_place
place_of(enum header_kind kind)
{
    switch (kind) {
    case HEADER_BCC:
        return REWRITE_BCC;
    case HEADER_CC:
        return REWRITE_CC;
    case HEADER_FROM:
        return REWRITE_FROM;
    case HEADER_REPLY_TO:
        return REWRITE_REPLY_TO;
    case HEADER_SENDER:
        return REWRITE_SENDER;
    case HEADER_TO:
        return REWRITE_TO;
    default:
        return (enum rewrite_place)0;
    }
}

/* A field's text being made anew: what is not an address is copied. */
struct field_edit {
    struct buf text;
    struct str body;
    size_t copied;                  /* of body */
    size_t name_bytes;              /* the field's name with its colon */
    size_t folded_at;               /* where the latest fold of ours ends, in text */
    bool is_changed;
};

/* A field that has grown so far behind an address is folded there, as Exim does it. */
enum { FOLD_AT_COLUMN = 39 };

/* The end of the separator behind an address: white space, comments, a comma, more white space; 0 if none comes, or
 * a fold does. */
static size_t
separator_end(struct str body, size_t at)
{
    int depth = 0;

    for (; at < body.len && (body.ptr[at] != ',' || depth > 0); at++) {
        if (body.ptr[at] == '(')
            depth++;
        else if (body.ptr[at] == ')')
            depth--;
        else if (depth == 0 && !ascii_is_space(body.ptr[at]) && body.ptr[at] != '>')
            return 0;
    }
    if (at == body.len)
        return 0;
    for (at++; at < body.len && (body.ptr[at] == ' ' || body.ptr[at] == '\t'); at++)
        ;
    return at == body.len || body.ptr[at] == '\n' ? 0 : at;
}

static void
edit_replace(struct field_edit *edit, size_t start, size_t end, struct str by)
{
    size_t column, fold_end;

    buf_add(&edit->text, str_sub(edit->body, edit->copied, start - edit->copied));
    buf_add(&edit->text, by);
    edit->copied = end;
    edit->is_changed = true;
    column = edit->text.len - edit->folded_at + (edit->folded_at == 0 ? edit->name_bytes : 0);
    fold_end = by.len > end - start && column >= FOLD_AT_COLUMN ? separator_end(edit->body, end) : 0;
    if (fold_end == 0)
        return;
    buf_add(&edit->text, str_sub(edit->body, end, fold_end - end));
    buf_add_c(&edit->text, "\n");
    edit->folded_at = edit->text.len;
    buf_add_c(&edit->text, "\t");
    edit->copied = fold_end;
}

/* One edit over all addresses of a field. */
struct field_work {
    enum rewrite_place place;
    const struct rewrite_rule *rules;
    bool is_qualified;
    struct str from_domain, to_domain;  /* when a domain is replaced */
    struct scope *scope;
};

static struct str
qualified(const struct field_work *work, const struct address_list_item *item)
{
    bool is_sender = (work->place & (REWRITE_FROM | REWRITE_SENDER | REWRITE_REPLY_TO)) != 0;

    return address_join(work->scope->pool, item->parse.address, is_sender ? config->qualify_domain :
        config->qualify_recipient);
}

static void
item_edit(const struct field_work *work, const struct address_list_item *item, struct field_edit *edit)
{
    struct str address = item->parse.address;
    struct rewritten result;

    if (!str_is_empty(work->from_domain)) {
        if (str_ieq(item->parse.box.domain, work->from_domain))
            edit_replace(edit, item->parse.start, item->parse.end,
                address_join(work->scope->pool, item->parse.box.local_part, work->to_domain));
        return;
    }
    if (str_is_empty(item->parse.box.domain)) {
        if (!work->is_qualified || config == NULL || str_is_empty(address))
            return;
        address = qualified(work, item);
    }
    if (rewrite_apply(work->rules, address, work->place, work->scope, &result, NULL) != OK)
        result = (struct rewritten){ .address = address };
    if (result.is_whole)
        edit_replace(edit, item->start, item->start + item->text.len, result.whole);
    else if (!str_eq(result.address, item->parse.address))
        edit_replace(edit, item->parse.start, item->parse.end, result.address);
}

static bool
field_edit(const struct header_field *field, const struct field_work *work, struct str *text_out)
{
    struct address_rules rules = rewrite_address_rules();
    size_t colon = str_find(field->text, ':');
    struct field_edit edit = {
        .body = str_from(field->text, colon == STR_NONE ? field->text.len : colon + 1), .name_bytes = colon + 1
    };
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;

    if (work->place == 0 || colon == STR_NONE)
        return false;
    buf_init(&edit.text, work->scope->pool, FIELD_MAX_BYTES);
    buf_taint(&edit.text);
    address_list_init(&list, work->scope->pool, edit.body, &rules);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
        if (step == ADDRESS_LIST_ADDRESS)
            item_edit(work, &item, &edit);
        else if (work->rules != NULL)
            log_write(LOG_ALWAYS, LOG_TO_MAIN, work->scope->message != NULL && work->scope->message->id[0] != '\0' ?
                work->scope->message->id : NULL, "rewrite: %.*s", STR_ARG(item.reason));
    }
    if (!edit.is_changed || buf_overflowed(&edit.text))
        return false;
    buf_add(&edit.text, str_from(edit.body, edit.copied));
    *text_out = pool_printf_tainted(work->scope->pool, "%.*s%.*s", STR_ARG(str_head(field->text, colon + 1)),
        STR_ARG(buf_str(&edit.text)));
    return true;
}

bool
rewrite_header(const struct header_field *field, const struct rewrite_rule *rules, bool is_qualified,
               struct scope *scope,
               struct str *text_out)
{
    struct field_work work = { .place = place_of(field->kind), .rules = rules, .is_qualified = is_qualified,
        .scope = scope };

    return field_edit(field, &work, text_out);
}

/* Do the senders and recipients of header fields get a domain?  As the envelope's did. */
static bool
is_to_qualify(const struct message *message, enum header_kind kind)
{
    bool is_sender = kind == HEADER_FROM || kind == HEADER_SENDER || kind == HEADER_REPLY_TO;

    return is_sender ? message->was_allowed_unqualified_sender : message->was_allowed_unqualified_recipient;
}

void
rewrite_message_headers(struct message *message, struct scope *scope)
{
    const struct rewrite_rule *rules = rewrite_has_rules(REWRITE_HEADERS) ? rewrite_config_rules() : NULL;
    struct header_field *next;

    for (struct header_field *field = message->headers; field != NULL; field = next) {
        struct str text;

        next = field->next;
        if (rewrite_header(field, rules, is_to_qualify(message, field->kind), scope, &text))
            message_replace_header(message, field, pool_dup(message->pool, text));
    }
}

bool
rewrite_header_domain(struct message *message, struct str from, struct str to, struct scope *scope)
{
    struct header_field *next;
    bool is_changed = false;

    for (struct header_field *field = message->headers; field != NULL; field = next) {
        struct field_work work = { .place = place_of(field->kind), .from_domain = from, .to_domain = to,
            .scope = scope };
        struct str text;

        next = field->next;
        if (!field_edit(field, &work, &text))
            continue;
        message_replace_header(message, field, pool_dup(message->pool, text));
        is_changed = true;
    }
    return is_changed;
}
