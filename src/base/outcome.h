/* base/outcome.h -- what became of something, and why. */
#ifndef BASE_OUTCOME_H
#define BASE_OUTCOME_H
#include <stdarg.h>
#include "base/pool.h"

/* Doubt is DEFER: our own trouble never bounces someone's mail. */
enum outcome { OK, DEFER, FAIL };

/* Kinds of failure that retry rules tell apart (manual: retry configuration, error field). */
enum why_cause {
    CAUSE_OTHER,
    CAUSE_AUTH_FAILED,
    CAUSE_CONNECT_REFUSED,
    CAUSE_CONNECT_TIMEOUT,
    CAUSE_TIMEOUT,
    CAUSE_LOST_CONNECTION,
    CAUSE_DNS,
    CAUSE_TLS_REQUIRED,
    CAUSE_TLS_FAILED,
    CAUSE_QUOTA,
    CAUSE_MAILBOX_LOCKED,
    CAUSE_RCPT_4XX,
    CAUSE_MAIL_4XX,
    CAUSE_DATA_4XX,
    CAUSE_CONNECT_4XX,
    CAUSE_HELO_4XX,
    CAUSE_HOST_FAILED,
    CAUSE_RETRY_NOT_REACHED,
    CAUSE_FROZEN_BY_FILTER,
    CAUSE_EXPANSION,
    CAUSE_CONFIG
};

/* Why an outcome is not OK.  Texts live in the pool given to why_init(). */
struct why {
    struct pool *pool;
    int smtp_code;              /* 4yz or 5yz (RFC 5321 section 4.2.1); 0 if none applies */
    const char *enhanced;       /* "4.2.2" (RFC 3463), or NULL */
    struct str text;            /* one line for logs and bounces, no CR or LF; may be tainted */
    struct str user_text;       /* what the other side may be told, if different */
    /* where in the configuration, for the administrator; may have several lines; empty if unknown */
    struct str place;
    int sys_errno;              /* 0 unless a system call failed */
    enum why_cause cause;
    int detail;                 /* remote reply code, or seconds since the mailbox was read for quota errors */
    bool is_forced;             /* a forced expansion failure: the caller may have a meaning for it */
    bool is_via_mx;             /* for the connection causes: the host came from an MX record */
};

void why_init(struct why *why, struct pool *pool);

/* Fill why and return DEFER or FAIL.  With sys_errno the system's text is appended after ": ".
 * why may be NULL when the caller does not care.  The taint of "%s" arguments is not tracked: the text counts as
 * tainted. */
enum outcome why_defer(struct why *why, int sys_errno, const char *enhanced, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum outcome why_fail(struct why *why, int sys_errno, const char *enhanced, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "OK", "DEFER", "FAIL". */
const char *outcome_name(enum outcome outcome);

/* The caller broke the contract: stop the process with file and line. */
#define must(condition) ((condition) ? (void)0 : must_failed(__FILE__, __LINE__, #condition))
_Noreturn void must_failed(const char *file, int line, const char *condition);
#endif
