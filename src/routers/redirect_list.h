/* routers/redirect_list.h -- the items of redirection data that is no filter (manual: redirection data, items).  Pure.
 *
 * Items are separated by commas and line feeds; "#" begins a comment at the start of an item; an item wholly in double
 * quotes loses them.  Data may be tainted; what views it stays so. */
#ifndef ROUTERS_REDIRECT_LIST_H
#define ROUTERS_REDIRECT_LIST_H
#include "address/mailbox.h"
#include "base/pool.h"

enum redirect_kind {
    REDIRECT_END, REDIRECT_ADDRESS, REDIRECT_PIPE, REDIRECT_FILE, REDIRECT_INCLUDE, REDIRECT_FAIL, REDIRECT_DEFER,
    REDIRECT_BLACKHOLE, REDIRECT_UNKNOWN,
    REDIRECT_NOTHING,               /* an item that names nobody: "<>", a comment of RFC 5322 */
    REDIRECT_FAULT                  /* text is the item, reason says what is wrong with it */
};

struct redirect_item {
    enum redirect_kind kind;
    /* address ("local@domain", "local"), "|command", "/path", path to include, text of :fail: */
    struct str text;
    bool has_backslash;             /* "\local": stays in the incoming domain */
    struct str reason;
};

struct redirect_list {
    struct pool *pool;
    struct str rest;
    const struct address_rules *rules;
};

void redirect_list_init(struct redirect_list *list, struct pool *pool, struct str data,
                        const struct address_rules *rules);

/* The next item; REDIRECT_END after the last. */
enum redirect_kind redirect_list_next(struct redirect_list *list, struct redirect_item *item_out);

/* "#Exim filter", "#Sieve filter" at the start of data. */
enum redirect_filter { REDIRECT_NO_FILTER, REDIRECT_EXIM_FILTER, REDIRECT_SIEVE_FILTER };
enum redirect_filter redirect_filter_kind(struct str data);

/* "550 5.7.1 text" at the front of a :fail: (first digit '5') or :defer: ('4') text: the code, or 0.  *enhanced_out
 * may stay empty.  A code of the other class: -1. */
int redirect_code_take(struct str text, char first_digit, struct str *enhanced_out);
#endif
