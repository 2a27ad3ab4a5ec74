/* match/compile.c -- from the text of a list to items that say what they are (manual: domain, host, address and
 * local part lists). */
#include "base/items.h"
#include "match/list.h"

/* Runs of at least so many networks or literals become sets. */
enum { SET_MIN_ITEMS = 8 };

static void
item_bad(struct match_item *item, struct pool *pool, struct str text)
{
    item->kind = ITEM_BAD;
    item->problem = pool_cstr(pool, text);
    if (item->problem == NULL)
        item->problem = "list item with a NUL octet";
}

/* "type;rest", where type is known to end at the semicolon.  False, and the item untouched, if there is no such
 * type. */
static bool
lookup_compile(struct str text, size_t semicolon, struct pool *pool, struct match_item *item, struct why *why)
{
    if (!lookup_spec_parse(str_trim(str_head(text, semicolon)), &item->spec, why))
        return false;
    (void)pool;
    item->kind = ITEM_LOOKUP;
    item->rest = str_trim_left(str_from(text, semicolon + 1));
    return true;
}

static void
lookup_compile_or_bad(struct str text, size_t semicolon, struct pool *pool, struct match_item *item)
{
    struct why why;

    why_init(&why, pool);
    if (!lookup_compile(text, semicolon, pool, item, &why))
        item_bad(item, pool, why.text);
}

static bool
mx_compile(struct str text, struct match_item *item)
{
    static const struct { const char *name; enum item_mx mx; } names[] = {
        { "@mx_any", ITEM_MX_ANY }, { "@mx_primary", ITEM_MX_PRIMARY }, { "@mx_secondary", ITEM_MX_SECONDARY },
    };
    static const char ignore[] = "/ignore=";

    for (size_t i = 0; i < COUNT(names); i++) {
        struct str name = str_of(names[i].name);

        if (!str_istarts(text, name))
            continue;
        item->mx = names[i].mx;
        item->rest = str_from(text, name.len);
        if (item->rest.len > 0 && !str_istarts(item->rest, str_of(ignore)))
            continue;
        item->rest = str_trim(str_from(item->rest, sizeof(ignore) - 1));
        item->kind = ITEM_MX;
        return true;
    }
    return false;
}

void
match_domain_item_compile(struct str text, struct pool *pool, struct match_item *item)
{
    size_t semicolon = str_find(text, ';');

    item->text = text;
    item->mask_bits = -1;
    if (str_is_empty(text))
        item->kind = ITEM_EMPTY;
    else if (text.ptr[0] == '+')
        item->kind = ITEM_NAMED, item->rest = str_from(text, 1);
    else if (str_eq_c(text, "@"))
        item->kind = ITEM_PRIMARY;
    else if (str_eq_c(text, "@[]"))
        item->kind = ITEM_LOCAL_ADDRESS;
    else if (str_istarts(text, STR("@mx_")) && mx_compile(text, item))
        return;
    else if (text.ptr[0] == '*')
        item->kind = ITEM_SUFFIX, item->rest = str_from(text, 1);
    else if (text.ptr[0] == '^')
        item->kind = ITEM_REGEX;
    else if (semicolon != STR_NONE)
        lookup_compile_or_bad(text, semicolon, pool, item);
    else
        item->kind = ITEM_LITERAL;
}

static void
local_part_item_compile(struct str text, struct pool *pool, struct match_item *item)
{
    size_t semicolon = str_find(text, ';');

    if (str_is_empty(text))
        item->kind = ITEM_EMPTY;
    else if (str_eq_c(text, "+caseful"))
        item->kind = ITEM_CASEFUL;
    else if (text.ptr[0] == '+')
        item->kind = ITEM_NAMED, item->rest = str_from(text, 1);
    else if (text.ptr[0] == '*')
        item->kind = ITEM_SUFFIX, item->rest = str_from(text, 1);
    else if (text.ptr[0] == '^')
        item->kind = ITEM_REGEX;
    else if (semicolon != STR_NONE)
        lookup_compile_or_bad(text, semicolon, pool, item);
    else
        item->kind = ITEM_LITERAL;
}

