/* routers/redirect.c -- aliases, .forward files and the like: other addresses, pipes, files, or a verdict. */
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "message/message.h"
#include "routers/redirect.h"

enum { INCLUDE_DEPTH_MAX = 10, ITEMS_MAX = 1000000 };

static const struct redirect_options defaults = {
    .filter_prepend_home = true, .modemask = 022, .repeat_use = true, .rewrite = true
};

#define O struct redirect_options
static const struct option options[] = {
    OPTION_BOOL(O, allow_defer),
    OPTION_BOOL(O, allow_fail),
    OPTION_BOOL(O, allow_filter),
    OPTION_BOOL(O, allow_freeze),
    OPTION_BOOL(O, check_ancestor),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, O, check_group, .is_set_offset = offsetof(O, check_group_is_set),),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, O, check_owner, .is_set_offset = offsetof(O, check_owner_is_set),),
    OPTION_EXPANDED(O, data),
    OPTION_EXPANDED(O, directory_transport),
    OPTION_EXPANDED(O, file),
    OPTION_EXPANDED(O, file_transport),
    OPTION_BOOL(O, filter_prepend_home),
    OPTION_BOOL(O, forbid_blackhole),
    OPTION_BOOL(O, forbid_exim_filter),
    OPTION_BOOL(O, forbid_file),
    OPTION_BOOL(O, forbid_filter_dlfunc),
    OPTION_BOOL(O, forbid_filter_existstest),
    OPTION_BOOL(O, forbid_filter_logwrite),
    OPTION_BOOL(O, forbid_filter_lookup),
    OPTION_BOOL(O, forbid_filter_perl),
    OPTION_BOOL(O, forbid_filter_readfile),
    OPTION_BOOL(O, forbid_filter_readsocket),
    OPTION_BOOL(O, forbid_filter_reply),
    OPTION_BOOL(O, forbid_filter_run),
    OPTION_BOOL(O, forbid_include),
    OPTION_BOOL(O, forbid_pipe),
    OPTION_BOOL(O, forbid_sieve_filter),
    OPTION_BOOL(O, forbid_smtp_code),
    OPTION_BOOL(O, hide_child_in_errmsg),
    OPTION_BOOL(O, ignore_eacces),
    OPTION_BOOL(O, ignore_enotdir),
    OPTION_TEXT(O, include_directory),
    OPTION_OCTAL(O, modemask),
    OPTION_BOOL(O, one_time),
    OPTION_UID_LIST(O, owners),
    OPTION_GID_LIST(O, owngroups),
    OPTION_EXPANDED(O, pipe_transport),
    OPTION_EXPANDED(O, qualify_domain),
    OPTION_BOOL(O, qualify_preserve_domain),
    OPTION_BOOL(O, repeat_use),
    OPTION_EXPANDED(O, reply_transport),
    OPTION_BOOL(O, rewrite),
    OPTION_EXPANDED(O, sieve_enotify_mailto_owner),
    OPTION_EXPANDED(O, sieve_inbox),
    OPTION_EXPANDED(O, sieve_subaddress),
    OPTION_EXPANDED(O, sieve_useraddress),
    OPTION_EXPANDED(O, sieve_vacation_directory),
    OPTION_BOOL(O, skip_syntax_errors),
    OPTION_EXPANDED(O, syntax_errors_text),
    OPTION_TEXT(O, syntax_errors_to),
    OPTION_END
};
#undef O

/* one_time makes new recipients: what only an address on its way can carry is not allowed with it. */
static const char *
one_time_objection(const struct router *router)
{
    if (router->headers_add != NULL || router->headers_remove != NULL)
        return "\"headers_add\" and \"headers_remove\" are not permitted with \"one_time\"";
    if (router->unseen != NULL && !str_eq_c(router->unseen->text, "false") && !str_eq_c(router->unseen->text, "no"))
        return "\"unseen\" may not be used with \"one_time\"";
    return NULL;
}

