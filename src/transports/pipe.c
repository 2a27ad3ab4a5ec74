/* transports/pipe.c -- give a message to a program (manual: chapter 29). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/items.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "net/host.h"
#include "transports/batch_smtp.h"
#include "transports/child_stream.h"
#include "transports/command.h"
#include "transports/common.h"
#include "transports/message_write.h"

#define PREFIX_TEXT "From ${if def:return_path{$return_path}{MAILER-DAEMON}} ${tod_bsdinbox}\n"

enum { EXIT_UNKNOWN_COMMAND = 127, LOG_LINE_MAX_BYTES = 1000 };

struct pipe_options {
    bool force_command, freeze_exec_fail, freeze_signal, ignore_status, log_defer_output, log_fail_output, log_output,
        permit_coredump, pipe_as_creator, restrict_to_path, return_fail_output, return_output, timeout_defer, use_bsmtp,
        use_classresources, use_crlf, use_shell;
    int batch_max, timeout, umask;
    int64_t max_output;
    struct str check_string, escape_string;
    struct template *allow_commands, *batch_id, *command, *environment, *message_prefix, *message_suffix, *path,
        *temp_errors;
};

static const struct pipe_options defaults = { .batch_max = 1, .max_output = 20480, .timeout = 3600, .umask = 022 };

static const struct option options[] = {
    OPTION_STRING_LIST(struct pipe_options, allow_commands),
    OPTION_EXPANDED(struct pipe_options, batch_id),
    OPTION_INT(struct pipe_options, batch_max),
    OPTION_TEXT(struct pipe_options, check_string),
    OPTION_EXPANDED(struct pipe_options, command),
    OPTION_EXPANDED(struct pipe_options, environment),
    OPTION_TEXT(struct pipe_options, escape_string),
    OPTION_BOOL(struct pipe_options, force_command),
    OPTION_BOOL(struct pipe_options, freeze_exec_fail),
    OPTION_BOOL(struct pipe_options, freeze_signal),
    OPTION_BOOL(struct pipe_options, ignore_status),
    OPTION_BOOL(struct pipe_options, log_defer_output),
    OPTION_BOOL(struct pipe_options, log_fail_output),
    OPTION_BOOL(struct pipe_options, log_output),
    OPTION_SIZE(struct pipe_options, max_output),
    OPTION_EXPANDED(struct pipe_options, message_prefix),
    OPTION_EXPANDED(struct pipe_options, message_suffix),
    OPTION_EXPANDED(struct pipe_options, path),
    OPTION_BOOL(struct pipe_options, permit_coredump),
    OPTION_BOOL(struct pipe_options, pipe_as_creator),
    OPTION_BOOL(struct pipe_options, restrict_to_path),
    OPTION_BOOL(struct pipe_options, return_fail_output),
    OPTION_BOOL(struct pipe_options, return_output),
    OPTION_STRING_LIST(struct pipe_options, temp_errors),
    OPTION_TIME(struct pipe_options, timeout),
    OPTION_BOOL(struct pipe_options, timeout_defer),
    OPTION_OCTAL(struct pipe_options, umask),
    OPTION_BOOL(struct pipe_options, use_bsmtp),
    OPTION_BOOL(struct pipe_options, use_classresources),
    OPTION_BOOL(struct pipe_options, use_crlf),
    OPTION_BOOL(struct pipe_options, use_shell),
    OPTION_END
};

/* What exit codes mean (sysexits.h and the shells). */
static const struct { int code; const char *meaning; } meanings[] = {
    { EX_USAGE, "usage error" },
    { EX_DATAERR, "error in input data" },
    { EX_NOINPUT, "cannot open input" },
    { EX_NOUSER, "user unknown" },
    { EX_NOHOST, "host name unknown" },
    { EX_UNAVAILABLE, "service or program unavailable" },
    { EX_SOFTWARE, "internal software error" },
    { EX_OSERR, "internal operating system error" },
    { EX_OSFILE, "system file missing" },
    { EX_CANTCREAT, "cannot create file" },
    { EX_IOERR, "input or output error" },
    { EX_TEMPFAIL, "temporary error" },
    { EX_PROTOCOL, "protocol error" },
    { EX_NOPERM, "permission denied" },
    { EX_CONFIG, "local configuration error" },
    { 126, "could not execute program" },
    { EXIT_UNKNOWN_COMMAND, "unable to exec or command does not exist" },
};

