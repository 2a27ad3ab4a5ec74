/* acl/acl.h -- run access control lists (manual: access control lists).
 *
 * The acl section is read into `struct acl` objects (acl/read.c); acl_run() finds the list that an
 * acl_… option means and runs it.  What a run asks for beyond its verdict (controls, header fields,
 * variables) is left in the acl_state of the scope; the rooms that receive mail act on it. */
#ifndef ACL_ACL_H
#define ACL_ACL_H
#include "base/map.h"
#include "config/option.h"
#include "expand/scope.h"
#include "message/message.h"

/* Where a list is run; the order is that of the names in acl_point_name(). */
enum acl_point {
    ACL_AT_RCPT, ACL_AT_MAIL, ACL_AT_PREDATA, ACL_AT_MIME, ACL_AT_DKIM, ACL_AT_DATA, ACL_AT_PRDR, ACL_AT_NOT_SMTP,
    ACL_AT_AUTH, ACL_AT_CONNECT, ACL_AT_ETRN, ACL_AT_EXPN, ACL_AT_HELO, ACL_AT_MAILAUTH, ACL_AT_NOT_SMTP_START,
    ACL_AT_NOT_SMTP_MIME, ACL_AT_NOTQUIT, ACL_AT_QUIT, ACL_AT_STARTTLS, ACL_AT_VRFY, ACL_AT_EXPANSION,
    ACL_POINTS
};

enum acl_result { ACL_ACCEPT, ACL_DENY, ACL_DROP, ACL_DEFER, ACL_DISCARD, ACL_ERROR };

/* Place of a header field that a list adds (manual: adding header lines in ACLs). */
enum header_place { HEADER_AT_END, HEADER_AT_START, HEADER_AFTER_RECEIVED, HEADER_AT_START_RFC };

struct acl_header {
    struct acl_header *next;
    enum header_place place;
    struct str text;                /* one field, LF at its end */
};

/* What controls ask for until the end of the connection. */
struct acl_session_controls {
    bool no_enforce_sync, no_pipelining, no_multiline_responses, allow_auth_unadvertised, no_delay_flush,
        no_callout_flush;
    bool enforce_sync;              /* asked for although smtp_enforce_sync is off */
};

/* What controls ask for one message. */
struct acl_message_controls {
    bool freeze, freeze_tell;       /* freeze_tell: some control = freeze came without /no_tell */
    bool queue_only, queue_first_pass, submission, submission_sender_retain, suppress_local_fixups, no_mbox_unspool,
        dkim_disable_verify, dmarc_disable_verify, dmarc_enable_forensic, cutthrough, cutthrough_pass_defer;
    struct str submission_domain, submission_name;
    bool has_utf8_downconvert;
    int utf8_downconvert;           /* 1, 0, -1 */
    int fake_code;                  /* 450 fakedefer, 550 fakereject, 0 neither */
    struct str fake_text;
    struct str queue_name;          /* modifier queue = */
    bool has_queue_name;
};

/* The state of all ACL runs of one connection or one local submission.  Its owner makes it, resets the message
 * part between messages, and may set the hooks. */
struct acl_state {
    struct pool *session_pool, *message_pool;   /* the message pool is reset with the message */
    struct acl_session_controls session;
    struct acl_message_controls message;
    struct acl_header *headers_added, **headers_added_end;
    struct str headers_removed;     /* colon list */
    struct map warnings_logged;     /* log_message texts of warn verbs, once per message */
    /* computed already: key → struct acl_ratelimit * */
    struct map ratelimits_session, ratelimits_message, ratelimits_command;

    /* $acl_verify_message, $dnslist_…, $sender_rate… */
    struct str verify_message;
    struct str dnslist_domain, dnslist_matched, dnslist_text, dnslist_value;
    struct str sender_rate, sender_rate_limit, sender_rate_period;
    struct str domain_data, local_part_data, host_data, sender_data, recipient_data, sender_address_data;

    /* of the message under way, from its owner */
    enum acl_point point;
    bool is_prdr_requested;
    int64_t size_parameter;         /* SIZE= of MAIL, -1 without */
    int rcpt_count, rcpt_fail_count, rcpt_defer_count;
    struct str smtp_command, smtp_command_argument;

    struct str log_reject_targets;  /* as given to log_reject_target */
    unsigned log_reject;            /* enum log_target bits for the rejection of the run just ended */
    struct map lists;               /* lists read from files or made from text, by path or text */
    int depth;

    /* Hooks; NULL: nothing to do. */
    void *owner;
    void (*flush)(void *owner);                     /* send buffered replies, before a delay or a callout */
    bool (*wait)(void *owner, int seconds);         /* a delay; false: the client has gone */
    bool is_pretending;             /* -bh: delays are only told */
    bool is_callout_allowed;        /* false with -bh without callouts */
    int client_fd;                  /* for control = dscp; -1 if there is no socket */
};

/* A fresh state.  Pools: see struct acl_state. */
void acl_state_init(struct acl_state *state, struct pool *session_pool, struct pool *message_pool);

/* Forget what belongs to one message (after the message, at RSET, MAIL, HELO, EHLO); the pool is the caller's to
 * reset. */
void acl_state_reset_message(struct acl_state *state);

struct verified_sender;             /* verify/verify.h */

/* What to tell and to log when a list has ended.  Texts live in scope->pool. */
struct acl_reply {
    struct str user_text;           /* for the client; empty: the default text; may hold LF, may begin with a code */
    struct str log_text;            /* for the log; empty: none */
    bool has_message;               /* user_text comes from a message modifier */
    bool is_log_message_set;        /* log_text holds a log_message text */
    /* the sender verification that failed in this run and is to be reported, or NULL */
    struct verified_sender *sender_failed;
    bool is_sender_detail_wanted;   /* no /no_details */
};

/* Expand the option (acl_smtp_rcpt …), find the list (name, text, file) and run it.  An unset option gives the
 * default of the point (manual: unset ACL options).  The scope needs acl, origin and, where there is one, message
 * and address (RCPT).  reply_out is filled always. */
enum acl_result acl_run(enum acl_point point, struct template *option, struct scope *scope,
                        struct acl_reply *reply_out);

/* The same for text that is already expanded, with arguments in scope->acl_args. */
enum acl_result acl_run_text(enum acl_point point, struct str text, struct scope *scope, struct acl_reply *reply_out);

/* Take an overriding code "550 5.7.1 " off the front of a reply text (manual: message modifier).  code and
 * enhanced_out keep what they are when there is none; a code of another class is refused: false, panic log written. */
bool acl_message_code(struct str *text, int *code, struct str *enhanced_out);

/* A refusal because of the sender: write its log line, once for each sender, and give the lines that stand before the
 * verdict in
 * the reply (LF at the end of each; empty: none).  scope: origin, message, acl, pool. */
struct str acl_report_sender(const struct acl_reply *reply, const struct scope *scope);

/* Carry out what add_header and remove_header have gathered on the message's header section, and forget it. */
void acl_apply_headers(struct acl_state *state, struct message *message);

/* $headers_added: the fields gathered and not yet added; empty if none. */
struct str acl_headers_added(const struct acl_state *state, struct pool *pool);

/* "RCPT", "connection" … as in log lines, and "acl_smtp_rcpt", the option's name. */
const char *acl_point_name(enum acl_point point);
const char *acl_point_option(enum acl_point point);
const char *acl_result_name(enum acl_result result);

/* A named list of the configuration exists. */
bool acl_exists(struct str name);
#endif