static const char *
objection(const struct router *router, const struct redirect_options *opt)
{
    if (opt->data == NULL && opt->file == NULL)
        return "one of \"file\" or \"data\" must be specified";
    if (opt->data != NULL && opt->file != NULL)
        return "only one of \"file\" or \"data\" must be specified";
    if (opt->qualify_domain != NULL && opt->qualify_preserve_domain)
        return "only one of \"qualify_domain\" or \"qualify_preserve_domain\" must be set";
    if (opt->allow_filter && !router->check_local_user && !router->user.is_set)
        return "\"user\" or \"check_local_user\" must be set with \"allow_filter\"";
    if (opt->include_directory.len > 0 && opt->include_directory.ptr[0] != '/')
        return "include_directory must be an absolute path";
    return opt->one_time ? one_time_objection(router) : NULL;
}

static bool
redirect_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct router *router = (struct router *)instance;
    struct redirect_options *opt = instance->options;
    const char *text = objection(router, opt);

    (void)pool;
    if (text != NULL) {
        *why_out = str_of(text);
        return false;
    }
    if (opt->one_time)
        opt->forbid_file = opt->forbid_pipe = opt->forbid_filter_reply = true;
    if (!opt->check_owner_is_set)
        opt->check_owner = router->check_local_user || opt->owners.count > 0;
    if (!opt->check_group_is_set)
        opt->check_group = (router->check_local_user && (opt->modemask & 020) == 0) || opt->owngroups.count > 0;
    router->is_once_only = !opt->repeat_use;
    return true;
}

/* ---- Verdicts of an item that end the redirection. */

static enum route_outcome
data_error(struct redirection *redirection, struct str text)
{
    why_defer(&redirection->addr->why, 0, "4.3.5", "error in redirect data: %.*s", STR_ARG(text));
    return ROUTE_DEFER;
}

static enum route_outcome
not_permitted(struct redirection *redirection, const char *word, struct str text)
{
    return data_error(redirection, pool_printf_tainted(redirection->run->pool, "\"%s%s%.*s\" is not permitted", word,
                                                       text.len > 0 ? " " : "", STR_ARG(text)));
}

/* :fail: and :defer: with their text; an SMTP code in front of it is for the client. */
static enum route_outcome
verdict(struct redirection *redirection, const struct redirect_item *item)
{
    bool is_fail = item->kind == REDIRECT_FAIL;
    struct address *addr = redirection->addr;
    struct str enhanced;
    int code = redirect_code_take(item->text, is_fail ? '5' : '4', &enhanced);

    if (is_fail ? !redirection->opt->allow_fail : !redirection->opt->allow_defer)
        return not_permitted(redirection, is_fail ? ":fail:" : ":defer:", item->text);
    if (is_fail)
        why_fail(&addr->why, 0, "5.0.0", "%.*s", STR_ARG(item->text));
    else
        why_defer(&addr->why, 0, "4.0.0", "%.*s", STR_ARG(item->text));
    addr->why.user_text = item->text;
    if (code == -1)
        log_write(LOG_ALWAYS, LOG_TO_MAIN | LOG_TO_PANIC,
                  redirection->run->scope->message != NULL ? redirection->run->scope->message->id : NULL,
                  "configured error code starts with incorrect digit (expected %s) in \"%.*s\"", is_fail ? "5" : "4",
                  STR_ARG(item->text));
    if (code != 0) {
        struct str rest = str_trim_left(str_from(item->text, 4));

        addr->why.user_text = enhanced.len > 0 ? str_trim_left(str_from(rest, enhanced.len)) : rest;
    }
    if (code > 0 && !redirection->opt->forbid_smtp_code) {
        addr->why.smtp_code = code;
        if (enhanced.len > 0)
            addr->why.enhanced = pool_cstr(redirection->run->pool, enhanced);
    }
    return is_fail ? ROUTE_FAIL : ROUTE_DEFER;
}

static enum route_outcome
fault(struct redirection *redirection, const struct redirect_item *item)
{
    struct pool *pool = redirection->run->pool;

    if (!redirection->opt->skip_syntax_errors)
        return data_error(redirection,
                          pool_printf_tainted(pool, "%.*s in \"%.*s\"", STR_ARG(item->reason), STR_ARG(item->text)));
    log_write(LOG_ALWAYS, LOG_TO_MAIN,
              redirection->run->scope->message != NULL ? redirection->run->scope->message->id : NULL,
              "%.*s router: skipped error: %.*s in \"%.*s\"", STR_ARG(redirection->router->instance.name),
              STR_ARG(item->reason), STR_ARG(item->text));
    str_list_add(&redirection->faults, pool, item->reason);
    str_list_add(&redirection->fault_items, pool, item->text);
    return ROUTE_ACCEPT;
}

