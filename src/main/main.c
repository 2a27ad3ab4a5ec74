/* The order of starting: clean surroundings, command line, configuration, caller, mode. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "config/reader.h"
#include "deliver/deliver.h"
#include "expand/expand.h"
#include "log/log.h"
#include "main/alternatives.h"
#include "main/debug.h"
#include "main/modes.h"
#include "main/surroundings.h"
#include "net/ip_address.h"
#include "spool/spool.h"

static int (*const modes[])(struct invocation *) = {
    [MODE_SUBMIT] = mode_submit,
    [MODE_SMTP] = mode_smtp,
    [MODE_BATCH_SMTP] = mode_batch_smtp,
    [MODE_DAEMON] = mode_daemon,
    [MODE_QUEUE_RUN] = mode_queue_run,
    [MODE_QUEUE_LIST] = mode_queue_list,
    [MODE_MESSAGE_ACTION] = mode_message_action,
    [MODE_EXPAND] = mode_expand,
    [MODE_ROUTE_TEST] = mode_route_test,
    [MODE_VERIFY] = mode_verify,
    [MODE_HOST_TEST] = mode_host_test,
    [MODE_VERSION] = mode_version,
    [MODE_PRINT_OPTIONS] = mode_print_options,
    [MODE_RETRY_TEST] = mode_retry_test,
    [MODE_REWRITE_TEST] = mode_rewrite_test,
    [MODE_ALIASES] = mode_aliases,
    [MODE_FILTER_TEST] = mode_not_built,
    [MODE_MALWARE_TEST] = mode_not_built,
    [MODE_INFORMATION] = mode_information,
    [MODE_LOG_LINE] = mode_log_line,
    [MODE_ATRN] = mode_not_built,
    [MODE_INETD_WAIT] = mode_not_built,
};

static const struct launch_duties duties = { .deliver = deliver_duty, .run = deliver_run_duty };

int
permission_denied(void)
{
    fprintf(stderr, "tern: permission denied\n");
    return EXIT_FAILURE;
}

/* "a:b" of the -C files, as the reader wants them. */
static const char *
config_files(const struct invocation *invocation)
{
    struct buf list;

    if (invocation->line.config_files.count == 0)
        return NULL;
    buf_init(&list, invocation->pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < invocation->line.config_files.count; i++) {
        buf_add_c(&list, i == 0 ? "" : ":");
        buf_add(&list, invocation->line.config_files.items[i]);
    }
    return buf_cstr(&list);
}

static const char *const *
macro_texts(const struct invocation *invocation)
{
    const struct str_list *macros = &invocation->line.macros;
    const char **texts = POOL_NEW_ARRAY(invocation->pool, const char *, macros->count + 1);

    for (size_t i = 0; i < macros->count; i++)
        texts[i] = pool_cstr(invocation->pool, macros->items[i]);
    return texts;
}

/* The mail user: the only one there is if this process can be nobody else. */
static void
launch_settle(struct invocation *invocation)
{
    bool is_one_uid = geteuid() != 0 && !invocation->caller.is_privileged_start;

    invocation->launch = (struct launch_settings){
        .mail_uid = is_one_uid ? geteuid() : config->mail_uid,
        .mail_gid = is_one_uid ? getegid() : config->mail_gid,
        .never_users = config->never_users.ids,
        .never_user_count = config->never_users.count,
        .duties = &duties,
        .is_debugging = invocation->line.is_debugging || invocation->line.is_verbose,
    };
}

static bool
is_look_only(enum mode mode)
{
    return mode == MODE_VERSION || mode == MODE_PRINT_OPTIONS || mode == MODE_EXPAND || mode == MODE_RETRY_TEST
        || mode == MODE_REWRITE_TEST || mode == MODE_INFORMATION;
}

bool
invocation_configure(struct invocation *invocation, struct pool *pool, struct str *error_out)
{
    struct config_request request = {
        .files = config_files(invocation),
        .defines = macro_texts(invocation),
        .is_owner_checked = !invocation->has_dropped_privilege,
        .is_text_kept = invocation->line.mode == MODE_PRINT_OPTIONS,
        .is_mail_user_optional = is_look_only(invocation->line.mode),
    };
    struct config *read;

    if (config_read(&request, pool, &read, error_out) != OK)
        return false;
    config = read;
    log_configure(&config->log);
    launch_settle(invocation);
    caller_judge(&invocation->caller, invocation->launch.mail_uid, invocation->launch.mail_gid);
    caller_name_unknown(&invocation->caller, invocation->pool);
    return true;
}

/* Options by which a caller could use our rights for his own ends (manual: -C, -D). */
static bool
is_privilege_to_be_dropped(const struct invocation *invocation)
{
    const struct command_line *line = &invocation->line;

    if (!invocation->caller.is_privileged_start)
        return false;
    if (line->mode == MODE_EXPAND || line->mode == MODE_FILTER_TEST)
        return true;
    return alternatives_cost_privilege(invocation);
}

struct launch_link *
invocation_launcher(const struct invocation *invocation, unsigned rights)
{
    const struct launch_settings *launch = &invocation->launch;
    struct launch_link *link;

    if (invocation->caller.is_privileged_start && geteuid() != 0
        && !launch_become_mail_user(launch->mail_uid, launch->mail_gid)) {
        fprintf(stderr, "tern: cannot become the mail user: %s\n", strerror(errno));
        return NULL;
    }
    link = launcher_start_beside(invocation->pool, launch, rights);
    if (link == NULL)
        fprintf(stderr, "tern: cannot become the mail user (uid %u): %s\n", (unsigned)launch->mail_uid,
                strerror(errno));
    return link;
}

