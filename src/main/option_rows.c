#include "main/option_rows.h"
#include <stddef.h>
#include "base/clock.h"

#define FIELD(name) offsetof(struct command_line, name)

static bool
add_config_files(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    struct str name;

    (void)option;
    while (!str_is_empty(value)) {
        str_cut(value, ':', &name, &value);
        if (!str_is_empty(str_trim(name)))
            str_list_add(&line->config_files, pool, str_trim(name));
    }
    return line->config_files.count > 0;
}

static bool
add_macro(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)option;
    str_list_add(&line->macros, pool, value);
    return !str_is_empty(value);
}

static bool
set_sender(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool, (void)option;
    line->has_sender = true;
    line->sender = value;
    return true;
}

static bool
set_full_name(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool, (void)option;
    line->has_full_name = true;
    line->full_name = value;
    return true;
}

static bool
set_delivery(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    static const struct { const char *name; enum delivery_mode mode; } modes[] = {
        { "b", DELIVER_BACKGROUND }, { "f", DELIVER_FOREGROUND }, { "i", DELIVER_FOREGROUND }, { "q", DELIVER_QUEUE },
        { "qs", DELIVER_QUEUE_REMOTE }, { "d", DELIVER_AS_CONFIGURED },
    };

    (void)pool, (void)option;
    for (size_t i = 0; i < COUNT(modes); i++)
        if (str_eq_c(value, modes[i].name)) {
            line->delivery = modes[i].mode;
            return true;
        }
    return false;
}

static bool
set_errors(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    static const struct {
        char name;
        enum error_mode mode;
    } modes[] = {
        { 'e', ERRORS_MAIL_EXIT_0 }, { 'm', ERRORS_MAIL },   { 'w', ERRORS_MAIL },
        { 'p', ERRORS_STDERR },      { 'q', ERRORS_STDERR },
    };

    (void)pool, (void)option;
    for (size_t i = 0; i < COUNT(modes); i++)
        if (value.len == 1 && value.ptr[0] == modes[i].name) {
            line->errors = modes[i].mode;
            return true;
        }
    return false;
}

/* -q[q][i][f[f]][l][G<name>[/]][<interval>] (manual: options starting with q). */
static bool
set_queue_run(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    struct queue_request *queue = &line->queue;
    struct str rest = value;

    (void)pool, (void)option;
    queue->is_wanted = true;
    if (str_starts(rest, STR("q"))) {
        queue->is_two_stage = true;
        rest = str_from(rest, 1);
    }
    if (str_starts(rest, STR("i"))) {
        queue->is_first_only = true;
        rest = str_from(rest, 1);
    }
    if (str_starts(rest, STR("f"))) {
        queue->is_forced = true;
        rest = str_from(rest, 1);
    }
    if (queue->is_forced && str_starts(rest, STR("f"))) {
        queue->takes_frozen = true;
        rest = str_from(rest, 1);
    }
    if (str_starts(rest, STR("l"))) {
        queue->is_local_only = true;
        rest = str_from(rest, 1);
    }
    if (str_starts(rest, STR("G")))
        str_cut(str_from(rest, 1), '/', &queue->queue_name, &rest);
    if (str_is_empty(rest))
        return true;
    queue->interval_s = interval_parse(rest);
    return queue->interval_s > 0;
}

/* The letters between -R or -S and its text: r (regex), f (force), ff (frozen too). */
static bool
set_selection(struct command_line *line, struct str flags, bool *is_regex_out)
{
    line->queue.is_wanted = true;
    if (str_starts(flags, STR("r"))) {
        *is_regex_out = true;
        flags = str_from(flags, 1);
    }
    line->queue.is_forced |= str_starts(flags, STR("f"));
    line->queue.takes_frozen |= str_eq_c(flags, "ff");
    return str_is_empty(flags) || str_eq_c(flags, "f") || str_eq_c(flags, "ff");
}

static bool
select_recipient(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool;
    line->queue.recipient = value;
    return set_selection(line, str_of(option->name + 2), &line->queue.is_recipient_regex);
}

static bool
select_sender(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool;
    line->queue.sender = value;
    return set_selection(line, str_of(option->name + 2), &line->queue.is_sender_regex);
}

static bool
set_verified_host(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool;
    line->host = value;
    line->is_callout_wanted = str_eq_c(str_of(option->name), "-bhc");
    return true;
}

static bool
set_debug(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool;
    line->is_debugging = true;
    line->is_daemon_debug = str_eq_c(str_of(option->name), "-dd");
    line->debug = value;
    return true;
}