static enum route_outcome data_walk(struct redirection *redirection, struct str data);

static enum route_outcome
include(struct redirection *redirection, const struct redirect_item *item)
{
    struct address *addr = redirection->addr;
    enum route_outcome outcome;
    struct str data;

    if (redirection->include_depth >= INCLUDE_DEPTH_MAX)
        return data_error(redirection, STR("included files are nested too deeply"));
    if (redirect_include_read(redirection, item->text, &data) != OK)
        return data_error(redirection, addr->why.text);
    redirection->include_depth++;
    outcome = data_walk(redirection, data);
    redirection->include_depth--;
    return outcome;
}

/* ROUTE_ACCEPT: go on with the next item. */
static enum route_outcome
item_apply(struct redirection *redirection, const struct redirect_item *item)
{
    switch (item->kind) {
    case REDIRECT_ADDRESS: return redirect_add_address(redirection, item) == OK ? ROUTE_ACCEPT : ROUTE_DEFER;
    case REDIRECT_PIPE: return redirect_add_pipe(redirection, item->text) == OK ? ROUTE_ACCEPT : ROUTE_DEFER;
    case REDIRECT_FILE: return redirect_add_file(redirection, item->text) == OK ? ROUTE_ACCEPT : ROUTE_DEFER;
    case REDIRECT_INCLUDE: return include(redirection, item);
    case REDIRECT_FAIL:
    case REDIRECT_DEFER: return verdict(redirection, item);
    case REDIRECT_BLACKHOLE:
        return redirection->opt->forbid_blackhole ? not_permitted(redirection, ":blackhole:", STR(""))
                                                  : ROUTE_DISCARDED;
    case REDIRECT_UNKNOWN: return ROUTE_DECLINE;
    case REDIRECT_FAULT: return fault(redirection, item);
    case REDIRECT_NOTHING:
    case REDIRECT_END: break;
    }
    return ROUTE_ACCEPT;
}

static enum route_outcome
data_walk(struct redirection *redirection, struct str data)
{
    struct address_rules rules = { .allow_domain_literals = config->allow_domain_literals,
                                   .allow_utf8_domains = config->allow_utf8_domains,
                                   .strip_excess_angle_brackets = config->strip_excess_angle_brackets,
                                   .strip_trailing_dot = config->strip_trailing_dot,
                                   .allow_unqualified = true };
    struct redirect_list list;
    struct redirect_item item;

    redirect_list_init(&list, redirection->run->pool, data, &rules);
    for (int count = 0; redirect_list_next(&list, &item) != REDIRECT_END; count++) {
        enum route_outcome outcome;

        if (count >= ITEMS_MAX)
            return data_error(redirection, STR("too many items"));
        outcome = item_apply(redirection, &item);
        if (outcome != ROUTE_ACCEPT)
            return outcome;
    }
    return ROUTE_ACCEPT;
}

/* ---- The data itself */

static enum route_outcome
data_find(struct redirection *redirection, struct str *data_out)
{
    const struct redirect_options *opt = redirection->opt;
    struct address *addr = redirection->addr;
    struct why why;

    if (opt->file != NULL)
        return redirect_file_read(redirection, data_out);
    why_init(&why, redirection->run->pool);
    if (expand(opt->data, redirection->run->scope, data_out, &why) == OK)
        return data_out->len > 0 ? ROUTE_ACCEPT : ROUTE_DECLINE;
    if (why.is_forced)
        return ROUTE_DECLINE;
    why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\": %.*s", STR_ARG(opt->data->text), STR_ARG(why.text));
    return ROUTE_DEFER;
}

/* Filters are refused by what they are, before anything of them is taken for addresses. */
static bool
is_refused_filter(struct redirection *redirection, struct str data)
{
    const struct redirect_options *opt = redirection->opt;
    enum redirect_filter filter = redirect_filter_kind(data);
    const char *text;

    if (filter == REDIRECT_NO_FILTER)
        return false;
    if (!opt->allow_filter)
        text = "filtering not enabled";
    else if (filter == REDIRECT_EXIM_FILTER)
        text = opt->forbid_exim_filter ? "Exim filtering not enabled"
                                       : "this version of Tern does not run Exim filter files";
    else
        text = opt->forbid_sieve_filter ? "Sieve filtering not enabled"
                                        : "this version of Tern does not run Sieve filter files";
    why_defer(&redirection->addr->why, 0, "4.3.5", "error in filter data: %s", text);
    return true;
}

