/* receive/reception.h -- a message being taken in.  Inside of the room. */
#ifndef RECEIVE_RECEPTION_H
#define RECEIVE_RECEPTION_H
#include "acl/acl.h"
#include "base/buf.h"
#include "config/config.h"
#include "log/log.h"
#include "receive/receive.h"
#include "smtp/framing.h"
#include "smtp/reply.h"
#include "verify/verify.h"

/* Where in the message we are. */
enum reception_phase { PHASE_HEADER, PHASE_BODY, PHASE_DISCARD };

struct reception {
    struct receive_request request;
    struct pool *pool;
    struct message *message;
    struct origin *origin;
    const struct receive_options *options;
    struct scope scope;             /* of every expansion and list of this message */
    struct captures captures;
    struct acl_state own_acl;       /* where the request brought none (local input) */
    struct verify_state own_verify;
    enum reception_phase phase;
    struct buf header;              /* the header section as it comes, tainted */
    size_t line_start, field_start; /* of the line and the field under way in it */
    bool has_field, has_uucp_from;
    struct str uucp_sender;         /* from a "From " line that counts; may be empty */
    bool has_uucp_sender;
    struct body_count count;
    int64_t size_limit_bytes;       /* 0: none */
    bool is_pretending;             /* -bh: nothing stays on the spool */
    bool is_local_input;            /* not by TCP/IP: local fix-ups apply */
    bool is_own;                    /* made by ourselves: no ACL */
    bool has_made_id;               /* the Message-ID: field is ours */

    /* the first trouble */
    bool is_failed;
    enum receive_failure {
        FAILURE_NONE, FAILURE_TOO_BIG, FAILURE_HEADER_SECTION, FAILURE_HEADER_LINE, FAILURE_SPOOL, FAILURE_SOURCE
    } failure;
    int fail_code;
    struct str fail_enhanced, fail_reply;
};

/* Note the first trouble; what follows is thrown away. */
void reception_trouble(struct reception *r, enum receive_failure failure, int code, struct str enhanced,
                       struct str reply);

/* Our own trouble in the log; a full disk is no reason for panic. */
void reception_log_trouble(const struct reception *r, const struct why *why);

/* Make -D if there is none yet; false: trouble is noted. */
bool reception_open_spool(struct reception *r);

/* Header section (header_section.c): take text while it lasts; what is left of *text is body. */
void header_section_add(struct reception *r, struct str *text);
/* The text ended: a last line without end counts; the message gets its fields. */
void header_section_end(struct reception *r);

/* -t (extract.c): recipients from the header section.  Faults found go to the list. */
struct bad_address {
    struct bad_address *next;
    struct str text, reason;
};
void recipients_extract(struct reception *r, const struct str *excluded, size_t excluded_count,
                        struct bad_address **bad_out);

/* Fix-ups (fixup.c, sender_fixup.c, received.c) */
bool fixup_is_wanted(const struct reception *r);
bool fixup_has_resent(const struct message *message);
void fixup_unwanted_fields(struct reception *r);
void fixup_added_fields(struct reception *r);
void fixup_from_login(struct reception *r, bool is_resent);
void fixup_missing_from(struct reception *r, bool is_resent);
void fixup_sender(struct reception *r, bool is_resent);
void fixup_sender_removal(struct reception *r);
/* "Name <address>": the name of the caller, of -F or of submission mode (manual: constructed addresses). */
struct str originator_address(struct reception *r, struct str address);
/* "Received: …; date", first in the header section; again later with another time. */
enum outcome received_add(struct reception *r, struct why *why);
void received_update(struct reception *r);

/* A verdict for each recipient (prdr.c): false, and *result_out filled, if none is left. */
bool reception_prdr(struct reception *r, struct receive_result *result_out);
/* ACLs at the end (acl.c): true if the message goes on; else result_out is filled and the rejection logged. */
bool reception_acl(struct reception *r, struct receive_result *result_out);
/* "H=… U=…" for log lines. */
struct str reception_host(const struct reception *r, bool is_tagged);
/* The header section as the reject log shows it; empty if the selector is off. */
struct str reception_rejected_header(const struct reception *r);

/* "<=" (arrival.c). */
void arrival_log(struct reception *r);

/* The reply to what was noted as trouble, with its log line (end.c). */
void reception_report_trouble(struct reception *r, struct receive_result *result_out);

/* Everything from the last octet to the verdict, for a message whose recipients are known.  Files of a message that was
 * not accepted are left to reception_release(). */
void reception_finish(struct reception *r, struct receive_result *result_out);
void reception_release(struct reception *r);
/* Sizes and counts of a message that is all there. */
void reception_counts(struct reception *r);

/* An error of local input, told to the sender by mail or on standard error, as the options say (local_error.c).  The
 * message's -D file, if there is one, is still open: its text goes into the mail.  Sets exit_code and report_id. */
enum local_error {
    LOCAL_ERROR_BAD_ADDRESS,        /* on the command line: nothing is delivered */
    LOCAL_ERROR_BAD_HEADER_ADDRESS, /* with -t: left out */
    LOCAL_ERROR_NO_RECIPIENTS, LOCAL_ERROR_TOO_BIG, LOCAL_ERROR_HEADER_SECTION, LOCAL_ERROR_HEADER_LINE,
    LOCAL_ERROR_TOO_MANY_RECIPIENTS, LOCAL_ERROR_TOO_MANY_ARGUMENTS,
    LOCAL_ERROR_ACL,                /* text: what the list said */
    LOCAL_ERROR_OURS                /* text: what went wrong */
};
void local_error_report(struct reception *r, enum local_error error, struct str text, const struct bad_address *bad,
                        struct receive_result *out);
#endif
