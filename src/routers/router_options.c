/* The options that every router has. */
#include "base/buf.h"
#include "config/reader.h"
#include "routers/router_driver.h"

/* Several conditions are all kept: each must hold. */
static bool
condition_set(struct option_reader *reader, const struct option *option, void *base, struct str value)
{
    struct router *router = base;
    struct router_condition *more = POOL_NEW(reader_pool(reader), struct router_condition), **end = &router->conditions;
    struct str text;

    (void)option;
    if (!reader_value(reader, value, &text))
        return false;
    more->test = reader_template(reader, text, "condition", "router");
    while (*end != NULL)
        end = &(*end)->next;
    *end = more;
    return true;
}

/* As Exim shows them: nested in pairs. */
static struct str
condition_print(struct pool *pool, const struct option *option, const void *base)
{
    const struct router_condition *condition = ((const struct router *)base)->conditions;
    struct str text = condition == NULL ? STR("") : condition->test->text;

    (void)option;
    if (condition == NULL)
        return text;
    while ((condition = condition->next) != NULL)
        text = pool_printf(pool, "${if and{{bool_lax{%.*s}}{bool_lax{%.*s}}}}", STR_ARG(text),
                           STR_ARG(condition->test->text));
    return text;
}

#define R struct router
const struct option router_options[] = {
    OPTION_EXPANDED(R, address_data),
    OPTION_BOOL(R, address_test),
    OPTION_EXPANDED(R, cannot_route_message),
    OPTION_BOOL(R, caseful_local_part),
    OPTION_BOOL(R, check_local_user),
    { .name = "condition",
      .type = OPTION_TYPE_CUSTOM,
      .is_repeatable = true,
      .set = condition_set,
      .print = condition_print },
    OPTION_EXPANDED(R, debug_print),
    OPTION_BOOL(R, disable_logging),
    OPTION_ROW(OPTION_TYPE_DOMAIN_LIST, struct template *, R, dnssec_request_domains, .initial = "*", ),
    OPTION_DOMAIN_LIST(R, dnssec_require_domains),
    OPTION_DOMAIN_LIST(R, domains),
    OPTION_BOOL(R, dsn_lasthop),
    OPTION_EXPANDED(R, errors_to),
    OPTION_BOOL(R, expn),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, fail_verify, .is_alias = true,
               .is_set_offset = offsetof(R, fail_verify_is_set), ),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, fail_verify_recipient,
               .is_set_offset = offsetof(R, fail_verify_recipient_is_set), ),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, fail_verify_sender,
               .is_set_offset = offsetof(R, fail_verify_sender_is_set), ),
    OPTION_STRING_LIST(R, fallback_hosts),
    OPTION_GID(R, group),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, R, headers_add, .is_repeatable = true, .joiner = '\n', ),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, R, headers_remove, .is_repeatable = true, .joiner = ':', ),
    OPTION_HOST_LIST(R, ignore_target_hosts),
    OPTION_BOOL(R, initgroups),
    OPTION_STRING_LIST(R, local_part_prefix),
    OPTION_BOOL(R, local_part_prefix_optional),
    OPTION_STRING_LIST(R, local_part_suffix),
    OPTION_BOOL(R, local_part_suffix_optional),
    OPTION_LOCAL_PART_LIST(R, local_parts),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, log_as_local, .is_set_offset = offsetof(R, log_as_local_is_set), ),
    OPTION_ROW(OPTION_TYPE_EXPANDED_BOOL, struct template *, R, more, .initial = "yes", ),
    OPTION_BOOL(R, pass_on_timeout),
    OPTION_TEXT(R, pass_router),
    OPTION_TEXT(R, redirect_router),
    OPTION_STRING_LIST(R, require_files),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, retry_use_local_part,
               .is_set_offset = offsetof(R, retry_use_local_part_is_set), ),
    OPTION_EXPANDED(R, router_home_directory),
    OPTION_TEXT(R, self),
    OPTION_ADDRESS_LIST(R, senders),
    OPTION_ROW(OPTION_TYPE_STRING_LIST, struct template *, R, set, .is_repeatable = true, .joiner = ';', ),
    OPTION_EXPANDED(R, translate_ip_address),
    OPTION_EXPANDED(R, transport),
    OPTION_EXPANDED(R, transport_current_directory),
    OPTION_EXPANDED(R, transport_home_directory),
    OPTION_EXPANDED_BOOL(R, unseen),
    OPTION_UID(R, user),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, verify, .is_alias = true, .is_set_offset = offsetof(R, verify_is_set), ),
    OPTION_BOOL(R, verify_only),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, verify_recipient, .is_set_offset = offsetof(R, verify_recipient_is_set), ),
    OPTION_ROW(OPTION_TYPE_BOOL, bool, R, verify_sender, .is_set_offset = offsetof(R, verify_sender_is_set), ),
    OPTION_END
};
#undef R
