#include "base/clock.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/outcome.h"

struct timeval
clock_now(void)
{
    struct timeval now;

    must(gettimeofday(&now, NULL) == 0);
    return now;
}

time_t
clock_seconds(void)
{
    return time(NULL);
}

static const char *const month_names[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};
static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* Text being written into a caller's CLOCK_TEXT_MAX_BYTES. */
struct text {
    char *into;
    size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *text, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text->into + text->len, CLOCK_TEXT_MAX_BYTES - text->len, format, args);
    va_end(args);
    must(len >= 0 && text->len + (size_t)len < CLOCK_TEXT_MAX_BYTES);
    text->len += (size_t)len;
}

static void
add_zone(struct text *text, const struct tm *tm, const char *before)
{
    long minutes = tm->tm_gmtoff / 60;
    char sign = minutes < 0 ? '-' : '+';

    if (minutes < 0)
        minutes = -minutes;
    add(text, "%s%c%02ld%02ld", before, sign, minutes / 60, minutes % 60);
}

static void
add_log(struct text *text, const struct tm *tm, struct timeval when, bool has_zone, bool has_millisec)
{
    add(text, "%04d-%02d-%02d %02d:%02d:%02d", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min,
        tm->tm_sec);
    if (has_millisec)
        add(text, ".%03d", (int)(when.tv_usec / 1000));
    if (has_zone)
        add_zone(text, tm, " ");
}