static const char *
contradiction(const struct pipe_options *opt)
{
    if (opt->use_shell && opt->restrict_to_path)
        return "both restrict_to_path and use_shell set: only one permitted";
    if (opt->use_shell && opt->allow_commands != NULL)
        return "both allow_commands and use_shell set: only one permitted";
    if (opt->return_output && opt->return_fail_output)
        return "both return_output and return_fail_output set: only one permitted";
    if (opt->log_output && opt->log_fail_output)
        return "both log_output and log_fail_output set: only one permitted";
    if (opt->max_output <= 0)
        return "max_output must be greater than zero";
    return NULL;
}

static bool
pipe_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct pipe_options *opt = instance->options;
    const char *reason = contradiction(opt);

    option_default(&opt->path, instance, pool, "path", "/bin:/usr/bin");
    option_default(&opt->temp_errors, instance, pool, "temp_errors", "75:73");
    if (opt->use_bsmtp) {
        opt->check_string = STR(".");
        opt->escape_string = STR("..");
    } else {
        option_default(&opt->message_prefix, instance, pool, "message_prefix", PREFIX_TEXT);
        option_default(&opt->message_suffix, instance, pool, "message_suffix", "\n");
    }
    if (reason != NULL)
        *why_out = str_of(reason);
    return reason == NULL;
}

static void
pipe_batching(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    const struct pipe_options *opt = transport->instance.options;

    (void)scope;
    out->max_addresses = opt->batch_max;
    out->batch_id = opt->batch_id;
}

static bool
pipe_runs_as_creator(const struct transport *transport)
{
    return ((const struct pipe_options *)transport->instance.options)->pipe_as_creator;
}

/* ---- The command */

struct pipe_job {
    struct transport_run *run;
    const struct pipe_options *options;
    struct pool *pool;
    struct str name;                /* of the transport */
    const char **argv;
    const char *program;
    const char **envp;
    struct str path;                /* the option, expanded */
    struct child_stream stream;
    struct buf output;
    struct line_format format;
};

static enum outcome
command_line(struct pipe_job *job, struct command_request *request, struct why *why)
{
    const struct address *addr = job->run->addresses;
    struct str what = pool_printf(job->pool, "%.*s transport", STR_ARG(job->name));
    bool is_redirected = addr->kind == ADDRESS_PIPE && addr->text.len > 0 && addr->text.ptr[0] == '|';

    *request = (struct command_request){ .what = pool_cstr(job->pool, what),
                                         .is_expanded = true,
                                         .is_argument_taint_refused = true };
    if (is_redirected && job->options->force_command)
        request->address_pipe = str_trim(str_from(addr->text, 1));
    if (!is_redirected || job->options->force_command) {
        if (job->options->command == NULL)
            return transport_defer(why, NUMBER_TRANSPORT, "no command specified for %s", request->what);
        request->line = job->options->command->text;
        return OK;
    }
    request->line = str_trim(str_from(addr->text, 1));
    request->is_expanded = addr->is_pipe_expansion_wanted;
    if (str_is_tainted(request->line))
        return transport_defer(why, 0, "Tainted '%.*s' (command for %s) not permitted", STR_ARG(request->line),
                               request->what);
    return OK;
}

static bool
is_listed(struct pipe_job *job, struct str command, struct why *why, enum outcome *outcome)
{
    struct str text;

    *outcome = OK;
    if (job->options->allow_commands == NULL)
        return false;
    *outcome = transport_expand(job->options->allow_commands, job->run, &text, why);
    if (*outcome == OK) {
        struct str_list allowed = items_all(text, job->pool);

        return str_list_has(&allowed, command);
    }
    return false;
}

static enum outcome
check_permitted(struct pipe_job *job, struct why *why)
{
    struct str command = str_of(job->argv[0]);
    enum outcome outcome;

    if (is_listed(job, command, why, &outcome) || outcome != OK)
        return outcome;
    if (job->options->restrict_to_path) {
        if (str_find(command, '/') == STR_NONE)
            return OK;
        return why_fail(why, 0, "5.7.1",
                        "\"/\" found in \"%s\" (command for %.*s transport) - failed for security reasons",
                        job->argv[0], STR_ARG(job->name));
    }
    if (job->options->allow_commands == NULL)
        return OK;
    return why_fail(why, 0, "5.7.1", "\"%s\" command not permitted by %.*s transport", job->argv[0],
                    STR_ARG(job->name));
}

