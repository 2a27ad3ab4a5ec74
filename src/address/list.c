/* address/list.c -- the addresses of a list one by one (RFC 5322 section 3.4). */
#include "address/parse.h"

void
address_list_init(struct address_list *list, struct pool *pool, struct str text, const struct address_rules *rules)
{
    *list = (struct address_list){ .pool = pool, .text = text, .rules = rules };
}

/* Where the item that begins at ends: at a comma or semicolon, or at the colon behind a group's name, outside quotes,
 * comments, literals and angle brackets. */
static size_t
item_end(struct str text, size_t at, bool has_brackets)
{
    bool is_in_brackets = false;

    while (at < text.len) {
        char c = text.ptr[at];

        if (c == '"') {
            size_t end = address_skip_quoted(text, at);

            if (end == STR_NONE)
                return text.len;
            at = end;
        } else if (c == '(') {
            at = address_skip_cfws(text, at);
        } else if (c == '\\') {
            at += 2;
        } else if (c == '[') {
            size_t close = str_find(str_sub(text, at, DOMAIN_MAX_BYTES), ']');

            at += close != STR_NONE && str_find(str_sub(text, at, close), ',') == STR_NONE ? close + 1 : 1;
        } else if (c == '<' || c == '>') {
            is_in_brackets = c == '<' && has_brackets;
            at++;
        } else if (!is_in_brackets && (c == ',' || c == ';' || c == ':')) {
            return at;
        } else {
            at++;
        }
    }
    return text.len;
}

enum address_list_step
address_list_next(struct address_list *list, struct address_list_item *item_out)
{
    for (;;) {
        size_t start = address_skip_cfws(list->text, list->at), end;
        char mark;

        if (start >= list->text.len)
            return ADDRESS_LIST_END;
        end = item_end(list->text, start, !list->has_no_brackets);
        if (end == list->text.len && !list->has_no_brackets && str_find(str_from(list->text, start), '>') == STR_NONE) {
            list->has_no_brackets = true;   /* a "<" without end: the comma ends the item all the same */
            end = item_end(list->text, start, false);
        }
        mark = end < list->text.len ? list->text.ptr[end] : ',';
        list->at = end < list->text.len ? end + 1 : end;
        if (mark == ':' && !list->is_in_group) {
            list->is_in_group = true;
            continue;
        }
        if (mark == ';')
            list->is_in_group = false;
        if (start == end)
            continue;
        *item_out =
            (struct address_list_item){ .text = str_trim(str_sub(list->text, start, end - start)), .start = start };
        if (!address_parse(list->pool, item_out->text, list->rules, &item_out->parse, &item_out->reason)) {
            if (str_eq_c(item_out->reason, "empty address"))
                continue;
            return ADDRESS_LIST_FAULT;
        }
        item_out->parse.start += start;
        item_out->parse.end += start;
        return ADDRESS_LIST_ADDRESS;
    }
}