static void
add_form(struct text *text, enum clock_form form, const struct tm *tm, struct timeval when)
{
    int year = tm->tm_year + 1900;

    switch (form) {
    case CLOCK_LOG:
        add_log(text, tm, when, false, false);
        return;
    case CLOCK_LOG_ZONE:
    case CLOCK_LOG_PLAIN_ZONE:
        add_log(text, tm, when, true, false);
        return;
    case CLOCK_LOG_MILLISEC:
        add_log(text, tm, when, false, true);
        return;
    case CLOCK_LOG_ZONE_MILLISEC:
        add_log(text, tm, when, true, true);
        return;
    case CLOCK_FULL:
        add(text, "%s, %02d %s %04d %02d:%02d:%02d", day_names[tm->tm_wday], tm->tm_mday, month_names[tm->tm_mon], year,
            tm->tm_hour, tm->tm_min, tm->tm_sec);
        add_zone(text, tm, " ");
        return;
    case CLOCK_BSDINBOX:
        add(text, "%s %s %02d %02d:%02d:%02d %04d", day_names[tm->tm_wday], month_names[tm->tm_mon], tm->tm_mday,
            tm->tm_hour, tm->tm_min, tm->tm_sec, year);
        return;
    case CLOCK_MBX:
        add(text, "%02d-%s-%04d %02d:%02d:%02d", tm->tm_mday, month_names[tm->tm_mon], year, tm->tm_hour, tm->tm_min,
            tm->tm_sec);
        add_zone(text, tm, " ");
        return;
    case CLOCK_LOGFILE_DAILY:
        add(text, "%04d%02d%02d", year, tm->tm_mon + 1, tm->tm_mday);
        return;
    case CLOCK_LOGFILE_MONTHLY:
        add(text, "%04d%02d", year, tm->tm_mon + 1);
        return;
    case CLOCK_ZONE:
        add_zone(text, tm, "");
        return;
    case CLOCK_ZULU:
        add(text, "%04d%02d%02d%02d%02d%02dZ", year, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
        return;
    case CLOCK_EPOCH:
    case CLOCK_EPOCH_MICROSEC:
        break;
    }
    if (form == CLOCK_EPOCH)
        add(text, "%lld", (long long)when.tv_sec);
    else
        add(text, "%lld%06ld", (long long)when.tv_sec, (long)when.tv_usec);
}

struct str
clock_format_into(enum clock_form form, struct timeval when, char *into)
{
    struct text text = { .into = into };
    struct tm tm;

    memset(&tm, 0, sizeof tm);
    if ((form == CLOCK_ZULU ? gmtime_r(&when.tv_sec, &tm) : localtime_r(&when.tv_sec, &tm)) == NULL)
        tm = (struct tm){ .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };
    add_form(&text, form, &tm, when);
    return str_make(into, text.len);
}

struct str
clock_format(struct pool *pool, enum clock_form form, struct timeval when)
{
    char into[CLOCK_TEXT_MAX_BYTES];

    return pool_dup(pool, clock_format_into(form, when, into));
}

struct str
clock_date(struct pool *pool)
{
    return clock_format(pool, CLOCK_FULL, clock_now());
}

static const struct unit {
    char letter;
    int seconds;
} units[] = { { 'w', 7 * 86400 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

static int
unit_seconds(char letter)
{
    for (size_t i = 0; i < COUNT(units); i++)
        if (units[i].letter == letter)
            return units[i].seconds;
    return 0;
}

/* "25" after a decimal point as thousandths: 250; text is moved behind the digits, at least one of which must be
 * there. */
static bool
take_thousandths(struct str *text, int64_t *value_out)
{
    int64_t value = 0, weight = 100;
    size_t digits = 0;

    for (; digits < text->len && ascii_is_digit(text->ptr[digits]); digits++, weight /= 10)
        value += (text->ptr[digits] - '0') * weight;
    *text = str_from(*text, digits);
    *value_out = value;
    return digits > 0;
}

/* Milliseconds; -1 as interval_parse(). */
static int64_t
parse(struct str text, bool is_fraction_allowed)
{
    int64_t sum = 0;

    if (text.len == 0)
        return -1;
    while (text.len > 0) {
        int64_t number = 0, fraction = 0;
        size_t digits = 0;
        int seconds;

        for (; digits < text.len && ascii_is_digit(text.ptr[digits]); digits++)
            if ((number = number * 10 + text.ptr[digits] - '0') > INT_MAX)
                return -1;
        text = str_from(text, digits);
        if (digits == 0 || text.len == 0)
            return -1;
        if (text.ptr[0] == '.' && is_fraction_allowed) {
            text = str_from(text, 1);
            if (!take_thousandths(&text, &fraction) || text.len == 0 || text.ptr[0] != 's')
                return -1;
        }
        seconds = unit_seconds(text.ptr[0]);
        text = str_from(text, 1);
        sum += number * seconds * 1000 + fraction;
        if (seconds == 0 || sum / 1000 > INT_MAX)
            return -1;
    }
    return sum;
}

int
interval_parse(struct str text)
{
    int64_t milliseconds = parse(text, false);

    return milliseconds < 0 ? -1 : (int)(milliseconds / 1000);
}

int64_t
interval_parse_ms(struct str text)
{
    return parse(text, true);
}

struct str
interval_format(struct pool *pool, int64_t seconds)
{
    struct buf out;
    uint64_t left = seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds;

    buf_init(&out, pool, BUF_NO_LIMIT);
    if (seconds < 0)
        buf_add_char(&out, '-');
    for (size_t i = 0; i < COUNT(units); i++) {
        uint64_t count = left / (uint64_t)units[i].seconds;

        if (count > 0 || (seconds == 0 && units[i].seconds == 1))
            buf_addf(&out, "%llu%c", (unsigned long long)count, units[i].letter);
        left -= count * (uint64_t)units[i].seconds;
    }
    return buf_str(&out);
}

struct str
interval_format_ms(struct pool *pool, struct timeval elapsed, bool has_millisec)
{
    if (!has_millisec)
        return interval_format(pool, elapsed.tv_sec);
    if (elapsed.tv_sec < 60)
        return pool_printf(pool, "%lld.%03lds", (long long)elapsed.tv_sec, (long)(elapsed.tv_usec / 1000));
    return interval_format(pool, elapsed.tv_sec);
}

struct timeval
timeval_minus(struct timeval b, struct timeval a)
{
    struct timeval difference;

    timersub(&b, &a, &difference);
    return difference;
}
