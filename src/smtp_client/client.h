/* smtp_client/client.h -- one outgoing SMTP or LMTP session, as an object (RFC 5321, RFC 2033, RFC 2920, RFC 3030).
 *
 * Used by the smtp and lmtp transports, by callouts and cutthrough.  Whatever the other side sends is bounded:
 * a line, the lines of a reply, the time for it.  The first code of a multi-line reply rules; a later line with another
 * code is a protocol error, and so is a line that is no reply line: the session is then dead.  Texts are tainted, with
 * control characters and 8-bit octets outside UTF-8 replaced by "?". */
#ifndef SMTP_CLIENT_CLIENT_H
#define SMTP_CLIENT_CLIENT_H
#include "base/buf.h"
#include "base/outcome.h"
#include "net/host.h"

enum { SMTP_REPLY_LINE_MAX_BYTES = 4096, SMTP_REPLY_MAX_BYTES = 16384, SMTP_REPLY_MAX_LINES = 1000 };

/* EHLO keywords we know. */
enum smtp_capability {
    CAP_PIPELINING = 1,
    CAP_SIZE = 2,
    CAP_CHUNKING = 4,
    CAP_8BITMIME = 8,
    CAP_DSN = 16,
    CAP_SMTPUTF8 = 32,
    CAP_STARTTLS = 64,
    CAP_AUTH = 128,
    CAP_PRDR = 256,
    CAP_LIMITS = 512,
    CAP_IGNOREQUOTA = 1024,
    CAP_PIPE_CONNECT = 2048,
    CAP_ENHANCED = 4096
};

struct smtp_client_settings {
    struct str helo_name;           /* argument of EHLO, HELO, LHLO */
    struct str interface;           /* our address to bind, for the host's family; empty: any */
    bool is_lmtp;
    bool avoids_esmtp;              /* HELO at once */
    unsigned ignored;               /* capabilities not to be used even if offered */
    bool keepalive;
    int dscp;                       /* -1: none */
    int connect_timeout_s, command_timeout_s, data_timeout_s, final_timeout_s;      /* 0: the default of 5 minutes */
};

/* One reply.  code 0: none came (timeout, lost connection, garbage); client->failure then says what. */
struct smtp_client_reply {
    int code;
    struct str enhanced;            /* "5.1.1", or empty */
    struct str text;                /* whole reply with codes, lines joined by "\\n" (two characters) */
    struct str lines;               /* the same, lines ended by LF */
};

/* Why a session is dead. */
enum smtp_client_failure { CLIENT_ALIVE, CLIENT_TIMED_OUT, CLIENT_CLOSED, CLIENT_MALFORMED, CLIENT_IO_ERROR };

struct smtp_client {
    struct pool *pool;              /* of the session */
    const struct host *host;        /* NULL for a command or a socket */
    struct smtp_client_settings settings;
    int read_fd, write_fd;          /* -1: closed */
    bool is_esmtp, is_dead;
    bool is_reset_due;              /* a transaction was refused: RSET comes before the next */
    unsigned capabilities;
    int64_t size_limit;             /* announced by SIZE; 0: none given */
    int limit_mail, limit_rcpt, limit_rcpt_domain;          /* LIMITS (RFC 9422); 0: none given */
    struct str auth_mechanisms;     /* as announced */
    struct str banner, ehlo_response;
    struct str helo_word;           /* "EHLO", "HELO" or "LHLO", as sent */
    struct str local_address;       /* our end */
    int local_port, port;
    int message_count;              /* transactions ended with 250 over this session */
    enum smtp_client_failure failure;
    int failure_errno;
    struct str failure_text;        /* the line that was no reply */
    struct smtp_client_io *io;      /* buffers */
};

/* Numbers for why.sys_errno, as Exim's logs have them. */
enum { SMTP_NUMBER_CLOSED = -18, SMTP_NUMBER_MALFORMED = -19, SMTP_NUMBER_RCPT_4XX = -44, SMTP_NUMBER_MAIL_4XX = -45,
       SMTP_NUMBER_DATA_4XX = -46 };

/* Connect to the host's address and port.  DEFER with why: refused, timed out, no route … (cause set for retry rules).
 */
enum outcome smtp_client_connect(struct smtp_client *client, struct pool *pool, const struct host *host, int port,
                                 const struct smtp_client_settings *settings, struct why *why);

/* A session over descriptors that are open already (LMTP command or socket); they belong to the client from now on. */
void smtp_client_open(struct smtp_client *client, struct pool *pool, int read_fd, int write_fd,
                      const struct smtp_client_settings *settings);

/* Read the banner, say EHLO (HELO if that is refused with 5xx or is to be avoided; LHLO for LMTP), note what is
 * offered. DEFER or FAIL with why, as Exim words it ("SMTP error from remote mail server after initial connection: 554
 * …"). reply_out may be NULL: the refusing reply. */
enum outcome smtp_client_greet(struct smtp_client *client, struct smtp_client_reply *reply_out, struct why *why);

/* Say EHLO again (after STARTTLS): all that was offered before is forgotten. */
enum outcome smtp_client_hello(struct smtp_client *client, struct smtp_client_reply *reply_out, struct why *why);

static inline bool
smtp_client_can(const struct smtp_client *client, unsigned capability)
{
    return (client->capabilities & ~client->settings.ignored & capability) == capability;
}

/* Put a command (without CRLF) into the buffer; it leaves with the next flush or read.  False: it holds CR, LF or NUL,
 * or the session is dead. */
bool smtp_client_say(struct smtp_client *client, struct str command);
bool smtp_client_sayf(struct smtp_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool smtp_client_flush(struct smtp_client *client);

/* Data of DATA or BDAT, as it is.  False when the session is dead. */
bool smtp_client_write(struct smtp_client *client, const char *bytes, size_t len);

/* The next reply, waiting at most timeout_s (0: command_timeout_s).  False, with code 0 and client->failure set, when
 * none came: the session is dead then. */
bool smtp_client_read(struct smtp_client *client, int timeout_s, struct smtp_client_reply *reply_out);

/* Is there anything to read without waiting?  (Replies that came before they were due, a closed connection.) */
bool smtp_client_is_readable(struct smtp_client *client);

/* One command and its reply; as smtp_client_read(). */
bool smtp_client_ask(struct smtp_client *client, struct str command, struct smtp_client_reply *reply_out);

/* Fill why for a reply that refuses, or for none: "SMTP error from remote mail server after RCPT TO:<x@y>: 550 no",
 * "SMTP timeout after …", "Remote host closed connection in response to …", "Malformed SMTP reply in response to …".
 * DEFER for anything but 5yz.  command: what it answers, as shown; the host's name is not part of the text. */
enum outcome smtp_client_why(struct smtp_client *client, const struct smtp_client_reply *reply, struct str command,
                             struct why *why);

/* Parse an EHLO reply into the client's capabilities (exposed for tests and for verify/'s cache). */
void smtp_client_parse_ehlo(struct smtp_client *client, struct str lines);

/* QUIT without waiting for more than a moment, then close; or close at once. */
void smtp_client_quit(struct smtp_client *client);
void smtp_client_close(struct smtp_client *client);

/* STARTTLS is an extension point of tls/: the caller says STARTTLS, reads 220, and hands both descriptors over.  Octets
 * that came behind the 220 are an error: this returns false and the session must be closed, nothing of them is used. */
bool smtp_client_is_clean_for_tls(struct smtp_client *client);
#endif
