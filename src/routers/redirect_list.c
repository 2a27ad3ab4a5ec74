#include "routers/redirect_list.h"
#include "base/buf.h"

void
redirect_list_init(struct redirect_list *list, struct pool *pool, struct str data, const struct address_rules *rules)
{
    *list = (struct redirect_list){ .pool = pool, .rest = data, .rules = rules };
}

/* White space, separators and comments before an item. */
static void
gap_skip(struct str *rest)
{
    for (;;) {
        while (rest->len > 0 && (ascii_is_space(rest->ptr[0]) || rest->ptr[0] == ','))
            *rest = str_from(*rest, 1);
        if (rest->len == 0 || rest->ptr[0] != '#')
            return;
        *rest = str_from(*rest, str_find(*rest, '\n'));
    }
}

/* Length of the item at the front: up to a comma or line feed that no quotes or (in an address) comments enclose.
 * A line feed with white space behind it continues a header-like address. */
static size_t
item_length(struct str rest)
{
    bool is_quoted = false;
    bool is_address = rest.ptr[0] != '|' && rest.ptr[0] != '/' && rest.ptr[0] != ':';
    int depth = 0;
    size_t i;

    for (i = 0; i < rest.len; i++) {
        char c = rest.ptr[i];

        if (c == '\\' && i + 1 < rest.len && (is_quoted || depth > 0)) {
            i++;
            continue;
        }
        if (c == '\n' && depth == 0)
            break;
        if (is_quoted) {
            is_quoted = c != '"';
            continue;
        }
        if (c == '"' && depth == 0)
            is_quoted = true;
        else if (c == '(' && is_address)
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (c == ',' && depth == 0)
            break;
    }
    return i;
}

/* Without the quotes around all of it; a backslash in front of a quote or backslash goes. */
static struct str
item_unquote(struct pool *pool, struct str text)
{
    struct buf plain;
    size_t i;

    if (text.len < 2 || text.ptr[0] != '"')
        return text;
    for (i = 1; i < text.len && text.ptr[i] != '"'; i++)
        if (text.ptr[i] == '\\')
            i++;
    if (i != text.len - 1)
        return text;
    buf_init(&plain, pool, BUF_NO_LIMIT);
    if (str_is_tainted(text))
        buf_taint(&plain);
    for (i = 1; i < text.len - 1; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len - 1 && (text.ptr[i + 1] == '"' || text.ptr[i + 1] == '\\'))
            i++;
        buf_add_char(&plain, text.ptr[i]);
    }
    return buf_str(&plain);
}

/* ":word:" at the front, with what kind of item it makes. */
static enum redirect_kind
special_find(struct str text, struct str *rest_out)
{
    static const struct {
        struct str word;
        enum redirect_kind kind;
    } words[] = { { STR_INIT(":include:"), REDIRECT_INCLUDE },
                  { STR_INIT(":fail:"), REDIRECT_FAIL },
                  { STR_INIT(":defer:"), REDIRECT_DEFER },
                  { STR_INIT(":blackhole:"), REDIRECT_BLACKHOLE },
                  { STR_INIT(":unknown:"), REDIRECT_UNKNOWN } };

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_starts(text, words[i].word)) {
            *rest_out = str_trim(str_from(text, words[i].word.len));
            return words[i].kind;
        }
    return REDIRECT_END;
}

/* Does it parse as an address that has a domain? */
static bool
is_full_address(const struct redirect_list *list, struct str text)
{
    struct address_parse parse;
    struct str reason;

    return address_parse(list->pool, text, list->rules, &parse, &reason) && parse.box.domain.len > 0;
}

static enum redirect_kind
address_item(struct redirect_list *list, struct str text, struct redirect_item *item)
{
    struct address_parse parse;

    if (text.ptr[0] == '\\' && text.len > 1) {
        struct str reason;

        if (address_parse(list->pool, str_from(text, 1), list->rules, &parse, &reason) && parse.box.domain.len == 0) {
            item->has_backslash = true;
            item->text = parse.address;
            return REDIRECT_ADDRESS;
        }
    }
    if (!address_parse(list->pool, text, list->rules, &parse, &item->reason)) {
        item->text = text;
        return str_ieq_c(item->reason, "empty address") ? REDIRECT_NOTHING : REDIRECT_FAULT;
    }
    item->text = parse.address;
    return parse.address.len == 0 ? REDIRECT_NOTHING : REDIRECT_ADDRESS;
}

static enum redirect_kind
item_take(struct redirect_list *list, struct redirect_item *item)
{
    enum redirect_kind kind;
    struct str text;
    size_t len;

    gap_skip(&list->rest);
    if (list->rest.len == 0)
        return REDIRECT_END;
    kind = special_find(list->rest, &text);
    /* The text of :fail: and :defer: goes on to the end of the line, commas included. */
    if (kind == REDIRECT_FAIL || kind == REDIRECT_DEFER) {
        len = str_find(list->rest, '\n');
        special_find(str_head(list->rest, len), &item->text);
        list->rest = STR("");
        return kind;
    }
    len = item_length(list->rest);
    text = item_unquote(list->pool, str_trim(str_head(list->rest, len)));
    list->rest = str_from(list->rest, len);
    kind = special_find(text, &item->text);
    if (kind != REDIRECT_END)
        return kind;
    if (text.len == 0)
        return REDIRECT_NOTHING;
    if ((text.ptr[0] == '|' || text.ptr[0] == '/') && !is_full_address(list, text)) {
        item->text = text;
        return text.ptr[0] == '|' ? REDIRECT_PIPE : REDIRECT_FILE;
    }
    return address_item(list, text, item);
}

enum redirect_kind
redirect_list_next(struct redirect_list *list, struct redirect_item *item_out)
{
    *item_out = (struct redirect_item){ 0 };
    item_out->kind = item_take(list, item_out);
    return item_out->kind;
}

/* "#  Exim filter": any white space, letters in both cases. */
enum redirect_filter
redirect_filter_kind(struct str data)
{
    struct str word;

    data = str_trim_left(data);
    if (data.len == 0 || data.ptr[0] != '#')
        return REDIRECT_NO_FILTER;
    data = str_from(data, 1);
    word = str_take_word(&data);
    data = str_trim_left(data);
    if (!str_istarts(data, STR("filter")) || (data.len > 6 && ascii_is_alnum(data.ptr[6])))
        return REDIRECT_NO_FILTER;
    if (str_ieq_c(word, "exim"))
        return REDIRECT_EXIM_FILTER;
    return str_ieq_c(word, "sieve") ? REDIRECT_SIEVE_FILTER : REDIRECT_NO_FILTER;
}

/* "5.7.1": class, subject, detail. */
static bool
is_enhanced_code(struct str text)
{
    struct str part[2], rest;

    if (!str_cut(text, '.', &part[0], &rest) || !str_cut(rest, '.', &part[1], &rest))
        return false;
    if (part[0].len != 1 || part[1].len == 0 || part[1].len > 3 || rest.len == 0 || rest.len > 3)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.ptr[i]) && text.ptr[i] != '.')
            return false;
    return true;
}

int
redirect_code_take(struct str text, char first_digit, struct str *enhanced_out)
{
    struct str rest, word;
    uint64_t code;

    *enhanced_out = STR("");
    if (text.len < 4 || text.ptr[3] != ' ' || !str_to_u64(str_head(text, 3), 10, &code))
        return 0;
    rest = str_from(text, 4);
    word = str_take_word(&rest);
    if (is_enhanced_code(word))
        *enhanced_out = word;
    return text.ptr[0] == first_digit ? (int)code : -1;
}