struct str
invocation_notifier_path(const struct invocation *invocation)
{
    struct captures captures = { 0 };
    struct scope scope = scope_make(invocation->pool);
    struct str path = { 0 };
    struct why why;

    scope.captures = &captures;
    why_init(&why, invocation->pool);
    if (config->notifier_socket != NULL && expand(config->notifier_socket, &scope, &path, &why) != OK)
        log_panic(NULL, "expansion of notifier_socket failed: %.*s", STR_ARG(why.text));
    return path;
}

/* -oM… facts, for those who may give them.  They stand in lines of the spool and of header fields. */
static void
origin_take_given(struct origin *origin, const struct given_origin *raw)
{
    struct pool *pool = origin->pool;
    struct given_origin cleaned = *raw, *given = &cleaned;
    struct ip_address ip;
    int port;

    cleaned.host_name = escape_unprintable(pool, raw->host_name, true);
    cleaned.ident = escape_unprintable(pool, raw->ident, true);
    cleaned.protocol = escape_unprintable(pool, raw->protocol, true);
    cleaned.authenticator = escape_unprintable(pool, raw->authenticator, true);
    cleaned.authenticated_id = escape_unprintable(pool, raw->authenticated_id, true);
    cleaned.authenticated_sender = escape_unprintable(pool, raw->authenticated_sender, true);

    if (ip_parse_with_port(given->host_address, &ip, &port)) {
        origin->host_address = ip_format(&ip, origin->pool);
        origin->host_port = port;
        origin->is_local = false;
        origin->is_socket = true;
        origin->authenticated_id = STR("");     /* the login is not that of the client */
    }
    if (ip_parse_with_port(given->interface, &ip, &port)) {
        origin->interface_address = ip_format(&ip, origin->pool);
        origin->interface_port = port;
    }
    if (!str_is_empty(given->host_name)) {
        origin->host_name = given->host_name;
        origin->name_lookup = NAME_FOUND;
    }
    if (!str_is_empty(given->ident))
        origin->ident = given->ident;
    if (!str_is_empty(given->protocol))
        origin->protocol = pool_dup_clean(origin->pool, given->protocol);   /* given by a trusted caller */
    origin->authenticator = given->authenticator;
    if (!str_is_empty(given->authenticated_id))
        origin->authenticated_id = given->authenticated_id;
    if (!str_is_empty(given->authenticated_sender))
        origin->authenticated_sender = given->authenticated_sender;
}

struct origin *
invocation_origin(const struct invocation *invocation)
{
    const struct caller *caller = &invocation->caller;
    struct origin *origin = origin_new(invocation->pool);

    origin->is_local = true;
    origin->caller_uid = caller->uid;
    origin->caller_gid = caller->gid;
    origin->caller_login = origin->ident = origin->authenticated_id = caller->login;
    origin->caller_name = caller->full_name;
    origin->is_trusted = caller->is_trusted;
    origin->is_admin = caller->is_admin;
    if (caller->is_trusted)
        origin_take_given(origin, &invocation->line.given);
    return origin;
}

static int
usage(void)
{
    fprintf(stderr, "tern: no recipients and nothing to do; \"tern --help\" lists the options\n");
    return EXIT_FAILURE;
}

/* The installed configuration is broken: that goes to the panic log too.  One named by -C is its author's business. */
static int
configuration_failed(const struct invocation *invocation, struct str error)
{
    fflush(stdout);
    if (invocation->line.config_files.count == 0 && !invocation->has_dropped_privilege)
        log_panic(NULL, "%.*s", STR_ARG(error));
    else
        fprintf(stderr, "%.*s\n", STR_ARG(error));
    return EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
    struct invocation invocation = { .pool = pool_new("invocation") };
    struct pool *config_pool;
    const char *reason;
    struct str error;

    if (!launch_regain_root())
        return permission_denied();
    surroundings_clean(invocation.pool, &invocation.environment);
    if (!command_line_read(argc, argv, invocation.pool, &invocation.line, &error)) {
        fprintf(stderr, "%.*s", STR_ARG(error));
        return EXIT_FAILURE;
    }
    caller_find(&invocation.caller, invocation.pool);
    if (invocation.line.mode == MODE_HELP) {
        command_line_help(stdout);
        return EXIT_SUCCESS;
    }
    if (invocation.line.mode == MODE_NONE)
        return usage();
    if (!alternatives_are_allowed(&invocation.line, &reason)) {
        fprintf(stderr, "tern: %s\n", reason);
        return EXIT_FAILURE;
    }
    if (is_privilege_to_be_dropped(&invocation)) {
        if (!launch_become_caller())
            return permission_denied();
        invocation.has_dropped_privilege = true;
    }
    if (invocation.line.mode == MODE_VERSION)
        version_print();
    config_pool = pool_new("config");
    if (!invocation_configure(&invocation, config_pool, &error))
        return configuration_failed(&invocation, error);
    surroundings_timezone();
    surroundings_environment(invocation.pool, &invocation.environment);
    if (!debug_start(&invocation))
        return permission_denied();
    return modes[invocation.line.mode](&invocation);
}
