/* The lines of the main log and the message log about deliveries (manual: log files). */
#include <string.h>
#include "base/clock.h"
#include "base/process.h"
#include "config/config.h"
#include "deliver/delivery.h"
#include "log/log.h"
#include "net/host.h"

enum { LINE_MAX_BYTES = 1 << 20 };

static struct str
transport_name(const struct address *addr)
{
    return addr->transport == NULL ? STR("") : ((const struct driver_instance *)addr->transport)->name;
}

/* The local part as it came, without the affixes that the router took off. */
static struct str
short_local_part(const struct address *addr)
{
    struct str whole = addr->cc_local_part;

    return str_sub(whole, addr->prefix.len, whole.len - addr->prefix.len - addr->suffix.len);
}

/* What stands for the address itself: the local part alone for local style, the text of pipes and files. */
static struct str
final_text(const struct delivery_state *state, const struct address *addr, bool is_success)
{
    bool is_short = is_success && addr->kind == ADDRESS_MAIL && addr->router != NULL && addr->router->log_as_local
        && (addr->transport == NULL || ((const struct driver_instance *)addr->transport)->driver->is_local);

    if (addr->kind == ADDRESS_AUTOREPLY)
        return pool_printf_tainted(state->pool, ">%.*s", STR_ARG(addr->text.len > 0 && addr->text.ptr[0] == '>'
                                                                ? str_from(addr->text, 1) : addr->text));
    return is_short ? short_local_part(addr) : addr->text;
}

/* " (parent, grandparent)": those between the final and the original address; only the first unless all_parents. */
static void
parents_add(struct buf *line, const struct address *addr)
{
    const struct address *top = address_top(addr);
    const char *before = " (";

    for (const struct address *above = addr->parent; above != NULL && above != top; above = above->parent) {
        if (str_eq(above->text, addr->text))
            continue;
        buf_addf_tainted(line, "%s%.*s", before, STR_ARG(above->text));
        before = ", ";
        if (!log_wants(LOG_ALL_PARENTS))
            break;
    }
    if (before[0] == ',')
        buf_add_char(line, ')');
}

struct str
log_address(const struct delivery_state *state, const struct address *addr, bool is_success)
{
    const struct address *top = address_top(addr);
    struct str text = final_text(state, addr, is_success);
    struct str original = addr->one_time_parent.len > 0 ? addr->one_time_parent
        : top->one_time_parent.len > 0 ? top->one_time_parent : top->text;
    struct buf line;

    buf_init(&line, state->pool, LINE_MAX_BYTES);
    buf_add(&line, text);
    parents_add(&line, addr);
    /* The original recipient, when it is not what stands there already. */
    if (!str_eq(text, original) && (addr->parent != NULL || is_success || addr->one_time_parent.len > 0))
        buf_addf_tainted(&line, " <%.*s>", STR_ARG(original));
    return buf_str(&line);
}

static struct str
return_path_of(const struct delivery_state *state, const struct address *addr)
{
    return addr->has_errors_to ? addr->errors_to : state->message->sender;
}

/* F= and P= are shown for everything that got beyond routing. */
static void
senders_add(struct buf *line, const struct delivery_state *state, const struct address *addr)
{
    if (log_wants(LOG_SENDER_ON_DELIVERY))
        buf_addf_tainted(line, " F=<%.*s>", STR_ARG(state->message->sender));
    if (log_wants(LOG_RETURN_PATH_ON_DELIVERY) && addr->transport != NULL)
        buf_addf_tainted(line, " P=<%.*s>", STR_ARG(return_path_of(state, addr)));
}

static void
drivers_add(struct buf *line, const struct delivery_state *state, const struct address *addr)
{
    if (state->message->queue_name.len > 0)
        buf_addf_tainted(line, " Q=%.*s", STR_ARG(state->message->queue_name));
    if (addr->router != NULL)
        buf_addf(line, " R=%.*s", STR_ARG(addr->router->instance.name));
    if (addr->transport != NULL)
        buf_addf(line, " T=%.*s", STR_ARG(transport_name(addr)));
}

static void
host_add(struct buf *line, const struct address *addr)
{
    const struct host *host = addr->host_used;

    if (host == NULL)
        return;
    buf_addf_tainted(line, " H=%.*s [%.*s]", STR_ARG(host->name), STR_ARG(host->address));
    if (log_wants(LOG_OUTGOING_PORT) && host->port > 0)
        buf_addf(line, ":%d", host->port);
    buf_add(line, addr->log_connection);
    if (log_wants(LOG_DNSSEC) && host->is_dnssec)
        buf_add_c(line, " DS");
}

static struct timeval
since(const struct timeval *start)
{
    return timeval_minus(clock_now(), *start);
}