/* Whose files: the user option's, else the local user's. */
static enum outcome
ids_find(struct redirection *redirection)
{
    struct address *addr = redirection->addr;
    const struct router *router = redirection->router;
    bool has_group = false;
    struct why why;

    redirection->has_ids = addr->has_local_user;
    redirection->ids = (struct launch_ids){ addr->local_user_uid, addr->local_user_gid, router->initgroups };
    why_init(&why, redirection->run->pool);
    if (router->user.is_set) {
        if (user_option_find(&router->user, redirection->run->scope, &redirection->ids.uid, &redirection->ids.gid,
                             &has_group, &why) != OK)
            return why_defer(&addr->why, 0, "4.3.5", "%.*s", STR_ARG(why.text));
        redirection->has_ids = has_group || router->group.is_set || addr->has_local_user;
    }
    if (router->group.is_set &&
        group_option_find(&router->group, redirection->run->scope, &redirection->ids.gid, &why) != OK)
        return why_defer(&addr->why, 0, "4.3.5", "%.*s", STR_ARG(why.text));
    return OK;
}

/* Tell whom syntax_errors_to names; the mail itself is made by the delivery, later. */
static void
faults_report(struct redirection *redirection)
{
    const struct redirect_options *opt = redirection->opt;
    struct route_run *run = redirection->run;
    struct route_notice *notice;
    struct str text = STR("");
    struct why why;
    struct buf body;

    if (redirection->faults.count == 0 || opt->syntax_errors_to.len == 0 || run->purpose != ROUTE_FOR_DELIVERY)
        return;
    why_init(&why, run->pool);
    if (opt->syntax_errors_text != NULL && expand(opt->syntax_errors_text, run->scope, &text, &why) != OK)
        text = STR("");
    buf_init(&body, run->pool, 1 << 20);
    buf_taint(&body);
    if (text.len > 0)
        buf_addf_tainted(&body, "%.*s\n\n", STR_ARG(str_trim_right(text)));
    buf_addf_tainted(&body, "The %.*s router encountered the following error(s):\n\n",
                     STR_ARG(redirection->router->instance.name));
    for (size_t i = 0; i < redirection->faults.count; i++)
        buf_addf_tainted(&body, "  %.*s in the address\n  \"%.*s\"\n\n", STR_ARG(redirection->faults.items[i]),
                         STR_ARG(redirection->fault_items.items[i]));
    buf_add_c(&body, "Other addresses were processed normally.\n");
    notice = POOL_NEW(run->pool, struct route_notice);
    *notice = (struct route_notice){ run->notices, opt->syntax_errors_to, buf_str(&body) };
    run->notices = notice;
}

/* Forget the children that were made before the verdict came. */
static void
children_drop(struct route_run *run, struct address **first, struct address *addr)
{
    *first = NULL;
    run->children_end = first;
    addr->open_children = 0;
}

static enum route_outcome
redirect_route(const struct router *router, struct route_run *run, struct address *addr)
{
    struct redirection redirection = { .router = router, .opt = router->instance.options, .run = run, .addr = addr };
    struct address **first = run->children_end;
    struct str data;
    enum route_outcome outcome;

    if (ids_find(&redirection) != OK)
        return ROUTE_DEFER;
    outcome = data_find(&redirection, &data);
    if (outcome != ROUTE_ACCEPT)
        return outcome;
    if (is_refused_filter(&redirection, data))
        return ROUTE_DEFER;
    outcome = data_walk(&redirection, data);
    if (outcome != ROUTE_ACCEPT) {
        children_drop(run, first, addr);
        return outcome;
    }
    faults_report(&redirection);
    if (*first != NULL)
        return ROUTE_REDIRECTED;
    return ROUTE_DECLINE;
}

const struct router_driver redirect_driver = {
    .info = { .name = "redirect",
              .options = options,
              .defaults = &defaults,
              .options_size = sizeof(struct redirect_options),
              .init = redirect_init },
    .is_without_transport = true,
    .route = redirect_route,
};
