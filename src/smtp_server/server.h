/* smtp_server/server.h -- a session from the inside: for the files of smtp_server/ only. */
#ifndef SMTP_SERVER_SERVER_H
#define SMTP_SERVER_SERVER_H
#include "acl/acl.h"
#include "config/config.h"
#include "log/log.h"
#include "message/message.h"
#include "receive/receive.h"
#include "smtp/framing.h"
#include "smtp/params.h"
#include "smtp/reply.h"
#include "smtp_server/input.h"
#include "smtp_server/output.h"
#include "smtp_server/session.h"
#include "smtp_server/states.h"
#include "verify/verify.h"

enum { HISTORY_MAX = 20, EXPECTED_MAX = 100 };

/* What EHLO offered: commands that were not offered are refused. */
struct smtp_offers {
    bool pipelining, chunking, prdr, dsn, size, eightbitmime;
};

struct smtp_session {
    struct pool *pool, *message_pool, *scratch;     /* the connection, one transaction, one command */
    struct pool_mark message_mark, scratch_mark;
    struct origin *origin;
    struct message *message;        /* of the transaction; there is always one, for ACL variables */
    const struct smtp_session_options *options;
    struct receive_options receive_options;
    struct smtp_input input;
    struct smtp_output output;
    struct acl_state acl;
    struct verify_state verify;
    enum smtp_state state;
    struct smtp_offers offers;
    struct str active_hostname;
    int64_t size_limit_bytes;       /* message_size_limit for this connection; 0: none */
    int receive_timeout_s;
    struct timeval started_at;

    /* the command under way */
    enum smtp_event event;
    struct str line, argument;      /* views of the scratch pool */
    struct str reply_text;          /* of the reply just given, for "All RCPT commands were rejected …" */
    int reply_code;

    /* counts over the session */
    int mail_count, message_count;  /* MAIL commands; messages accepted */
    int nonmail_count, nonmail_max, synprot_count, unknown_count;
    int expected_count;             /* refusals that pipelining explains: beyond EXPECTED_MAX they count as errors */
    bool is_rset_free, is_helo_free, is_auth_free, is_starttls_free;
    double mail_delay_s, rcpt_delay_s;      /* smtp_ratelimit_mail, _rcpt: the next delay */
    enum smtp_event history[HISTORY_MAX];
    size_t history_count;
    bool has_quit, is_end_told;     /* QUIT came; the last reply and its log line are out */
    const char *notquit_reason;     /* $smtp_notquit_reason */
    bool is_load_latched;           /* queue_only_load was passed once */

    /* the transaction */
    bool is_mail_refused;           /* a MAIL was refused and nothing but its followers in the pipeline came since */
    bool is_discarding;             /* the MAIL list said discard */
    int discarded_count;            /* recipients thrown away */
    int rcpt_count;                 /* RCPT commands */
    int recipients_max;
    bool is_recipients_over;
    struct str rcpt_refusal;        /* text of the first refused RCPT; empty if none or different ones */
    int rcpt_refusal_code;
    bool is_rcpt_refusal_same;
    enum smtp_body body;
    bool is_pipelined;              /* commands came before their turn: log selector pipelining */
    struct reception *reception;    /* between chunks */
    struct bdat_reader bdat;
    uint64_t bdat_count;            /* chunks of this message */

    /* batch (-bS) */
    bool is_batch;
    int batch_line, batch_start_line;
    bool has_batch_failed;
    struct str batch_error;
};

/* ---- Commands: one row, one file each. */
struct smtp_command {
    const char *name;               /* "MAIL FROM:"; what must stand at the front of the line */
    enum smtp_event event;
    bool is_mail;                   /* does not count as a non-mail command */
    bool has_argument;              /* false: anything behind the name is an error */
    void (*run)(struct smtp_session *session);
};
extern const struct smtp_command *const smtp_commands_rows[];
extern const struct smtp_command unknown_command;
const struct smtp_command *smtp_command_find(struct str line, struct str *argument_out);
const char *smtp_event_word(enum smtp_event event);

/* ---- EHLO keywords: text_out for the line, "" for none; false: not offered to this client now. */
struct smtp_keyword {
    const char *name;
    bool (*offer)(struct smtp_session *session, struct str *text_out);
};
extern const struct smtp_keyword *const smtp_keywords_rows[];

