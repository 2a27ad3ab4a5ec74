/* transports/appendfile/appendfile.c -- deliver into files (manual: chapter 26). */
#include "transports/appendfile/appendfile.h"
#include <string.h>
#include <unistd.h>

#define PREFIX_TEXT "From ${if def:return_path{$return_path}{MAILER-DAEMON}} ${tod_bsdinbox}\n"
#define WARN_TEXT                                                                                       \
    "To: $local_part@$domain\nSubject: Your mailbox\n\n"                                                \
    "This message is automatically created by mail delivery software.\n\n"                              \
    "The size of your mailbox has exceeded a warning threshold that is\n"                               \
    "set by the system administrator.\n"

static const struct appendfile_options defaults = {
    .batch_max = 1,
    .check_owner = true,
    .create_directory = true,
    .create_file = STR_INIT("anywhere"),
    .directory_mode = 0700,
    .lock_interval = 3,
    .lock_retries = 10,
    .lockfile_mode = 0600,
    .lockfile_timeout = 1800,
    .maildir_retries = 10,
    .maildir_quota_directory_regex = STR_INIT("^(?:cur|new|\\..*)$"),
    .mode = 0600,
    .mode_fail_narrower = true,
    .quota_is_inclusive = true,
    .use_fcntl_lock = true,
    .use_lockfile = true,
};

#define ROW_SET(TYPE, ctype, field, is_set)                                                                            \
    OPTION_ROW(TYPE, ctype, struct appendfile_options, field,                                                          \
               .is_set_offset = offsetof(struct appendfile_options, is_set), )

static const struct option options[] = {
    OPTION_BOOL(struct appendfile_options, allow_fifo),
    OPTION_BOOL(struct appendfile_options, allow_symlink),
    OPTION_EXPANDED(struct appendfile_options, batch_id),
    OPTION_INT(struct appendfile_options, batch_max),
    OPTION_BOOL(struct appendfile_options, check_group),
    OPTION_BOOL(struct appendfile_options, check_owner),
    ROW_SET(OPTION_TYPE_TEXT, struct str, check_string, is_check_string_set),
    OPTION_BOOL(struct appendfile_options, create_directory),
    OPTION_TEXT(struct appendfile_options, create_file),
    OPTION_EXPANDED(struct appendfile_options, directory),
    OPTION_EXPANDED(struct appendfile_options, directory_file),
    OPTION_OCTAL(struct appendfile_options, directory_mode),
    ROW_SET(OPTION_TYPE_TEXT, struct str, escape_string, is_escape_string_set),
    OPTION_EXPANDED(struct appendfile_options, file),
    OPTION_TEXT(struct appendfile_options, file_format),
    OPTION_BOOL(struct appendfile_options, file_must_exist),
    OPTION_TIME(struct appendfile_options, lock_fcntl_timeout),
    OPTION_TIME(struct appendfile_options, lock_flock_timeout),
    OPTION_TIME(struct appendfile_options, lock_interval),
    OPTION_INT(struct appendfile_options, lock_retries),
    OPTION_OCTAL(struct appendfile_options, lockfile_mode),
    OPTION_TIME(struct appendfile_options, lockfile_timeout),
    OPTION_EXPANDED(struct appendfile_options, mailbox_filecount),
    OPTION_EXPANDED(struct appendfile_options, mailbox_size),
    OPTION_BOOL(struct appendfile_options, maildir_format),
    OPTION_TEXT(struct appendfile_options, maildir_quota_directory_regex),
    OPTION_INT(struct appendfile_options, maildir_retries),
    OPTION_EXPANDED(struct appendfile_options, maildir_tag),
    OPTION_EXPANDED_BOOL(struct appendfile_options, maildir_use_size_file),
    OPTION_TEXT(struct appendfile_options, maildirfolder_create_regex),
    OPTION_BOOL(struct appendfile_options, mailstore_format),
    OPTION_EXPANDED(struct appendfile_options, mailstore_prefix),
    OPTION_EXPANDED(struct appendfile_options, mailstore_suffix),
    OPTION_BOOL(struct appendfile_options, mbx_format),
    OPTION_EXPANDED(struct appendfile_options, message_prefix),
    OPTION_EXPANDED(struct appendfile_options, message_suffix),
    OPTION_OCTAL(struct appendfile_options, mode),
    OPTION_BOOL(struct appendfile_options, mode_fail_narrower),
    OPTION_BOOL(struct appendfile_options, notify_comsat),
    OPTION_EXPANDED(struct appendfile_options, quota),
    OPTION_EXPANDED(struct appendfile_options, quota_directory),
    OPTION_EXPANDED(struct appendfile_options, quota_filecount),
    OPTION_BOOL(struct appendfile_options, quota_is_inclusive),
    OPTION_TEXT(struct appendfile_options, quota_size_regex),
    OPTION_EXPANDED(struct appendfile_options, quota_warn_message),
    OPTION_EXPANDED(struct appendfile_options, quota_warn_threshold),
    OPTION_BOOL(struct appendfile_options, use_bsmtp),
    OPTION_BOOL(struct appendfile_options, use_crlf),
    ROW_SET(OPTION_TYPE_BOOL, bool, use_fcntl_lock, is_fcntl_set),
    ROW_SET(OPTION_TYPE_BOOL, bool, use_flock_lock, is_flock_set),
    ROW_SET(OPTION_TYPE_BOOL, bool, use_lockfile, is_lockfile_set),
    ROW_SET(OPTION_TYPE_BOOL, bool, use_mbx_lock, is_mbx_lock_set),
    OPTION_END
};

/* ---- Checks and defaults that depend on other options */