/* A name without a slash at its beginning is sought along the path. */
static enum outcome
find_program(struct pipe_job *job, struct why *why)
{
    struct items directories = items_of(job->path);
    struct str directory;

    job->program = job->argv[0];
    if (job->argv[0][0] == '/')
        return OK;
    while (items_next(&directories, job->pool, &directory)) {
        char *candidate = pool_cstr(job->pool, pool_printf(job->pool, "%.*s/%s", STR_ARG(directory), job->argv[0]));

        if (candidate != NULL && access(candidate, X_OK) == 0) {
            job->program = candidate;
            return OK;
        }
    }
    return why_fail(why, 0, "5.3.5", "\"%s\" command not found for %.*s transport", job->argv[0], STR_ARG(job->name));
}

static enum outcome
make_shell_command(struct pipe_job *job, const struct command_request *request, struct why *why)
{
    struct str line = request->line, reason;

    if (request->is_expanded && expand_text(request->line, &job->run->scope, &line, why) != OK) {
        reason = why->text;
        return transport_defer(why, 0, "Expansion of command \"%.*s\" in %s failed: %.*s", STR_ARG(request->line),
                               request->what, STR_ARG(reason));
    }
    if (str_is_tainted(line))
        return why_fail(why, 0, "5.7.1", "Tainted '%.*s' (command for %s with use_shell) not permitted", STR_ARG(line),
                        request->what);
    job->argv = POOL_NEW_ARRAY(job->pool, const char *, 4);
    job->argv[0] = job->program = "/bin/sh";
    job->argv[1] = "-c";
    job->argv[2] = pool_cstr(job->pool, line);
    return OK;
}

static enum outcome
make_command(struct pipe_job *job, struct why *why)
{
    struct command_request request;
    enum outcome outcome;

    if (transport_expand(job->options->path, job->run, &job->path, why) != OK)
        return DEFER;
    outcome = command_line(job, &request, why);
    if (outcome != OK)
        return outcome;
    if (job->options->use_shell)
        return make_shell_command(job, &request, why);
    outcome = command_make(&request, job->run, &job->argv, why);
    if (outcome == OK)
        outcome = check_permitted(job, why);
    return outcome == OK ? find_program(job, why) : outcome;
}

static void
add_variable(struct str_list *list, struct pool *pool, const char *name, struct str value)
{
    str_list_add(list, pool, pool_printf_tainted(pool, "%s=%.*s", name, STR_ARG(value)));
}

/* Section 29.4 of the manual. */
static enum outcome
make_environment(struct pipe_job *job, struct why *why)
{
    const struct transport_run *run = job->run;
    const struct address *scoped = run->scope.address;
    struct str_list list = { 0 };
    struct items items;
    struct str text, item;

    add_variable(&list, job->pool, "LOCAL_PART", scoped->local_part);
    add_variable(&list, job->pool, "LOGNAME", scoped->local_part);
    add_variable(&list, job->pool, "USER", scoped->local_part);
    add_variable(&list, job->pool, "LOCAL_PART_PREFIX", scoped->prefix);
    add_variable(&list, job->pool, "LOCAL_PART_SUFFIX", scoped->suffix);
    add_variable(&list, job->pool, "DOMAIN", scoped->domain);
    add_variable(&list, job->pool, "HOME", run->identity.home);
    add_variable(&list, job->pool, "MESSAGE_ID", str_of(run->message->id));
    add_variable(&list, job->pool, "PATH", job->path);
    add_variable(&list, job->pool, "RECIPIENT",
                 run->addresses->next == NULL ? transport_rcpt_address(scoped, true, job->pool) : STR(""));
    add_variable(&list, job->pool, "QUALIFY_DOMAIN", config->qualify_domain);
    add_variable(&list, job->pool, "SENDER", run->message->sender);
    add_variable(&list, job->pool, "SHELL", STR("/bin/sh"));
    if (run->addresses->hosts != NULL)
        add_variable(&list, job->pool, "HOST", run->addresses->hosts->name);
    if (config->timezone.len > 0 && !str_ieq_c(config->timezone, "UTC"))
        add_variable(&list, job->pool, "TZ", config->timezone);
    if (transport_expand(job->options->environment, job->run, &text, why) != OK)
        return DEFER;
    items = items_of(text);
    while (items_next(&items, job->pool, &item))
        str_list_add(&list, job->pool, item);
    job->envp = command_strings(&list, job->pool);
    return OK;
}

/* ---- The conversation */

