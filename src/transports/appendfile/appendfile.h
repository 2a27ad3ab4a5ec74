/* transports/appendfile/appendfile.h -- the parts of the appendfile driver among themselves (manual: chapter 26). */
#ifndef TRANSPORTS_APPENDFILE_APPENDFILE_H
#define TRANSPORTS_APPENDFILE_APPENDFILE_H
#include <sys/stat.h>
#include "base/regex.h"
#include "transports/common.h"
#include "transports/line_format.h"

/* Fields are named like their options. */
struct appendfile_options {
    bool allow_fifo, allow_symlink, check_group, check_owner, create_directory, file_must_exist, maildir_format,
        mailstore_format, mbx_format, mode_fail_narrower, notify_comsat, quota_is_inclusive, use_bsmtp, use_crlf,
        use_fcntl_lock, use_flock_lock, use_lockfile, use_mbx_lock;
    bool is_fcntl_set, is_flock_set, is_lockfile_set, is_mbx_lock_set, is_check_string_set, is_escape_string_set;
    int batch_max, directory_mode, lock_fcntl_timeout, lock_flock_timeout, lock_interval, lock_retries, lockfile_mode,
        lockfile_timeout, maildir_retries, mode;
    struct str check_string, create_file, escape_string, file_format, maildir_quota_directory_regex,
        maildirfolder_create_regex, quota_size_regex;
    struct template *batch_id, *directory, *directory_file, *file, *mailbox_filecount, *mailbox_size, *maildir_tag,
        *maildir_use_size_file, *mailstore_prefix, *mailstore_suffix, *message_prefix, *message_suffix, *quota,
        *quota_directory, *quota_filecount, *quota_warn_message, *quota_warn_threshold;
};

enum append_kind { APPEND_FILE, APPEND_MAILDIR, APPEND_MAILSTORE, APPEND_NEW_FILE };

/* Limits for this delivery, expanded. */
struct append_quota {
    int64_t limit, warn_threshold, file_limit;  /* octets, octets, files; 0: none */
    bool is_checked, are_files_checked;         /* false with /no_check */
    int64_t size, file_count;                   /* of the mailbox before the delivery; -1: not known */
};

/* One delivery under way. */
struct append_job {
    struct transport_run *run;
    const struct appendfile_options *options;
    struct pool *pool;
    enum append_kind kind;
    const char *path;               /* mailbox file, or directory; absolute, clean */
    int mode;
    bool is_mode_forced;            /* given by a filter */
    bool is_maildirsize_wanted;
    struct append_quota quota;
    int64_t written;                /* octets of this message, once written */
    bool is_passed_on;              /* file_format: another transport did it */
};

/* place.c: the name of the file or directory, where it may be created, missing directories. */
enum outcome append_find_place(struct append_job *job, struct why *why);
enum outcome append_check_creation(const struct append_job *job, const char *path, struct why *why);
/* Make the directories above path (or path too); each with directory_mode. */
enum outcome append_make_directories(const struct append_job *job, const char *path, bool is_path_included,
                                     struct why *why);

/* lock.c */
struct append_lock {
    char *lock_name;                /* lock file that is ours; NULL: none */
    char *mbx_name;
    int mbx_fd;                     /* -1: none */
};
/* The lock file beside path.  DEFER: could not be had in lock_retries attempts. */
enum outcome append_lock_file(const struct append_job *job, struct append_lock *lock, struct why *why);
/* Lock the open file.  FAIL: someone holds it (close, wait, open again); DEFER: it can not be locked. */
enum outcome append_lock_open_file(const struct append_job *job, int fd, struct append_lock *lock, const char **how_out,
                                   struct why *why);
int append_lock_attempts(const struct appendfile_options *options);
void append_unlock(struct append_lock *lock, int fd);
void append_lock_pause(const struct appendfile_options *options);

/* mailbox.c: append to a file. */
enum outcome append_to_file(struct append_job *job, struct why *why);

/* open.c: open the mailbox with all its checks (section 26.3).  *was_created_out: it is new. */
enum outcome append_open(struct append_job *job, int *fd_out, bool *was_created_out, struct why *why);

/* file_format.c: the transport that the beginning of an existing file asks for; *transport_out NULL: this one. */
enum outcome append_check_format(const struct append_job *job, struct transport **transport_out, struct why *why);

/* mbx.c */
enum outcome append_mbx(struct append_job *job, int fd, bool is_new, struct why *why);

/* write.c: the message with prefix, batch SMTP envelope, suffix, to a descriptor; job->written is set. */
enum outcome append_write(struct append_job *job, int fd, const char *name, struct why *why);
/* DEFER for a failed write, fsync, rename or close of name: full, over quota, or broken. */
enum outcome append_error(int error, const char *name, struct why *why);

/* durable.c: a finished file survives a power cut under its name.  False with errno.  What was asked for a file system
 * that commits names with the file's own fsync (ext4, xfs, btrfs) is one flush. */
bool append_sync_new(int fd, const char *directory);
/* Give the file its final name, never replacing another, then as append_sync_new(). On failure neither name is left. */
bool append_publish(int fd, const char *from, const char *to, const char *directory);

/* new_file.c, maildir.c, mailstore.c: one file for each message. */
enum outcome append_new_file(struct append_job *job, struct why *why);
enum outcome append_maildir(struct append_job *job, struct why *why);
enum outcome append_mailstore(struct append_job *job, struct why *why);
/* Create a file for a message (never one that exists), with the wanted mode; -1 with errno. */
int append_create(const struct append_job *job, const char *path);
/* Size and number of files of the mailbox, if there is a limit, and the check of it. */
enum outcome append_check_tree(struct append_job *job, const char *directory, const char *name, struct why *why);

/* quota.c */
enum outcome append_quota_read(struct append_job *job, struct why *why);
/* Would the message pass a limit?  size and file_count must be known (or no limit set). */
enum outcome append_quota_check(struct append_job *job, const char *name, struct why *why);
/* The warning message, if this delivery crossed the threshold. */
void append_quota_warn(struct append_job *job);
/* "2.5M", "75%" of limit, with "/no_check" behind. */
bool append_size_parse(struct str text, int64_t limit, int64_t *size_out, bool *is_checked_out);

/* tree_size.c: octets and files below a directory; names matched by quota_size_regex tell their own size.  With filter,
 * only the directories directly below that match it are looked into. */
enum outcome append_tree_size(const struct append_job *job, const char *directory, const struct regex *filter,
                              int64_t *size_out, int64_t *count_out, struct why *why);

/* maildir_size.c: the maildirsize file of maildir++ in the top directory: job->quota's size and file_count are read
 * from it, or found anew if it is missing, too long, or of another quota.  *fd_out: open for append_maildirsize_add().
 */
enum outcome append_maildirsize_open(struct append_job *job, const char *directory, int *fd_out, struct why *why);
void append_maildirsize_add(const struct append_job *job, int fd);

/* comsat.c */
void append_notify_comsat(struct str user, int64_t offset);
#endif
