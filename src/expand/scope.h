/* expand/scope.h -- what an expansion may see.
 *
 * Passed to every expansion, list match and lookup.  Pointers are NULL where there is no such thing;
 * a variable's getter then gives the empty string, as the manual says for each.  Rooms keep their own
 * state behind the forward-declared pointers and register rows that read it.  Nothing is saved and
 * restored around a call: an inner scope is a copy on the stack. */
#ifndef EXPAND_SCOPE_H
#define EXPAND_SCOPE_H
#include "base/pool.h"
#include "base/outcome.h"

struct acl_state;                   /* acl/: acl_verify_message, dnslist_*, ratelimit … of the ACL run */
struct address;                     /* address/: $local_part, $domain, $home … */
struct delivery_state;              /* deliver/: what is under way in a delivery process */
struct host;                        /* net/: $host, $host_address … of an outgoing connection */
struct message;                     /* message/: $h_…, $message_…, $sender_address … */
struct origin;                      /* message/: $sender_host_… */
struct smtp_session;                /* smtp_server/: $smtp_command … */
struct verify_state;                /* verify/: $verify_mode, $sender_verify_failure … */

enum { CAPTURES_MAX = 20, ACL_ARGS_MAX = 9 };

/* forbid_filter_… of the redirect router (EXISTSTEST: the condition exists and the operator stat). */
enum {
    EXPAND_FORBID_DLFUNC = 1, EXPAND_FORBID_EXISTSTEST = 2, EXPAND_FORBID_LOOKUP = 4, EXPAND_FORBID_PERL = 8,
        EXPAND_FORBID_READFILE = 16,
    EXPAND_FORBID_READSOCKET = 32, EXPAND_FORBID_RUN = 64
};

/* $0 … of the latest successful match; count 0: none. */
struct captures {
    struct str values[CAPTURES_MAX];
    size_t count;
};

/* A named value for a stretch of the work ($domain_data while a list is matched, filter variables, event data …).
 * Looked up before the registered variables when there is any. */
struct scope_value {
    const struct scope_value *next;
    const char *name;
    struct str value;
};

struct scope {
    struct pool *pool;              /* results live here */
    struct origin *origin;
    struct message *message;
    struct address *address;
    const struct host *host;
    struct smtp_session *session;
    struct acl_state *acl;
    struct verify_state *verify;
    struct delivery_state *delivery;
    struct captures *captures;      /* written by matches in this scope; never NULL inside an expansion */
    const struct scope_value *values;
    struct str item, value;         /* $item of ${map …, $value of lookups and ${reduce …} */
    struct str lookup_key;          /* $key */
    struct str acl_args[ACL_ARGS_MAX];
    int acl_arg_count;
    int depth;                      /* of nested expansions, for the budget */
    uint64_t *steps;                /* expansion steps used so far in this budget; may be NULL */
    bool is_queue_run;              /* a delivery that a queue runner started */
    bool is_recipients_hidden;      /* a user's filter: no $recipients */
    unsigned forbidden;             /* EXPAND_FORBID_… bits: what a redirection's options take away from filters */
    bool is_caller_only;            /* -be by a caller without rights: nothing outside the caller's own */
};

/* A scope of nothing but a pool. */
static inline struct scope scope_make(struct pool *pool) { return (struct scope){ .pool = pool }; }
#endif
