/* -M…, -bp, -bi, -z. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/child.h"
#include "config/config.h"
#include "deliver/deliver.h"
#include "log/log.h"
#include "main/modes.h"
#include "queue/act.h"
#include "queue/list.h"
#include "receive/receive.h"
#include "spool/spool.h"

/* Work on the spool is the mail user's. */
static bool
become_mail_user(const struct invocation *invocation)
{
    const struct launch_settings *launch = &invocation->launch;

    if (launch_become_mail_user(launch->mail_uid, launch->mail_gid))
        return true;
    fprintf(stderr, "tern: cannot become the mail user\n");
    return false;
}

int
mode_queue_list(struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;
    struct queue_listing listing = {
        .is_unsorted = line->is_listing_unsorted, .is_undelivered_only = line->is_listing_undelivered,
        .is_generated_shown = line->is_listing_generated, .is_ids_only = line->is_listing_ids, .ids = &line->words,
    };

    if (config->queue_list_requires_admin && !invocation->caller.is_admin)
        return permission_denied();
    if (!become_mail_user(invocation))
        return EXIT_FAILURE;
    if (line->is_counting)
        return queue_count_print(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
    return queue_list_print(&listing, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
mode_log_line(struct invocation *invocation)
{
    if (!invocation->caller.is_admin)
        return permission_denied();
    if (!become_mail_user(invocation))
        return EXIT_FAILURE;
    log_write(LOG_ALWAYS, LOG_TO_MAIN, NULL, "%.*s", STR_ARG(invocation->line.verb));
    return EXIT_SUCCESS;
}

/* -bi, newaliases: nothing to rebuild unless bi_command says so. */
int
mode_aliases(struct invocation *invocation)
{
    struct pool *pool = invocation->pool;
    const char *argv[3] = { pool_cstr(pool, config->bi_command) };
    struct child_spec spec = { .argv = argv, .in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO, .err_fd = STDERR_FILENO };
    struct child child;
    struct why why;

    if (str_is_empty(config->bi_command))
        return EXIT_SUCCESS;
    if (!str_is_empty(invocation->line.alias_file))
        /* an argument, handed on as it is, of the caller's own */
        argv[1] = pool_dup_clean(pool, invocation->line.alias_file).ptr;
    if (!launch_become_caller())
        return permission_denied();
    why_init(&why, pool);
    if (child_start(&spec, &child, &why) != OK) {
        fprintf(stderr, "tern: %.*s\n", STR_ARG(why.text));
        return EXIT_FAILURE;
    }
    child_wait(&child, 0);
    return child_code(&child);
}

static bool
is_view(enum message_action action)
{
    return action == ACTION_SHOW_BODY || action == ACTION_SHOW_HEADER || action == ACTION_SHOW_LOG ||
           action == ACTION_SHOW_MESSAGE;
}

static bool
view(enum message_action action, const char *id)
{
    switch (action) {
    case ACTION_SHOW_BODY: return queue_view(QUEUE_VIEW_BODY, id, stdout);
    case ACTION_SHOW_HEADER: return queue_view(QUEUE_VIEW_HEADER, id, stdout);
    case ACTION_SHOW_LOG: return queue_view(QUEUE_VIEW_LOG, id, stdout);
    default: return queue_view(QUEUE_VIEW_MESSAGE, id, stdout);
    }
}

/* Actions on addresses take one id and the addresses; all others take ids. */
static bool
takes_addresses(enum message_action action)
{
    return action == ACTION_ADD_RECIPIENT || action == ACTION_EDIT_SENDER || action == ACTION_MARK_DELIVERED;
}

static bool
change(const struct invocation *invocation, enum message_action action, const char *id,
       const struct str_list *addresses)
{
    static const enum queue_action actions[] = {
        [ACTION_FREEZE_MESSAGE] = QUEUE_FREEZE, [ACTION_THAW] = QUEUE_THAW, [ACTION_REMOVE] = QUEUE_REMOVE,
        [ACTION_MARK_ALL_DELIVERED] = QUEUE_MARK_ALL, [ACTION_MARK_DELIVERED] = QUEUE_MARK,
        [ACTION_ADD_RECIPIENT] = QUEUE_ADD_RECIPIENTS, [ACTION_EDIT_SENDER] = QUEUE_EDIT_SENDER,
    };
    struct queue_actor actor = {
        .login = invocation->caller.login, .is_admin = invocation->caller.is_admin, .uid = invocation->caller.uid
    };

    return queue_act(actions[action], id, addresses, &actor);
}

/* -M, -Mc, -Mg: deliveries, one after another. */
static int
deliver_all(struct launch_link *link, void *data)
{
    const struct invocation *invocation = data;
    const struct command_line *line = &invocation->line;
    struct deliver_options options = {
        .is_forced = line->action == ACTION_DELIVER,
        .is_frozen_forced = line->action == ACTION_DELIVER,
        .is_giving_up = line->action == ACTION_GIVE_UP,
        .is_waiting_for_made = true,
        .cancelled_by = invocation->caller.login,
    };
    struct str packed = deliver_options_pack(&options, invocation->pool);
    int status = EXIT_SUCCESS;

    for (size_t i = 0; i < line->words.count; i++) {
        const char *id = pool_cstr(invocation->pool, line->words.items[i]);
        struct why why;

        why_init(&why, invocation->pool);
        if (launch_deliver(link, id, packed, true, NULL, &why) != OK) {
            fprintf(stderr, "tern: %.*s\n", STR_ARG(why.text));
            status = EXIT_FAILURE;
        }
    }
    return status;
}

static bool
ids_are_valid(const struct command_line *line)
{
    size_t count = takes_addresses(line->action) && line->words.count > 0 ? 1 : line->words.count;

    for (size_t i = 0; i < count; i++)
        if (!spool_id_is_valid(line->words.items[i])) {
            fprintf(stderr, "tern: malformed message id %.*s\n", STR_ARG(line->words.items[i]));
            return false;
        }
    if (count > 0)
        return true;
    fprintf(stderr, "tern: a message id must follow the option\n");
    return false;
}

static struct str_list
addresses_of(const struct invocation *invocation)
{
    struct str_list addresses = { 0 };

    for (size_t i = 1; i < invocation->line.words.count; i++) {
        struct str text = invocation->line.words.items[i];

        if (invocation->line.action == ACTION_EDIT_SENDER && (str_is_empty(text) || str_eq_c(text, "<>")))
            text = STR("");
        else
            text = receive_qualify(invocation->pool, text, invocation->line.action != ACTION_EDIT_SENDER);
        str_list_add(&addresses, invocation->pool, text);
    }
    return addresses;
}

static int
act_on_all(const struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;
    struct str_list addresses = { 0 };
    bool are_all_done = true;

    if (takes_addresses(line->action)) {
        addresses = addresses_of(invocation);
        if (addresses.count == 0) {
            fprintf(stderr, "tern: an address must follow the message id\n");
            return EXIT_FAILURE;
        }
        return change(invocation, line->action, pool_cstr(invocation->pool, line->words.items[0]), &addresses)
                   ? EXIT_SUCCESS
                   : EXIT_FAILURE;
    }
    for (size_t i = 0; i < line->words.count; i++) {
        const char *id = pool_cstr(invocation->pool, line->words.items[i]);

        are_all_done &=
            is_view(line->action) ? view(line->action, id) : change(invocation, line->action, id, &addresses);
    }
    return are_all_done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
mode_message_action(struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;
    bool is_delivery =
        line->action == ACTION_DELIVER || line->action == ACTION_DELIVER_IF_DUE || line->action == ACTION_GIVE_UP;
    bool is_open_to_all = line->action == ACTION_DELIVER && !config->prod_requires_admin;

    if (!invocation->caller.is_admin && !is_open_to_all)
        return permission_denied();
    if (!ids_are_valid(line))
        return EXIT_FAILURE;
    if (is_delivery && geteuid() == 0)
        return launcher_run_alone(invocation->pool, &invocation->launch, LAUNCH_MAY_DELIVER, deliver_all, invocation);
    if (!become_mail_user(invocation))
        return EXIT_FAILURE;
    if (is_delivery)
        return launcher_run_alone(invocation->pool, &invocation->launch, LAUNCH_MAY_DELIVER, deliver_all, invocation);
    return act_on_all(invocation);
}
