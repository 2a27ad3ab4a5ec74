/* log/syslog_line.c -- log lines for syslog (manual: logging to syslog).  <syslog.h> comes first, for it defines names
 * that log/log.h has as enumerators; they are taken away again. */
#include <syslog.h>
static const struct { const char *name; int value; } facilities[] = {
    { "mail", LOG_MAIL }, { "user", LOG_USER }, { "news", LOG_NEWS }, { "uucp", LOG_UUCP }, { "daemon", LOG_DAEMON },
    { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
    { "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 }
};
enum { FLAG_PID = LOG_PID, FLAG_CONSOLE = LOG_CONS, FACILITY_MAIL = LOG_MAIL, LEVEL_CRITICAL = LOG_CRIT };
static const int kind_levels[] = { LOG_INFO, LOG_NOTICE, LOG_ALERT };
#undef LOG_PID
#include "log/state.h"

/* Data octets of one syslog line; the rest of the 1024 of RFC 3164 is for what syslog puts before it. */
enum { PART_MAX_BYTES = 870 };

bool
log_syslog_facility(struct str name, int *facility_out)
{
    for (size_t i = 0; i < COUNT(facilities); i++)
        if (str_ieq_c(name, facilities[i].name) || (str_istarts(name, STR("log_")) &&
                                                    str_ieq_c(str_from(name, 4), facilities[i].name))) {
            *facility_out = facilities[i].value;
            return true;
        }
    *facility_out = FACILITY_MAIL;
    return name.len == 0;
}

static void
syslog_ready(struct log *log)
{
    int facility;

    if (log->is_syslog_open)
        return;
    log_syslog_facility(log->settings.syslog_facility, &facility);
    openlog(log->settings.syslog_processname, log->settings.syslog_pid ? FLAG_PID : 0, facility);
    log->is_syslog_open = true;
}

/* The next part of an entry: up to a line break, or as long as a part may be. */
static struct str
take_part(struct str *text, bool *is_break_out)
{
    size_t end = str_find(*text, '\n');
    struct str part;

    *is_break_out = end != STR_NONE && end <= PART_MAX_BYTES;
    if (*is_break_out) {
        part = str_head(*text, end);
        *text = str_from(*text, end + 1);
    } else {
        part = str_head(*text, PART_MAX_BYTES);
        *text = str_from(*text, PART_MAX_BYTES);
    }
    return part;
}

void
log_syslog_write(struct log *log, enum log_kind kind, struct str text)
{
    struct str rest = text;
    int parts = 0;
    bool is_break;

    syslog_ready(log);
    while (rest.len > 0) {
        take_part(&rest, &is_break);
        parts++;
    }
    if (parts <= 1) {
        syslog(kind_levels[kind], "%.*s", STR_ARG(text));
        return;
    }
    rest = text;
    for (int number = 1; number <= parts; number++) {
        struct str part = take_part(&rest, &is_break);

        syslog(kind_levels[kind], "[%d%c%d] %.*s", number, is_break && number < parts ? '\\' : '/', parts,
               STR_ARG(part));
    }
}

void
log_syslog_close(struct log *log)
{
    if (log->is_syslog_open)
        closelog();
    log->is_syslog_open = false;
}

/* No log of our own could be written. */
void
log_syslog_last_resort(const char *text)
{
    openlog("tern", FLAG_PID | FLAG_CONSOLE, FACILITY_MAIL);
    syslog(LEVEL_CRITICAL, "%s", text);
    closelog();
}
