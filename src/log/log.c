/* log/log.c -- compose log lines and hand them to the files and to syslog. */
#include "log/log.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/clock.h"
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "log/selector.h"
#include "log/state.h"

enum { LINE_MAX_BYTES = 1 << 20 };

/* ---- State */
/* Which of the places named by a colon-separated list are files and syslog. */
static void
places_find(struct log *log)
{
    struct str list = log->settings.file_path, built = str_of(build_settings.log_file_path), item;
    bool wants_default = str_trim(list).len == 0;

    log->uses_syslog = false;
    log->file_path = (struct str){ 0 };
    while (list.len > 0) {
        str_cut(list, ':', &item, &list);
        item = str_trim(item);
        if (str_eq_c(item, "syslog"))
            log->uses_syslog = true;
        else if (item.len == 0)
            wants_default = true;
        else if (log->file_path.len == 0)
            log->file_path = item;
    }
    if (!wants_default || log->file_path.len > 0)
        return;
    while (built.len > 0 && log->file_path.len == 0 && str_trim(log->settings.file_path).len > 0) {
        str_cut(built, ':', &item, &built);
        item = str_trim(item);
        if (item.len > 0 && !str_eq_c(item, "syslog"))
            log->file_path = item;
    }
    if (log->file_path.len == 0)
        log->file_path = pool_printf(log->pool, "%.*s/log/%%slog", STR_ARG(log->settings.spool_directory));
}

static struct log *
log_state(void)
{
    struct log *log;

    if (process.log != NULL)
        return process.log;
    log = POOL_NEW(pool_new("log"), struct log);
    log->pool = pool_new("log settings");
    log->scratch = pool_new("log line");
    for (size_t i = 0; i < LOG_KINDS; i++)
        log->files[i].fd = -1;
    log->settings = (struct log_settings){
        .file_path = str_of(build_settings.log_file_path),
        .spool_directory = str_of(build_settings.spool_directory),
        .selectors = log_selectors_default(),
        .syslog_processname = "exim",
        .syslog_pid = true,
        .syslog_duplication = true,
        .syslog_timestamp = true,
        .write_rejectlog = true,
        .uid = geteuid(),
        .gid = getegid(),
    };
    places_find(log);
    process.log = log;
    return log;
}

void
log_configure(const struct log_settings *settings)
{
    struct log *log = log_state();
    struct pool *old = log->pool;

    log_close();
    for (size_t i = 0; i < LOG_KINDS; i++)
        log->files[i].path = NULL;
    log->pool = pool_new("log settings");
    log->settings = *settings;
    log->settings.file_path = pool_dup(log->pool, settings->file_path);
    log->settings.spool_directory = pool_dup(log->pool, settings->spool_directory);
    log->settings.syslog_facility = pool_dup(log->pool, settings->syslog_facility);
    log->settings.syslog_processname = pool_cstr(log->pool, str_of(settings->syslog_processname));
    places_find(log);
    pool_free(old);
}

void
log_close(void)
{
    if (process.log == NULL)
        return;
    for (size_t i = 0; i < LOG_KINDS; i++) {
        log_file_close(&process.log->files[i]);
        process.log->files[i].failed_at = 0;
    }
    log_syslog_close(process.log);
}

void
log_divert(FILE *stream)
{
    log_state()->diverted = stream;
}

bool
log_wants(enum log_selector selector)
{
    return selector == LOG_ALWAYS || log_selectors_has(&log_state()->settings.selectors, selector);
}

/* ---- Lines */
struct line {
    struct str stamp;               /* with its blank */
    struct str pid;
    struct str rest;                /* id and text, escaped, no LF at the end */
    struct str more;                /* further lines of the reject log, escaped, LF at the end */
};

static struct str
stamp_text(struct log *log, char room[CLOCK_TEXT_MAX_BYTES])
{
    bool has_millisec = log_selectors_has(&log->settings.selectors, LOG_MILLISEC);
    enum clock_form form = log->settings.has_zone ? (has_millisec ? CLOCK_LOG_ZONE_MILLISEC : CLOCK_LOG_ZONE)
                                                  : (has_millisec ? CLOCK_LOG_MILLISEC : CLOCK_LOG);

    return clock_format_into(form, clock_now(), room);
}

/* One line of a log: as it goes into a file, or to syslog. */
static struct str
compose(struct log *log, const struct line *line, bool has_stamp, bool has_pid, bool has_more)
{
    struct buf buf;

    buf_init(&buf, log->scratch, LINE_MAX_BYTES);
    if (has_stamp)
        buf_addf(&buf, "%.*s ", STR_ARG(line->stamp));
    if (has_pid)
        buf_add(&buf, line->pid);
    buf_add(&buf, line->rest);
    buf_add_char(&buf, '\n');
    if (has_more)
        buf_add(&buf, line->more);
    return buf_str(&buf);
}

