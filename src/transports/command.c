#include "transports/command.h"
#include "base/child.h"
#include "expand/expand.h"
#include "transports/common.h"

const char **
command_strings(const struct str_list *list, struct pool *pool)
{
    const char **strings = POOL_NEW_ARRAY(pool, const char *, list->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const char *text = pool_cstr(pool, list->items[i]);

        if (text != NULL)
            strings[count++] = text;
    }
    return strings;
}

static enum outcome
split(struct str line, const struct command_request *request, struct pool *pool, struct str_list *arguments,
      struct why *why)
{
    const char *reason;

    if (!child_split_arguments(pool, line, arguments, &reason))
        return transport_defer(why, 0, "%s: %s", request->what, reason);
    return OK;
}

/* The name of the program comes from the configuration only; what a peer wrote may at most be an argument. */
static enum outcome
add_checked(struct str argument, const struct command_request *request, struct pool *pool, struct str_list *out,
            struct why *why)
{
    if (str_is_tainted(argument) && (out->count == 0 || request->is_argument_taint_refused))
        return why_fail(why, 0, "5.3.5", "Tainted arg %zu for %s command: '%.*s'", out->count, request->what,
                        STR_ARG(argument));
    str_list_add(out, pool, argument);
    return OK;
}

static enum outcome
add_expanded(struct str argument, const struct command_request *request, struct transport_run *run,
             struct str_list *out, struct why *why)
{
    struct str text, reason;

    if (str_is_empty(argument) || str_find_any(argument, "$\\") == STR_NONE) {
        str_list_add(out, run->pool, argument);
        return OK;
    }
    if (expand_text(argument, &run->scope, &text, why) != OK) {
        reason = why->text;
        return transport_defer(why, 0, "Expansion of \"%.*s\" from command \"%.*s\" in %s failed: %.*s",
                               STR_ARG(argument), STR_ARG(request->line), request->what, STR_ARG(reason));
    }
    return add_checked(text, request, run->pool, out, why);
}

/* Each address is an argument of its own, whatever it holds. */
static void
add_addresses(struct transport_run *run, struct str_list *out)
{
    for (const struct address *addr = run->addresses; addr != NULL; addr = addr->next)
        str_list_add(out, run->pool, addr->text);
}

static enum outcome
add_address_pipe(const struct command_request *request, struct pool *pool, struct str_list *out, struct why *why)
{
    struct str_list parts = { 0 };
    enum outcome outcome = split(request->address_pipe, request, pool, &parts, why);

    for (size_t i = 0; i < parts.count && outcome == OK; i++)
        outcome = add_checked(parts.items[i], request, pool, out, why);
    return outcome;
}

static enum outcome
add_argument(struct str argument, char quote, const struct command_request *request, struct transport_run *run,
             struct str_list *out, struct why *why)
{
    if (!request->is_expanded) {
        str_list_add(out, run->pool, argument);
        return OK;
    }
    if (quote == 0 && str_eq_c(argument, "$pipe_addresses")) {
        add_addresses(run, out);
        return OK;
    }
    if (quote == 0 && request->address_pipe.len > 0 && str_eq_c(argument, "$address_pipe"))
        return add_address_pipe(request, run->pool, out, why);
    return add_expanded(argument, request, run, out, why);
}

enum outcome
command_make(const struct command_request *request, struct transport_run *run, const char ***argv_out, struct why *why)
{
    struct str_list split_up = { 0 }, arguments = { 0 };

    if (split(request->line, request, run->pool, &split_up, why) != OK)
        return DEFER;
    for (size_t i = 0; i < split_up.count; i++) {
        char quote = child_argument_quote(request->line, i);
        enum outcome outcome = add_argument(split_up.items[i], quote, request, run, &arguments, why);

        if (outcome != OK)
            return outcome;
    }
    if (arguments.count == 0 || str_is_empty(arguments.items[0]))
        return transport_defer(why, 0, "Empty command line for %s", request->what);
    *argv_out = command_strings(&arguments, run->pool);
    return OK;
}
