/* transports/autoreply.c -- generate a message in reply (manual: chapter 27; RFC 3834). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "address/mailbox.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/items.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "match/match.h"
#include "transports/common.h"
#include "transports/message_write.h"
#include "transports/once_file.h"

enum { FILE_MAX_BYTES = 10 * 1024 * 1024, REFERENCES_MAX = 12 };

struct autoreply_options {
    bool file_expand, file_optional, return_message;
    int mode, once_file_size;
    struct template *bcc, *cc, *file, *from, *headers, *log, *never_mail, *once, *once_repeat, *reply_to, *subject,
        *text, *to;
};

static const struct autoreply_options defaults = { .mode = 0600 };

static const struct option options[] = {
    OPTION_EXPANDED(struct autoreply_options, bcc),
    OPTION_EXPANDED(struct autoreply_options, cc),
    OPTION_EXPANDED(struct autoreply_options, file),
    OPTION_BOOL(struct autoreply_options, file_expand),
    OPTION_BOOL(struct autoreply_options, file_optional),
    OPTION_EXPANDED(struct autoreply_options, from),
    OPTION_EXPANDED(struct autoreply_options, headers),
    OPTION_EXPANDED(struct autoreply_options, log),
    OPTION_OCTAL(struct autoreply_options, mode),
    OPTION_ADDRESS_LIST(struct autoreply_options, never_mail),
    OPTION_EXPANDED(struct autoreply_options, once),
    OPTION_INT(struct autoreply_options, once_file_size),
    OPTION_EXPANDED_TIME(struct autoreply_options, once_repeat),
    OPTION_EXPANDED(struct autoreply_options, reply_to),
    OPTION_BOOL(struct autoreply_options, return_message),
    OPTION_EXPANDED(struct autoreply_options, subject),
    OPTION_EXPANDED(struct autoreply_options, text),
    OPTION_EXPANDED(struct autoreply_options, to),
    OPTION_END
};

static bool
autoreply_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    const struct autoreply_options *opt = instance->options;

    (void)pool;
    if (opt->once_file_size < 0) {
        *why_out = STR("once_file_size must not be negative");
        return false;
    }
    return true;
}

/* The reply under way: options expanded. */
struct reply {
    struct transport_run *run;
    const struct autoreply_options *options;
    struct pool *pool;
    struct str name;                /* of the transport */
    struct str from, reply_to, to, cc, bcc, subject, headers, text, file, log, once;
    int once_repeat_s;
    struct str file_text;
};

/* ---- Options */

/* A header line may fold, and holds nothing else that does not print. */
static bool
is_printable(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c == '\n' && i + 1 < text.len && (text.ptr[i + 1] == ' ' || text.ptr[i + 1] == '\t'))
            continue;
        if (c == '\t' || (c >= 0x20 && c < 0x7f) || (c >= 0x80 && config->print_topbitchars))
            continue;
        return false;
    }
    return true;
}

static enum outcome
expand_option(struct reply *reply, struct template *option, bool is_header, struct str *text_out, struct why *why)
{
    struct str reason;

    *text_out = STR("");
    if (option == NULL)
        return OK;
    if (expand(option, &reply->run->scope, text_out, why) != OK) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "Expansion of \"%.*s\" failed in %.*s transport: %.*s",
                               STR_ARG(option->text), STR_ARG(reply->name), STR_ARG(reason));
    }
    if (is_header && !is_printable(*text_out))
        return transport_defer(why, NUMBER_NONE,
                               "Expansion of \"%.*s\" in %.*s transport contains non-printing character",
                               STR_ARG(option->text), STR_ARG(reply->name));
    return OK;
}

static enum outcome
expand_repeat(struct reply *reply, struct why *why)
{
    struct str text;

    if (expand_option(reply, reply->options->once_repeat, false, &text, why) != OK)
        return DEFER;
    if (text.len == 0)
        return OK;
    reply->once_repeat_s = interval_parse(text);
    if (reply->once_repeat_s >= 0)
        return OK;
    return transport_defer(why, NUMBER_NONE, "Invalid time value \"%.*s\" for \"once_repeat\" in %.*s transport",
                           STR_ARG(text), STR_ARG(reply->name));
}