/* False past max_output: the program is then killed. */
static bool
take_output(void *data, struct str octets)
{
    struct pipe_job *job = data;

    buf_add(&job->output, octets);
    return job->output.len <= (size_t)job->options->max_output;
}

static bool
give_to_program(void *data, struct str octets)
{
    return child_stream_write(data, octets);
}

static enum outcome
write_message(struct pipe_job *job, struct str prefix, struct str suffix, struct why *why)
{
    const struct pipe_options *opt = job->options;
    enum outcome outcome;

    line_format_begin(&job->format, job->pool, (struct message_sink){ give_to_program, &job->stream });
    line_format_raw(&job->format, prefix);
    if (opt->use_bsmtp)
        batch_smtp_begin(job->run, &job->format, opt->use_crlf);
    outcome = message_write(job->run, &job->format, opt->use_bsmtp, why);
    if (outcome != OK)
        return outcome;
    line_format_raw(&job->format, suffix);
    if (opt->use_bsmtp)
        batch_smtp_end(&job->format, opt->use_crlf);
    transport_set_size(job->run->addresses, job->format.octets);
    return line_format_flush(&job->format) ? OK : DEFER;
}

static enum outcome
timed_out(const struct pipe_job *job, const char *what, struct why *why)
{
    if (job->options->timeout_defer) {
        transport_defer(why, 0, "%s", what);
        why->cause = CAUSE_TIMEOUT;
        return DEFER;
    }
    return why_fail(why, 0, "5.3.0", "%s", what);
}

/* ---- What the end of the program means */

static struct str
command_text(const struct pipe_job *job)
{
    struct buf text;

    buf_init(&text, job->pool, 4096);
    for (size_t i = 0; job->argv[i] != NULL; i++) {
        if (i > 0)
            buf_add_char(&text, ' ');
        buf_add_c(&text, job->argv[i]);
    }
    return buf_str(&text);
}

static struct str
code_meaning(struct pool *pool, int code)
{
    for (size_t i = 0; i < COUNT(meanings); i++)
        if (meanings[i].code == code)
            return pool_printf(pool, " (could mean %s)", meanings[i].meaning);
    if (code > 128 && code - 128 < NSIG)
        return pool_printf(pool, " (could mean shell command ended by signal %d (%s))", code - 128,
                           strsignal(code - 128));
    return STR("");
}

static enum outcome
is_temporary(struct pipe_job *job, int code, bool *is_temporary_out, struct why *why)
{
    struct str text, item;
    struct items items;

    *is_temporary_out = false;
    if (transport_expand(job->options->temp_errors, job->run, &text, why) != OK)
        return DEFER;
    items = items_of(text);
    while (items_next(&items, job->pool, &item)) {
        int64_t number;

        if (str_eq_c(item, "*") || (str_to_i64(item, &number) && number == code))
            *is_temporary_out = true;
    }
    return OK;
}

static enum outcome
judge_signal(struct pipe_job *job, struct why *why)
{
    int number = WTERMSIG(job->stream.child.status);
    struct str text =
        pool_printf_tainted(job->pool,
                            "Child process of %.*s transport (running command \"%.*s\") was terminated by "
                            "signal %d (%s)",
                            STR_ARG(job->name), STR_ARG(command_text(job)), number, strsignal(number));

    if (job->options->freeze_signal) {
        job->run->addresses->special_action = ACTION_FREEZE;
        return transport_defer(why, 0, "%.*s", STR_ARG(text));
    }
    if (job->options->ignore_status && !job->stream.has_stopped)
        return OK;
    return why_fail(why, 0, "5.3.0", "%.*s", STR_ARG(text));
}

static enum outcome
judge_code(struct pipe_job *job, int code, struct why *why)
{
    struct str text =
        pool_printf_tainted(job->pool, "Child process of %.*s transport returned %d%.*s from command: %s",
                            STR_ARG(job->name), code, STR_ARG(code_meaning(job->pool, code)), job->argv[0]);
    bool is_for_later;

    if (code == 0 || job->options->ignore_status)
        return OK;
    if (is_temporary(job, code, &is_for_later, why) != OK)
        return DEFER;
    if (is_for_later)
        return transport_defer(why, 0, "%.*s", STR_ARG(text));
    return why_fail(why, 0, "5.3.0", "%.*s", STR_ARG(text));
}

