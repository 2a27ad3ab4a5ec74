/* transports/transport.h -- carry one message to a batch of addresses.
 *
 * A local transport runs in the local-delivery child, as the user that transport_identity_find() named; a remote one
 * in a remote-delivery child, as the mail user.  Both work on a chain of addresses that share the transport and leave
 * in each: outcome, why, host_used, confirmation and the facts for the delivery line.
 *
 * why.sys_errno is the number for the log's "defer (N)": above zero a system error, whose text is not part of why.text;
 * below zero one of the numbers that Exim's logs use for its own reasons (enum transport_number in common.h). */
#ifndef TRANSPORTS_TRANSPORT_H
#define TRANSPORTS_TRANSPORT_H
#include "address/address.h"
#include "config/driver.h"
#include "expand/scope.h"
#include "message/message.h"

struct rewrite_rule;
struct transport_channel;
struct transport_run;
struct retry_notes;

/* A configured transport: the generic options (manual: generic options for transports). */
struct transport {
    struct driver_instance instance;
    bool body_only, delivery_date_add, disable_logging, envelope_to_add, headers_only, initgroups, rcpt_include_affixes,
        retry_use_local_part, return_path_add;
    bool is_retry_use_local_part_set;
    struct template *current_directory, *debug_print, *event_action, *headers_add, *headers_remove, *home_directory,
        *max_parallel, *message_size_limit, *return_path, *shadow_condition, *transport_filter;
    struct str headers_rewrite, shadow_transport;
    const struct rewrite_rule *rewrite_rules;   /* made of headers_rewrite; NULL: none */
    struct id_option user, group;
    int transport_filter_timeout;
};

/* How deliver/ may group addresses. */
struct transport_batching {
    int max_addresses;              /* 0: no limit */
    struct template *batch_id;      /* NULL: none */
    bool is_multi_domain;           /* false: all addresses of a run have the same domain */
};

/* What verify/ needs for asking the hosts of a transport that speaks SMTP about an address. */
struct transport_callout {
    /* to be tried in order, addresses filled; the transport's own where they override the router's */
    struct host *hosts;
    int port;
    struct str helo_name;           /* empty: the caller's default */
    struct str interface;           /* empty: any */
    bool is_lmtp;
    int connect_timeout_s, command_timeout_s;
};

/* An open connection, handed from message to message; the driver's own struct begins with this. */
struct transport_channel {
    const struct transport *transport;
    const struct host *host;
};

struct transport_driver {
    struct driver_info info;
    bool has_reply_only; /* sends a reply of its own instead of the message (autoreply): no size limit, no shadow */
    /* Local ones that may run as the submitting user (pipe_as_creator); NULL: never. */
    bool (*runs_as_creator)(const struct transport *transport);
    /* How addresses may be grouped; NULL: one by one. */
    void (*batching)(const struct transport *transport, struct scope *scope, struct transport_batching *out);
    /* Carry it; each address has its outcome afterwards. */
    void (*run)(struct transport_run *run);
    /* Is the channel's host one of those for addr?  NULL: no connections are kept. */
    bool (*fits_channel)(const struct transport_channel *channel, struct address *addr, const struct scope *scope);
    /* Nothing is carried now: note that this message waits for the hosts of the addresses, so that who reaches one
     * of them takes it along.  NULL: no connections are kept. */
    void (*wait_for)(struct transport_run *run);
    /* For callouts (smtp): OK with *out filled, FAIL if no host is to be had, DEFER with why.  NULL: no callouts to
     * such a transport. */
    enum outcome (*callout)(const struct transport *transport, struct address *addr, struct scope *scope,
                            struct transport_callout *out, struct why *why);
};
extern const struct transport_driver *const transports_rows[];

static inline const struct transport_driver *
transport_driver(const struct transport *transport)
{
    return (const struct transport_driver *)transport->instance.driver;
}

/* NULL if there is no transport of that name. */
struct transport *transport_find(struct str name);

/* As whom and where a local transport runs (manual: environment for running local transports). */
struct transport_identity {
    uid_t uid;
    gid_t gid;
    bool does_initgroups;
    struct str home, current_directory;     /* empty: none; "/" is used as the current directory then */
};

