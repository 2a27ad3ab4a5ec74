/* A router has found out what a domain in full is: the header fields get the same name. */
#include "address/mailbox.h"
#include "base/buf.h"
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "message/header.h"
#include "receive/receive.h"

/* The field with every address in the domain changed; false if there is none. */
static bool
field_change(struct delivery_state *state, const struct header_field *field, const struct domain_change *change,
             struct str *text_out)
{
    struct address_rules rules = receive_address_rules();
    struct str body = header_body(field);
    struct address_list list;
    struct address_list_item item;
    enum address_list_step step;
    struct buf out;
    size_t done = 0;

    rules.allow_unqualified = true;
    buf_init(&out, state->pool, BUF_NO_LIMIT);
    address_list_init(&list, state->pool, body, &rules);
    while ((step = address_list_next(&list, &item)) != ADDRESS_LIST_END) {
        struct str domain = item.parse.box.domain;
        size_t at;

        if (step != ADDRESS_LIST_ADDRESS || !str_ieq(domain, change->from))
            continue;
        at = str_rfind(str_sub(body, item.parse.start, item.parse.end - item.parse.start), '@');
        if (at == STR_NONE)
            continue;
        at += item.parse.start + 1;
        buf_add(&out, str_sub(body, done, at - done));
        buf_add(&out, change->to);
        done = item.parse.end;
    }
    if (done == 0)
        return false;
    buf_add(&out, str_from(body, done));
    *text_out = pool_printf_tainted(state->pool, "%.*s: %.*s\n", STR_ARG(field->name), STR_ARG(buf_str(&out)));
    return true;
}

bool
header_domains_change(struct delivery_state *state)
{
    bool is_changed = false;

    for (const struct domain_change *change = state->run.domain_changes; change != NULL; change = change->next)
        for (struct header_field *field = state->message->headers; field != NULL; field = field->next) {
            struct str text;

            if (!header_kind_has_addresses(field->kind) || !field_change(state, field, change, &text))
                continue;
            field = message_replace_header(state->message, field, text);
            is_changed = true;
        }
    return is_changed;
}