static enum outcome
expand_all(struct reply *reply, struct why *why)
{
    const struct autoreply_options *opt = reply->options;
    struct { struct template *option; bool is_header; struct str *to;
    } parts[] = {
        { opt->from, true, &reply->from },
        { opt->reply_to, true, &reply->reply_to },
        { opt->to, true, &reply->to },
        { opt->cc, true, &reply->cc },
        { opt->bcc, true, &reply->bcc },
        { opt->subject, true, &reply->subject },
        { opt->headers, false, &reply->headers },
        { opt->text, false, &reply->text },
        { opt->file, false, &reply->file },
        { opt->log, false, &reply->log },
        { opt->once, false, &reply->once },
    };

    for (size_t i = 0; i < COUNT(parts); i++)
        if (expand_option(reply, parts[i].option, parts[i].is_header, parts[i].to, why) != OK)
            return DEFER;
    return expand_repeat(reply, why);
}

/* A file named by something from outside would let a peer choose among the user's files. */
static enum outcome
check_paths(struct reply *reply, struct why *why)
{
    const struct { struct str path; const char *option; } paths[] = {
        { reply->file, "file" }, { reply->log, "log" }, { reply->once, "once" },
    };

    for (size_t i = 0; i < COUNT(paths); i++)
        if (str_is_tainted(paths[i].path))
            return transport_defer(why, NUMBER_NONE, "Tainted '%.*s' (\"%s\" of %.*s transport) not permitted",
                                   STR_ARG(paths[i].path), paths[i].option, STR_ARG(reply->name));
    return OK;
}

/* ---- Recipients */

/* Take the addresses that match never_mail out of a list. */
static void
drop_never(struct reply *reply, struct str *list)
{
    static const struct address_rules rules = { .allow_domain_literals = true,
                                                .allow_utf8_domains = true,
                                                .allow_unqualified = true };
    struct address_list addresses;
    struct address_list_item item;
    enum address_list_step step;
    struct buf kept;
    bool has_dropped = false;

    buf_init(&kept, reply->pool, BUF_NO_LIMIT);
    address_list_init(&addresses, reply->pool, *list, &rules);
    while ((step = address_list_next(&addresses, &item)) != ADDRESS_LIST_END) {
        struct why why;

        why_init(&why, reply->pool);
        if (step == ADDRESS_LIST_ADDRESS
            && match_address(reply->options->never_mail, item.parse.address, &reply->run->scope, NULL, &why)
                   == MATCH_YES) {
            trace(TRACE_DELIVER, "discarded recipient %.*s (never_mail)", STR_ARG(item.parse.address));
            has_dropped = true;
            continue;
        }
        if (kept.len > 0)
            buf_add_c(&kept, ", ");
        buf_add(&kept, item.text);
    }
    if (has_dropped)
        *list = buf_str(&kept);
}

static bool
has_recipients(const struct reply *reply)
{
    return str_trim(reply->to).len + str_trim(reply->cc).len + str_trim(reply->bcc).len > 0;
}

/* ---- The log of replies */

static void
log_add(const struct reply *reply, struct str text)
{
    struct str record;
    int fd;

    if (reply->log.len == 0)
        return;
    fd = open(pool_cstr(reply->pool, reply->log), O_CREAT | O_APPEND | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
              (mode_t)reply->options->mode);
    record = pool_printf_tainted(reply->pool, "%.*s\n%.*s", STR_ARG(clock_format(reply->pool, CLOCK_LOG, clock_now())),
                                 STR_ARG(text));
    if (fd == -1 || !file_write_all(fd, record))
        trace(TRACE_DELIVER, "failed to write to the log file of the %.*s transport: %s", STR_ARG(reply->name),
              strerror(errno));
    if (fd != -1)
        close(fd);
}

static void
log_sent(const struct reply *reply)
{
    const struct { const char *label; struct str text; } parts[] = {
        { "From: ", reply->from }, { "To: ", reply->to }, { "Cc: ", reply->cc }, { "Bcc: ", reply->bcc },
        { "Subject: ", reply->subject }, { "", reply->headers },
    };
    struct buf text;

    buf_init(&text, reply->pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].text.len > 0)
            buf_addf_tainted(&text, "  %s%.*s\n", parts[i].label, STR_ARG(parts[i].text));
    log_add(reply, buf_str(&text));
}

/* ---- The message */

static void
add_field(struct buf *text, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buf_addf(text, "%s: ", name);
    buf_add(text, value);
    buf_add_char(text, '\n');
}

