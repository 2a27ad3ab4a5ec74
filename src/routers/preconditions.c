/* What must hold before a router is run, in the order of the manual's section "Router preconditions". */
#include <errno.h>
#include <sys/stat.h>
#include "address/mailbox.h"
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "expand/expand.h"
#include "match/match.h"
#include "message/message.h"
#include "routers/router_driver.h"

static enum precondition
not_met(const struct router *router, const char *what)
{
    trace(TRACE_ROUTE, "%.*s router skipped: %s", STR_ARG(router->instance.name), what);
    return PRECONDITIONS_NOT_MET;
}

static enum precondition
deferred(struct address *addr, const struct why *why, const char *what)
{
    why_defer(&addr->why, why->sys_errno, "4.3.5", "%s check lookup or other defer: %.*s", what, STR_ARG(why->text));
    return PRECONDITIONS_DEFERRED;
}

/* ---- Affixes */

static bool
affix_take(struct template *list, bool is_suffix, struct route_run *run, struct address *addr)
{
    struct items items = items_of(list->text);
    struct str pattern;

    while (items_next(&items, run->pool, &pattern)) {
        struct str variable = STR("");
        size_t len = is_suffix ? local_part_suffix(pattern, addr->local_part, &variable)
                               : local_part_prefix(pattern, addr->local_part, &variable);

        if (len == 0)
            continue;
        if (is_suffix) {
            addr->suffix = str_from(addr->local_part, addr->local_part.len - len);
            addr->suffix_v = variable;
            addr->local_part = str_head(addr->local_part, addr->local_part.len - len);
        } else {
            addr->prefix = str_head(addr->local_part, len);
            addr->prefix_v = variable;
            addr->local_part = str_from(addr->local_part, len);
        }
        trace(TRACE_ROUTE, "stripped %s %.*s", is_suffix ? "suffix" : "prefix",
              STR_ARG(is_suffix ? addr->suffix : addr->prefix));
        return true;
    }
    return false;
}

static bool
affixes_hold(const struct router *router, struct route_run *run, struct address *addr)
{
    addr->prefix = addr->prefix_v = addr->suffix = addr->suffix_v = STR("");
    if (router->local_part_prefix != NULL && !affix_take(router->local_part_prefix, false, run, addr) &&
        !router->local_part_prefix_optional)
        return false;
    return router->local_part_suffix == NULL || affix_take(router->local_part_suffix, true, run, addr) ||
        router->local_part_suffix_optional;
}

/* ---- What the address is routed for; NULL: the router takes part. */

static const char *
purpose_objection(const struct router *router, enum route_purpose purpose)
{
    bool is_verify = purpose == ROUTE_FOR_RECIPIENT_VERIFY || purpose == ROUTE_FOR_SENDER_VERIFY;

    if (purpose == ROUTE_FOR_RECIPIENT_VERIFY && !router->verify_recipient)
        return "verify 2 0";
    if (purpose == ROUTE_FOR_SENDER_VERIFY && !router->verify_sender)
        return "verify 1 0";
    if (purpose == ROUTE_FOR_TEST && !router->address_test)
        return "address_test is unset";
    if (!is_verify && router->verify_only)
        return "verify_only set";
    if (purpose == ROUTE_FOR_EXPN && !router->expn)
        return "no_expn set";
    return NULL;
}

/* ---- Lists */

static enum precondition
domains_hold(const struct router *router, struct route_run *run, struct address *addr)
{
    struct match_result result = { 0 };
    struct why why;

    if (router->domains == NULL)
        return PRECONDITIONS_MET;
    why_init(&why, run->pool);
    switch (match_domain(router->domains, addr->domain, run->scope, &result, &why)) {
    case MATCH_NO: return not_met(router, "domains mismatch");
    case MATCH_DEFER: return deferred(addr, &why, "domains");
    case MATCH_YES: break;
    }
    if (result.has_data)
        addr->domain_data = result.data;
    return PRECONDITIONS_MET;
}

static enum precondition
local_parts_hold(const struct router *router, struct route_run *run, struct address *addr)
{
    struct match_result result = { 0 };
    struct why why;

    if (router->local_parts == NULL)
        return PRECONDITIONS_MET;
    why_init(&why, run->pool);
    switch (match_local_part_as(router->local_parts, addr->local_part, router->caseful_local_part ? MATCH_CASEFUL : 0,
                                run->scope, &result, &why)) {
    case MATCH_NO: return not_met(router, "local_parts mismatch");
    case MATCH_DEFER: return deferred(addr, &why, "local_parts");
    case MATCH_YES: break;
    }
    if (result.has_data)
        addr->local_part_data = result.data;
    return PRECONDITIONS_MET;
}

