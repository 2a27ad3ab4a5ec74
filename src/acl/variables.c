/* acl/variables.c -- what lists tell expansions: variables, ${acl{…}}, and the condition acl. */
#include <string.h>
#include "acl/list.h"
#include "config/config.h"
#include "expand/rows.h"

/* ---- Variables: most are a text of the state. */

#define STATE_TEXT(field)                                                                                   \
    static enum outcome                                                                                     \
    get_##field(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)             \
    {                                                                                                       \
        (void)suffix;                                                                                       \
        (void)why;                                                                                          \
        *value_out = scope->acl == NULL ? STR("") : scope->acl->field;                                      \
        return OK;                                                                                          \
    }
#define STATE_NUMBER(field)                                                                                 \
    static enum outcome                                                                                     \
    get_##field(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)             \
    {                                                                                                       \
        (void)suffix;                                                                                       \
        (void)why;                                                                                          \
        *value_out = pool_printf(scope->pool, "%d", scope->acl == NULL ? 0 : scope->acl->field);            \
        return OK;                                                                                          \
    }

STATE_TEXT(verify_message)
STATE_TEXT(dnslist_domain)
STATE_TEXT(dnslist_matched)
STATE_TEXT(dnslist_text)
STATE_TEXT(dnslist_value)
STATE_TEXT(sender_rate)
STATE_TEXT(sender_rate_limit)
STATE_TEXT(sender_rate_period)
STATE_TEXT(host_data)
STATE_TEXT(sender_data)
STATE_TEXT(recipient_data)
STATE_TEXT(sender_address_data)
STATE_TEXT(smtp_command)
STATE_TEXT(smtp_command_argument)
STATE_NUMBER(rcpt_count)
STATE_NUMBER(rcpt_fail_count)
STATE_NUMBER(rcpt_defer_count)

static enum outcome
get_headers_added(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = scope->acl == NULL ? STR("") : acl_headers_added(scope->acl, scope->pool);
    return OK;
}

static enum outcome
get_prdr_requested(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = scope->acl != NULL && scope->acl->is_prdr_requested ? STR("yes") : STR("no");
    return OK;
}

/* acl_c… and acl_m…: suffix is what follows "acl_c" or "acl_m". */
static enum outcome
get_acl_variable(const struct map *variables, char kind, struct str suffix, struct scope *scope, struct str *value_out,
                 struct why *why)
{
    struct str name = pool_printf_tainted(scope->pool, "%c%.*s", kind, STR_ARG(suffix));
    const struct str *value = variables == NULL ? NULL : map_get(variables, name);

    if (suffix.len == 0 || (!ascii_is_digit(suffix.ptr[0]) && suffix.ptr[0] != '_'))
        return why_fail(why, 0, NULL, "unknown variable name \"acl_%.*s\"", STR_ARG(name));
    if (value == NULL && config != NULL && config->strict_acl_vars)
        return why_fail(why, 0, NULL, "unknown variable name \"acl_%.*s\" (strict_acl_vars is set)", STR_ARG(name));
    *value_out = value == NULL ? STR("") : *value;
    return OK;
}

static enum outcome
get_acl_c(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    return get_acl_variable(scope->origin == NULL ? NULL : &scope->origin->acl_variables, 'c', suffix, scope, value_out,
                            why);
}

static enum outcome
get_acl_m(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    return get_acl_variable(scope->message == NULL ? NULL : &scope->message->acl_variables, 'm', suffix, scope,
                            value_out, why);
}

static enum outcome
get_acl_arg(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    int number = suffix.len == 1 ? suffix.ptr[0] - '0' : 0;

    if (number < 1 || number > ACL_ARGS_MAX)
        return why_fail(why, 0, NULL, "unknown variable name \"acl_arg%.*s\"", STR_ARG(suffix));
    *value_out = number <= scope->acl_arg_count ? scope->acl_args[number - 1] : STR("");
    return OK;
}

static enum outcome
get_acl_narg(struct scope *scope, struct str suffix, struct str *value_out, struct why *why)
{
    (void)suffix;
    (void)why;
    *value_out = pool_printf(scope->pool, "%d", scope->acl_arg_count);
    return OK;
}

