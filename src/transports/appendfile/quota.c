#include <stdlib.h>
#include "base/buf.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "transports/appendfile/appendfile.h"

enum { NUMBER_MAX_BYTES = 32 };

/* "12", "2.5": digits with at most one point. */
static bool
take_number(struct str *text, double *value_out)
{
    char digits[NUMBER_MAX_BYTES];
    size_t len = 0, points = 0;

    while (len < text->len && len < NUMBER_MAX_BYTES - 1 && (ascii_is_digit(text->ptr[len]) || text->ptr[len] == '.')) {
        points += text->ptr[len] == '.';
        digits[len] = text->ptr[len];
        len++;
    }
    if (len == 0 || points > 1)
        return false;
    digits[len] = '\0';
    *value_out = strtod(digits, NULL);
    *text = str_from(*text, len);
    return true;
}

static double
take_unit(struct str *text, int64_t limit)
{
    double unit = 1;

    if (text->len == 0)
        return unit;
    switch (ascii_upper(text->ptr[0])) {
    case 'K': unit = 1024; break;
    case 'M': unit = 1024.0 * 1024; break;
    case 'G': unit = 1024.0 * 1024 * 1024; break;
    case 'T': unit = 1024.0 * 1024 * 1024 * 1024; break;
    case '%': unit = (double)limit / 100; break;
    default: return unit;
    }
    *text = str_from(*text, 1);
    return unit;
}

bool
append_size_parse(struct str text, int64_t limit, int64_t *size_out, bool *is_checked_out)
{
    double value;

    text = str_trim(text);
    *is_checked_out = true;
    if (text.len == 0) {
        *size_out = 0;
        return true;
    }
    if (!take_number(&text, &value))
        return false;
    value *= take_unit(&text, limit);
    text = str_trim_left(text);
    while (text.len > 0 && text.ptr[0] == '/') {
        struct str word, rest;

        str_cut(str_from(text, 1), '/', &word, &rest);
        if (str_eq_c(str_trim(word), "no_check"))
            *is_checked_out = false;
        text = rest.len > 0 ? str_make(rest.ptr - 1, rest.len + 1) : rest;
    }
    if (text.len > 0 || value >= 9.2e18)
        return false;
    *size_out = (int64_t)value;
    return true;
}

static enum outcome
read_one(struct append_job *job, struct template *option, int64_t limit, int64_t *size_out, bool *is_checked_out,
         struct why *why)
{
    struct str text, reason, name = job->run->transport->instance.name;

    *is_checked_out = true;
    if (option == NULL)
        return OK;
    if (expand(option, &job->run->scope, &text, why) != OK) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "Expansion of \"%.*s\" in %.*s transport failed: %.*s",
                               STR_ARG(option->text), STR_ARG(name), STR_ARG(reason));
    }
    if (append_size_parse(text, limit, size_out, is_checked_out))
        return OK;
    return transport_defer(why, NUMBER_NONE, "Malformed value \"%.*s\" (expansion of \"%.*s\") in %.*s transport",
                           STR_ARG(text), STR_ARG(option->text), STR_ARG(name));
}

enum outcome
append_quota_read(struct append_job *job, struct why *why)
{
    const struct appendfile_options *opt = job->options;
    struct append_quota *quota = &job->quota;
    bool unused;

    *quota = (struct append_quota){ .size = -1, .file_count = -1 };
    if (read_one(job, opt->quota, 0, &quota->limit, &quota->is_checked, why) != OK
        || read_one(job, opt->quota_filecount, 0, &quota->file_limit, &quota->are_files_checked, why) != OK
        || read_one(job, opt->quota_warn_threshold, quota->limit, &quota->warn_threshold, &unused, why) != OK
        || read_one(job, opt->mailbox_size, 0, &quota->size, &unused, why) != OK
        || read_one(job, opt->mailbox_filecount, 0, &quota->file_count, &unused, why) != OK)
        return DEFER;
    if (opt->maildir_use_size_file != NULL && job->kind == APPEND_MAILDIR
        && expand_bool(opt->maildir_use_size_file, &job->run->scope, &job->is_maildirsize_wanted, why) != OK) {
        struct str reason = why->text;

        return transport_defer(why, NUMBER_NONE, "Expansion of maildir_use_size_file in %.*s transport failed: %.*s",
                               STR_ARG(job->run->transport->instance.name), STR_ARG(reason));
    }
    return OK;
}

static enum outcome
quota_defer(const char *name, const char *which, struct why *why)
{
    transport_defer(why, NUMBER_QUOTA, "mailbox is full (MTA-imposed %s exceeded while writing to %s)", which, name);
    why->cause = CAUSE_QUOTA;
    why->enhanced = "4.2.2";
    why->user_text = STR("mailbox is full");
    return DEFER;
}

enum outcome
append_quota_check(struct append_job *job, const char *name, struct why *why)
{
    const struct append_quota *quota = &job->quota;
    bool is_inclusive = job->options->quota_is_inclusive;
    int64_t size = quota->size + (is_inclusive ? job->run->message->message_bytes : 0);
    int64_t count = quota->file_count + (is_inclusive ? 1 : 0);

    if (quota->limit > 0 && quota->size >= 0 && size > quota->limit) {
        if (quota->is_checked)
            return quota_defer(name, "quota", why);
        trace(TRACE_DELIVER, "size quota exceeded, delivery forced by no_check");
    }
    if (quota->file_limit > 0 && quota->file_count >= 0 && count > quota->file_limit) {
        if (quota->are_files_checked)
            return quota_defer(name, "filecount quota", why);
        trace(TRACE_DELIVER, "file count quota exceeded, delivery forced by no_check");
    }
    return OK;
}

/* Does the text's header section have this field? */
static bool
has_field(struct str text, const char *name_and_colon)
{
    struct str line;

    while (str_take_line(&text, &line) && str_trim(line).len > 0)
        if (str_istarts(line, str_of(name_and_colon)))
            return true;
    return false;
}

static struct str
warning_text(struct append_job *job, struct str body)
{
    struct buf text;

    buf_init(&text, job->pool, BUF_NO_LIMIT);
    buf_add_c(&text, "Auto-Submitted: auto-generated\n");
    if (!has_field(body, "From:"))
        buf_addf(&text, "From: Mail Delivery System <mailer-daemon@%.*s>\n", STR_ARG(config->qualify_domain));
    if (config->errors_reply_to.len > 0 && !has_field(body, "Reply-To:"))
        buf_addf(&text, "Reply-To: %.*s\n", STR_ARG(config->errors_reply_to));
    buf_add(&text, body);
    return buf_str(&text);
}

void
append_quota_warn(struct append_job *job)
{
    const struct append_quota *quota = &job->quota;
    const struct transport_hooks *hooks = job->run->hooks;
    struct transport_submission submission = { .has_recipients_in_header = true };
    struct str text;
    struct why why;

    why_init(&why, job->pool);
    if (quota->warn_threshold <= 0 || quota->size < 0 || quota->size > quota->warn_threshold
        || quota->size + job->written <= quota->warn_threshold || job->options->quota_warn_message == NULL)
        return;
    if (hooks == NULL || hooks->submit == NULL)
        return;
    if (expand(job->options->quota_warn_message, &job->run->scope, &text, &why) == OK) {
        submission.text = warning_text(job, text);
        if (hooks->submit(hooks->data, &submission, &why) == OK)
            return;
    }
    log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, job->run->message->id,
              "Failed to send quota warning message (from %.*s transport): %.*s",
              STR_ARG(job->run->transport->instance.name), STR_ARG(why.text));
}
