/* match/list.h -- the compiled form of a list, and what its walk needs.  Internal to match/. */
#ifndef MATCH_LIST_H
#define MATCH_LIST_H
#include "base/map.h"
#include "lookups/lookup.h"
#include "match/match.h"
#include "message/origin.h"
#include "net/ip_address.h"

enum list_form { FORM_DOMAIN, FORM_LOCAL_PART, FORM_ADDRESS, FORM_HOST };

enum item_kind {
    ITEM_NEVER,                     /* can match nothing */
    ITEM_BAD,                       /* error: problem */
    ITEM_EMPTY, ITEM_ANY, ITEM_LITERAL,
    ITEM_SUFFIX,                    /* *rest */
    ITEM_REGEX,
    ITEM_LOOKUP,                    /* spec, rest: file or query; for hosts: is_net, mask_bits */
    ITEM_NAMED,                     /* rest: name */
    ITEM_FILE,                      /* rest: path */
    ITEM_PRIMARY,                   /* @ */
    ITEM_LOCAL_ADDRESS,             /* @[] */
    ITEM_MX,                        /* @mx_…: mx, rest: ignore list */
    ITEM_ADDRESS,                   /* local part in rest, domain item in domain */
    ITEM_LOCAL_PARTS,               /* @@lookup */
    ITEM_NETWORK, ITEM_HOST_NAME, ITEM_HOST_SUFFIX, ITEM_HOST_REGEX,
    ITEM_CASEFUL,
    ITEM_INCLUDE_UNKNOWN, ITEM_IGNORE_UNKNOWN, ITEM_INCLUDE_DEFER, ITEM_IGNORE_DEFER
};

enum item_mx { ITEM_MX_ANY, ITEM_MX_PRIMARY, ITEM_MX_SECONDARY };

struct match_item {
    enum item_kind kind;
    bool is_negated;
    struct str text;                /* as written, without "!" */
    struct str rest;
    const char *problem;
    enum item_mx mx;
    struct match_item *domain;
    struct lookup_spec spec;
    bool is_net;
    int mask_bits;                  /* -1: none */
    struct ip_address ip;           /* NETWORK */
    int ip_bits;
    struct item_set *set;           /* of the run of like items that begins here, or NULL */
    size_t run;                     /* how many items the set stands for */
};

struct match_list {
    enum list_form form;
    struct str text;
    struct match_item *items;
    size_t count;
    bool is_last_negated;
    bool is_constant;               /* the template needs no expansion */
};

/* Compile an expanded list.  Nothing fails here: bad items say so when they are reached.  is_file: lines of a file,
 * where comments have been taken off, no further files are read and separators mean nothing. */
struct match_list *match_list_compile(enum list_form form, struct str text, struct pool *pool);
struct match_list *match_list_compile_lines(enum list_form form, const struct str_list *lines, struct pool *pool);

/* One item without its "!"; file items only if is_file_allowed. */
void match_item_compile(enum list_form form, struct str text, bool is_file_allowed, struct pool *pool,
                        struct match_item *item);
void match_domain_item_compile(struct str text, struct pool *pool, struct match_item *item);

/* The items of a file, one a line; recompiled when the file changes.  NULL with why filled if it cannot be read. */
struct match_list *match_file_list(enum list_form form, struct str path, struct why *why);

/* ---- Sets of networks or literals. */
struct item_set *item_set_build(const struct match_item *items, size_t count, struct pool *pool);
/* The first item that matches, or NULL. */
const struct match_item *item_set_find_ip(const struct item_set *set, const struct ip_address *ip);
const struct match_item *item_set_find_text(const struct item_set *set, struct str text);

/* ---- A walk over a list for one subject. */
struct match_run {
    enum list_form form;
    struct scope *scope;
    struct match_result *result;    /* never NULL inside */
    struct why *why;
    unsigned flags;
    struct str subject;             /* domain, local part, address or IP address, as it came */
    struct str folded;              /* the same in lower case */
    /* hosts */
    struct origin *origin;          /* the client, or NULL */
    struct str host_name;           /* of another host */
    struct str address_text;        /* empty: no host */
    struct ip_address ip;
    bool has_ip;
    bool is_ip_only;                /* names are not looked up: they never match */
    bool is_included_unknown, is_ignored_unknown, is_included_defer, is_ignored_defer;
    struct str unknown_text;        /* what could not be found */
    bool is_decided_by_unknown;
    const struct match_item *decided_by;        /* for the trace */
    bool is_decided;                /* by an item, not by the end of the list */
    int depth;
};

enum item_match { ITEM_NO, ITEM_YES, ITEM_UNKNOWN, ITEM_DEFER };

enum match match_list_walk(const struct match_list *list, struct match_run *run);
enum item_match match_item_domain(const struct match_item *item, struct str domain, struct match_run *run);
enum item_match match_item_local_part(const struct match_item *item, struct match_run *run);
enum item_match match_item_address(const struct match_item *item, struct match_run *run);
enum item_match match_item_host(const struct match_item *item, struct match_run *run);

/* Shared: a named list, a regular expression, a lookup with this key. */
enum item_match match_item_named(const struct match_item *item, enum list_form form, struct match_run *run);
enum item_match match_item_regex(const struct match_item *item, struct str subject, bool is_caseless,
                                 struct match_run *run);
enum item_match match_item_lookup(const struct match_item *item, struct str key, struct match_run *run);

/* The item's own text as the result. */
enum item_match match_item_is(const struct match_item *item, struct match_run *run);

struct str match_fold(struct str text, struct pool *pool);

/* The compiled form of a template, kept with it where that can be.  NO with *list_out NULL after a forced failure. */
enum match match_template_list(struct template *template, enum list_form form, unsigned flags, struct scope *scope,
                               struct match_list **list_out, struct why *why);

/* Run a template against a subject prepared in run (form, scope, subject …). */
enum match match_template(struct template *template, struct match_run *run, struct match_result *result_out);
#endif
