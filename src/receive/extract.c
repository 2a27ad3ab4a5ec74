/* receive/extract.c -- -t: the recipients stand in the header section (manual: command line, -t). */
#include "address/mailbox.h"
#include "message/header.h"
#include "receive/reception.h"

/* The field's addresses become recipients, each once; those seen before do not. */
static void
extract_field(struct reception *r, const struct header_field *field, struct map *seen, struct bad_address ***bad_end)
{
    struct address_rules rules = receive_address_rules();
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;

    rules.allow_domain_literals = rules.allow_unqualified = true;
    address_list_init(&list, r->pool, header_body(field), &rules);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
        struct str address;

        if (step == ADDRESS_LIST_FAULT) {
            struct bad_address *fault = POOL_NEW(r->pool, struct bad_address);

            *fault = (struct bad_address){ .text = header_unfold(r->pool, item.text), .reason = item.reason };
            **bad_end = fault;
            *bad_end = &fault->next;
            continue;
        }
        address = receive_qualify(r->pool, item.parse.address, true);
        if (map_add(seen, address_fold_domain(r->pool, address), r))
            message_add_recipient(r->message, address)->raw = item.parse.address;
    }
}

void
recipients_extract(struct reception *r, const struct str *excluded, size_t excluded_count, struct bad_address **bad_out)
{
    bool has_resent = fixup_has_resent(r->message);
    struct bad_address **bad_end = bad_out;
    struct map seen;

    *bad_out = NULL;
    map_init(&seen, r->pool, false);
    for (size_t i = 0; i < excluded_count; i++)
        map_add(&seen, address_fold_domain(r->pool, excluded[i]), r);
    for (struct header_field *field = r->message->headers; field != NULL; field = field->next) {
        bool is_resent = header_name_is_resent(field->name);

        if (field->kind != HEADER_TO && field->kind != HEADER_CC && field->kind != HEADER_BCC)
            continue;
        if (is_resent == has_resent)
            extract_field(r, field, &seen, &bad_end);
        if (field->kind == HEADER_BCC && (is_resent || !has_resent))
            header_delete(field);
    }
}
