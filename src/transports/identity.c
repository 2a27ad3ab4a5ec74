#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>
#include "expand/expand.h"
#include "message/origin.h"
#include "transports/common.h"

/* The option's source expanded; DEFER with the error worded. */
static enum outcome
expand_id(const struct transport *transport, const struct id_option *option, const char *kind, struct scope *scope,
          struct str *text_out, struct why *why)
{
    struct str reason;

    if (expand(option->source, scope, text_out, why) == OK) {
        *text_out = str_trim(*text_out);
        return OK;
    }
    reason = why->text;
    return transport_defer(why, NUMBER_NONE, "Failed to expand %s string \"%.*s\" from the %.*s transport: %.*s", kind,
                     STR_ARG(option->source->text), STR_ARG(transport->instance.name), STR_ARG(reason));
}

static enum outcome
find_user(const struct transport *transport, struct scope *scope, struct transport_identity *out, bool *has_gid,
          struct why *why)
{
    const struct id_option *option = &transport->user;
    const struct passwd *entry;
    struct str text;
    uint64_t number;
    char *name;

    if (!option->is_expanded) {
        out->uid = option->id;
        if (!*has_gid && option->has_group) {
            out->gid = option->group;
            *has_gid = true;
        }
        return OK;
    }
    if (expand_id(transport, option, "user", scope, &text, why) != OK)
        return DEFER;
    if (str_to_u64(text, 10, &number) && number < UINT32_MAX) {
        out->uid = (uid_t)number;
        return OK;
    }
    name = pool_cstr(scope->pool, text);
    entry = name != NULL && *name != '\0' ? getpwnam(name) : NULL;
    if (entry == NULL)
        return transport_defer(why, NUMBER_NONE,
                               "Failed to find user \"%.*s\" from expanded string \"%.*s\" from the %.*s transport",
                               STR_ARG(text), STR_ARG(option->source->text), STR_ARG(transport->instance.name));
    out->uid = entry->pw_uid;
    if (!*has_gid)
        out->gid = entry->pw_gid;
    *has_gid = true;
    return OK;
}

static enum outcome
find_group(const struct transport *transport, struct scope *scope, gid_t *gid_out, struct why *why)
{
    const struct id_option *option = &transport->group;
    const struct group *entry;
    struct str text;
    uint64_t number;
    char *name;

    if (!option->is_expanded) {
        *gid_out = option->id;
        return OK;
    }
    if (expand_id(transport, option, "group", scope, &text, why) != OK)
        return DEFER;
    if (str_to_u64(text, 10, &number) && number < UINT32_MAX) {
        *gid_out = (gid_t)number;
        return OK;
    }
    name = pool_cstr(scope->pool, text);
    entry = name != NULL && *name != '\0' ? getgrnam(name) : NULL;
    if (entry == NULL)
        return transport_defer(why, NUMBER_NONE,
                               "Failed to find group \"%.*s\" from expanded string \"%.*s\" from the %.*s transport",
                               STR_ARG(text), STR_ARG(option->source->text), STR_ARG(transport->instance.name));
    *gid_out = entry->gr_gid;
    return OK;
}

/* The orders of preference are those of the manual, section 23.2. */
static enum outcome
find_ids(const struct transport *transport, const struct address *addr, struct scope *scope,
         struct transport_identity *out, struct why *why)
{
    const struct transport_driver *driver = transport_driver(transport);
    bool has_gid = true;

    if (transport->group.is_set) {
        if (find_group(transport, scope, &out->gid, why) != OK)
            return DEFER;
    } else {
        has_gid = addr->has_gid;
        out->gid = addr->gid;
    }
    if (transport->user.is_set) {
        if (find_user(transport, scope, out, &has_gid, why) != OK)
            return DEFER;
        out->does_initgroups = transport->initgroups;
    } else if (driver->runs_as_creator != NULL && driver->runs_as_creator(transport) && scope->origin != NULL) {
        out->uid = scope->origin->caller_uid;
        if (!has_gid)
            out->gid = scope->origin->caller_gid;
        has_gid = true;
    } else if (addr->has_uid) {
        out->uid = addr->uid;
        out->does_initgroups = addr->does_initgroups;
    } else {
        out->uid = geteuid();
        if (!has_gid)
            out->gid = getegid();
        has_gid = true;
    }
    if (!has_gid)
        return transport_defer(why, NUMBER_NONE, "User set without group for %.*s transport",
                               STR_ARG(transport->instance.name));
    return OK;
}

/* A directory option of the transport, else what the router gave. */
static enum outcome
find_directory(struct template *option, struct str given, const char *kind, const struct transport *transport,
               struct scope *scope, struct str *path_out, struct why *why)
{
    struct str reason;

    *path_out = given;
    if (option != NULL && expand(option, scope, path_out, why) != OK) {
        reason = why->text;
        return transport_defer(why, NUMBER_NONE, "%s directory \"%.*s\" failed to expand for %.*s transport: %.*s",
                               kind, STR_ARG(option->text), STR_ARG(transport->instance.name), STR_ARG(reason));
    }
    if (path_out->len > 0 && path_out->ptr[0] != '/')
        return transport_defer(why, NUMBER_NOT_ABSOLUTE,
                               "%s directory path \"%.*s\" is not absolute for %.*s transport", kind,
                               STR_ARG(*path_out), STR_ARG(transport->instance.name));
    return OK;
}

enum outcome
transport_identity_find(const struct transport *transport, struct address *addr, struct scope *scope,
                        struct transport_identity *out, struct why *why)
{
    *out = (struct transport_identity){ 0 };
    scope->address = addr;
    if (find_ids(transport, addr, scope, out, why) != OK)
        return DEFER;
    if (find_directory(transport->home_directory, addr->home_directory, "home", transport, scope, &out->home, why)
        != OK)
        return DEFER;
    addr->home_directory = out->home;
    if (find_directory(transport->current_directory, addr->current_directory, "current", transport, scope,
                       &out->current_directory, why)
        != OK)
        return DEFER;
    if (out->current_directory.len == 0)
        out->current_directory = out->home;
    return OK;
}