/* ---- Replies (reply.c) */
void session_reply(struct smtp_session *session, int code, struct str text);       /* LF between lines */
void session_replyf(struct smtp_session *session, int code, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));
void session_flush(struct smtp_session *session);
/* A syntax or protocol error: log line, count, reply; too many end the session. */
void session_error(struct smtp_session *session, enum log_selector selector, int code, struct str text);
/* The same with another text for the log. */
void session_error_logged(struct smtp_session *session, enum log_selector selector, int code, struct str log_text,
                          struct str text);
/* End after this reply; reason for $smtp_notquit_reason. */
void session_close(struct smtp_session *session, const char *reason);

/* "H=… I=… U=…" for log lines; is_tagged as in origin_log_host(). */
struct str session_host(const struct smtp_session *session, bool is_tagged);
struct str session_duration(const struct smtp_session *session);
struct str session_history(const struct smtp_session *session);        /* " C=EHLO,MAIL" or "" */
struct deadline session_deadline(const struct smtp_session *session);

/* ---- Scopes, ACLs (policy.c) */
struct scope session_scope(struct smtp_session *session);
enum acl_result session_acl(struct smtp_session *session, enum acl_point point, struct template *option,
                            struct address *address,
                            struct acl_reply *reply);
/* Is the client in a host list?  Doubt is no. */
bool session_client_in(struct smtp_session *session, struct template *list);
/* Refuse what a list did not accept: replies and log lines; drop ends the session. what follows the point's name in the
 * log. */
void session_refuse(struct smtp_session *session, enum acl_point point, enum acl_result result,
                    const struct acl_reply *reply,
                    struct str what);
/* The text with an enhanced code before each line; the text itself if enhanced is empty. */
struct str session_with_enhanced(struct smtp_session *session, struct str enhanced, struct str text);
/* "250 text" of an accepting message modifier, or the default. */
void session_accept(struct smtp_session *session, const struct acl_reply *reply, int code, struct str text);

/* ---- Transactions (transaction.c) */
/* Forget the transaction; why for the log line of an incomplete one (NULL: complete). */
void session_reset(struct smtp_session *session, const char *why);
bool session_in_transaction(const struct smtp_session *session);
/* The message came in or was refused: reply, delivery, reset. */
void session_message_done(struct smtp_session *session, const struct receive_result *result);
void session_reception_begin(struct smtp_session *session, bool is_chunking);
/* The connection broke, or timed out, while message text was read. */
void session_data_lost(struct smtp_session *session, enum input_result result);
/* "valid RCPT command must precede DATA", with what all RCPT commands were answered if that was the same. */
struct str session_data_refusal(struct smtp_session *session, const char *text);
/* Deadline for message text: idle time, and a least rate over all. */
struct deadline session_data_deadline(const struct smtp_session *session, int64_t began_ms, uint64_t bytes);
void session_deliver(struct smtp_session *session, const struct receive_result *result);

/* ---- The rest */
bool session_greet(struct smtp_session *session);               /* checks at connect, banner: greeting.c */
void session_log_connection(struct smtp_session *session);
void session_count(struct smtp_session *session, const struct smtp_command *command);  /* limits.c: may close */
void session_slow_down(struct smtp_session *session, struct str option, int count, double *delay_s);
bool session_is_out_of_sync(struct smtp_session *session);      /* sync.c: replies and closes */
bool session_talked_early(struct smtp_session *session);
void session_end(struct smtp_session *session);                 /* ending.c: not-QUIT list, last log lines */
void session_init(struct smtp_session *session, int in_fd, int out_fd, struct origin *origin,
                  const struct smtp_session_options *options);
void session_command(struct smtp_session *session, struct str line);
void session_release(struct smtp_session *session);
/* The address of MAIL, RCPT or VRFY (event) in argument, qualified; false: refused. */
bool session_argument_address(struct smtp_session *session, struct str argument, struct str *address_out,
                              struct str *rest_out);
/* What stands behind the address is no parameter that was offered. */
bool session_bad_rest(struct smtp_session *session, struct str parameter);
/* A parameter with a value that is none, or given twice. */
bool session_bad_parameter(struct smtp_session *session, enum smtp_param_result result, struct str keyword,
                           const char *text);
#endif
