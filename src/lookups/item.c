/* lookups/item.c -- ${lookup …} and ${quote_…:…}. */
#include "expand/rows.h"
#include "lookups/lookup.h"

/* The key, then the file or the query. */
static enum outcome
take_arguments(const struct expand_call *call, const struct lookup_spec *spec, struct scope *scope, struct str *key_out,
               struct str *file_out, struct why *why)
{
    enum outcome outcome;

    *file_out = STR("");
    if (call->arg_count == 2 && !spec->driver->is_single_key)
        return why_fail(why, 0, NULL,
                        "a single key was given for lookup type \"%.*s\", which is not a single-key lookup type",
                        STR_ARG(spec->name));
    if (call->arg_count == 1 && spec->driver->is_single_key)
        return why_fail(why, 0, NULL, "missing {key} for single-key \"%.*s\" lookup", STR_ARG(spec->name));
    outcome = expand_node_eval(call->args[0], scope, key_out, why);
    if (outcome == OK && call->arg_count == 2)
        outcome = expand_node_eval(call->args[1], scope, file_out, why);
    return outcome;
}

/* Data is never code: what comes from outside is quoted, or the query is not made. */
static enum outcome
check_quoting(const struct expand_call *call, const struct lookup_spec *spec, struct str query, struct scope *scope,
              struct why *why)
{
    struct str culprit;

    if (spec->driver->is_single_key || spec->driver->quote == NULL || !str_is_tainted(query))
        return OK;
    culprit = expand_node_unquoted(call->args[0], spec->name, scope);
    if (culprit.len == 0)
        return OK;
    return why_defer(why, 0, NULL, "lookup of \"%.*s\" gave DEFER: tainted search query is not properly quoted: "
                     "%.*s needs ${quote_%.*s:…}", STR_ARG(query), STR_ARG(culprit), STR_ARG(spec->name));
}

static enum outcome
deferred(struct str key, const struct why *inner, struct why *why)
{
    if (inner->detail == 1)
        return why_fail(why, 0, NULL, "%.*s", STR_ARG(inner->text));
    return why_defer(why, 0, NULL, "lookup of \"%.*s\" gave DEFER: %.*s", STR_ARG(key), STR_ARG(inner->text));
}

static enum outcome
lookup_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct lookup_spec spec;
    struct str key, file, value, key_before = scope->lookup_key;
    struct captures_kept kept;
    struct why inner;
    enum lookup_answer answer;
    enum outcome outcome;

    if ((scope->forbidden & EXPAND_FORBID_LOOKUP) != 0)
        return why_fail(why, 0, NULL, "lookup expansions are not permitted");
    if (!lookup_spec_parse(call->word, &spec, why))
        return FAIL;
    if ((outcome = take_arguments(call, &spec, scope, &key, &file, why)) != OK
        || (outcome = check_quoting(call, &spec, key, scope, why)) != OK)
        return outcome;
    captures_keep(&kept, scope);
    why_init(&inner, scope->pool);
    answer = lookup_find(&spec, file, key, scope, &value, scope->captures, &inner);
    if (answer == LOOKUP_DEFERRED) {
        outcome = deferred(key, &inner, why);
    } else {
        scope->lookup_key = key;
        outcome = expand_branch(call, answer == LOOKUP_FOUND, value, scope, text_out, why);
        scope->lookup_key = key_before;
    }
    captures_restore(&kept, scope);
    return outcome;
}

static bool
lookup_check(const struct expand_call *call, struct why *why)
{
    struct lookup_spec spec;

    return lookup_spec_parse(call->word, &spec, why);
}

const struct expand_item lookup_items[] = {
    { .name = "lookup", .syntax = EXPAND_LOOKUP, .has_branches = true, .eval = lookup_eval, .check = lookup_check },
    { .name = NULL }
};

/* "pgsql", "mysql": the type; what follows a further underscore is an option unless it belongs to the name
 * ("ldap_dn"). */
static enum outcome
quote_suffix(struct scope *scope, struct str suffix, struct str text, struct str *text_out, struct why *why)
{
    struct str name = suffix, option = STR("");
    struct lookup_spec spec;

    if (lookup_driver_find(suffix) == NULL)
        str_cut(suffix, '_', &name, &option);
    if (lookup_driver_find(name) == NULL) {
        why_fail(why, 0, NULL, "unknown lookup type \"%.*s\"", STR_ARG(name));
        return FAIL;
    }
    if (!lookup_spec_parse(name, &spec, why))
        return FAIL;
    *text_out = text;
    if (spec.driver->quote == NULL) {
        if (option.len == 0)
            return OK;
    } else if (spec.driver->quote(text, option, scope->pool, text_out)) {
        return OK;
    }
    return why_fail(why, 0, NULL, "\"%.*s\" unrecognized after \"${quote_%.*s\"", STR_ARG(option), STR_ARG(name));
}

const struct expand_operator lookup_operators[] = {
    { .name = "quote_", .takes_suffix = true, .apply_suffix = quote_suffix },
    { .name = NULL }
};
