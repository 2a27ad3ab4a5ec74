/* address/mailbox.h -- read and write mail addresses: RFC 5321 paths, RFC 5322 address lists, quoting, folding.
 * Pure: no I/O, no process state.  Iterative and linear; nested comments cost no stack.
 *
 * Results of a parse live in the pool given, on the tainted side if the text was. */
#ifndef ADDRESS_MAILBOX_H
#define ADDRESS_MAILBOX_H
#include "base/pool.h"

/* Limits in octets: of a domain (RFC 5321 section 4.5.3.1.2), of a whole address.  The 64 octets of section 4.5.3.1.1
 * for a local part are passed by many senders of lists and are not enforced. */
enum { DOMAIN_MAX_BYTES = 255, ADDRESS_MAX_BYTES = 512 };

/* Both parts are views into the text that was split. */
struct mailbox {
    struct str local_part;          /* quotes kept */
    struct str domain;              /* or an address literal, brackets kept; empty if unqualified */
};

/* Split at the last "@" outside quotes (RFC 5321 section 4.1.2).
 *
 * text        no angle brackets, no source route; may be tainted
 * box_out     set on success only; lives as long as text
 * reason_out  set on failure only; constant text, fit for an SMTP reply; may be NULL
 *
 * False when "@" is missing or a part is empty.  Lengths are address_parse()'s business. */
bool mailbox_split(struct str text, struct mailbox *box_out, const char **reason_out);

/* What a parser accepts beyond the plain grammar; from the main options of the same names. */
struct address_rules {
    bool allow_domain_literals;
    bool allow_utf8_domains;            /* also local parts */
    bool strip_excess_angle_brackets;
    bool strip_trailing_dot;
    bool allow_empty;                   /* "<>" is the null sender */
    bool allow_unqualified;             /* no domain is no error */
};

/* One address found. */
struct address_parse {
    struct str address;             /* "local@domain" without comments, phrase, route and white space; "" for "<>" */
    struct mailbox box;             /* views into address; domain empty: unqualified */
    size_t start, end;              /* the address proper (for MAIL <…>: inside) within the text that was parsed */
};

/* Read one address in any form: "a@b", "<a@b>", "phrase <a@b> (comment)", "<@r1,@r2:a@b>" (the route is dropped).
 * False: *reason_out is Exim's text of the fault ("domain missing or malformed", …), in pool, one line. */
bool address_parse(struct pool *pool, struct str text, const struct address_rules *rules,
                   struct address_parse *parse_out, struct str *reason_out);

/* The argument of MAIL FROM: or RCPT TO: -- a path, then white space and parameters, which are left in *rest_out.
 * Without angle brackets (lenient, as most servers) the path ends at the first white space outside quotes. */
bool address_from_smtp(struct pool *pool, struct str argument, const struct address_rules *rules,
                       struct address_parse *parse_out, struct str *rest_out, struct str *reason_out);

/* The addresses of a list: RFC 5322 section 3.4 with groups ("name: a, b;"), comments, empty items, obsolete routes. */
struct address_list {
    struct pool *pool;
    struct str text;
    const struct address_rules *rules;
    size_t at;
    bool is_in_group, has_no_brackets;
};

enum address_list_step { ADDRESS_LIST_END, ADDRESS_LIST_ADDRESS, ADDRESS_LIST_FAULT };

struct address_list_item {
    struct str text;                /* the item as it stands, trimmed, without group name: view into the list */
    size_t start;                   /* its place in the list's text */
    struct address_parse parse;     /* for ADDRESS_LIST_ADDRESS; start and end count within the list's text */
    struct str reason;              /* for ADDRESS_LIST_FAULT; the next call goes on after the item */
};

void address_list_init(struct address_list *list, struct pool *pool, struct str text,
                       const struct address_rules *rules);
enum address_list_step address_list_next(struct address_list *list, struct address_list_item *item_out);

/* Quoting.  A local part is a dot-atom or is put in quotes (RFC 5321 section 4.1.2); unquote takes quotes and
 * backslashes away.  A phrase is quoted, encoding is message/'s business.  Each returns the text itself if nothing is
 * to do. */
struct str local_part_quote(struct pool *pool, struct str local_part);
struct str local_part_unquote(struct pool *pool, struct str local_part);
struct str phrase_quote(struct pool *pool, struct str phrase);

/* "local@domain" from an unquoted or quoted local part that is kept as it is. */
struct str address_join(struct pool *pool, struct str local_part, struct str domain);

/* "a%b" (or "a%b%c": the last "%") as the address "a@b"; false if there is no such thing in the local part. */
bool local_part_percent_hack(struct pool *pool, struct str local_part, struct str *address_out);

/* Folded: ASCII letters of the domain (fold_domain) or of all (fold_address) in lower case. */
struct str address_fold_domain(struct pool *pool, struct str address);
struct str address_fold(struct pool *pool, struct str address);
struct str text_fold(struct pool *pool, struct str text);

/* Same mailbox: domains compare folded, local parts by octets. */
bool address_same(struct str a, struct str b);

/* Length of the prefix (suffix) of local_part that pattern describes, 0 if it does not match: "owner-", "*-" (anything,
 * at least one character, up to the last "-"), "-request", "-*".  variable_out gets the part that "*" stood for. */
size_t local_part_prefix(struct str pattern, struct str local_part, struct str *variable_out);
size_t local_part_suffix(struct str pattern, struct str local_part, struct str *variable_out);

/* Is the text a domain by RFC 5321 (letters, digits, hyphens, dots; underscores too), or a literal "[…]"? */
bool domain_is_valid(struct str domain, const struct address_rules *rules);
#endif