/* Where the domain pattern of "local@domain" begins: behind the last "@", unless that is the first of "@", "@[]",
 * "@mx_…". */
static size_t
domain_pattern_at(struct str text)
{
    size_t at = str_rfind(text, '@');
    struct str tail;

    if (at == STR_NONE || at == 0 || text.ptr[at - 1] != '@')
        return at;
    tail = str_from(text, at + 1);
    return tail.len == 0 || str_eq_c(tail, "[]") || str_istarts(tail, STR("mx_")) ? at - 1 : at;
}

static void
address_parts_compile(struct str text, struct pool *pool, struct match_item *item)
{
    size_t at = domain_pattern_at(text);

    item->kind = ITEM_ADDRESS;
    item->domain = POOL_NEW(pool, struct match_item);
    if (at == STR_NONE) {
        item->rest = STR("*");
        item->text = pool_printf(pool, "@%.*s", STR_ARG(text));
        if (str_is_tainted(text))
            item->text = pool_dup_tainted(pool, item->text);
    } else {
        item->rest = str_head(text, at);
        text = str_from(text, at + 1);
    }
    match_domain_item_compile(text, pool, item->domain);
}

static void
address_item_compile(struct str text, struct pool *pool, struct match_item *item)
{
    size_t semicolon = str_find(text, ';');
    struct why why;

    why_init(&why, pool);
    if (str_is_empty(text))
        item->kind = ITEM_EMPTY;
    else if (str_eq_c(text, "+caseful"))
        item->kind = ITEM_CASEFUL;
    else if (text.ptr[0] == '+' && str_find(text, '@') == STR_NONE)
        item->kind = ITEM_NAMED, item->rest = str_from(text, 1);
    else if (text.ptr[0] == '^')
        item->kind = ITEM_REGEX;
    else if (str_starts(text, STR("@@"))) {
        lookup_compile_or_bad(str_from(text, 2), semicolon != STR_NONE ? semicolon - 2 : 0, pool, item);
        if (item->kind == ITEM_LOOKUP)
            item->kind = ITEM_LOCAL_PARTS;
    } else if (semicolon != STR_NONE && lookup_compile(text, semicolon, pool, item, &why))
        return;
    else if (semicolon != STR_NONE && (str_find(text, '@') == STR_NONE || str_find(text, '@') > semicolon))
        item_bad(item, pool, why.text);
    else
        address_parts_compile(text, pool, item);
}

/* "net-lsearch;…", "net24-lsearch;…": take the prefix off. */
static struct str
net_prefix_take(struct str text, struct match_item *item)
{
    struct str digits;
    size_t dash = str_find(text, '-');
    uint64_t bits;

    item->mask_bits = -1;
    if (!str_starts(text, STR("net")) || dash == STR_NONE)
        return text;
    digits = str_sub(text, 3, dash - 3);
    if (digits.len > 0 && (!str_to_u64(digits, 10, &bits) || bits > 128))
        return text;
    item->is_net = true;
    if (digits.len > 0)
        item->mask_bits = (int)bits;
    return str_from(text, dash + 1);
}

static bool
host_word_compile(struct str text, struct match_item *item)
{
    static const struct { const char *word; enum item_kind kind; } words[] = {
        { "+include_unknown", ITEM_INCLUDE_UNKNOWN }, { "+ignore_unknown", ITEM_IGNORE_UNKNOWN },
        { "+include_defer", ITEM_INCLUDE_DEFER }, { "+ignore_defer", ITEM_IGNORE_DEFER },
        { "", ITEM_EMPTY }, { "*", ITEM_ANY }, { "@", ITEM_PRIMARY }, { "@[]", ITEM_LOCAL_ADDRESS },
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq_c(text, words[i].word)) {
            item->kind = words[i].kind;
            return true;
        }
    return false;
}

