/* Times as text, and intervals. */
#include "check.h"
#include <limits.h>
#include <stdlib.h>
#include "base/clock.h"

static const struct { enum clock_form form; const char *text; } forms[] = {
    { CLOCK_LOG, "2026-11-21 09:20:00" }, { CLOCK_LOG_ZONE, "2026-11-21 09:20:00 +0100" },
    { CLOCK_LOG_MILLISEC, "2026-11-21 09:20:00.123" }, { CLOCK_FULL, "Sat, 21 Nov 2026 09:20:00 +0100" },
    { CLOCK_BSDINBOX, "Sat Nov 21 09:20:00 2026" }, { CLOCK_MBX, "21-Nov-2026 09:20:00 +0100" },
    { CLOCK_LOGFILE_DAILY, "20261121" }, { CLOCK_LOGFILE_MONTHLY, "202611" }, { CLOCK_ZONE, "+0100" },
    { CLOCK_ZULU, "20261121082000Z" }, { CLOCK_EPOCH, "1795249200" }, { CLOCK_EPOCH_MICROSEC, "1795249200123456" },
};

TEST(times_have_exims_forms)
{
    struct pool *pool = pool_new("test");
    struct timeval when = { 1795249200, 123456 };

    setenv("TZ", "CET-1", 1);
    tzset();
    for (size_t i = 0; i < COUNT(forms); i++)
        CHECK_STR(forms[i].text, clock_format(pool, forms[i].form, when), forms[i].text);
    setenv("TZ", "XXX3:30", 1);
    tzset();
    CHECK_STR("west", clock_format(pool, CLOCK_ZONE, when), "-0330");
    setenv("TZ", "UTC0", 1);
    tzset();
    pool_free(pool);
}

static const struct { const char *text; int seconds; } intervals[] = {
    { "0s", 0 }, { "5s", 5 }, { "1m", 60 }, { "2h", 7200 }, { "1d", 86400 }, { "1w", 604800 }, { "1w2d3h4m5s", 788645 },
    { "5m1h", 3900 }, { "5", -1 }, { "", -1 }, { "h", -1 }, { "5x", -1 }, { "-5s", -1 }, { "1h5", -1 }, { "1 h", -1 },
    { "99999999999w", -1 }, { "2147483648s", -1 }, { "2147483647s", INT_MAX },
};

TEST(intervals_are_read_and_written)
{
    struct pool *pool = pool_new("test");

    for (size_t i = 0; i < COUNT(intervals); i++)
        CHECK_INT(intervals[i].text, interval_parse(str_of(intervals[i].text)), intervals[i].seconds);
    CHECK_STR("zero", interval_format(pool, 0), "0s");
    CHECK_STR("all units", interval_format(pool, 788645), "1w2d3h4m5s");
    CHECK_STR("negative", interval_format(pool, -90), "-1m30s");
    CHECK_INT("milliseconds", interval_parse_ms(STR("1.5s")), 1500);
    CHECK_INT("milliseconds", interval_parse_ms(STR("2m")), 120000);
    pool_free(pool);
}
