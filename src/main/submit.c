/* -bm -t -bs -bS: a message, or a session, from a local process or inetd. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "address/mailbox.h"
#include "base/process.h"
#include "config/config.h"
#include "deliver/deliver.h"
#include "launch/notify.h"
#include "log/log.h"
#include "main/modes.h"
#include "match/match.h"
#include "net/ip_address.h"
#include "net/socket.h"
#include "receive/receive.h"
#include "smtp_server/session.h"
#include "spool/spool.h"

/* Where deliveries of this submission are asked for: the daemon if one listens, else a launcher of our own, which a
 * set-uid process cannot be (its message waits for a queue run).  Afterwards this process is the mail user for good.
 * False if it could not become that. */
static bool
link_find(const struct invocation *invocation, struct launch_link **link_out)
{
    const struct launch_settings *launch = &invocation->launch;
    bool is_foreground = invocation->line.delivery == DELIVER_FOREGROUND;
    bool may_launch = geteuid() == 0 || !invocation->caller.is_privileged_start;
    const struct spool *spool;
    struct why why;

    why_init(&why, invocation->pool);
    spool = spool_configured(&why);
    *link_out = NULL;
    if (spool != NULL && !(is_foreground && may_launch))
        *link_out = notify_link(invocation->pool, invocation_notifier_path(invocation));
    if (*link_out == NULL && may_launch) {
        *link_out = invocation_launcher(invocation, LAUNCH_MAY_DELIVER);
        return *link_out != NULL;
    }
    if (launch_become_mail_user(launch->mail_uid, launch->mail_gid))
        return true;
    fprintf(stderr, "tern: cannot become the mail user\n");
    return false;
}

/* -f: anyone may say <>; trusted callers anything; others what untrusted_set_sender allows. */
static bool
sender_is_allowed(const struct invocation *invocation, struct str sender)
{
    struct scope scope = scope_make(invocation->pool);
    struct why why;

    why_init(&why, invocation->pool);
    return invocation->caller.is_trusted || str_is_empty(sender)
        || match_address(config->untrusted_set_sender, sender, &scope, NULL, &why) == MATCH_YES;
}

static bool
sender_take(const struct invocation *invocation, struct receive_options *options)
{
    struct str text = str_trim(invocation->line.sender), reason;
    struct address_rules rules = receive_address_rules();
    struct address_parse parse;

    if (!invocation->line.has_sender)
        return true;
    rules.allow_empty = rules.allow_unqualified = true;
    if (!str_is_empty(text)) {
        if (!address_parse(invocation->pool, text, &rules, &parse, &reason)) {
            fprintf(stderr, "tern: bad -f address \"%.*s\": %.*s\n", STR_ARG(text), STR_ARG(reason));
            return false;
        }
        text = parse.address;
        if (!str_is_empty(text))
            text = receive_qualify(invocation->pool, text, false);
    }
    options->has_sender = true;
    options->sender = text;
    options->is_sender_forced = sender_is_allowed(invocation, text);
    return true;
}

static enum receive_error_mode
error_mode_of(enum error_mode mode)
{
    switch (mode) {
    case ERRORS_MAIL_EXIT_0: return RECEIVE_ERRORS_BERKENET;
    case ERRORS_STDERR: return RECEIVE_ERRORS_STDERR;
    case ERRORS_MAIL:
    case ERRORS_BY_SENDER: break;
    }
    return RECEIVE_ERRORS_TO_SENDER;
}

/* -odb, -odi, -odf and -odqs ask for a delivery although the configuration may say queue_only. */
static bool
is_delivery_wanted(const struct command_line *line)
{
    return line->delivery == DELIVER_BACKGROUND || line->delivery == DELIVER_FOREGROUND
        || line->delivery == DELIVER_QUEUE_REMOTE;
}

static bool
options_make(const struct invocation *invocation, struct receive_options *options)
{
    const struct command_line *line = &invocation->line;

    *options = (struct receive_options){
        .extract_recipients = line->takes_recipients_from_header,
        .ignore_dot = line->is_dot_data,
        .sender_name = line->full_name,
        .has_sender_name = line->has_full_name,
        .no_qualify = line->is_not_qualified,
        .is_queue_only = line->delivery == DELIVER_QUEUE,
        .is_queue_smtp = line->delivery == DELIVER_QUEUE_REMOTE,
        .is_delivery_wanted = is_delivery_wanted(line),
        .error_mode = error_mode_of(line->errors),
        .is_dont_deliver = line->is_not_delivering,
        .suppresses_fixups = line->is_without_fixups,
    };
    return sender_take(invocation, options);
}

