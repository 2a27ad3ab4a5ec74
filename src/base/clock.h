/* base/clock.h -- wall-clock time: now, its printed forms, intervals.
 *
 * Times are in the local zone (TZ; main() sets it from the option `timezone`).  For waiting and limits use
 * base/deadline.h. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <sys/time.h>
#include <time.h>
#include "base/pool.h"

/* The present.  clock_seconds() is its tv_sec. */
struct timeval clock_now(void);
time_t clock_seconds(void);

/* The printed forms ($tod_… of the manual). */
enum clock_form {
    CLOCK_LOG,                      /* 2026-11-21 08:20:00           $tod_log */
    CLOCK_LOG_ZONE,                 /* 2026-11-21 08:20:00 +0000     with log_timezone */
    CLOCK_LOG_MILLISEC,             /* 2026-11-21 08:20:00.123       with log selector millisec */
    CLOCK_LOG_ZONE_MILLISEC,        /* 2026-11-21 08:20:00.123 +0000 */
    CLOCK_FULL,                     /* Sat, 21 Nov 2026 08:20:00 +0000   $tod_full; RFC 5322 section 3.3 */
    CLOCK_BSDINBOX,                 /* Sat Nov 21 08:20:00 2026      $tod_bsdinbox, "From " lines */
    CLOCK_MBX,                      /* 21-Nov-2026 08:20:00 +0000    mbx mailboxes */
    CLOCK_LOGFILE_DAILY,            /* 20261121                      $tod_logfile, %D */
    CLOCK_LOGFILE_MONTHLY,          /* 202611                        %M */
    CLOCK_ZONE,                     /* +0000                         $tod_zone */
    CLOCK_ZULU,                     /* 20261121082000Z               $tod_zulu (UTC) */
    CLOCK_EPOCH,                    /* seconds                       $tod_epoch */
    CLOCK_EPOCH_MICROSEC,           /* microseconds                  $tod_epoch_l */
    /* 2026-11-21 08:20:00 +0000     zone always, whatever options say: for -Mvl and the like */
    CLOCK_LOG_PLAIN_ZONE
};
enum { CLOCK_TEXT_MAX_BYTES = 48 };

/* into holds CLOCK_TEXT_MAX_BYTES; the result views it. */
struct str clock_format_into(enum clock_form form, struct timeval when, char *into);

/* The same in a pool. */
struct str clock_format(struct pool *pool, enum clock_form form, struct timeval when);

/* The RFC 5322 date of now: "Sat, 21 Nov 2026 08:20:00 +0000". */
struct str clock_date(struct pool *pool);

/* An interval as configurations write it: numbers with units w d h m s, in any order, added up ("1w2d3h4m5s"); seconds.
 * -1 if text is no interval, a bare number among them, or passes INT_MAX.  interval_parse_ms: in milliseconds, and the
 * seconds may have decimals ("1.5s"), as retry rules allow. */
int interval_parse(struct str text);
int64_t interval_parse_ms(struct str text);

/* "1w2d3h4m5s", "0s" for nothing; negative numbers begin with "-".  interval_format_ms: "1.234s" with three
 * decimals. */
struct str interval_format(struct pool *pool, int64_t seconds);
struct str interval_format_ms(struct pool *pool, struct timeval elapsed, bool has_millisec);

/* b - a. */
struct timeval timeval_minus(struct timeval b, struct timeval a);
#endif
