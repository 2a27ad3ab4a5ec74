#include "base/trace.h"
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/process.h"

enum { RECORD_MAX_BYTES = 4096, INDENT = 2, DEPTH_MAX = 200 };

struct record {
    struct record *next;
    unsigned depth;
    bool is_result;
    struct str text;
};

struct trace {
    struct pool *pool;
    uint64_t categories;
    FILE *stream;
    const char *mark;               /* before every rendered line; NULL: none */
    bool is_kept;
    unsigned depth;
    struct record *first, *last;
};

static const char *const names[TRACE_CATEGORIES] = {
    [TRACE_ACL] = "acl",
    [TRACE_AUTH] = "auth",
    [TRACE_DELIVER] = "deliver",
    [TRACE_DNS] = "dns",
    [TRACE_DNSBL] = "dnsbl",
    [TRACE_EXEC] = "exec",
    [TRACE_EXPAND] = "expand",
    [TRACE_FILTER] = "filter",
    [TRACE_HINTS_LOOKUP] = "hints_lookup",
    [TRACE_HOST_LOOKUP] = "host_lookup",
    [TRACE_IDENT] = "ident",
    [TRACE_INTERFACE] = "interface",
    [TRACE_LISTS] = "lists",
    [TRACE_LOAD] = "load",
    [TRACE_LOCAL_SCAN] = "local_scan",
    [TRACE_LOCK] = "lock",
    [TRACE_LOOKUP] = "lookup",
    [TRACE_MEMORY] = "memory",
    [TRACE_NOUTF8] = "noutf8",
    [TRACE_PID] = "pid",
    [TRACE_PROCESS_INFO] = "process_info",
    [TRACE_QUEUE_RUN] = "queue_run",
    [TRACE_RECEIVE] = "receive",
    [TRACE_RESOLVER] = "resolver",
    [TRACE_RETRY] = "retry",
    [TRACE_REWRITE] = "rewrite",
    [TRACE_ROUTE] = "route",
    [TRACE_TIMESTAMP] = "timestamp",
    [TRACE_TLS] = "tls",
    [TRACE_TRANSPORT] = "transport",
    [TRACE_UID] = "uid",
    [TRACE_VERIFY] = "verify",
    [TRACE_GENERAL] = "any",
};

static struct trace *
trace_made(struct pool *pool)
{
    if (process.trace == NULL) {
        process.trace = POOL_NEW(pool, struct trace);
        process.trace->pool = pool;
    }
    return process.trace;
}

void
trace_to_stream(struct pool *pool, uint64_t categories, FILE *stream)
{
    struct trace *t = trace_made(pool);

    t->categories = categories;
    t->stream = stream;
}

void
trace_set_mark(const char *mark)
{
    if (process.trace != NULL)
        process.trace->mark = mark;
}

void
trace_keep(struct pool *pool)
{
    trace_made(pool)->is_kept = true;
}

static bool
is_rendered(const struct trace *t, enum trace_category category)
{
    if (category == TRACE_GENERAL)
        return t->stream != NULL && t->mark == NULL;
    return t->stream != NULL && (t->categories >> category & 1) != 0;
}

bool
trace_wants(enum trace_category category)
{
    return process.trace != NULL && (process.trace->is_kept || is_rendered(process.trace, category));
}

static void
print_line(FILE *out, struct str line, unsigned depth)
{
    fprintf(out, "%*s", (int)(depth * INDENT), "");
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];

        if (c == '\n' || c == '\t' || c >= 0x20)
            fputc(c, out);
        else
            fprintf(out, "\\x%02x", c);
    }
    fputc('\n', out);
}

/* Debug output goes to a terminal or a file of the administrator's own: "08:15:02.123  4711 text". */
static void
render(const struct trace *t, struct str text)
{
    if ((t->categories >> TRACE_TIMESTAMP & 1) != 0) {
        struct timeval now;
        struct tm local;

        gettimeofday(&now, NULL);
        localtime_r(&now.tv_sec, &local);
        fprintf(t->stream, "%02d:%02d:%02d.%03d ", local.tm_hour, local.tm_min, local.tm_sec,
                (int)(now.tv_usec / 1000));
    }
    if ((t->categories >> TRACE_PID & 1) != 0)
        fprintf(t->stream, "%5d ", (int)getpid());
    if (t->mark != NULL) {
        fprintf(t->stream, "%s%*s", t->mark, t->depth > 0 ? (int)t->depth - 1 : 0, "");
        print_line(t->stream, text, 0);
    } else
        print_line(t->stream, text, t->depth);
    fflush(t->stream);
}

static void
keep(struct trace *t, struct str text, bool is_result)
{
    struct record *record = POOL_NEW(t->pool, struct record);

    *record = (struct record){ .depth = t->depth, .is_result = is_result, .text = pool_dup(t->pool, text) };
    if (t->last == NULL)
        t->first = record;
    else
        t->last->next = record;
    t->last = record;
}

__attribute__((format(printf, 3, 0)))
static void
record_add(enum trace_category category, bool is_result, const char *format, va_list args)
{
    struct trace *t = process.trace;
    struct pool_mark mark;
    struct buf text;

    if (!trace_wants(category))
        return;
    mark = pool_mark(t->pool);
    buf_init(&text, t->pool, RECORD_MAX_BYTES);
    buf_vaddf(&text, CLEAN, format, args);
    if (is_rendered(t, category))
        render(t, buf_str(&text));
    if (t->is_kept)
        keep(t, buf_str(&text), is_result);
    else
        pool_reset(t->pool, mark);
}

void
trace(enum trace_category category, const char *format, ...)
{
    va_list args;

    if (process.trace == NULL)
        return;
    va_start(args, format);
    record_add(category, false, format, args);
    va_end(args);
}

void
trace_begin(enum trace_category category, const char *format, ...)
{
    va_list args;

    if (process.trace == NULL)
        return;
    va_start(args, format);
    record_add(category, false, format, args);
    va_end(args);
    if (process.trace->depth < DEPTH_MAX)
        process.trace->depth++;
}

void
trace_end(enum trace_category category, const char *format, ...)
{
    va_list args;

    if (process.trace == NULL)
        return;
    va_start(args, format);
    record_add(category, true, format, args);
    va_end(args);
    if (process.trace->depth > 0)
        process.trace->depth--;
}

void
trace_print_tree(FILE *out)
{
    if (process.trace == NULL)
        return;
    for (const struct record *record = process.trace->first; record != NULL; record = record->next) {
        struct pool_mark mark = pool_mark(process.trace->pool);

        print_line(out,
                   record->is_result ? pool_printf(process.trace->pool, "=> %.*s", STR_ARG(record->text))
                                     : record->text,
                   record->depth);
        pool_reset(process.trace->pool, mark);
    }
}

bool
trace_category_find(struct str name, enum trace_category *category_out)
{
    for (size_t i = 0; i < TRACE_GENERAL; i++)
        if (str_eq_c(name, names[i])) {
            *category_out = i;
            return true;
        }
    return false;
}

const char *
trace_category_name(enum trace_category category)
{
    return names[category];
}
