/* smtp_server/session.h -- one incoming SMTP session, from the greeting to the last reply (manual: SMTP processing).
 *
 * The caller has accepted the connection (or is inetd, or a local process, or pretends) and has become the mail
 * user; the origin says who is on the other side. */
#ifndef SMTP_SERVER_SESSION_H
#define SMTP_SERVER_SESSION_H
#include "message/origin.h"

struct launch_link;
struct receive_options;

struct smtp_session_options {
    bool is_pretending;             /* -bh, -bhc: nothing is kept; ACL tests are told on standard error */
    bool does_callouts;             /* -bhc */
    bool is_daemon;                 /* under a daemon: connection counts below are meaningful */
    bool is_inetd;
    bool is_queue_only;             /* -odq, or the daemon has no delivery wanted */
    bool is_queue_smtp;             /* -odqs: route, do not deliver to remote hosts */
    bool is_deliver_foreground;     /* -odf, -odi */
    bool was_reserve_checked;       /* smtp_accept_reserve and smtp_load_reserve were looked at by the daemon */
    int connection_count;           /* SMTP connections now open, this one included */
    int host_connection_count;      /* of them, from this host */
    struct launch_link *link;       /* where deliveries are asked for (launch/); NULL: the message waits on the queue */
    struct str first_pass_options;  /* deliver_options_pack() of a delivery that leaves remote hosts: -odqs,
                                     * queue/first_pass_route */
    struct receive_options *receive_options;    /* what the command line said (receive/receive.h); NULL: nothing */
    struct str sender_override;     /* -f of a trusted caller with -bs, -bS; has_sender says if given */
    bool has_sender;
};

/* Run a session on a pair of descriptors (the same one for a socket) until QUIT, the end of input, or an error.
 * origin->is_socket tells network from local.  The result is the exit status of the process. */
int smtp_session_run(int in_fd, int out_fd, struct origin *origin, const struct smtp_session_options *options);

/* -bS: a batch of transactions from in_fd; results as in the manual ("Incoming batched SMTP"): 0, 1, or 2. */
int smtp_batch_run(int in_fd, struct origin *origin, const struct smtp_session_options *options);

/* -bh: the session as if from address ("1.2.3.4", "1.2.3.4.port", "[v6]:port"), talking on the standard streams. */
int smtp_session_pretend(struct str address, struct origin *origin, const struct smtp_session_options *options);

/* A daemon without room refuses a connection: "421 …" is sent on fd (never blocking), the line is logged unless it is
 * NULL; fd stays open. */
void smtp_session_refuse(int fd, const struct origin *origin, const char *log_text, const char *reply_text);
#endif
