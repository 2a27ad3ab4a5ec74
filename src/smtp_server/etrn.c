/* smtp_server/etrn.c -- ETRN: start a queue run for the client (RFC 1985; manual: the ETRN command). */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/child.h"
#include "base/clock.h"
#include "expand/expand.h"
#include "hints/hints.h"
#include "log/log.h"
#include "smtp_server/server.h"

enum { RUN_FORGOTTEN_S = 6 * 3600, ARGUMENTS_MAX = 64, QUEUE_UNAVAILABLE = 458 };

/* ---- One run at a time for the same argument: a record in the hints database "misc". */

static struct str
run_key(struct smtp_session *session)
{
    return pool_printf_tainted(session->scratch, "etrn-%.*s", STR_ARG(session->argument));
}

static bool
run_begins(struct smtp_session *session)
{
    struct hints *hints;
    struct str value;
    int64_t now = clock_seconds(), started = 0;
    bool is_running;

    if (!config->smtp_etrn_serialize || (hints = hints_open("misc", HINTS_CREATE)) == NULL)
        return true;
    if (hints_get(hints, run_key(session), sizeof started, session->scratch, &value) && value.len == sizeof started)
        memcpy(&started, value.ptr, sizeof started);
    is_running = started > 0 && started <= now && started + RUN_FORGOTTEN_S > now;
    if (!is_running)
        hints_put(hints, run_key(session), str_make((const char *)&now, sizeof now));
    hints_close(hints);
    return !is_running;
}

static void
run_ended(struct smtp_session *session)
{
    struct hints *hints = config->smtp_etrn_serialize ? hints_open("misc", HINTS_WRITE) : NULL;

    if (hints != NULL)
        hints_delete(hints, run_key(session));
    hints_close(hints);
}

/* ---- The command */

/* The words of smtp_etrn_command, each expanded with $domain set to the argument; NULL after an error. */
static const char **
command_words(struct smtp_session *session, struct why *why)
{
    struct scope scope = session_scope(session);
    struct scope_value domain = { .name = "domain", .value = session->argument };
    const char **argv = POOL_NEW_ARRAY(session->scratch, const char *, ARGUMENTS_MAX + 1);
    struct str rest = config->smtp_etrn_command->text, word, text;
    int count = 0;

    scope.values = &domain;
    for (word = str_take_word(&rest); word.len > 0 && count < ARGUMENTS_MAX; word = str_take_word(&rest)) {
        if (expand_text(word, &scope, &text, why) != OK)
            return NULL;
        /* An argument of its own, no shell, no options: the client's text is one word whatever it holds. */
        argv[count] = pool_cstr(session->scratch, count == 0 ? text : pool_dup_clean(session->scratch, text));
        if (argv[count++] == NULL)
            return NULL;
    }
    return argv;
}

/* Our own queue run for messages with recipients that contain the text after "#". */
static const char **
queue_run_words(struct smtp_session *session)
{
    const char **argv = POOL_NEW_ARRAY(session->scratch, const char *, 4);
    struct str text = pool_dup_clean(session->scratch, str_from(session->argument, 1));

    argv[0] = pool_cstr(session->scratch, pool_printf(session->scratch, "%s/tern", build_settings.bin_directory));
    argv[1] = "-R";
    argv[2] = pool_cstr(session->scratch, text);
    return argv[2] == NULL || text.len == 0 ? NULL : argv;
}

/* Started and forgotten: a child waits for it and clears the record. */
static bool
start(struct smtp_session *session, const char *const *argv)
{
    struct child_spec spec = { .argv = argv };
    struct child child;
    struct why why;
    pid_t pid;

    session_flush(session);
    pid = fork();
    if (pid == -1)
        return false;
    if (pid > 0)
        return true;
    close(session->input.fd);
    close(session->output.fd);
    why_init(&why, session->scratch);
    if (child_start(&spec, &child, &why) == OK)
        child_wait(&child, 0);
    else
        log_panic(NULL, "ETRN command failed: %.*s", STR_ARG(why.text));
    run_ended(session);
    _exit(0);
}

static void
etrn_run(struct smtp_session *session)
{
    struct acl_reply reply;
    struct why why;
    struct str host = session_host(session, false), argument = session->argument, what;
    const char **argv;
    enum acl_result result;

    log_write(LOG_ETRN, LOG_TO_MAIN, NULL, "ETRN %.*s received from %.*s", STR_ARG(argument), STR_ARG(host));
    result = session_acl(session, ACL_AT_ETRN, config->acl_smtp_etrn, NULL, &reply);
    if (result != ACL_ACCEPT) {
        what = pool_printf_tainted(session->scratch, "ETRN %.*s", STR_ARG(argument));
        session_refuse(session, ACL_AT_ETRN, result, &reply, what);
        return;
    }
    if (config->smtp_etrn_command == NULL && !str_starts(argument, STR("#"))) {
        session_error(session, LOG_SMTP_SYNTAX_ERROR, SMTP_BAD_ARGUMENT, STR("argument must begin with #"));
        return;
    }
    why_init(&why, session->scratch);
    argv = config->smtp_etrn_command != NULL ? command_words(session, &why) : queue_run_words(session);
    if (argv == NULL || argv[0] == NULL) {
        session_reply(session, QUEUE_UNAVAILABLE, STR("Internal failure"));
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC, NULL, "failed to set up ETRN command: %.*s",
                  STR_ARG(why.text));
        return;
    }
    if (session->options->is_pretending) {
        session_reply(session, SMTP_OK, STR("OK"));
        return;
    }
    if (!run_begins(session)) {
        session_replyf(session, QUEUE_UNAVAILABLE, "Already processing %.*s", STR_ARG(argument));
        return;
    }
    if (start(session, argv))
        session_reply(session, SMTP_OK, STR("OK"));
    else
        session_reply(session, QUEUE_UNAVAILABLE, STR("Unable to fork process"));
}

const struct smtp_command etrn_command = { .name = "ETRN", .event = EVENT_ETRN, .has_argument = true, .run = etrn_run };
