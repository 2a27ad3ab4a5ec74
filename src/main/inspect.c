/* -be -bt -bv -bh -bP -brt -brw: look, change nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "config/print.h"
#include "deliver/address_test.h"
#include "expand/interactive.h"
#include "main/modes.h"
#include "message/message.h"
#include "receive/receive.h"
#include "retry/retry.h"
#include "rewrite/rewrite.h"
#include "smtp_server/session.h"
#include "verify/verify.h"

enum { LINE_MAX_BYTES = 65536 };

/* A message of the caller's own, for tests that need one. */
static struct message *
test_message(const struct invocation *invocation)
{
    struct message *message = message_new(invocation->pool, invocation_origin(invocation));

    message->sender = invocation->line.has_sender ? invocation->line.sender
                                                  : receive_qualify(invocation->pool, invocation->caller.login, false);
    if (str_eq_c(message->sender, "<>"))
        message->sender = STR("");
    return message;
}

static struct scope
test_scope(const struct invocation *invocation)
{
    struct message *message = test_message(invocation);
    struct scope scope = scope_make(invocation->pool);

    scope.message = message;
    scope.origin = message->origin;
    return scope;
}

int
mode_expand(struct invocation *invocation)
{
    struct scope scope = test_scope(invocation);
    const struct command_line *line = &invocation->line;

    scope.is_caller_only = invocation->has_dropped_privilege;
    if (line->is_bem && !expand_load_message(line->file, &scope, stderr))
        return EXIT_FAILURE;
    if (line->words.count == 0)
        return expand_interactive(&scope, stdin, stdout);
    for (size_t i = 0; i < line->words.count; i++)
        expand_and_print(line->words.items[i], &scope, stdout);
    if (line->is_explained)
        trace_print_tree(stdout);
    return EXIT_SUCCESS;
}

/* The work of a test that routes: with the rights of a delivery, so as the mail user with a launcher. */
struct address_work {
    const struct invocation *invocation;
    int (*test)(struct str text, struct scope *scope, struct launch_link *link, const struct command_line *line);
};

static int
test_route(struct str text, struct scope *scope, struct launch_link *link, const struct command_line *line)
{
    return address_test(text, scope, link, line->is_explained, stdout);
}

static int
test_verify(struct str text, struct scope *scope, struct launch_link *link, const struct command_line *line)
{
    (void)link;
    return verify_report(text, line->is_sender_verified, scope, stdout);
}

/* The gravest status of all addresses: 2 is a failure, 1 a deferral. */
static int
worse(int a, int b)
{
    return a > b ? a : b;
}

static int
test_lines(const struct address_work *work, struct scope *scope, struct launch_link *link)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    int status = EXIT_SUCCESS;
    bool is_asking = isatty(STDIN_FILENO);

    for (;;) {
        struct str line;

        if (is_asking) {
            fputs("> ", stdout);
            fflush(stdout);
        }
        len = getline(&text, &room, stdin);
        if (len == -1 || len > LINE_MAX_BYTES)
            break;
        line = str_trim(str_make(text, (size_t)len));
        if (!str_is_empty(line) && line.ptr[0] != '#')
            status =
                worse(status, work->test(pool_dup_tainted(scope->pool, line), scope, link, &work->invocation->line));
        fflush(stdout);
    }
    free(text);
    return status;
}

static int
test_addresses(struct launch_link *link, void *data)
{
    const struct address_work *work = data;
    const struct str_list *words = &work->invocation->line.words;
    struct scope scope = test_scope(work->invocation);
    int status = EXIT_SUCCESS;

    if (words->count == 0)
        status = test_lines(work, &scope, link);
    for (size_t i = 0; i < words->count; i++)
        status = worse(status, work->test(words->items[i], &scope, link, &work->invocation->line));
    fflush(stdout);
    return status;
}

static int
run_tests(const struct invocation *invocation,
          int (*test)(struct str, struct scope *, struct launch_link *, const struct command_line *))
{
    struct address_work work = { invocation, test };
    const struct launch_settings *launch = &invocation->launch;

    if (geteuid() != 0 && !invocation->has_dropped_privilege &&
        !launch_become_mail_user(launch->mail_uid, launch->mail_gid))
        return permission_denied();
    return launcher_run_alone(invocation->pool, launch, LAUNCH_MAY_OPEN, test_addresses, &work);
}

