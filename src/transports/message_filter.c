#include "expand/expand.h"
#include "transports/child_stream.h"
#include "transports/command.h"
#include "transports/common.h"
#include "transports/message_write.h"

/* What a shell returns for a command that does not exist. */
enum { EXIT_UNKNOWN = 127 };

bool
message_has_filter(struct transport_run *run)
{
    const struct template *filter = run->transport->transport_filter;
    struct why why;
    struct str text;

    if (filter == NULL || filter->text.len == 0)
        return false;
    if (filter->text.ptr[0] != '$')
        return true;
    why_init(&why, run->pool);
    return expand(run->transport->transport_filter, &run->scope, &text, &why) != OK || text.len > 0;
}

static bool
write_to_filter(void *data, struct str octets)
{
    return child_stream_write(data, octets);
}

static bool
pass_on(void *data, struct str octets)
{
    struct line_format *format = data;

    line_format_text(format, octets);
    return !format->has_failed;
}

static enum outcome
filter_start(struct transport_run *run, struct child_stream *stream, struct why *why)
{
    struct command_request request = {
        .line = run->transport->transport_filter->text, .what = "transport filter", .is_expanded = true,
    };
    struct child_spec spec = { 0 };
    const char **argv;
    struct str reason;

    if (command_make(&request, run, &argv, why) != OK)
        return DEFER;
    spec.argv = argv;
    stream->deadline = deadline_in_s(run->transport->transport_filter_timeout);
    if (child_stream_start(stream, &spec, why) == OK)
        return OK;
    if (why->detail == 1)
        return transport_defer(why, NUMBER_FILTER, "Transport filter process failed (%d): unable to execute command",
                               EXIT_UNKNOWN);
    reason = why->text;
    return transport_defer(why, NUMBER_FILTER, "transport filter: %.*s", STR_ARG(reason));
}

static enum outcome
filter_judge(struct child_stream *stream, enum child_end end, struct why *why)
{
    if (stream->has_timed_out || (end == CHILD_TIMED_OUT && !stream->has_stopped)) {
        transport_defer(why, NUMBER_FILTER, "transport filter timeout while writing to the filter process");
        why->cause = CAUSE_TIMEOUT;
        return DEFER;
    }
    if (stream->has_stopped)
        return OK;
    if (end == CHILD_EXITED && child_code(&stream->child) == 0)
        return OK;
    return transport_defer(why, NUMBER_FILTER, "Transport filter process failed (%d)%s", child_code(&stream->child),
                           child_code(&stream->child) == EXIT_UNKNOWN ? ": unable to execute command" : "");
}

/* The filter reads the message with LF line ends while what it prints goes on into format. */
enum outcome
message_write_filtered(struct transport_run *run, struct line_format *format, struct why *why)
{
    struct child_stream stream = { .receive = pass_on, .data = format };
    struct line_format to_filter = { .is_crlf = false };
    enum outcome outcome;
    enum child_end end;

    if (filter_start(run, &stream, why) != OK)
        return DEFER;
    line_format_begin(&to_filter, run->pool, (struct message_sink){ write_to_filter, &stream });
    outcome = message_write_plain(run, &to_filter, why);
    if (outcome != OK) {
        child_stream_abort(&stream);
        return outcome;
    }
    line_format_flush(&to_filter);
    end = child_stream_finish(&stream);
    return filter_judge(&stream, end, why);
}