static void
host_item_compile(struct str text, struct pool *pool, struct match_item *item)
{
    if (host_word_compile(text, item))
        return;
    if (text.ptr[0] == '+') {
        item->kind = ITEM_NAMED;
        item->rest = str_from(text, 1);
    } else if (ip_parse_network(text, &item->ip, &item->ip_bits)) {
        item->kind = ITEM_NETWORK;
        ip_unmap(&item->ip);
        if (!item->ip.is_v6 && item->ip_bits > 32)
            item->ip_bits -= 96;
    } else if (str_find(text, ';') != STR_NONE && text.ptr[0] != '^') {
        text = net_prefix_take(text, item);
        lookup_compile_or_bad(text, str_find(text, ';'), pool, item);
    } else if (text.ptr[0] == '^') {
        item->kind = ITEM_HOST_REGEX;
    } else if (str_find(text, '*') != STR_NONE) {
        item->kind = ITEM_HOST_SUFFIX;
        item->rest = text.ptr[0] == '*' ? str_from(text, 1) : text;
    } else {
        item->kind = str_find(text, '/') == STR_NONE ? ITEM_HOST_NAME : ITEM_NEVER;
    }
}

void
match_item_compile(enum list_form form, struct str text, bool is_file_allowed, struct pool *pool,
                   struct match_item *item)
{
    item->text = text;
    item->mask_bits = -1;
    if (text.len > 0 && text.ptr[0] == '/' && is_file_allowed) {
        item->kind = ITEM_FILE;
        item->rest = text;
        return;
    }
    switch (form) {
    case FORM_DOMAIN:
        match_domain_item_compile(text, pool, item);
        break;
    case FORM_LOCAL_PART:
        local_part_item_compile(text, pool, item);
        break;
    case FORM_ADDRESS:
        address_item_compile(text, pool, item);
        break;
    case FORM_HOST:
        host_item_compile(text, pool, item);
        break;
    }
}

static bool
is_settable(const struct match_item *item)
{
    return item->kind == ITEM_NETWORK || item->kind == ITEM_LITERAL;
}

/* Let long runs of like items be looked up at once. */
static void
build_sets(struct match_list *list, struct pool *pool)
{
    for (size_t i = 0; i < list->count;) {
        struct match_item *first = &list->items[i];
        size_t run = 1;

        while (is_settable(first) && i + run < list->count && first[run].kind == first->kind &&
               first[run].is_negated == first->is_negated)
            run++;
        if (run >= SET_MIN_ITEMS && list->form != FORM_LOCAL_PART && list->form != FORM_ADDRESS) {
            first->set = item_set_build(first, run, pool);
            first->run = run;
        }
        i += run;
    }
}

static struct match_list *
compile_items(enum list_form form, const struct str_list *texts, bool is_file_allowed, struct pool *pool)
{
    struct match_list *list = POOL_NEW(pool, struct match_list);

    list->form = form;
    list->count = texts->count;
    list->items = POOL_NEW_ARRAY(pool, struct match_item, texts->count);
    for (size_t i = 0; i < texts->count; i++) {
        struct str text = texts->items[i];
        struct match_item *item = &list->items[i];

        if (text.len > 0 && text.ptr[0] == '!') {
            item->is_negated = true;
            text = str_trim_left(str_from(text, 1));
        }
        match_item_compile(form, text, is_file_allowed, pool, item);
        if (item->kind < ITEM_CASEFUL)
            list->is_last_negated = item->is_negated;
    }
    build_sets(list, pool);
    return list;
}

struct match_list *
match_list_compile(enum list_form form, struct str text, struct pool *pool)
{
    struct str kept = pool_dup(pool, text);
    struct str_list texts = items_all(kept, pool);
    struct match_list *list = compile_items(form, &texts, true, pool);

    list->text = kept;
    return list;
}

struct match_list *
match_list_compile_lines(enum list_form form, const struct str_list *lines, struct pool *pool)
{
    return compile_items(form, lines, false, pool);
}
