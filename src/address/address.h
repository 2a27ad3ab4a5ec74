/* address/address.h -- one recipient on its way from the envelope to its fate.
 *
 * Routers fill it, transports act on it, deliver/ and verify/ read the result. */
#ifndef ADDRESS_ADDRESS_H
#define ADDRESS_ADDRESS_H
#include <sys/types.h>
#include "base/map.h"
#include "base/outcome.h"

struct header_field;
struct host;
struct router;
struct transport;

/* A pipe, file, or autoreply from a redirection is an address too, as in the log ("|cmd", "/file", ">reply"). */
enum address_kind { ADDRESS_MAIL, ADDRESS_PIPE, ADDRESS_FILE, ADDRESS_AUTOREPLY };

struct header_addition {
    struct header_addition *next;
    struct str text;
};

struct address {
    struct address *next;           /* in whatever chain it stands */
    struct address *parent;         /* NULL for an original recipient */
    int open_children;              /* children not yet finished: the last one finishes this address too */
    bool is_held;                   /* a child was deferred: not finished in this delivery */
    struct address *first_of_duplicates;        /* done when that one is */
    struct address *duplicates, *next_duplicate;        /* of the first: those that wait for it */
    int recipient_index;            /* of the original recipient in the message, or -1 */
    enum address_kind kind;
    struct str text;                /* the address as routed now; qualified; tainted */
    struct str unique; /* for duplicates and the non-recipients record: folded domain, parentage for pipes and files */
    struct str local_part;          /* unquoted, without affixes, case as the router wants it */
    struct str cc_local_part, lc_local_part;    /* original case, folded */
    struct str local_part_full;     /* with affixes */
    struct str domain;              /* folded */
    struct str prefix, prefix_v, suffix, suffix_v;
    struct str domain_data, local_part_data;    /* lookup results; clean */
    struct str address_data, self_hostname;
    struct map *router_variables;   /* r_… set by `set =`: name → struct str * */
    struct str home_directory, current_directory;
    struct str errors_to;           /* empty: the message's sender; ERRORS_TO_NOBODY below: no bounce */
    bool has_errors_to;
    struct header_addition *extra_headers;
    struct str remove_headers;      /* colon list */
    struct router *router;          /* that accepted it, or is at work */
    struct router *start_router;    /* where routing begins for this one; NULL: the first */
    bool is_past_last_router;       /* it begins behind the last one */
    struct transport *transport;
    struct host *hosts;             /* for remote transports, in order */
    struct host *fallback_hosts;
    bool is_routing_shared;         /* same_domain_copy_routing: others of the domain may be routed the same */
    bool is_host_list_random;       /* the router has shuffled hosts already */
    uid_t uid;
    gid_t gid;
    bool has_uid, has_gid, does_initgroups;
    bool has_local_user;            /* check_local_user found it: $local_user_uid, $local_user_gid */
    uid_t local_user_uid;
    gid_t local_user_gid;
    int mode;                       /* for generated files: 0 unless set by a filter */
    bool is_routed_locally, is_case_restored, is_one_time, is_unseen_copy, is_report_group, is_pass_on_timeout,
        is_smtputf8;
    bool is_reply_allowed, is_pipe_expansion_wanted, is_file_directory;
    /* what became of it */
    bool is_done;
    enum outcome outcome;
    struct why why;
    bool is_freeze_wanted, is_error_ignored, is_hidden_child, is_already_logged;
    int special_action;             /* enum address_action */
    unsigned notify;                /* enum dsn_notify */
    struct str original_recipient;  /* ORCPT */
    int dsn_aware;                  /* next host announced DSN: 0 unknown, 1 no, 2 yes */
    struct host *host_used;
    struct str confirmation;        /* the host's final reply */
    struct str one_time_parent;     /* the recipient this one was made of by one_time, for the log; or empty */
    struct str shadow_text;         /* " ST=name" with the shadow's trouble in parentheses, for the log */
    struct str return_text; /* what a pipe said, when it is to be returned to the sender (return_output …); tainted */
    bool is_return_text_for_log_only;
    struct str output_line;         /* first line of a pipe's output, to be logged (log_output …); tainted */
    int64_t delivered_bytes;        /* size as transported, for S=; 0: unknown */
    struct str log_connection; /* behind H=: "*" for a connection used before, " I=[192.0.2.1]:4711" if selected; all
                                  lines */
    struct str log_fields;          /* each with a space in front: " L K A=plain X=…"; for the line of a success */
    time_t retry_at;
    double transport_time_s;
};

/* special_action */
enum address_action { ACTION_NONE, ACTION_FREEZE, ACTION_WARN };

/* A fresh address for text (qualified), split and folded.  If text is no address its outcome is FAIL and its why is
 * filled. */
struct address *address_new(struct pool *pool, struct str text);

/* A child of parent: inherits errors_to, header changes, router variables, DSN requests … as the manual says for
 * redirect. A text without "@" (pipe, file) is kept as it is; the caller sets the kind. */
struct address *address_new_child(struct pool *pool, struct address *parent, struct str text);

/* The original recipient above it. */
const struct address *address_top(const struct address *addr);
#endif