/* For a local transport: user, group, initgroups, home_directory, current_directory with what the router set in addr.
 * DEFER with why if an expansion fails, the user is unknown, or no user is set. */
enum outcome transport_identity_find(const struct transport *transport, struct address *addr, struct scope *scope,
                                     struct transport_identity *out, struct why *why);

/* The grouping for the address in scope. */
void transport_batching_find(const struct transport *transport, struct scope *scope, struct transport_batching *out);

/* The limit of max_parallel; 0: none. */
int transport_max_parallel(const struct transport *transport, struct scope *scope);

/* One of the max_parallel runs that all processes of this host share; DEFER with why if all are taken.  Give it back
 * when the run has ended; without a limit both do nothing. */
enum outcome transport_turn_take(const struct transport *transport, struct scope *scope, struct why *why);
void transport_turn_give_back(const struct transport *transport, struct pool *pool);

/* The transport that gets a copy after addr was delivered, if shadow_condition holds; NULL: none. */
struct transport *transport_shadow(const struct transport *transport, struct address *addr, struct scope *scope);

/* A message that a transport makes (autoreply): handed to receive/ by the process that may write the spool. */
struct transport_submission {
    struct str sender;              /* envelope; empty: <> */
    bool has_recipients_in_header;  /* to whom To:, Cc: and Bcc: say, as with -t; always set at present */
    struct str text;                /* header section and body, LF line ends; tainted */
};

/* What the delivery that runs a transport does for it.  Any may be NULL. */
struct transport_hooks {
    void *data;
    /* Take a message; OK: it is on the spool, or there was no recipient. */
    enum outcome (*submit)(void *data, const struct transport_submission *submission, struct why *why);
    /* The addresses of this run have their outcome; tell whoever waits, now: the process goes on with other messages.
     */
    void (*report)(void *data, struct address *addresses);
    /* Deliver a further message that waits for the host of channel: read it, route it, run the transport in this
     * process with run->channel set, finish it.  False: nothing was sent (gone, locked, other route). */
    bool (*deliver_waiting)(void *data, const char *message_id, struct transport_channel *channel);
    /* True: stop after this message (another process waits for the slot, a signal came). */
    bool (*is_stopping)(void *data);
};

struct transport_run {
    struct pool *pool;              /* for this run and its results */
    struct transport *transport;
    struct message *message;
    struct address *addresses;
    /* addresses that this run serves too (first_of_duplicates), for Envelope-to:; may be NULL */
    struct address *duplicates;
    struct scope scope;             /* origin, message, delivery …; the address is set here while the driver works */
    struct transport_identity identity;         /* for local ones */
    const struct transport_hooks *hooks;
    struct transport_channel *channel;          /* an open connection to go on with; NULL: make one */
    bool is_shadow;
    bool is_dont_deliver;           /* -N: all but the delivery itself */
    bool is_forced;                 /* retry times are not looked at (-qf, -M) */
    struct retry_notes *retry_notes;            /* what remote transports learn about hosts; NULL: nobody asks */
    struct str return_path; /* set by transport_run(): the generic option, or the errors address, or the sender */
    struct scope_value values[3];   /* $return_path, $transport_name and the router's: this run's, for scope */
};

/* Run it: working directory, return_path, message_size_limit, debug_print, then the driver.  Every address of the chain
 * gets an outcome. */
void transport_run(struct transport_run *run);

/* The size as transported, for all addresses from addr on. */
void transport_set_size(struct address *addr, int64_t octets);

/* The same outcome for all addresses from addr on. */
void transport_set_all(struct address *addr, enum outcome outcome, const struct why *why);

/* The address as the transport hands it on: with affixes if rcpt_include_affixes, local part quoted; text of the parent
 * for pipes and files. */
struct str transport_rcpt_address(const struct address *addr, bool does_include_affixes, struct pool *pool);

/* Expand event_action for an event; what it expands to is returned (empty: go on as usual).
 * A value where the manual allows one overrules the default action. */
struct str transport_event(const struct transport *transport, struct scope *scope, const char *event, struct str data);

/* May mail for addr go over this connection: is it routed to the same transport, and the host one of those that would
 * be tried? */
bool transport_channel_fits(const struct transport_channel *channel, struct address *addr, const struct scope *scope);
#endif