int
mode_route_test(struct invocation *invocation)
{
    return run_tests(invocation, test_route);
}

int
mode_verify(struct invocation *invocation)
{
    if (config->commandline_checks_require_admin && !invocation->caller.is_admin)
        return permission_denied();
    return run_tests(invocation, test_verify);
}

static int
pretend(struct launch_link *link, void *data)
{
    const struct invocation *invocation = data;
    struct smtp_session_options options = {
        .is_pretending = true, .does_callouts = invocation->line.is_callout_wanted, .link = link
    };
    int status = smtp_session_pretend(invocation->line.host, invocation_origin(invocation), &options);

    if (invocation->line.is_explained)
        trace_print_tree(stdout);
    fflush(stdout);
    return status;
}

int
mode_host_test(struct invocation *invocation)
{
    const struct launch_settings *launch = &invocation->launch;

    if (config->commandline_checks_require_admin && !invocation->caller.is_admin)
        return permission_denied();
    if (geteuid() != 0 && !invocation->has_dropped_privilege &&
        !launch_become_mail_user(launch->mail_uid, launch->mail_gid))
        return permission_denied();
    return launcher_run_alone(invocation->pool, launch, LAUNCH_MAY_OPEN, pretend, invocation);
}

int
mode_print_options(struct invocation *invocation)
{
    const struct str_list *words = &invocation->line.words;
    struct config_print print = {
        .conf = config,
        .out = stdout,
        .err = stderr,
        .is_admin = invocation->caller.is_admin || invocation->has_dropped_privilege,
        .is_name_only = invocation->line.is_names_only,
    };
    const char **texts = POOL_NEW_ARRAY(invocation->pool, const char *, words->count + 1);

    for (size_t i = 0; i < words->count; i++)
        texts[i] = pool_cstr(invocation->pool, words->items[i]);
    return config_print_words(&print, texts, words->count) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static struct str
word(const struct invocation *invocation, size_t index)
{
    return index < invocation->line.words.count ? invocation->line.words.items[index] : STR("");
}

int
mode_retry_test(struct invocation *invocation)
{
    struct scope scope = test_scope(invocation);

    if (str_is_empty(word(invocation, 0))) {
        fprintf(stderr, "tern: -brt needs a domain or address argument\n");
        return EXIT_FAILURE;
    }
    /* Without -f no rule with a senders list is meant. */
    if (!invocation->line.has_sender)
        scope.message = NULL;
    return retry_test(&invocation->line.words, &scope, stdout);
}

int
mode_rewrite_test(struct invocation *invocation)
{
    struct scope scope = test_scope(invocation);

    if (invocation->line.words.count == 0) {
        fprintf(stderr, "tern: -brw needs an address argument\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < invocation->line.words.count; i++)
        rewrite_test(invocation->line.words.items[i], &scope, stdout);
    return EXIT_SUCCESS;
}

/* Words of -bI:. */
int
mode_information(struct invocation *invocation)
{
    static const char *const dscp[] = {
        "af11", "af12", "af13", "af21", "af22", "af23", "af31", "af32", "af33", "af41", "af42", "af43", "ef", "lowcost",
        "lowdelay", "mincost", "reliability", "throughput",
    };
    struct str what = invocation->line.information;

    if (str_eq_c(what, "dscp")) {
        for (size_t i = 0; i < COUNT(dscp); i++)
            puts(dscp[i]);
    } else if (str_eq_c(what, "sieve") || str_eq_c(what, "modules")) {
        return EXIT_SUCCESS;
    } else {
        fputs("tern -bI: information:\n"
              "    dscp      names for the dscp options\n"
              "    modules   modules that can be loaded\n"
              "    sieve     extensions of Sieve filters\n", stdout);
    }
    return EXIT_SUCCESS;
}

int
mode_not_built(struct invocation *invocation)
{
    (void)invocation;
    fprintf(stderr, "tern: this build has no filters and scanners: the option cannot be used\n");
    return EXIT_FAILURE;
}
