/* smtp_client/transaction.h -- one mail transaction over a session: MAIL, a RCPT for each recipient, DATA or BDAT, with
 * a result for each recipient (RFC 5321 section 3.3; RFC 2033; RFC 2920; RFC 3030). */
#ifndef SMTP_CLIENT_TRANSACTION_H
#define SMTP_CLIENT_TRANSACTION_H
#include "smtp_client/client.h"

/* What a temporary failure belongs to (manual: errors in outgoing SMTP). */
enum smtp_error_kind {
    SMTP_ERROR_NONE,
    SMTP_ERROR_HOST,                /* connection: the session is dead */
    SMTP_ERROR_MESSAGE,             /* this message at this host */
    SMTP_ERROR_RECIPIENT            /* this recipient */
};

struct smtp_recipient {
    struct str address;             /* without angle brackets */
    struct str parameters;          /* " NOTIFY=…", or empty */
    void *owner;                    /* the caller's */
    /* results */
    bool is_accepted;               /* RCPT was answered 2yz */
    bool is_done;                   /* outcome is final: OK, FAIL, or DEFER at this host */
    enum outcome outcome;
    enum smtp_error_kind error;
    struct why why;
    struct smtp_client_reply reply;         /* that decided it */
};

struct smtp_transaction {
    struct smtp_client *client;
    struct pool *pool;              /* of the results */
    struct str sender;              /* without angle brackets */
    struct str mail_parameters;     /* " SIZE=… BODY=…", or empty */
    struct smtp_recipient *recipients;
    size_t recipient_count;
    bool is_chunking;               /* BDAT; the session must offer CHUNKING */
    size_t chunk_room; /* about as long as the message is, so that a small one needs little memory; 0: not known */
    /* Give the message to smtp_transaction_write(): CR LF line ends; dots doubled unless is_chunking.  Not OK: why is
     * filled, and the session is dropped so that no half message is taken for a whole one. */
    enum outcome (*send)(void *data, struct smtp_transaction *transaction, struct why *why);
    void *data;
    /* results */
    enum smtp_error_kind error;     /* of the transaction as a whole, if it failed temporarily */
    struct why why;                 /* likewise, or of the refusal of MAIL, DATA or the message */
    size_t accepted_count, delivered_count;
    int64_t octets;                 /* of the message as sent */
    bool was_pipelined;
    /* private */
    bool is_mail_answered, is_data_said;
    size_t rcpts_said, rcpts_answered;
    int chunks_unanswered;
    bool has_chunk_failed;
    char *chunk;
    size_t chunk_bytes;
};

/* Carry it out.  Every recipient is done afterwards.  The session can be used for another transaction unless
 * client->is_dead: what was refused has been reset. */
void smtp_transaction_run(struct smtp_transaction *transaction);

/* For send(): the next octets of the message. */
bool smtp_transaction_write(struct smtp_transaction *transaction, struct str octets);
#endif
