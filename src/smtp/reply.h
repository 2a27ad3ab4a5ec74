/* smtp/reply.h -- SMTP replies: codes, enhanced status codes, and reading those of a server.  Pure: no I/O. */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H
#include "base/pool.h"

/* Limits on what a server may answer (SECURITY.md SRV-01).  RFC 5321 section 4.5.3.1.5 says 512 for a line. */
enum { REPLY_LINE_MAX_BYTES = 4096, REPLY_MAX_BYTES = 65536, REPLY_MAX_LINES = 200 };

enum smtp_code {
    SMTP_SYSTEM_STATUS = 211, SMTP_HELP = 214, SMTP_READY = 220, SMTP_CLOSING = 221, SMTP_AUTH_OK = 235, SMTP_OK = 250,
    SMTP_CANNOT_VERIFY = 252, SMTP_AUTH_CONTINUE = 334, SMTP_START_INPUT = 354, SMTP_UNAVAILABLE = 421, SMTP_BUSY = 450,
    SMTP_LOCAL_ERROR = 451, SMTP_NO_SPACE = 452, SMTP_TEMP_AUTH = 454, SMTP_SYNTAX = 500, SMTP_BAD_ARGUMENT = 501,
    SMTP_NOT_IMPLEMENTED = 502, SMTP_BAD_SEQUENCE = 503, SMTP_BAD_PARAMETER = 504, SMTP_NO_SERVICE_HERE = 521,
    SMTP_AUTH_REQUIRED = 530, SMTP_AUTH_FAILED = 535, SMTP_REFUSED = 550, SMTP_TOO_BIG = 552, SMTP_BAD_MAILBOX = 553,
    SMTP_FAILED = 554, SMTP_BAD_PARAMETER_VALUE = 555
};

/* A reply being read.  text holds the lines' texts joined with LF, control characters other than LF replaced. */
struct smtp_reply {
    int code;                       /* 200…599; 0 until known */
    struct str enhanced;            /* "5.7.1" of the first line if it begins with one that fits the code, else empty */
    struct str text;                /* all lines without codes, tainted: as in the log of a failed delivery */
    struct str whole;               /* all lines with codes, LF between */
};

struct smtp_reply_reader {
    struct pool *pool;
    bool is_lmtp;
    /* private */
    char *room;
    size_t len, line_start;
    int lines, code;
    bool is_done;
    const char *fault;
};

enum smtp_reply_step { SMTP_REPLY_MORE, SMTP_REPLY_DONE, SMTP_REPLY_BAD };

/* Begin to read one reply.  The reader may be used again for the next after each reply. */
void smtp_reply_reader_init(struct smtp_reply_reader *reader, struct pool *pool);

/* Give it what came in; *used_out octets belong to this reply, the rest to the next one.
 * DONE: *reply_out is filled (in pool).  BAD: a line without a code, a code that changes within the reply, too long,
 * NUL: *fault_out is constant text, and the connection is not to be used further. */
enum smtp_reply_step smtp_reply_push(struct smtp_reply_reader *reader, struct str octets, size_t *used_out,
                                     struct smtp_reply *reply_out, const char **fault_out);

/* Parse a whole reply text at once (lines ended by LF or CRLF). */
bool smtp_reply_parse(struct pool *pool, struct str text, struct smtp_reply *reply_out, const char **fault_out);

/* "5.7.1" at the front of text, followed by a space or the end; class must be that of code if code is not 0. */
size_t enhanced_code_length(struct str text, int code);

/* "550 …" / "550-5.1.1 …" at the front of a text given by the configuration (ACL message): true, the code and what
 * follows it; *code_out must be in the class of default_code, else the default is used (manual: customising messages).
 */
bool reply_code_override(struct str text, int default_code, int *code_out, struct str *rest_out);

/* One whole reply, several lines if text has LF or a line would be over 512 octets: "250-…\r\n250 …\r\n".
 * enhanced is put before each line's text if not empty and the text does not bring one. */
struct str smtp_reply_format(struct pool *pool, int code, struct str enhanced, struct str text);
#endif
