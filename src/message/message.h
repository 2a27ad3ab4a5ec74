/* message/message.h -- a message: envelope, header section, what we know of the body. */
#ifndef MESSAGE_MESSAGE_H
#define MESSAGE_MESSAGE_H
#include <sys/time.h>
#include "base/list.h"
#include "message/origin.h"

enum { MESSAGE_ID_MAX_BYTES = 23 };

/* What a header field is for, as the one letter kept in the spool (manual: format of the -H file). */
enum header_kind {
    HEADER_OTHER = ' ', HEADER_BCC = 'B', HEADER_CC = 'C', HEADER_FROM = 'F', HEADER_ID = 'I', HEADER_TO = 'T',
    HEADER_RECEIVED = 'P', HEADER_REPLY_TO = 'R', HEADER_SENDER = 'S', HEADER_DELETED = '*'
};

struct header_field {
    struct header_field *next;
    enum header_kind kind;          /* HEADER_DELETED: keep for the spool, do not send */
    struct str name;                /* without colon; view into text */
    struct str text;                /* whole field with name, folded lines ended by LF, final LF included; no CR */
};

/* DSN requests of RFC 3461. */
enum dsn_notify { DSN_NEVER = 1, DSN_SUCCESS = 2, DSN_FAILURE = 4, DSN_DELAY = 8 };
enum dsn_return { DSN_RET_UNSET, DSN_RET_FULL, DSN_RET_HEADERS };

/* One recipient of the envelope. */
struct recipient {
    struct str address;             /* qualified, tainted */
    struct str errors_to;           /* where its bounces go instead of to the sender; empty: the sender */
    int parent;                     /* index of the recipient it came from in a one_time alias, or -1 */
    unsigned notify;                /* dsn_notify bits; 0: not given */
    struct str original;            /* ORCPT, empty if none */
    struct str raw;                 /* qualified, before rewriting; empty: the same (not kept on the spool) */
};

struct message {
    struct pool *pool;
    char id[MESSAGE_ID_MAX_BYTES + 1];
    struct origin *origin;
    struct str sender;              /* envelope; empty for bounces; tainted */
    struct recipient *recipients;
    size_t recipient_count, recipient_room;
    struct map nonrecipients;       /* addresses finished already: the spool's tree and the journal */
    struct header_field *headers, *headers_last;
    struct timeval received_at;     /* reception began */
    struct timeval received_complete_at;    /* … and ended; zero until then, or unknown */
    int64_t body_bytes;             /* length of the body as kept, LF line ends */
    int64_t message_bytes;          /* $message_size */
    int body_lines, received_lines, body_zeros, max_received_line_bytes;
    int received_count;             /* Received: header fields */
    struct map acl_variables;       /* acl_m…: "m0", "m_name" → struct str * */
    time_t frozen_at;               /* 0: not frozen */
    int warning_count;
    bool is_first_try, is_manually_thawed, is_local_error, is_sender_local, is_sender_set_untrusted,
        was_allowed_unqualified_sender, was_allowed_unqualified_recipient, is_spool_wireformat, has_local_scan_data,
        is_smtputf8, is_mua_wrapper, is_dont_deliver, is_submission, is_submission_sender_retained,
        is_queue_only_policy, is_cutthrough_delivered;
    int dsn_return;                 /* enum dsn_return */
    struct str envid;
    struct str authenticated_sender_for_mail;   /* AUTH= of MAIL */
    struct str submission_domain, submission_name, local_scan_data;
    struct str log_extra;           /* log_message additions for the <= line */
    struct str queue_name;          /* "" for the default queue */
    struct str raw_sender;          /* before rewriting and submission mode; empty: the same; not on the spool */
    int body_fd;                    /* the -D file, or -1 */
    int64_t body_start;             /* where the body begins in it */
    struct spool_file *spool;       /* spool/: its files and lock */
};

struct message *message_new(struct pool *pool, struct origin *origin);

/* Append; the recipient is returned for its further fields. */
struct recipient *message_add_recipient(struct message *message, struct str address);

/* Header fields: text as in struct header_field (LF is added if missing).  Lookup is by name, ASCII case ignored,
 * deleted ones passed over. */
struct header_field *message_add_header(struct message *message, struct str text);
struct header_field *message_insert_header_first(struct message *message, struct str text);
struct header_field *message_find_header(const struct message *message, struct str name,
                                         const struct header_field *after);
enum header_kind header_kind_of(struct str name);

/* The field's text after the colon, white space left of it taken off, final LF too. */
struct str header_body(const struct header_field *field);
#endif
