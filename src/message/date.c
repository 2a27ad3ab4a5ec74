#include "message/date.h"
#include <string.h>
#include "base/clock.h"

struct str
date_format(struct pool *pool, time_t when)
{
    return clock_format(pool, CLOCK_FULL, (struct timeval){ .tv_sec = when });
}

struct str
date_format_utc(struct pool *pool, time_t when)
{
    char text[64];
    struct tm tm;

    gmtime_r(&when, &tm);
    return pool_dup(pool, str_make(text, strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm)));
}

/* White space and comments (RFC 5322 section 3.2.2); false for a comment without end. */
static bool
skip_cfws(struct str *text)
{
    size_t depth = 0;

    while (text->len > 0) {
        char c = text->ptr[0];

        if (depth > 0 && c == '\\' && text->len > 1)
            *text = str_from(*text, 1);
        else if (c == '(')
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (depth == 0 && !ascii_is_space(c))
            break;
        *text = str_from(*text, 1);
    }
    return depth == 0;
}

static bool
take_number(struct str *text, size_t digits_min, size_t digits_max, int *value_out)
{
    size_t digits = 0;

    if (!skip_cfws(text))
        return false;
    *value_out = 0;
    while (digits < text->len && digits < digits_max && ascii_is_digit(text->ptr[digits]))
        *value_out = *value_out * 10 + (text->ptr[digits++] - '0');
    *text = str_from(*text, digits);
    return digits >= digits_min;
}

/* Letters. */
static struct str
take_name(struct str *text)
{
    size_t len = 0;

    if (!skip_cfws(text))
        return STR("");
    while (len < text->len && ascii_is_alpha(text->ptr[len]))
        len++;
    *text = str_from(*text, len);
    return str_make(text->ptr - len, len);
}

static bool
take_mark(struct str *text, char mark)
{
    if (!skip_cfws(text) || text->len == 0 || text->ptr[0] != mark)
        return false;
    *text = str_from(*text, 1);
    return true;
}

/* Index of the name in "JanFebMar…", or -1. */
static int
name_index(struct str name, const char *names)
{
    if (name.len == 3)
        for (int i = 0; names[i] != '\0'; i += 3)
            if (str_ieq(name, str_make(names + i, 3)))
                return i / 3;
    return -1;
}

/* "+hhmm", or the names of RFC 5322 section 4.3; an unknown one counts as -0000. */
static bool
take_zone(struct str *text, int *zone_s_out)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {
        { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
        { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
    };
    struct str name;
    int value;

    *zone_s_out = 0;
    if (!skip_cfws(text) || text->len == 0)
        return false;
    if (text->ptr[0] == '+' || text->ptr[0] == '-') {
        int sign = text->ptr[0] == '-' ? -1 : 1;

        *text = str_from(*text, 1);
        if (!take_number(text, 4, 4, &value) || value % 100 > 59)
            return false;
        *zone_s_out = sign * (value / 100 * 3600 + value % 100 * 60);
        return true;
    }
    name = take_name(text);
    for (size_t i = 0; i < COUNT(zones); i++)
        if (str_ieq_c(name, zones[i].name))
            *zone_s_out = zones[i].hours * 3600;
    return name.len > 0;
}

static bool
take_time(struct str *text, struct tm *tm)
{
    if (!take_number(text, 1, 2, &tm->tm_hour) || !take_mark(text, ':') || !take_number(text, 2, 2, &tm->tm_min))
        return false;
    tm->tm_sec = 0;
    if (take_mark(text, ':') && !take_number(text, 2, 2, &tm->tm_sec))
        return false;
    return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

bool
date_parse(struct str text, time_t *when_out, int *zone_s_out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec", days[] = "SunMonTueWedThuFriSat";
    static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    struct tm tm = { 0 };
    struct str word, before;
    int zone_s, year;

    before = text;
    word = take_name(&text);
    if (word.len > 0 && (name_index(word, days) < 0 || !take_mark(&text, ',')))
        return false;
    if (!take_number(&text, 1, 2, &tm.tm_mday))
        return false;
    tm.tm_mon = name_index(take_name(&text), months);
    if (!skip_cfws(&text) || tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_mday > lengths[tm.tm_mon])
        return false;
    before = text;
    if (!take_number(&text, 2, 9, &year))
        return false;
    if (before.len - text.len == 2)
        year += year < 50 ? 2000 : 1900;
    else if (before.len - text.len == 3)
        year += 1900;
    if (year < 1900 || year > 9999 || !take_time(&text, &tm) || !take_zone(&text, &zone_s))
        return false;
    if (!skip_cfws(&text) || text.len > 0)
        return false;
    tm.tm_year = year - 1900;
    *when_out = timegm(&tm) - zone_s;
    if (zone_s_out != NULL)
        *zone_s_out = zone_s;
    return true;
}