/* -bp with its letters: a generated addresses too, c count, i ids, r unsorted, u undelivered only. */
static bool
set_listing(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool;
    for (size_t i = 0; i < value.len; i++) {
        bool *flag = value.ptr[i] == 'a' ? &line->is_listing_generated : value.ptr[i] == 'c' ? &line->is_counting
                   : value.ptr[i] == 'i' ? &line->is_listing_ids : value.ptr[i] == 'r' ? &line->is_listing_unsorted
                   : value.ptr[i] == 'u' ? &line->is_listing_undelivered : NULL;

        if (flag == NULL)
            return false;
        *flag = true;
    }
    (void)option;
    return true;
}

static bool
set_protocol_and_host(struct command_line *line, struct pool *pool, const struct command_option *option,
                      struct str value)
{
    (void)pool, (void)option;
    str_cut(value, ':', &line->given.protocol, &line->given.host_name);
    return !str_is_empty(value);
}

static bool
set_dot_and_extract(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool, (void)option, (void)value;
    line->is_dot_data = line->takes_recipients_from_header = true;
    return true;
}

static bool
listen_too(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value)
{
    (void)pool, (void)option, (void)value;
    line->is_daemon_listening = true;
    return true;
}

#define ACTION(option_name, which, text) \
    { .name = option_name, .mode = MODE_MESSAGE_ACTION, .action = which, .help = text }
#define IGNORED(option_name, form) { .name = option_name, .value = form, .text = FIELD(ignored) }
#define SELECT(option_name, how, text) { .name = option_name, .value = VALUE_OPTIONAL_NEXT, .apply = how, .help = text }