/* What could not be logged must not vanish silently. */
static void
last_resort(struct log *log, enum log_kind kind, const struct line *line)
{
    static const char *const names[] = { "main", "reject", "panic" };
    const struct log_file *file = &log->files[kind];
    struct str text;

    if (file->lost_lines > 1)
        return;
    text = pool_printf(log->scratch, "Cannot open %s log file \"%s\": %s: euid=%lu egid=%lu; the line was: %.*s%c",
                       names[kind], file->path != NULL ? file->path : "", strerror(errno), (unsigned long)geteuid(),
                       (unsigned long)getegid(), STR_ARG(line->rest), '\0');
    log_syslog_last_resort(text.ptr);
    if (kind != KIND_PANIC)
        dprintf(STDERR_FILENO, "%.*s %s\n", STR_ARG(line->stamp), text.ptr);
}

static void
send_to(struct log *log, enum log_kind kind, const struct line *line, bool *is_in_syslog)
{
    bool has_pid = line->pid.len > 0, has_more = kind == KIND_REJECT && line->more.len > 0;

    if (log->uses_syslog && (log->settings.syslog_duplication || !*is_in_syslog)) {
        struct str text = compose(log, line, log->settings.syslog_timestamp, has_pid && log->settings.syslog_pid,
                                  has_more);

        log_syslog_write(log, kind, str_head(text, text.len - 1));
        *is_in_syslog = true;
    }
    if (log->file_path.len > 0 && !log_file_append(log, kind, compose(log, line, true, has_pid, has_more)))
        last_resort(log, kind, line);
}

static void
show(const struct line *line, const char *prefix, FILE *stream)
{
    fprintf(stream, "%s%.*s\n", prefix, STR_ARG(line->rest));
    fflush(stream);
}

static void
line_compose(struct log *log, struct line *line, const char *id, struct str text, enum log_breaks breaks, char *room)
{
    struct buf buf;

    line->stamp = stamp_text(log, room);
    line->pid = log_selectors_has(&log->settings.selectors, LOG_PID)
                    ? pool_printf(log->scratch, "[%ld] ", (long)getpid()) : (struct str){ 0 };
    buf_init(&buf, log->scratch, LINE_MAX_BYTES);
    if (id != NULL && id[0] != '\0')
        buf_addf(&buf, "%s ", id);
    log_escape(&buf, text, log->settings.print_topbitchars, breaks);
    line->rest = buf_str(&buf);
}

__attribute__((format(printf, 6, 0)))
static void
log_line(enum log_selector selector, unsigned targets, const char *id, enum log_breaks breaks, struct str more,
         const char *format, va_list args)
{
    struct log *log = log_state();
    struct pool_mark mark = pool_mark(log->scratch);
    char room[CLOCK_TEXT_MAX_BYTES];
    struct line line = { 0 };
    bool is_in_syslog = false;
    int saved_errno = errno;

    if (!log_wants(selector))
        return;
    line_compose(log, &line, id, str_trim_right(pool_vprintf(log->scratch, CLEAN, format, args)), breaks, room);
    if (more.len > 0) {
        struct buf buf;

        buf_init(&buf, log->scratch, LINE_MAX_BYTES);
        log_escape(&buf, more, log->settings.print_topbitchars, BREAKS_KEPT);
        line.more = buf_str(&buf);
    }
    trace(TRACE_GENERAL, "LOG: %.*s", STR_ARG(line.rest));
    if (log->diverted != NULL) {
        show(&line, "LOG: ", log->diverted);
    } else {
        if ((targets & LOG_TO_MAIN) != 0)
            send_to(log, KIND_MAIN, &line, &is_in_syslog);
        if ((targets & LOG_TO_REJECT) != 0 && log->settings.write_rejectlog)
            send_to(log, KIND_REJECT, &line, &is_in_syslog);
        if ((targets & LOG_TO_PANIC) != 0)
            send_to(log, KIND_PANIC, &line, &is_in_syslog);
        if ((targets & LOG_TO_STDERR) != 0)
            dprintf(STDERR_FILENO, "%.*s %.*s\n", STR_ARG(line.stamp), STR_ARG(line.rest));
    }
    pool_reset(log->scratch, mark);
    errno = saved_errno;
}

void
log_vwrite(enum log_selector selector, unsigned targets, const char *id, const char *format, va_list args)
{
    log_line(selector, targets, id, BREAKS_ESCAPED, (struct str){ 0 }, format, args);
}

void
log_write(enum log_selector selector, unsigned targets, const char *id, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_vwrite(selector, targets, id, format, args);
    va_end(args);
}

void
log_write_rejected(enum log_selector selector, unsigned targets, const char *id, struct str more,
                   const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(selector, targets, id, BREAKS_ESCAPED, more, format, args);
    va_end(args);
}

void
log_panic(const char *id, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_line(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC | LOG_TO_STDERR, id, BREAKS_KEPT_IF_INDENTED, (struct str){ 0 },
             format, args);
    va_end(args);
}