static enum precondition
local_user_holds(const struct router *router, struct route_run *run, struct address *addr)
{
    struct local_user user;

    if (!router->check_local_user)
        return PRECONDITIONS_MET;
    switch (local_user_find(addr->local_part, run->pool, &user)) {
    case FAIL: return not_met(router, "is not a local user");
    case DEFER:
        why_defer(&addr->why, 0, "4.3.0", "cannot find out whether there is a local user of that name");
        return PRECONDITIONS_DEFERRED;
    case OK: break;
    }
    addr->has_local_user = true;
    addr->local_user_uid = user.uid;
    addr->local_user_gid = user.gid;
    addr->local_part_data = user.name;
    addr->home_directory = user.home;
    return PRECONDITIONS_MET;
}

static enum precondition
home_holds(const struct router *router, struct route_run *run, struct address *addr)
{
    struct why why;
    struct str home;

    if (router->router_home_directory == NULL)
        return PRECONDITIONS_MET;
    why_init(&why, run->pool);
    if (expand(router->router_home_directory, run->scope, &home, &why) == OK)
        addr->home_directory = home;
    else if (!why.is_forced) {
        why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\" for router_home_directory: %.*s",
                  STR_ARG(router->router_home_directory->text), STR_ARG(why.text));
        return PRECONDITIONS_DEFERRED;
    }
    return PRECONDITIONS_MET;
}

/* For whoever debugs a configuration; a failure is only shown. */
static void
debug_text_show(const struct router *router, struct route_run *run)
{
    struct why why;
    struct str text;

    if (router->debug_print == NULL || (run->report == NULL && !trace_wants(TRACE_ROUTE)))
        return;
    why_init(&why, run->pool);
    if (expand(router->debug_print, run->scope, &text, &why) != OK)
        trace(TRACE_ROUTE, "failed to expand debug_output \"%.*s\": %.*s", STR_ARG(router->debug_print->text),
              STR_ARG(why.text));
    else if (run->report != NULL)
        fprintf(run->report, "%.*s\n", STR_ARG(str_trim_right(text)));
    else
        trace(TRACE_ROUTE, "%.*s", STR_ARG(str_trim_right(text)));
}

static enum precondition
senders_hold(const struct router *router, struct route_run *run, struct address *addr)
{
    struct str sender = run->scope->message != NULL ? run->scope->message->sender : STR("");
    struct why why;

    if (router->senders == NULL)
        return PRECONDITIONS_MET;
    why_init(&why, run->pool);
    switch (match_address(router->senders, sender, run->scope, NULL, &why)) {
    case MATCH_NO: return not_met(router, "senders mismatch");
    case MATCH_DEFER: return deferred(addr, &why, "senders");
    case MATCH_YES: break;
    }
    return PRECONDITIONS_MET;
}

/* ---- require_files */

struct file_test {
    struct str path;
    bool is_negated, is_eacces_absent, has_user;
    struct launch_ids ids;
};

/* Permission by mode bits alone, as the manual describes it: a rough check. */
static bool
mode_permits(const struct stat *facts, struct launch_ids ids, mode_t wanted)
{
    if (facts->st_uid == ids.uid)
        return (facts->st_mode & wanted << 6) != 0;
    if (facts->st_gid == ids.gid)
        return (facts->st_mode & wanted << 3) != 0;
    return (facts->st_mode & wanted) != 0;
}

/* 0, or the errno of what stands in the way. */
static int
file_test_errno(const struct file_test *test, struct route_run *run)
{
    char *path = pool_cstr(run->pool, test->path);
    struct stat facts;
    struct why why;

    if (path == NULL)
        return ENOENT;
    if (test->has_user && launch_can_become(run->link, test->ids.uid) && run->link != NULL) {
        why_init(&why, run->pool);
        if (launch_stat(run->link, path, test->ids, &facts, &why) != OK)
            return why.sys_errno != 0 ? why.sys_errno : EIO;
        return mode_permits(&facts, test->ids, 4) ? 0 : EACCES;
    }
    if (stat(path, &facts) == -1)
        return errno;
    return test->has_user && !mode_permits(&facts, test->ids, 4) ? EACCES : 0;
}

/* An item without slash: "user" or "user,group" for the paths that follow. */
static bool
file_user_find(struct str item, struct route_run *run, struct file_test *test)
{
    struct str user_name, group_name;
    struct local_user user;
    bool has_group = str_cut(item, ',', &user_name, &group_name);

    if (local_user_find(str_trim(user_name), run->pool, &user) != OK) {
        uint64_t number;

        if (!str_to_u64(str_trim(user_name), 10, &number))
            return false;
        user.uid = (uid_t)number;
        user.gid = (gid_t)-1;
    }
    test->has_user = true;
    test->ids = (struct launch_ids){ user.uid, user.gid, false };
    return !has_group || local_group_find(str_trim(group_name), &test->ids.gid);
}

