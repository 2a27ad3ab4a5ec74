/* Children of a redirection: addresses, pipes, files. */
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "message/message.h"
#include "rewrite/rewrite.h"
#include "routers/redirect.h"

/* An ancestor that is the same address, or NULL. */
static const struct address *
ancestor_same(const struct address *addr, struct str text)
{
    for (; addr != NULL; addr = addr->parent)
        if (str_ieq(addr->text, text))
            return addr;
    return NULL;
}

/* The domain for an address that has none. */
static enum outcome
qualify_domain_find(struct redirection *redirection, const struct redirect_item *item, struct str *domain_out)
{
    const struct redirect_options *opt = redirection->opt;
    struct address *addr = redirection->addr;
    struct why why;

    *domain_out = config->qualify_recipient.len > 0 ? config->qualify_recipient : config->qualify_domain;
    if (item->has_backslash || opt->qualify_preserve_domain) {
        *domain_out = addr->domain;
        return OK;
    }
    if (opt->qualify_domain == NULL)
        return OK;
    why_init(&why, redirection->run->pool);
    if (expand(opt->qualify_domain, redirection->run->scope, domain_out, &why) == OK)
        return OK;
    return why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\": %.*s", STR_ARG(opt->qualify_domain->text),
                     STR_ARG(why.text));
}

static void
child_mark(struct redirection *redirection, struct address *child)
{
    child->is_one_time = redirection->opt->one_time;
    child->is_hidden_child = redirection->opt->hide_child_in_errmsg;
    /* A notification of success tells of the expansion; the next host is not asked for another (RFC 3461 section
     * 5.2). */
    if ((child->notify & DSN_SUCCESS) != 0)
        child->notify = child->notify == DSN_SUCCESS ? DSN_NEVER : child->notify & ~(unsigned)DSN_SUCCESS;
}

enum outcome
redirect_add_address(struct redirection *redirection, const struct redirect_item *item)
{
    struct route_run *run = redirection->run;
    struct address *addr = redirection->addr, *child;
    struct str text = item->text;
    const struct address *same;
    struct why why;

    if (mailbox_split(text, &(struct mailbox){ 0 }, NULL) == false) {
        struct str domain;

        if (qualify_domain_find(redirection, item, &domain) != OK)
            return DEFER;
        text = pool_printf_tainted(run->pool, "%.*s@%.*s", STR_ARG(text), STR_ARG(domain));
    }
    why_init(&why, run->pool);
    if (redirection->opt->rewrite && rewrite_has_rules(REWRITE_ENV_RECIPIENT) &&
        rewrite_address(text, REWRITE_ENV_RECIPIENT, run->scope, &text, &why) != OK)
        return why_defer(&addr->why, 0, "4.3.5", "rewriting of %.*s did not complete: %.*s", STR_ARG(item->text),
                         STR_ARG(why.text));
    if (redirection->opt->check_ancestor && (same = ancestor_same(addr->parent, text)) != NULL) {
        trace(TRACE_ROUTE, "%.*s is an ancestor: the address stays as it is", STR_ARG(text));
        text = addr->text;
    }
    child = route_add_child(run, addr, text);
    if (child == NULL)
        return why_defer(&addr->why, 0, "4.3.5", "error in redirect data: \"%.*s\" is no address", STR_ARG(text));
    child_mark(redirection, child);
    return OK;
}

/* A pipe, file or directory is a child that needs no routing: it runs as whom the router says. */
static enum outcome
target_add(struct redirection *redirection, struct str text, enum address_kind kind, const char *option,
           struct template *name)
{
    struct route_run *run = redirection->run;
    struct address *addr = redirection->addr, *child = POOL_NEW(run->pool, struct address);
    struct why why;

    *child = *addr;
    child->next = NULL;
    child->parent = addr;
    child->open_children = 0;
    child->recipient_index = -1;
    child->kind = kind;
    child->text = text;
    child->unique = pool_printf_tainted(run->pool, "%.*s:%.*s", STR_ARG(text), STR_ARG(addr->unique));
    child->is_file_directory = kind == ADDRESS_FILE && str_ends(text, STR("/"));
    child->is_pipe_expansion_wanted = false;
    why_init(&child->why, run->pool);
    child_mark(redirection, child);
    *run->children_end = child;
    run->children_end = &child->next;
    addr->open_children++;
    if (router_set_identity(redirection->router, run, child) != OK) {
        child->outcome = DEFER;
        return OK;
    }
    why_init(&why, run->pool);
    child->outcome = OK;
    child->transport = kind == ADDRESS_FILE && str_eq_c(text, "/dev/null") && run->purpose == ROUTE_FOR_DELIVERY
        ? NULL : router_named_transport(redirection->router, option, name, run->scope, &why);
    if (child->transport == NULL && !str_eq_c(text, "/dev/null")) {
        child->why = why;
        child->outcome = DEFER;
    }
    return OK;
}

/* A target that may not be: the child is deferred, so that it shows in logs and tests. */
static enum outcome
target_forbid(struct redirection *redirection, struct str text, enum address_kind kind, const char *reason)
{
    struct address **last = redirection->run->children_end;

    target_add(redirection, text, kind, "transport", NULL);
    (*last)->outcome = DEFER;
    why_defer(&(*last)->why, 0, "4.3.5", "%s", reason);
    return OK;
}

enum outcome
redirect_add_pipe(struct redirection *redirection, struct str text)
{
    if (redirection->opt->forbid_pipe)
        return target_forbid(redirection, text, ADDRESS_PIPE, "delivery to pipe forbidden");
    return target_add(redirection, text, ADDRESS_PIPE, "pipe_transport", redirection->opt->pipe_transport);
}

enum outcome
redirect_add_file(struct redirection *redirection, struct str text)
{
    const struct redirect_options *opt = redirection->opt;

    if (opt->forbid_file)
        return target_forbid(redirection, text, ADDRESS_FILE, "delivery to file forbidden");
    if (str_ends(text, STR("/")))
        return target_add(redirection, text, ADDRESS_FILE, "directory_transport", opt->directory_transport);
    return target_add(redirection, text, ADDRESS_FILE, "file_transport", opt->file_transport);
}