static void
deliver_time_add(struct buf *line, struct delivery_state *state, const struct address *addr)
{
    struct timeval taken = { (time_t)addr->transport_time_s,
                             (suseconds_t)((addr->transport_time_s - (double)(time_t)addr->transport_time_s) * 1e6) };

    if (log_wants(LOG_DELIVER_TIME))
        buf_addf(line, " DT=%.*s", STR_ARG(interval_format_ms(state->pool, taken, log_wants(LOG_MILLISEC))));
}

static void
queue_time_add(struct buf *line, struct delivery_state *state)
{
    struct timeval start = state->message->received_at;

    if (log_wants(LOG_QUEUE_TIME_EXCLUSIVE) && state->message->received_complete_at.tv_sec != 0)
        start = state->message->received_complete_at;
    buf_addf(line, " QT=%.*s", STR_ARG(interval_format_ms(state->pool, since(&start), log_wants(LOG_MILLISEC))));
}

static bool
is_logging_disabled(const struct address *addr)
{
    return (addr->router != NULL && addr->router->disable_logging) ||
           (addr->transport != NULL && addr->transport->disable_logging);
}

void
msglog_write(struct delivery_state *state, const char *format, ...)
{
    struct buf line;
    char stamp[CLOCK_TEXT_MAX_BYTES];
    va_list args;

    if (!config->message_logs)
        return;
    buf_init(&line, state->pool, LINE_MAX_BYTES);
    buf_add(&line, clock_format_into(log_wants(LOG_MILLISEC) ? CLOCK_LOG_MILLISEC : CLOCK_LOG, clock_now(), stamp));
    buf_add_char(&line, ' ');
    va_start(args, format);
    buf_vaddf(&line, TAINTED, format, args);
    va_end(args);
    if (!state->message->is_first_try) {
        spool_msglog_add(state->spool, state->message->id, buf_str(&line));
        return;
    }
    if (state->msglog.pool == NULL)
        buf_init(&state->msglog, state->pool, BUF_NO_LIMIT);
    buf_add_c(&state->msglog, state->msglog.len > 0 ? "\n" : "");
    buf_add(&state->msglog, buf_str(&line));
}

void
msglog_flush(struct delivery_state *state)
{
    if (state->msglog.len > 0)
        spool_msglog_add(state->spool, state->message->id, buf_str(&state->msglog));
    buf_truncate(&state->msglog, 0);
}

/* C="…": with quotes and backslashes of the reply escaped. */
static void
confirmation_add(struct buf *line, const struct address *addr)
{
    if (!log_wants(LOG_SMTP_CONFIRMATION) || addr->confirmation.len == 0 || addr->transport == NULL)
        return;
    buf_add_c(line, " C=\"");
    for (size_t i = 0; i < addr->confirmation.len; i++) {
        if (addr->confirmation.ptr[i] == '"' || addr->confirmation.ptr[i] == '\\')
            buf_add_char(line, '\\');
        buf_add(line, str_sub(addr->confirmation, i, 1));
    }
    buf_add_char(line, '"');
}

static void
bypassed_log(struct delivery_state *state, const struct address *addr, struct buf *line)
{
    buf_addf_tainted(line, "%.*s <%.*s>", STR_ARG(addr->text), STR_ARG(address_top(addr)->text));
    if (log_wants(LOG_SENDER_ON_DELIVERY))
        buf_addf_tainted(line, " F=<%.*s>", STR_ARG(state->message->sender));
    drivers_add(line, state, addr);
    buf_add_c(line, " T=**bypassed**");
    if (log_wants(LOG_DELIVERY_SIZE))
        buf_add_c(line, " S=0");
    if (log_wants(LOG_QUEUE_TIME))
        queue_time_add(line, state);
    deliver_time_add(line, state, addr);
}

static void
carried_log(struct delivery_state *state, const struct address *addr, struct buf *line)
{
    buf_add(line, log_address(state, addr, true));
    senders_add(line, state, addr);
    drivers_add(line, state, addr);
    if (log_wants(LOG_DELIVERY_SIZE))
        buf_addf(line, " S=%lld", (long long)addr->delivered_bytes);
    host_add(line, addr);
    buf_add(line, addr->log_fields);
    confirmation_add(line, addr);
    if (log_wants(LOG_QUEUE_TIME))
        queue_time_add(line, state);
    deliver_time_add(line, state, addr);
    buf_add(line, addr->shadow_text);
}

/* What a pipe said, as its log_output and kin ask for. */
void
log_output(struct delivery_state *state, const struct address *addr)
{
    if (addr->output_line.len > 0 && addr->transport != NULL && !is_logging_disabled(addr))
        log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "<%.*s>: %.*s transport output: %.*s",
                  STR_ARG(addr->text), STR_ARG(transport_name(addr)), STR_ARG(addr->output_line));
}

