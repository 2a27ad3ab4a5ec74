/* main/command_line.h -- from argv to a typed request (manual: the Exim command line).  Pure: nothing is done yet. */
#ifndef MAIN_COMMAND_LINE_H
#define MAIN_COMMAND_LINE_H
#include <stdio.h>
#include "base/list.h"

/* What the program is asked to do; MODE_SUBMIT is -bm, the default where there are addresses. */
enum mode {
    MODE_NONE,
    MODE_SUBMIT,
    MODE_SMTP,
    MODE_BATCH_SMTP,
    MODE_DAEMON,
    MODE_QUEUE_RUN,
    MODE_QUEUE_LIST,
    MODE_MESSAGE_ACTION,
    MODE_EXPAND,
    MODE_ROUTE_TEST,
    MODE_VERIFY,
    MODE_HOST_TEST,
    MODE_VERSION,
    MODE_PRINT_OPTIONS,
    MODE_RETRY_TEST,
    MODE_REWRITE_TEST,
    MODE_ALIASES,
    MODE_FILTER_TEST,
    MODE_MALWARE_TEST,
    MODE_INFORMATION,
    MODE_LOG_LINE,
    MODE_HELP,
    MODE_ATRN,
    MODE_INETD_WAIT
};

/* -M… */
enum message_action {
    ACTION_NOTHING,
    ACTION_DELIVER,
    ACTION_DELIVER_IF_DUE,
    ACTION_FREEZE_MESSAGE,
    ACTION_THAW,
    ACTION_GIVE_UP,
    ACTION_REMOVE,
    ACTION_ADD_RECIPIENT,
    ACTION_EDIT_SENDER,
    ACTION_MARK_DELIVERED,
    ACTION_MARK_ALL_DELIVERED,
    ACTION_SHOW_HEADER,
    ACTION_SHOW_BODY,
    ACTION_SHOW_LOG,
    ACTION_SHOW_MESSAGE,
    ACTION_LOAD
};

/* -od… and -oe… */
enum delivery_mode {
    DELIVER_AS_CONFIGURED,
    DELIVER_BACKGROUND,
    DELIVER_FOREGROUND,
    DELIVER_QUEUE,
    DELIVER_QUEUE_REMOTE
};
enum error_mode { ERRORS_BY_SENDER, ERRORS_MAIL_EXIT_0, ERRORS_MAIL, ERRORS_STDERR };

/* -q…, -R…, -S…: which messages a queue run takes up, and how. */
struct queue_request {
    bool is_wanted, is_two_stage, is_first_only, is_forced, takes_frozen, is_local_only;
    int interval_s;                 /* -q30m; 0: once */
    struct str queue_name;
    struct str first_id, last_id;
    struct str recipient, sender;   /* -R, -S; empty: any */
    bool is_recipient_regex, is_sender_regex;
};

/* -oM…: facts of a message that came by another way. */
struct given_origin {
    struct str host_address, host_name, interface, ident, protocol, authenticator, authenticated_id,
        authenticated_sender, message_reference;
};

struct command_line {
    enum mode mode;
    enum message_action action;
    struct str_list words;          /* what is not an option: addresses, ids, variable names */
    struct str_list config_files;   /* -C; a colon list taken apart */
    struct str_list macros;         /* -D: "NAME" or "NAME=value" */
    struct str called_as;           /* last part of argv[0] */
    bool has_sender, has_full_name, is_foreground_daemon, is_daemon_listening, is_debugging, is_verbose, is_dot_data,
        takes_recipients_from_header, is_explained, is_callout_wanted, is_sender_verified, is_not_qualified,
        is_names_only, is_not_delivering, is_without_fixups, is_listing_unsorted, is_listing_undelivered,
        is_listing_generated, is_listing_ids, is_counting, is_tls_on_connect, is_without_notifier,
        is_system_filter_test, is_bem, is_explicit_submit, is_daemon_debug;
    struct str sender, full_name, debug, host, daemon_listen, pid_file, log_tag, file, verb, information;
    struct str receive_timeout, smtp_timeout, connection_max_messages, alias_file, filter_domain, filter_local_part,
        filter_prefix, filter_suffix, ignored;
    enum delivery_mode delivery;
    enum error_mode errors;
    struct queue_request queue;
    struct given_origin given;
};

/* Read argv (tainted copies in pool).  False with error_out, a whole line for standard error, on a mistake. */
bool command_line_read(int argc, char *const argv[], struct pool *pool, struct command_line *out,
                       struct str *error_out);

/* Every option with a line of explanation. */
void command_line_help(FILE *out);
#endif