static void
set_lock_defaults(struct appendfile_options *opt)
{
    if (opt->mbx_format && !opt->is_lockfile_set && !opt->is_fcntl_set && !opt->is_flock_set && !opt->is_mbx_lock_set) {
        opt->use_lockfile = opt->use_flock_lock = opt->use_fcntl_lock = false;
        opt->use_mbx_lock = true;
    }
    if (opt->use_flock_lock && !opt->is_fcntl_set)
        opt->use_fcntl_lock = false;
    if (!opt->use_mbx_lock)
        return;
    if (!opt->is_lockfile_set)
        opt->use_lockfile = false;
    if (!opt->use_flock_lock && !opt->is_fcntl_set)
        opt->use_fcntl_lock = true;
}

static void
set_text_defaults(struct appendfile_options *opt, struct driver_instance *instance, struct pool *pool)
{
    bool is_mailbox = opt->file != NULL || !(opt->directory != NULL || opt->maildir_format || opt->mailstore_format);

    if (opt->use_bsmtp) {
        opt->check_string = STR(".");
        opt->escape_string = STR("..");
        return;
    }
    if (!is_mailbox)
        return;
    if (!opt->is_check_string_set)
        opt->check_string = STR("From ");
    if (!opt->is_escape_string_set)
        opt->escape_string = STR(">From ");
    option_default(&opt->message_prefix, instance, pool, "message_prefix", PREFIX_TEXT);
    option_default(&opt->message_suffix, instance, pool, "message_suffix", "\n");
}

static const char *
contradiction(const struct appendfile_options *opt)
{
    if (opt->file != NULL && opt->directory != NULL)
        return "only one of \"file\" or \"directory\" can be specified";
    if (opt->maildir_format && opt->mailstore_format)
        return "only one of maildir and mailstore may be specified";
    if (opt->directory == NULL && opt->quota_filecount != NULL && opt->file != NULL)
        return "quota_filecount must not be set without \"directory\"";
    if (opt->mbx_format && (opt->maildir_format || opt->mailstore_format || opt->directory != NULL))
        return "mbx_format is for \"file\" only";
    if (opt->file != NULL && !opt->use_fcntl_lock && !opt->use_flock_lock && !opt->use_lockfile && !opt->use_mbx_lock)
        return "no locking configured";
    if (opt->mbx_format && opt->use_fcntl_lock && opt->is_fcntl_set && opt->use_mbx_lock && opt->is_mbx_lock_set
        && opt->use_flock_lock)
        return "use_mbx_lock takes one of use_fcntl_lock and use_flock_lock";
    if (opt->create_file.len > 0 && opt->create_file.ptr[0] != '/' && !str_eq_c(opt->create_file, "anywhere")
        && !str_eq_c(opt->create_file, "inhome") && !str_eq_c(opt->create_file, "belowhome"))
        return "invalid value given for \"create_file\": \"anywhere\", \"inhome\", \"belowhome\" or an absolute path "
               "expected";
    return NULL;
}

static bool
appendfile_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct appendfile_options *opt = instance->options;
    const char *reason;

    if (opt->lock_retries == 0)
        opt->lock_retries = 1;
    set_lock_defaults(opt);
    set_text_defaults(opt, instance, pool);
    option_default(&opt->directory_file, instance, pool, "directory_file", "q${base62:$tod_epoch}-$inode");
    if (opt->quota_warn_threshold != NULL)
        option_default(&opt->quota_warn_message, instance, pool, "quota_warn_message", WARN_TEXT);
    reason = contradiction(opt);
    if (reason != NULL)
        *why_out = str_of(reason);
    return reason == NULL;
}

static void
appendfile_batching(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    const struct appendfile_options *opt = transport->instance.options;

    (void)scope;
    out->max_addresses = opt->batch_max;
    out->batch_id = opt->batch_id;
}

/* ---- A delivery */

static enum outcome
deliver_by_kind(struct append_job *job, struct why *why)
{
    switch (job->kind) {
    case APPEND_MAILDIR:
        return append_maildir(job, why);
    case APPEND_MAILSTORE:
        return append_mailstore(job, why);
    case APPEND_NEW_FILE:
        return append_new_file(job, why);
    case APPEND_FILE:
        break;
    }
    return append_to_file(job, why);
}

static enum outcome
deliver(struct append_job *job, struct why *why)
{
    if (append_find_place(job, why) != OK)
        return DEFER;
    if (strcmp(job->path, "/dev/null") == 0 || job->run->is_dont_deliver)
        return OK;
    if (append_quota_read(job, why) != OK)
        return DEFER;
    return deliver_by_kind(job, why);
}

static void
appendfile_run(struct transport_run *run)
{
    const struct appendfile_options *opt = run->transport->instance.options;
    struct append_job job = { .run = run, .options = opt, .pool = run->pool, .mode = opt->mode };
    struct address *first = run->addresses;
    struct why why;
    enum outcome outcome;

    why_init(&why, run->pool);
    if (first->mode > 0) {
        job.mode = first->mode;
        job.is_mode_forced = true;
    }
    umask(0);
    outcome = deliver(&job, &why);
    if (job.is_passed_on)
        return;
    transport_set_all(first, outcome, &why);
    /* Someone is playing with the mailbox: an administrator shall look at it. */
    if (outcome == DEFER && why.sys_errno == NUMBER_CHANGED)
        first->special_action = ACTION_FREEZE;
}

const struct transport_driver appendfile_driver = {
    .info = {
        .name = "appendfile", .is_local = true, .options = options, .defaults = &defaults,
        .options_size = sizeof(struct appendfile_options), .init = appendfile_init,
    },
    .batching = appendfile_batching,
    .run = appendfile_run,
};
