#include <errno.h>
#include "base/file.h"
#include "transports/appendfile/appendfile.h"
#include "transports/batch_smtp.h"
#include "transports/message_write.h"

/* The descriptor that the message goes to, and how far it got. */
struct destination {
    int fd;
    int error;
};

static bool
write_out(void *data, struct str octets)
{
    struct destination *to = data;

    if (file_write_all(to->fd, octets))
        return true;
    to->error = errno;
    return false;
}

enum outcome
append_error(int error, const char *name, struct why *why)
{
    if (error == EDQUOT) {
        transport_defer(why, EDQUOT, "mailbox is full (system quota exceeded while writing to %s)", name);
        why->cause = CAUSE_QUOTA;
        why->enhanced = "4.2.2";
        why->user_text = STR("mailbox is full");
        return DEFER;
    }
    return transport_defer(why, error, "error while writing to %s", name);
}

static struct line_format
format_of(const struct append_job *job)
{
    const struct appendfile_options *opt = job->options;
    struct line_format format = { .is_crlf = opt->use_crlf || opt->mbx_format };

    if (opt->use_bsmtp) {
        format.check_string = STR(".");
        format.escape_string = STR("..");
    } else if (opt->check_string.len > 0 && opt->escape_string.len > 0) {
        format.check_string = opt->check_string;
        format.escape_string = opt->escape_string;
    }
    return format;
}

static enum outcome
write_parts(struct append_job *job, struct line_format *format, struct str prefix, struct str suffix, struct why *why)
{
    enum outcome outcome;

    line_format_raw(format, prefix);
    if (job->options->use_bsmtp)
        batch_smtp_begin(job->run, format, job->options->use_crlf);
    outcome = message_write(job->run, format, job->options->use_bsmtp, why);
    if (outcome != OK)
        return outcome;
    if (job->kind == APPEND_FILE)
        line_format_end_line(format);
    line_format_raw(format, suffix);
    if (job->options->use_bsmtp)
        batch_smtp_end(format, job->options->use_crlf);
    transport_set_size(job->run->addresses, format->octets);
    return line_format_flush(format) ? OK : DEFER;
}

enum outcome
append_write(struct append_job *job, int fd, const char *name, struct why *why)
{
    struct destination to = { .fd = fd };
    struct line_format format = format_of(job);
    struct str prefix, suffix;
    enum outcome outcome;

    if (transport_expand(job->options->message_prefix, job->run, &prefix, why) != OK
        || transport_expand(job->options->message_suffix, job->run, &suffix, why) != OK)
        return DEFER;
    line_format_begin(&format, job->pool, (struct message_sink){ write_out, &to });
    outcome = write_parts(job, &format, prefix, suffix, why);
    job->written = format.octets;
    return to.error != 0 ? append_error(to.error, name, why) : outcome;
}