static void
file_marks_take(struct file_test *test)
{
    test->is_negated = test->is_eacces_absent = false;
    for (; test->path.len > 0 &&
           (test->path.ptr[0] == '!' || test->path.ptr[0] == '+' || ascii_is_space(test->path.ptr[0]));
         test->path = str_from(test->path, 1)) {
        if (test->path.ptr[0] == '!')
            test->is_negated = true;
        if (test->path.ptr[0] == '+')
            test->is_eacces_absent = true;
    }
}

static enum precondition
file_holds(const struct router *router, struct file_test *test, struct route_run *run, struct address *addr)
{
    int error;

    file_marks_take(test);
    if (test->path.len == 0 || test->path.ptr[0] != '/' || str_is_tainted(test->path)) {
        why_defer(&addr->why, 0, "4.3.5", "require_files: \"%.*s\" is not a fully-qualified, untainted path",
                  STR_ARG(test->path));
        return PRECONDITIONS_DEFERRED;
    }
    error = file_test_errno(test, run);
    if (error == EACCES && !test->has_user && addr->has_local_user &&
        launch_can_become(run->link, addr->local_user_uid)) {
        struct file_test again = *test;

        again.has_user = true;
        again.ids = (struct launch_ids){ addr->local_user_uid, addr->local_user_gid, false };
        error = file_test_errno(&again, run);
    }
    if (error == EACCES && (test->is_eacces_absent || test->has_user))
        error = ENOENT;
    if (error != 0 && error != ENOENT && error != ENOTDIR) {
        why_defer(&addr->why, error, "4.3.0", "require_files: error for %.*s", STR_ARG(test->path));
        return PRECONDITIONS_DEFERRED;
    }
    if ((error == 0) == test->is_negated)
        return not_met(router, "file check");
    return PRECONDITIONS_MET;
}

static enum precondition
files_hold(const struct router *router, struct route_run *run, struct address *addr)
{
    struct items items;
    struct file_test test = { 0 };
    struct str item;

    if (router->require_files == NULL)
        return PRECONDITIONS_MET;
    items = items_of(router->require_files->text);
    while (items_next(&items, run->pool, &item)) {
        enum precondition met;
        struct why why;

        why_init(&why, run->pool);
        if (expand_text(item, run->scope, &test.path, &why) != OK) {
            if (why.is_forced)
                continue;
            why_defer(&addr->why, 0, "4.3.5", "failed to expand \"%.*s\" for require_files: %.*s", STR_ARG(item),
                      STR_ARG(why.text));
            return PRECONDITIONS_DEFERRED;
        }
        test.path = str_trim(test.path);
        if (test.path.len == 0)
            continue;
        if (str_find(test.path, '/') == STR_NONE) {
            if (!file_user_find(test.path, run, &test))
                return not_met(router, "user or group of file check does not exist");
            continue;
        }
        met = file_holds(router, &test, run, addr);
        if (met != PRECONDITIONS_MET)
            return met;
    }
    return PRECONDITIONS_MET;
}

/* ---- condition: anything but "", "0", "no", "false" holds. */

static enum precondition
conditions_hold(const struct router *router, struct route_run *run, struct address *addr)
{
    for (const struct router_condition *condition = router->conditions; condition != NULL;
         condition = condition->next) {
        struct str text;
        struct why why;

        why_init(&why, run->pool);
        if (expand(condition->test, run->scope, &text, &why) != OK) {
            if (why.is_forced)
                return not_met(router, "condition failure");
            why_defer(&addr->why, 0, "4.3.5", "condition check lookup defer: %.*s", STR_ARG(why.text));
            return PRECONDITIONS_DEFERRED;
        }
        text = str_trim(text);
        if (text.len == 0 || str_eq_c(text, "0") || str_ieq_c(text, "no") || str_ieq_c(text, "false"))
            return not_met(router, "condition failure");
    }
    return PRECONDITIONS_MET;
}

enum precondition
router_preconditions(const struct router *router, struct route_run *run, struct address *addr)
{
    static enum precondition (*const early[])(const struct router *, struct route_run *, struct address *) = {
        domains_hold, local_parts_hold, local_user_holds, home_holds
    };
    static enum precondition (*const late[])(const struct router *, struct route_run *, struct address *) = {
        senders_hold, files_hold, conditions_hold
    };
    const char *objection;
    enum precondition met;

    if (!affixes_hold(router, run, addr))
        return not_met(router, "prefix or suffix mismatch");
    objection = purpose_objection(router, run->purpose);
    if (objection != NULL)
        return not_met(router, objection);
    for (size_t i = 0; i < COUNT(early); i++)
        if ((met = early[i](router, run, addr)) != PRECONDITIONS_MET)
            return met;
    debug_text_show(router, run);
    for (size_t i = 0; i < COUNT(late); i++)
        if ((met = late[i](router, run, addr)) != PRECONDITIONS_MET)
            return met;
    return PRECONDITIONS_MET;
}