/* The message is safe; that its delivery cannot be asked for now only means that it waits for a queue run. */
static int
delivery_ask(const struct invocation *invocation, struct launch_link *link, const char *id)
{
    bool is_waiting = invocation->line.delivery == DELIVER_FOREGROUND || config->mua_wrapper;
    struct deliver_options options = { .is_local_only = invocation->line.delivery == DELIVER_QUEUE_REMOTE &&
                                                        !config->mua_wrapper,
                                       .is_waiting_for_made = is_waiting,
                                       .is_mua_wrapper = config->mua_wrapper };
    struct why why;
    int status = EXIT_SUCCESS;

    if (link == NULL)
        return EXIT_SUCCESS;
    why_init(&why, invocation->pool);
    if (launch_deliver(link, id, deliver_options_pack(&options, invocation->pool), is_waiting, &status,
                       &why) != OK)
        log_write(LOG_ALWAYS, LOG_TO_MAIN, id, "left for the next queue run: %.*s", STR_ARG(why.text));
    if (!config->mua_wrapper || status == EXIT_SUCCESS)
        return EXIT_SUCCESS;
    fprintf(stderr, "tern: delivery of the message failed; the log has the reason\n");
    return EXIT_FAILURE;
}

int
mode_submit(struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;
    struct receive_options options;
    struct receive_result result = { 0 };
    struct launch_link *link;
    struct origin *origin = invocation_origin(invocation);

    if (line->words.count == 0 && !line->takes_recipients_from_header) {
        fprintf(stderr, "tern: recipient addresses must follow, or -t\n");
        return EXIT_FAILURE;
    }
    if (!options_make(invocation, &options) || !link_find(invocation, &link))
        return EXIT_FAILURE;
    process.purpose = "submission";
    receive_local_message(invocation->pool, origin, &options, STDIN_FILENO, line->words.items, line->words.count,
                          &result);
    if (result.fate == RECEIVE_ACCEPTED && (!result.is_queued_only || config->mua_wrapper) &&
        delivery_ask(invocation, link, result.token.id) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    if (result.report_id[0] != '\0' && !options.is_queue_only && (!config->queue_only || options.is_delivery_wanted))
        delivery_ask(invocation, link, result.report_id);
    return result.exit_code;
}

/* inetd gives a connection as standard input. */
static bool
origin_of_socket(struct origin *origin)
{
    struct ip_address ours, peer;
    int our_port, peer_port;

    if (!socket_ends(STDIN_FILENO, &ours, &our_port, &peer, &peer_port))
        return false;
    origin->is_local = false;
    origin->is_socket = true;
    origin->host_address = ip_format(&peer, origin->pool);
    origin->host_port = peer_port;
    origin->interface_address = ip_format(&ours, origin->pool);
    origin->interface_port = our_port;
    origin->ident = origin->authenticated_id = STR("");
    origin->is_trusted = origin->is_admin = false;
    return true;
}

static bool
session_options(const struct invocation *invocation, struct smtp_session_options *options)
{
    const struct command_line *line = &invocation->line;
    struct receive_options *checked = POOL_NEW(invocation->pool, struct receive_options);

    if (!sender_take(invocation, checked))
        return false;
    checked->is_delivery_wanted = is_delivery_wanted(line);
    checked->no_qualify = line->is_not_qualified;
    checked->is_dont_deliver = line->is_not_delivering;
    checked->suppresses_fixups = line->is_without_fixups;
    *options = (struct smtp_session_options){
        .is_queue_only = line->delivery == DELIVER_QUEUE,
        .is_queue_smtp = line->delivery == DELIVER_QUEUE_REMOTE,
        .is_deliver_foreground = line->delivery == DELIVER_FOREGROUND,
        .sender_override = checked->sender,
        .has_sender = checked->has_sender,
        .receive_options = checked,
    };
    return link_find(invocation, &options->link);
}

int
mode_smtp(struct invocation *invocation)
{
    struct smtp_session_options options;
    struct origin *origin = invocation_origin(invocation);
    bool is_inetd = origin_of_socket(origin);

    origin->is_smtp = true;
    if (!session_options(invocation, &options))
        return EXIT_FAILURE;
    options.is_inetd = is_inetd;
    process.purpose = "session";
    return smtp_session_run(STDIN_FILENO, is_inetd ? STDIN_FILENO : STDOUT_FILENO, origin, &options);
}

int
mode_batch_smtp(struct invocation *invocation)
{
    struct smtp_session_options options;
    struct origin *origin = invocation_origin(invocation);

    origin->is_batched = true;
    if (!session_options(invocation, &options))
        return EXIT_FAILURE;
    process.purpose = "batch";
    return smtp_batch_run(STDIN_FILENO, origin, &options);
}