/* Ids in "<>" of a field's body. */
static void
take_ids(struct str body, struct str_list *ids, struct pool *pool)
{
    size_t start, end;

    while ((start = str_find(body, '<')) != STR_NONE && (end = str_find(str_from(body, start), '>')) != STR_NONE) {
        str_list_add(ids, pool, str_sub(body, start, end + 1));
        body = str_from(body, start + end + 1);
    }
}

static struct str
field_body(const struct message *message, struct str name)
{
    const struct header_field *field = message_find_header(message, name, NULL);

    return field == NULL ? STR("") : header_body(field);
}

/* References: of the message, or its In-Reply-To: if that names one, and its own id (RFC 5322 section 3.6.4); of a long
 * thread the first and the latest. */
static void
add_references(struct reply *reply, struct buf *text)
{
    const struct message *message = reply->run->message;
    struct str_list ids = { 0 };
    struct str id = str_trim(field_body(message, STR("Message-ID")));

    take_ids(field_body(message, STR("References")), &ids, reply->pool);
    if (ids.count == 0) {
        take_ids(field_body(message, STR("In-Reply-To")), &ids, reply->pool);
        if (ids.count > 1)
            ids.count = 0;
    }
    take_ids(id, &ids, reply->pool);
    if (id.len == 0 || ids.count == 0)
        return;
    buf_add_c(text, "In-Reply-To: ");
    buf_add(text, id);
    buf_add_c(text, "\nReferences:");
    for (size_t i = 0; i < ids.count; i++)
        if (i == 0 || i + REFERENCES_MAX > ids.count) {
            buf_add_char(text, ' ');
            buf_add(text, ids.items[i]);
        }
    buf_add_char(text, '\n');
}

static enum outcome
read_file(struct reply *reply, struct why *why)
{
    const char *path = reply->file.len > 0 ? pool_cstr(reply->pool, reply->file) : NULL;

    if (path == NULL || file_read(path, reply->pool, CLEAN, FILE_MAX_BYTES, &reply->file_text)
        || reply->options->file_optional)
        return OK;
    return transport_defer(why, errno, "Failed to open file %s when sending message from %.*s transport: %s", path,
                           STR_ARG(reply->name), strerror(errno));
}

/* The file as it is, or line by line expanded: it belongs to whoever wrote the configuration or the forward file. */
static enum outcome
add_file(struct reply *reply, struct buf *text, struct why *why)
{
    struct str rest = reply->file_text, line, expanded;

    if (!reply->options->file_expand) {
        buf_add(text, rest);
        return OK;
    }
    while (str_take_line(&rest, &line)) {
        if (expand_text(line, &reply->run->scope, &expanded, why) != OK) {
            struct str reason = why->text;

            return transport_defer(why, NUMBER_NONE,
                                   "Expansion of \"%.*s\" in file %.*s failed in %.*s transport: %.*s", STR_ARG(line),
                                   STR_ARG(reply->file), STR_ARG(reply->name), STR_ARG(reason));
        }
        buf_add(text, expanded);
        buf_add_char(text, '\n');
    }
    return OK;
}

/* A sink that takes no more than the limit. */
struct copy {
    struct buf *text;
    int64_t left_bytes;
};

static bool
take_copy(void *data, struct str octets)
{
    struct copy *copy = data;
    struct str part = str_head(octets, copy->left_bytes < (int64_t)octets.len ? (size_t)copy->left_bytes : octets.len);

    buf_add(copy->text, part);
    copy->left_bytes -= (int64_t)part.len;
    return copy->left_bytes > 0;
}

static enum outcome
add_original(struct reply *reply, struct buf *text, struct why *why)
{
    int64_t limit = config->bounce_return_size_limit, size = reply->run->message->body_bytes;
    struct copy copy = { text, limit > 0 ? limit : INT64_MAX };
    struct line_format format = { .is_crlf = false };
    enum outcome outcome;

    buf_add_c(text, "\n------ This is a copy of the message, including all the headers.\n");
    if (limit > 0 && size > limit)
        buf_addf(text, "------ The body of the message is %lld characters long; only the first\n"
                 "------ %lld or so are included here.\n", (long long)size, (long long)limit / 1000 * 1000);
    buf_add_char(text, '\n');
    line_format_begin(&format, reply->pool, (struct message_sink){ take_copy, &copy });
    outcome = message_write(reply->run, &format, false, why);
    if (outcome == OK)
        line_format_flush(&format);
    return format.has_failed ? OK : outcome;
}