const struct expand_variable acl_variables[] = {
    { .name = "acl_arg", .is_prefix = true, .get = get_acl_arg },
    { .name = "acl_c", .is_prefix = true, .get = get_acl_c },
    { .name = "acl_m", .is_prefix = true, .get = get_acl_m },
    { .name = "acl_narg", .get = get_acl_narg },
    { .name = "acl_verify_message", .get = get_verify_message },
    { .name = "dnslist_domain", .get = get_dnslist_domain },
    { .name = "dnslist_matched", .get = get_dnslist_matched },
    { .name = "dnslist_text", .get = get_dnslist_text },
    { .name = "dnslist_value", .get = get_dnslist_value },
    { .name = "headers_added", .get = get_headers_added },
    { .name = "host_data", .get = get_host_data },
    { .name = "prdr_requested", .get = get_prdr_requested },
    { .name = "rcpt_count", .get = get_rcpt_count },
    { .name = "rcpt_defer_count", .get = get_rcpt_defer_count },
    { .name = "rcpt_fail_count", .get = get_rcpt_fail_count },
    { .name = "recipient_data", .get = get_recipient_data },
    { .name = "sender_address_data", .get = get_sender_address_data },
    { .name = "sender_data", .get = get_sender_data },
    { .name = "sender_rate", .get = get_sender_rate },
    { .name = "sender_rate_limit", .get = get_sender_rate_limit },
    { .name = "sender_rate_period", .get = get_sender_rate_period },
    { .name = "smtp_command", .get = get_smtp_command },
    { .name = "smtp_command_argument", .get = get_smtp_command_argument },
    { .name = NULL }
};

/* ---- ${acl{name}{arg}…} and the condition acl {{name}{arg}…} */

/* Run a list for an expansion, with the arguments given; *text_out is its message text. */
static enum acl_result
list_for_expansion(struct scope *scope, struct str name, const struct str *args, int count, struct str *text_out)
{
    struct scope inner = *scope;
    struct acl_state own;
    struct acl_reply reply;
    enum acl_result result;

    if (inner.acl == NULL) {
        acl_state_init(&own, scope->pool, scope->pool);
        own.point = ACL_AT_EXPANSION;
        inner.acl = &own;
    }
    inner.acl_arg_count = count;
    for (int i = 0; i < ACL_ARGS_MAX; i++)
        inner.acl_args[i] = i < count ? args[i] : STR("");
    result = acl_run_text(inner.acl->depth == 0 && scope->acl == NULL ? ACL_AT_EXPANSION : inner.acl->point, name,
                          &inner, &reply);
    *text_out = reply.user_text;
    return result;
}

static enum outcome
trouble(enum acl_result result, struct str name, struct why *why)
{
    why_fail(why, 0, NULL, "%s from acl \"%.*s\"", acl_result_name(result), STR_ARG(name));
    if (why != NULL)
        why->is_forced = result == ACL_DEFER;
    return FAIL;
}

static enum outcome
words_eval(const struct expand_call *call, struct scope *scope, struct str *words, struct why *why)
{
    for (size_t i = 0; i < call->arg_count && i <= ACL_ARGS_MAX; i++) {
        enum outcome outcome = expand_node_eval(call->args[i], scope, &words[i], why);

        if (outcome != OK)
            return outcome;
    }
    return OK;
}

static enum outcome
acl_item_eval(const struct expand_call *call, struct scope *scope, struct str *text_out, struct why *why)
{
    struct str words[ACL_ARGS_MAX + 1];
    enum acl_result result;
    enum outcome outcome = words_eval(call, scope, words, why);

    if (outcome != OK)
        return outcome;
    result = list_for_expansion(scope, words[0], words + 1, (int)call->arg_count - 1, text_out);
    return result == ACL_ACCEPT || result == ACL_DENY ? OK : trouble(result, words[0], why);
}

const struct expand_item acl_items[] = {
    { .name = "acl", .args_min = 1, .args_max = ACL_ARGS_MAX + 1, .eval = acl_item_eval },
    { .name = NULL }
};

static enum outcome
acl_condition_test(const struct expand_call *call, struct scope *scope, bool *is_true_out, struct why *why)
{
    struct str words[ACL_ARGS_MAX + 1];
    enum acl_result result;
    enum outcome outcome = words_eval(call, scope, words, why);

    if (outcome != OK)
        return outcome;
    result = list_for_expansion(scope, words[0], words + 1, (int)call->arg_count - 1, &scope->value);
    *is_true_out = result == ACL_ACCEPT;
    return result == ACL_ACCEPT || result == ACL_DENY ? OK : trouble(result, words[0], why);
}

const struct expand_condition acl_expand_conditions[] = {
    { .name = "acl", .args_min = 1, .args_max = ACL_ARGS_MAX + 1, .is_wrapped = true, .test = acl_condition_test },
    { .name = NULL }
};