static enum outcome
exec_failed(struct pipe_job *job, struct why *why)
{
    if (job->options->freeze_exec_fail) {
        job->run->addresses->special_action = ACTION_FREEZE;
        return transport_defer(why, 0, "pipe process failed to exec \"%.*s\"", STR_ARG(command_text(job)));
    }
    return judge_code(job, EXIT_UNKNOWN_COMMAND, why);
}

/* return_output and return_fail_output make output a failure, log_… put its first line into the log. */
static enum outcome
judge_output(struct pipe_job *job, enum outcome outcome, struct why *why)
{
    const struct pipe_options *opt = job->options;
    struct address *addr = job->run->addresses;
    struct str output = str_head(buf_str(&job->output), (size_t)opt->max_output), line, rest;

    if (output.len == 0 || job->run->is_shadow)
        return outcome;
    if (opt->log_output || (opt->log_fail_output && outcome == FAIL) || (opt->log_defer_output && outcome == DEFER)) {
        str_cut(output, '\n', &line, &rest);
        addr->output_line = str_trim_right(str_head(line, LOG_LINE_MAX_BYTES));
    }
    if (job->run->message->sender.len == 0)
        return outcome;
    if (opt->return_output && outcome != DEFER) {
        addr->return_text = output;
        return outcome == OK ? why_fail(why, 0, "5.3.0", "return message generated") : outcome;
    }
    if (opt->return_fail_output && outcome == FAIL)
        addr->return_text = output;
    return outcome;
}

static enum outcome
converse(struct pipe_job *job, struct str prefix, struct str suffix, struct why *why)
{
    struct child_spec spec = { .argv = job->argv,
                               .program = job->program,
                               .envp = job->envp,
                               .umask_plus_1 = job->options->umask + 1,
                               .may_dump_core = job->options->permit_coredump };
    enum child_end end;
    enum outcome outcome;

    job->stream.deadline = deadline_in_s(job->options->timeout);
    if (child_stream_start(&job->stream, &spec, why) != OK) {
        if (why->detail == 1)
            return exec_failed(job, why);
        why->sys_errno = 0;
        return DEFER;
    }
    outcome = write_message(job, prefix, suffix, why);
    if (outcome != OK && !job->format.has_failed) {
        child_stream_abort(&job->stream);
        return why->cause == CAUSE_TIMEOUT
                   ? timed_out(job, "transport filter timeout while writing to the filter process", why)
                   : outcome;
    }
    end = child_stream_finish(&job->stream);
    if (job->stream.has_timed_out || (end == CHILD_TIMED_OUT && !job->stream.has_stopped))
        return timed_out(job, "pipe delivery process timed out", why);
    return WIFSIGNALED(job->stream.child.status) ? judge_signal(job, why)
                                                 : judge_code(job, child_code(&job->stream.child), why);
}

static enum outcome
deliver(struct pipe_job *job, struct why *why)
{
    struct str prefix, suffix;
    enum outcome outcome = make_command(job, why);

    if (outcome != OK)
        return outcome;
    if (make_environment(job, why) != OK || transport_expand(job->options->message_prefix, job->run, &prefix, why) != OK
        || transport_expand(job->options->message_suffix, job->run, &suffix, why) != OK)
        return DEFER;
    if (job->run->is_dont_deliver)
        return OK;
    trace(TRACE_DELIVER, "pipe command: %.*s", STR_ARG(command_text(job)));
    outcome = converse(job, prefix, suffix, why);
    return judge_output(job, outcome, why);
}

static void
pipe_run(struct transport_run *run)
{
    const struct pipe_options *opt = run->transport->instance.options;
    struct pipe_job job = { .run = run, .options = opt, .pool = run->pool, .name = run->transport->instance.name };
    struct why why;
    enum outcome outcome;

    why_init(&why, run->pool);
    buf_init(&job.output, run->pool, BUF_NO_LIMIT);
    buf_taint(&job.output);
    job.stream.receive = take_output;
    job.stream.data = &job;
    job.format.is_crlf = opt->use_crlf;
    if (opt->check_string.len > 0 && opt->escape_string.len > 0) {
        job.format.check_string = opt->check_string;
        job.format.escape_string = opt->escape_string;
    }
    outcome = deliver(&job, &why);
    transport_set_all(run->addresses, outcome, &why);
}

const struct transport_driver pipe_driver = {
    .info = {
        .name = "pipe", .is_local = true, .options = options, .defaults = &defaults,
        .options_size = sizeof(struct pipe_options), .init = pipe_init,
    },
    .runs_as_creator = pipe_runs_as_creator,
    .batching = pipe_batching,
    .run = pipe_run,
};
