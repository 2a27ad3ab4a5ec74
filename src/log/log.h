/* log/log.h -- the main, reject and panic logs (manual: log files).
 *
 * Files (log_file_path with %s %D %M) or syslog.  A line is one write; control characters and
 * non-UTF-8 octets are escaped here and nowhere else.  Opened lazily, reopened when cycled away. */
#ifndef LOG_LOG_H
#define LOG_LOG_H
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include "base/str.h"

enum log_target { LOG_TO_MAIN = 1, LOG_TO_REJECT = 2, LOG_TO_PANIC = 4, LOG_TO_STDERR = 8 };

/* Words of log_selector, in the order of the manual's table; LOG_ALWAYS is for lines no selector governs. */
enum log_selector {
    LOG_ALWAYS, LOG_8BITMIME, LOG_ACL_WARN_SKIPPED, LOG_ADDRESS_REWRITE, LOG_ALL_PARENTS, LOG_ARGUMENTS,
    LOG_CONNECTION_ID, LOG_CONNECTION_REJECT, LOG_DELAY_DELIVERY, LOG_DELIVER_TIME, LOG_DELIVERY_SIZE, LOG_DKIM,
    LOG_DKIM_VERBOSE, LOG_DMARC, LOG_DMARC_VERBOSE, LOG_DNSLIST_DEFER, LOG_DNSSEC, LOG_ETRN, LOG_HOST_LOOKUP_FAILED,
    LOG_IDENT_TIMEOUT, LOG_INCOMING_INTERFACE, LOG_INCOMING_PORT, LOG_LOST_INCOMING_CONNECTION, LOG_MILLISEC,
    LOG_MSG_ID, LOG_MSG_ID_CREATED, LOG_OUTGOING_INTERFACE, LOG_OUTGOING_PORT, LOG_PID, LOG_PIPELINING,
    LOG_PROTOCOL_DETAIL, LOG_PROXY, LOG_QUEUE_RUN, LOG_QUEUE_TIME, LOG_QUEUE_TIME_EXCLUSIVE, LOG_QUEUE_TIME_OVERALL,
    LOG_RECEIVE_TIME, LOG_RECEIVED_RECIPIENTS, LOG_RECEIVED_SENDER, LOG_REJECTED_HEADER, LOG_RETRY_DEFER,
    LOG_RETURN_PATH_ON_DELIVERY, LOG_SENDER_ON_DELIVERY, LOG_SENDER_VERIFY_FAIL, LOG_SIZE_REJECT, LOG_SKIP_DELIVERY,
    LOG_SMTP_CONFIRMATION, LOG_SMTP_CONNECTION, LOG_SMTP_INCOMPLETE_TRANSACTION, LOG_SMTP_MAILAUTH, LOG_SMTP_NO_MAIL,
    LOG_SMTP_PROTOCOL_ERROR, LOG_SMTP_SYNTAX_ERROR, LOG_SPF, LOG_SPF_VERBOSE, LOG_SUBJECT, LOG_TAINTED,
    LOG_TLS_CERTIFICATE_VERIFIED, LOG_TLS_CIPHER, LOG_TLS_ON_CONNECT, LOG_TLS_PEERDN, LOG_TLS_RESUMPTION, LOG_TLS_SNI,
    LOG_UNKNOWN_IN_LIST, LOG_SELECTORS
};

/* A set of selectors, bit n for selector n. */
struct log_selectors {
    uint64_t bits[2];
};

/* All that the configuration says about logs; copied by log_configure(). */
struct log_settings {
    struct str file_path;           /* log_file_path, expanded: up to two of "path with %s", "syslog", "" (default) */
    struct str spool_directory;     /* files go to its log/ if neither the option nor the build names a place */
    struct log_selectors selectors;
    struct str syslog_facility;     /* "": mail */
    const char *syslog_processname;
    bool syslog_duplication, syslog_pid, syslog_timestamp;
    bool has_zone;                  /* log_timezone */
    bool print_topbitchars;         /* octets above 127 that are UTF-8 are left as they are */
    bool write_rejectlog;
    uid_t uid;                      /* whose the files are when root creates them */
    gid_t gid;
};

/* Before this is called, lines go where the build settings say. */
void log_configure(const struct log_settings *settings);

/* Close the files and the syslog connection; the next line opens them again.  For a process that changes its uid. */
void log_close(void);

/* Nothing is logged any more: lines go to stream, after "LOG: " (-bh, tests); NULL: back to the logs. */
void log_divert(FILE *stream);

/* Is the selector on? */
bool log_wants(enum log_selector selector);

/* Write a line to the targets, if the selector is on.  id: message id shown after the time stamp, or NULL. */
void log_write(enum log_selector selector, unsigned targets, const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void log_vwrite(enum log_selector selector, unsigned targets, const char *id, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

/* The same, and below the line in the reject log more lines, such as the header of a rejected message (each ends with
 * LF; what they hold is escaped line by line). */
void log_write_rejected(enum log_selector selector, unsigned targets, const char *id, struct str more,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Panic log and main log, then standard error if it is there; the process goes on.  A line break followed by
 * two blanks is kept, so that long explanations can be read. */
void log_panic(const char *id, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