static enum outcome
make_text(struct reply *reply, struct str *text_out, struct why *why)
{
    struct buf text;

    buf_init(&text, reply->pool, BUF_NO_LIMIT);
    add_field(&text, "From", reply->from);
    add_field(&text, "Reply-To", reply->reply_to);
    add_field(&text, "To", reply->to);
    add_field(&text, "Cc", reply->cc);
    add_field(&text, "Bcc", reply->bcc);
    add_field(&text, "Subject", reply->subject);
    add_references(reply, &text);
    buf_add_c(&text, "Auto-Submitted: auto-replied\n");
    if (reply->headers.len > 0) {
        buf_add(&text, reply->headers);
        buf_add_char(&text, '\n');
    }
    buf_add_char(&text, '\n');
    if (reply->text.len > 0) {
        buf_add(&text, reply->text);
        if (text.ptr[text.len - 1] != '\n')
            buf_add_char(&text, '\n');
    }
    if (add_file(reply, &text, why) != OK || (reply->options->return_message && add_original(reply, &text, why) != OK))
        return DEFER;
    *text_out = buf_str(&text);
    return OK;
}

static enum outcome
submit(struct reply *reply, struct why *why)
{
    const struct transport_hooks *hooks = reply->run->hooks;
    struct transport_submission submission = { .has_recipients_in_header = true };

    if (make_text(reply, &submission.text, why) != OK)
        return DEFER;
    if (hooks == NULL || hooks->submit == NULL)
        return transport_defer(why, NUMBER_NONE, "%.*s transport: nobody here takes the message", STR_ARG(reply->name));
    if (hooks->submit(hooks->data, &submission, why) != OK)
        return DEFER;
    log_sent(reply);
    return OK;
}

/* ---- Once */

static bool
was_sent_lately(const struct reply *reply, time_t last)
{
    return last != 0 && (reply->once_repeat_s == 0 || clock_seconds() - last < reply->once_repeat_s);
}

static enum outcome
submit_once(struct reply *reply, struct why *why)
{
    struct once_file once = {
        .pool = reply->pool,
        .path = pool_cstr(reply->pool, reply->once),
        .size_max_bytes = reply->options->once_file_size,
        .mode = reply->options->mode,
    };
    enum outcome outcome = once_file_open(&once, why);

    if (outcome != OK)
        return outcome;
    if (was_sent_lately(reply, once_file_last(&once, reply->to))) {
        log_add(reply, pool_printf_tainted(reply->pool, "  previously sent to %.*s\n", STR_ARG(reply->to)));
        once_file_close(&once);
        return OK;
    }
    outcome = submit(reply, why);
    if (outcome == OK && !once_file_note(&once, reply->to, clock_seconds()))
        trace(TRACE_DELIVER, "cannot write to %s: %s", once.path, strerror(errno));
    once_file_close(&once);
    return outcome;
}

static enum outcome
send_reply(struct reply *reply, struct why *why)
{
    if (expand_all(reply, why) != OK || check_paths(reply, why) != OK)
        return DEFER;
    if (reply->options->never_mail != NULL) {
        drop_never(reply, &reply->to);
        drop_never(reply, &reply->cc);
        drop_never(reply, &reply->bcc);
    }
    /* A bounce has no sender to be answered: nothing to do. */
    if (!has_recipients(reply) || reply->run->is_dont_deliver)
        return OK;
    if (read_file(reply, why) != OK)
        return DEFER;
    umask(0);
    return reply->once.len > 0 && reply->to.len > 0 ? submit_once(reply, why) : submit(reply, why);
}

static void
autoreply_run(struct transport_run *run)
{
    struct reply reply = { .run = run,
                           .options = run->transport->instance.options,
                           .pool = run->pool,
                           .name = run->transport->instance.name };
    struct why why;
    enum outcome outcome;

    why_init(&why, run->pool);
    outcome = send_reply(&reply, &why);
    transport_set_all(run->addresses, outcome, &why);
}

const struct transport_driver autoreply_driver = {
    .info = {
        .name = "autoreply", .is_local = true, .options = options, .defaults = &defaults,
        .options_size = sizeof(struct autoreply_options), .init = autoreply_init,
    },
    .has_reply_only = true,
    .run = autoreply_run,
};