const struct command_option command_options[] = {
    { "--help", .mode = MODE_HELP, .help = "show this list" },
    { "--version", .mode = MODE_VERSION, .help = "the same as -bV" },
    { "--explain", .flag = FIELD(is_explained), .help = "with -bt -bh -be: print every decision as a tree" },
    { "-atrn", VALUE_NEXT, .mode = MODE_ATRN, .text = FIELD(host) },
    IGNORED("-Ac", VALUE_NONE),
    IGNORED("-Am", VALUE_NONE),
    IGNORED("-B", VALUE_JOINED),
    { "-bd", .mode = MODE_DAEMON, .flag = FIELD(is_daemon_listening), .help = "run as a daemon, listening for SMTP" },
    { "-bdf", .mode = MODE_DAEMON, .flag = FIELD(is_foreground_daemon), .apply = listen_too,
      .help = "the same, staying in the foreground" },
    { "-be", .mode = MODE_EXPAND, .help = "expand the arguments, or lines of standard input" },
    { "-bem", VALUE_NEXT, .mode = MODE_EXPAND, .flag = FIELD(is_bem), .text = FIELD(file),
      .help = "the same, with the message in a file" },
    { "-bF", VALUE_NEXT, .mode = MODE_FILTER_TEST, .flag = FIELD(is_system_filter_test), .text = FIELD(file),
      .help = "test a system filter file" },
    { "-bf", VALUE_NEXT, .mode = MODE_FILTER_TEST, .text = FIELD(file), .help = "test a user filter file" },
    { "-bfd", VALUE_NEXT, .text = FIELD(filter_domain), .help = "domain for -bf" },
    { "-bfl", VALUE_NEXT, .text = FIELD(filter_local_part), .help = "local part for -bf" },
    { "-bfp", VALUE_NEXT, .text = FIELD(filter_prefix), .help = "local part prefix for -bf" },
    { "-bfs", VALUE_NEXT, .text = FIELD(filter_suffix), .help = "local part suffix for -bf" },
    { "-bh", VALUE_NEXT, .mode = MODE_HOST_TEST, .apply = set_verified_host,
      .help = "pretend an SMTP session from a host" },
    { "-bhc", VALUE_NEXT, .mode = MODE_HOST_TEST, .apply = set_verified_host, .help = "the same, making callouts" },
    { "-bi", .mode = MODE_ALIASES, .help = "run bi_command, if there is one" },
    { "-bI:", VALUE_JOINED, .mode = MODE_INFORMATION, .text = FIELD(information),
      .help = "information: -bI:help lists the words" },
    { "-bm", .mode = MODE_SUBMIT, .flag = FIELD(is_explicit_submit),
      .help = "take a message from standard input (the default)" },
    { "-bmalware", VALUE_NEXT, .mode = MODE_MALWARE_TEST, .text = FIELD(file), .help = "scan a file" },
    { "-bnq", .flag = FIELD(is_not_qualified), .help = "do not qualify bare local parts" },
    { "-bP", .mode = MODE_PRINT_OPTIONS, .help = "show option values, drivers, macros, lists" },
    { "-bp", VALUE_JOINED, .mode = MODE_QUEUE_LIST, .apply = set_listing,
      .help = "list the queue; letters: a generated too, c count, i ids, r unsorted, u undelivered" },
    { "-brt", .mode = MODE_RETRY_TEST, .help = "show the retry rule of an address" },
    { "-brw", .mode = MODE_REWRITE_TEST, .help = "show how an address is rewritten" },
    { "-bS", .mode = MODE_BATCH_SMTP, .help = "batch SMTP on standard input" },
    { "-bs", .mode = MODE_SMTP, .help = "SMTP on standard input and output" },
    { "-bt", .mode = MODE_ROUTE_TEST, .help = "show how addresses are routed" },
    { "-bV", .mode = MODE_VERSION, .help = "show version and what is built in, and check the configuration" },
    { "-bv", .mode = MODE_VERIFY, .help = "verify recipients" },
    { "-bvs", .mode = MODE_VERIFY, .flag = FIELD(is_sender_verified), .help = "verify senders" },
    { "-bw", VALUE_JOINED, .mode = MODE_INETD_WAIT, .text = FIELD(ignored) },
    { "-C", VALUE_JOINED_OR_NEXT, .apply = add_config_files, .help = "use this configuration file (colon list)" },
    { "-D", VALUE_JOINED, .apply = add_macro, .help = "define a macro: -DNAME or -DNAME=value" },
    { "-d", VALUE_JOINED, .apply = set_debug, .help = "debug output; -d+route, -d-all+acl …" },
    { "-dd", VALUE_JOINED, .apply = set_debug, .help = "debug output of the daemon itself only" },
    IGNORED("-dropcr", VALUE_NONE),
    { "-e", VALUE_JOINED, .apply = set_errors, .help = "the same as -oe" },
    { "-F", VALUE_JOINED_OR_NEXT, .is_one_line = true, .apply = set_full_name, .help = "full name of the sender" },
    { "-f", VALUE_JOINED_OR_NEXT, .is_one_line = true, .apply = set_sender, .help = "envelope sender" },
    { "-G", .flag = FIELD(is_without_fixups), .help = "leave the header section as it is" },
    IGNORED("-h", VALUE_JOINED_OR_NEXT),
    { "-i", .flag = FIELD(is_dot_data), .help = "a line of one dot does not end the message" },
    { "-L", VALUE_JOINED_OR_NEXT, .text = FIELD(log_tag), .help = "log to syslog under this tag" },
    ACTION("-M", ACTION_DELIVER, "deliver messages now, frozen or not, due or not"),
    ACTION("-Mar", ACTION_ADD_RECIPIENT, "add recipients: id address …"),
    ACTION("-Mc", ACTION_DELIVER_IF_DUE, "deliver messages, respecting retry times"),
    ACTION("-Mes", ACTION_EDIT_SENDER, "change the sender: id address"),
    ACTION("-Mf", ACTION_FREEZE_MESSAGE, "freeze messages"),
    ACTION("-Mg", ACTION_GIVE_UP, "give up: bounce messages"),
    ACTION("-Mmad", ACTION_MARK_ALL_DELIVERED, "mark all recipients of messages as delivered"),
    ACTION("-Mmd", ACTION_MARK_DELIVERED, "mark recipients as delivered: id address …"),
    ACTION("-Mrm", ACTION_REMOVE, "remove messages without a bounce"),
    { "-Mset", VALUE_NEXT, .action = ACTION_LOAD, .text = FIELD(file), .help = "load a message for -be" },
    ACTION("-Mt", ACTION_THAW, "thaw messages"),
    ACTION("-Mvb", ACTION_SHOW_BODY, "show the body of a message"),
    ACTION("-Mvc", ACTION_SHOW_MESSAGE, "show the whole message"),
    ACTION("-Mvh", ACTION_SHOW_HEADER, "show the -H file of a message"),
    ACTION("-Mvl", ACTION_SHOW_LOG, "show the log of a message"),
    IGNORED("-m", VALUE_NONE),
    { "-N", .flag = FIELD(is_not_delivering), .help = "do everything but the transports' work" },
    { "-n", .flag = FIELD(is_names_only), .help = "with -bP: without the option names" },
    IGNORED("-O", VALUE_JOINED_OR_NEXT),
    { "-oA", VALUE_NEXT, .text = FIELD(alias_file), .help = "argument for bi_command" },
    { "-oB", VALUE_JOINED, .text = FIELD(connection_max_messages), .help = "messages per outgoing connection" },
    { "-od", VALUE_JOINED, .apply = set_delivery,
      .help = "delivery: b background, f or i foreground, q queue only, qs queue remote ones" },
    { "-oe", VALUE_JOINED, .apply = set_errors, .help = "errors: e mail, exit 0; m w mail; p q standard error" },
    { "-oi", .flag = FIELD(is_dot_data), .help = "the same as -i" },
    { "-oitrue", .flag = FIELD(is_dot_data), .help = "the same as -i" },
    { "-oMa", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.host_address),
      .help = "address of the host the message came from" },
    { "-oMaa", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.authenticator), .help = "its authenticator" },
    { "-oMai", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.authenticated_id), .help = "its authenticated id" },
    { "-oMas", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.authenticated_sender),
      .help = "its authenticated sender" },
    { "-oMi", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.interface), .help = "the interface it came to" },
    { "-oMm", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.message_reference),
      .help = "id of the message this one comes from" },
    { "-oMr", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.protocol), .help = "the protocol it came by" },
    { "-oMs", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.host_name),
      .help = "name of the host it came from" },
    { "-oMt", VALUE_NEXT, .is_one_line = true, .text = FIELD(given.ident), .help = "ident of its sender" },
    IGNORED("-om", VALUE_NONE),
    IGNORED("-oo", VALUE_NONE),
    { "-oP", VALUE_NEXT, .text = FIELD(pid_file), .help = "pid file of the daemon" },
    { "-or", VALUE_JOINED_OR_NEXT, .text = FIELD(receive_timeout),
      .help = "time limit for a message on standard input" },
    { "-os", VALUE_JOINED_OR_NEXT, .text = FIELD(smtp_timeout), .help = "time limit for SMTP input" },
    { "-ov", .flag = FIELD(is_verbose), .help = "the same as -v" },
    { "-oX", VALUE_NEXT, .text = FIELD(daemon_listen), .help = "ports, or addresses and ports, of the daemon" },
    { "-oY", .flag = FIELD(is_without_notifier), .help = "daemon without notifier socket" },
    IGNORED("-pd", VALUE_NONE),
    IGNORED("-ps", VALUE_NONE),
    { "-p", VALUE_JOINED, .is_one_line = true, .apply = set_protocol_and_host,
      .help = "protocol and host name the message came by: -psmtp:host" },
    { "-q", VALUE_JOINED, .apply = set_queue_run,
      .help = "run the queue: -qq two stages, i first tries only, f force, ff frozen too, l local only, G<name> named "
              "queue, <time> again and again" },
    SELECT("-qR", select_recipient, "the same as -R"),
    SELECT("-qS", select_sender, "the same as -S"),
    SELECT("-R", select_recipient, "run the queue for recipients that contain a text"),
    SELECT("-Rf", select_recipient, "the same, forced"),
    SELECT("-Rff", select_recipient, "the same, frozen too"),
    SELECT("-Rr", select_recipient, "the same as -R with a regular expression"),
    SELECT("-Rrf", select_recipient, "forced"),
    SELECT("-Rrff", select_recipient, "frozen too"),
    { "-r", VALUE_JOINED_OR_NEXT, .is_one_line = true, .apply = set_sender, .help = "the same as -f" },
    SELECT("-S", select_sender, "run the queue for senders that contain a text"),
    SELECT("-Sf", select_sender, "the same, forced"),
    SELECT("-Sff", select_sender, "the same, frozen too"),
    SELECT("-Sr", select_sender, "the same as -S with a regular expression"),
    SELECT("-Srf", select_sender, "forced"),
    SELECT("-Srff", select_sender, "frozen too"),
    { "-t", .flag = FIELD(takes_recipients_from_header), .help = "recipients from To:, Cc: and Bcc:" },
    { "-ti", .apply = set_dot_and_extract, .help = "the same as -t -i" },
    { "-tls-on-connect", .flag = FIELD(is_tls_on_connect), .help = "TLS from the first octet (with -bs, -bh)" },
    IGNORED("-U", VALUE_NONE),
    { "-v", .flag = FIELD(is_verbose), .help = "show what happens during delivery" },
    IGNORED("-X", VALUE_JOINED_OR_NEXT),
    IGNORED("-x", VALUE_NONE),
    { "-z", VALUE_JOINED_OR_NEXT, .is_one_line = true, .mode = MODE_LOG_LINE, .text = FIELD(verb),
      .help = "write a line to the log" },
    { .name = NULL },
};
