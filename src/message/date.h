/* message/date.h -- RFC 5322 dates. */
#ifndef MESSAGE_DATE_H
#define MESSAGE_DATE_H
#include <time.h>
#include "base/pool.h"

/* "Sat, 21 Nov 2026 08:22:51 +0000": in UTC or local time by the timezone option in force (TZ of the process). */
struct str date_format(struct pool *pool, time_t when);
struct str date_format_utc(struct pool *pool, time_t when);

/* Read a date-time of RFC 5322 section 3.3 with the obsolete forms of section 4.3 (two-digit years, zone names,
 * comments).  False if it is none.  zone_out (may be NULL): offset from UTC in seconds. */
bool date_parse(struct str text, time_t *when_out, int *zone_s_out);
#endif
