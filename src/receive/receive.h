/* receive/receive.h -- from octets to spool: one message taken in by SMTP or from a local program.
 *
 * Who reads the octets (smtp_server/, receive_local_message()) pushes message text into a reception and asks for the
 * verdict at the end; header fix-ups, rewriting, ACLs at end of data, the spool and the "<=" log line happen in here.
 */
#ifndef RECEIVE_RECEIVE_H
#define RECEIVE_RECEIVE_H
#include "expand/scope.h"
#include "message/message.h"
#include "spool/spool.h"

struct smtp_session;

/* What the command line said about the message and its sender (manual: command line -f -F -oM… -t -N …).  One object
 * for a process, zero by default; texts live as long as the process. */
struct receive_options {
    bool extract_recipients;        /* -t */
    bool ignore_dot;                /* -i, -oi, -t with ignore… : "." on a line is text */
    bool has_sender;                /* -f given */
    struct str sender;              /* of -f, as checked: qualified, "" for <> */
    bool is_sender_forced;          /* -f by someone who may (trusted, or untrusted_set_sender matched, or "<>") */
    struct str sender_name;         /* -F */
    bool has_sender_name;
    bool no_qualify;                /* -bnq */
    bool is_queue_only;             /* -odq */
    bool is_queue_smtp;             /* -odqs */
    bool is_delivery_wanted;        /* -odb, -odi, -odf: overrides queue_only where queue_only_override allows */
    enum receive_error_mode {
        RECEIVE_ERRORS_TO_SENDER,   /* -oem: bounce */
        RECEIVE_ERRORS_BERKENET,    /* -oee */
        RECEIVE_ERRORS_STDERR,      /* -oep: default, exit code */
        RECEIVE_ERRORS_QUIET,       /* -oeq */
        RECEIVE_ERRORS_WRITE        /* -oew: as -oem */
    } error_mode;
    struct str envid;               /* -V… of sendmail; empty */
    bool is_dont_deliver;           /* -N */
    bool suppresses_fixups;         /* -G */
    struct str report_of_id;        /* this message is the bounce of that one: "R=" of the log line; empty */
};

/* Who asks, what for, with which rights. */
struct receive_request {
    struct pool *pool;              /* of the message: lives until its end */
    struct origin *origin;
    struct message *message;        /* message_new(); envelope is filled before reception_end(), see below */
    const struct receive_options *options;  /* NULL: none */
    struct smtp_session *session;   /* for the scope of expansions; NULL for local input */
    const struct scope *scope;      /* more for the scope (acl variables, …); may be NULL */
    bool is_smtp_data;              /* DATA or BDAT: acl_smtp_data and friends; else acl_not_smtp */
    bool is_chunking, is_pipelining, is_pipelining_offered, is_8bitmime, is_prdr; /* what the session used, for the log
                                                                                     line */
    int body_8bit;                  /* M8S=: 0, 7, 8 */
    /* Say something to the client before the final reply (PRDR); NULL: no such client. */
    void (*say)(struct smtp_session *session, int code, struct str text);
    const char *discarded_by;       /* "RCPT" or "MAIL": whose list threw all recipients away; NULL otherwise */
};

enum receive_fate {
    RECEIVE_ACCEPTED, /* token is filled: reply 250 */
    RECEIVE_REJECTED, /* reply with code and text; nothing is left on the spool */
    RECEIVE_DISCARDED, /* reply 250: an ACL said discard, or all recipients were dropped; nothing on the spool */
    RECEIVE_FAILED /* no verdict possible: our trouble; 4yz in code */
};

struct receive_result {
    enum receive_fate fate;
    int code;                       /* SMTP reply code, 250 included */
    struct str enhanced;            /* may be empty: the text may bring its own */
    struct str reply;               /* the reply's text; LF between lines */
    bool is_close_wanted;           /* drop: send the reply, then close */
    struct spool_committed token;
    bool is_queued_only;            /* no delivery is to be started: -odq, queue_only, control = queue … */
    bool is_delivery_at_once;       /* asked for (-odb, -odi) and allowed to override what speaks against it */
    int exit_code;                  /* local input: the process's */
    char report_id[MESSAGE_ID_MAX_BYTES + 1]; /* local input: the message that tells the sender of an error; "" for none
                                               */
};

struct reception;

/* Begin: nothing is opened yet.  The envelope of request->message (sender, recipients) is there for SMTP. */
struct reception *reception_begin(const struct receive_request *request);

/* Message text with LF line ends, in pieces of any size; first the header section.  Keeps no reference to text.  After
 * the first trouble (too big, header too long, disk full) the rest is taken and thrown away: the end is still to be
 * awaited. */
void reception_add(struct reception *reception, struct str text);

/* Is the message refused already (too big …)?  For those who want to know before its end. */
bool reception_is_failed(const struct reception *reception);

/* The message was complete: fix-ups, ACLs, spool.  The reception is released; the message is closed (its lock is free)
 * unless it was not accepted, then its files are gone. */
void reception_end(struct reception *reception, struct receive_result *result_out);

/* The source found a fault that spoils the message (bare newlines …): refuse at the end with this. */
void reception_fail(struct reception *reception, int code, struct str enhanced, struct str reply);

/* The message will never be complete (connection lost, RSET between chunks): everything is removed. */
void reception_abandon(struct reception *reception);

/* -bm and -t: read one message from fd 0 (or fd), with recipients from the command line; report errors as the options
 * say. Returns what the process needs: result_out->exit_code, and result_out->token for the delivery. */
void receive_local_message(struct pool *pool, struct origin *origin, const struct receive_options *options, int fd,
                           const struct str *recipients, size_t recipient_count, struct receive_result *result_out);

/* A message made by ourselves (bounce, warning, autoreply): envelope and whole text with LF line ends, header section
 * first; Message-Id:, Date: and Received: are added.  Goes through no ACL.  OK: it is durable on the spool, id_out (24
 * octets) has its id.  The text may come in pieces: more (may be NULL) is called for the next one until it gives an
 * empty one. */
enum outcome receive_own_message(struct pool *pool, struct str sender, const struct str *recipients,
                                 size_t recipient_count, struct str text, struct str report_of_id, char *id_out,
                                 struct why *why);
struct own_text {
    struct str text;                /* the first piece */
    struct str (*more)(void *context);
    void *context;
};
enum outcome receive_own_message_from(struct pool *pool, struct str sender, const struct str *recipients,
                                      size_t recipient_count, const struct own_text *source, struct str report_of_id,
                                      char *id_out, struct why *why);

/* One reply line for an accepted message: "OK id=1hYs…-00". */
struct str receive_accepted_text(struct pool *pool, const struct spool_committed *token);

/* Qualify: add "@" and qualify_domain or qualify_recipient to an address without domain. */
struct str receive_qualify(struct pool *pool, struct str address, bool is_recipient);

/* The rules for parsing addresses as the main options set them. */
struct address_rules receive_address_rules(void);
#endif