void
log_delivered(struct delivery_state *state, const struct address *addr, const char *flag)
{
    struct buf line;

    if (is_logging_disabled(addr))
        return;
    buf_init(&line, state->pool, LINE_MAX_BYTES);
    if (addr->transport != NULL) {
        carried_log(state, addr, &line);
    } else if (addr->kind == ADDRESS_FILE) {
        bypassed_log(state, addr, &line);
    } else {
        buf_addf_tainted(&line, ":blackhole: <%.*s>", STR_ARG(addr->text));
        if (addr->router != NULL)
            buf_addf(&line, " R=%.*s", STR_ARG(addr->router->instance.name));
    }
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "%s %.*s", flag, STR_ARG(buf_str(&line)));
}

void
log_failed(struct delivery_state *state, const struct address *addr)
{
    struct buf line;

    if (is_logging_disabled(addr) || addr->is_already_logged)
        return;
    buf_init(&line, state->pool, LINE_MAX_BYTES);
    buf_add(&line, log_address(state, addr, false));
    senders_add(&line, state, addr);
    drivers_add(&line, state, addr);
    host_add(&line, addr);
    if (addr->why.text.len > 0)
        buf_addf_tainted(&line, ": %.*s", STR_ARG(addr->why.text));
    deliver_time_add(&line, state, addr);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "** %.*s", STR_ARG(buf_str(&line)));
    msglog_write(state, "%s%.*s", addr->transport == NULL ? "routing failed for " : "", STR_ARG(buf_str(&line)));
}

/* The number in "defer (…)": a system error, or one that Exim made up for a kind of trouble. */
static int
defer_number(const struct address *addr)
{
    static const int numbers[] = {
        [CAUSE_OTHER] = -1,
        [CAUSE_QUOTA] = -22,
        [CAUSE_MAILBOX_LOCKED] = -27,
        [CAUSE_RCPT_4XX] = -44,
        [CAUSE_MAIL_4XX] = -45,
        [CAUSE_DATA_4XX] = -46,
        [CAUSE_RETRY_NOT_REACHED] = -52,
        [CAUSE_LOST_CONNECTION] = -18,
        [CAUSE_TLS_REQUIRED] = -38,
        [CAUSE_AUTH_FAILED] = -42,
        [CAUSE_TLS_FAILED] = -37,
        [CAUSE_HOST_FAILED] = -53,
    };

    if (addr->why.sys_errno != 0)
        return addr->why.sys_errno;
    /* A transport that knows no number has none to show. */
    if (addr->transport != NULL && addr->why.cause != CAUSE_RETRY_NOT_REACHED)
        return 0;
    if ((size_t)addr->why.cause < COUNT(numbers) && numbers[addr->why.cause] != 0)
        return numbers[addr->why.cause];
    return -1;
}

void
log_deferred(struct delivery_state *state, const struct address *addr)
{
    bool is_retry = addr->why.cause == CAUSE_RETRY_NOT_REACHED;
    enum log_selector selector = is_retry ? LOG_RETRY_DEFER : LOG_ALWAYS;
    const char *system = addr->why.sys_errno > 0 ? strerror(addr->why.sys_errno) : NULL;
    bool has_text = addr->why.text.len > 0 && (system == NULL || !str_eq_c(addr->why.text, system));
    struct buf line;

    if (is_logging_disabled(addr) || addr->is_already_logged)
        return;
    buf_init(&line, state->pool, LINE_MAX_BYTES);
    buf_add(&line, log_address(state, addr, false));
    if (addr->router == NULL && addr->why.sys_errno < -50)
        buf_add_c(&line, " routing");
    drivers_add(&line, state, addr);
    buf_addf(&line, " defer (%d)", defer_number(addr));
    if (system != NULL)
        buf_addf(&line, ": %s", system);
    if (system == NULL || has_text)
        host_add(&line, addr);
    deliver_time_add(&line, state, addr);
    if (has_text)
        buf_addf_tainted(&line, ": %.*s", STR_ARG(addr->why.text));
    log_write(selector, LOG_TO_MAIN, state->message->id, "== %.*s", STR_ARG(buf_str(&line)));
    if (!is_retry || state->message->is_first_try)
        msglog_write(state, "%.*s", STR_ARG(buf_str(&line)));
}

void
log_completed(struct delivery_state *state)
{
    struct buf line;

    buf_init(&line, state->pool, LINE_MAX_BYTES);
    buf_add_c(&line, "Completed");
    if (log_wants(LOG_QUEUE_TIME_OVERALL))
        queue_time_add(&line, state);
    log_write(LOG_ALWAYS, LOG_TO_MAIN, state->message->id, "%.*s", STR_ARG(buf_str(&line)));
}
