/* Names of errors in retry rules (manual: retry rules for specific errors). */
#include "base/clock.h"
#include "retry/parts.h"

enum { ANY_DIGIT_CODE = 0, DECADE = 10 };

static const struct {
    const char *name;
    enum why_cause cause;
    bool takes_via;                 /* _A, _MX */
} named[] = {
    { "*", CAUSE_OTHER, false }, { "auth_failed", CAUSE_AUTH_FAILED, false }, { "lost_connection", CAUSE_LOST_CONNECTION, false },
    { "refused", CAUSE_CONNECT_REFUSED, true }, { "timeout", CAUSE_TIMEOUT, true }, { "timeout_connect", CAUSE_CONNECT_TIMEOUT, true },
    { "timeout_DNS", CAUSE_DNS, false }, { "tls_required", CAUSE_TLS_REQUIRED, false }, { "quota", CAUSE_QUOTA, false },
    { "lookup", CAUSE_EXPANSION, false },
};

static const struct {
    const char *prefix;
    enum why_cause cause;
} with_code[] = {
    { "mail_4", CAUSE_MAIL_4XX }, { "rcpt_4", CAUSE_RCPT_4XX }, { "data_4", CAUSE_DATA_4XX },
};

/* "xx", "5x", "51" after the 4; a decade is kept negative. */
static bool
code_parse(struct str text, int *detail_out)
{
    bool is_any_unit = text.len == 2 && ascii_lower(text.ptr[1]) == 'x';

    if (text.len != 2)
        return false;
    if (is_any_unit && ascii_lower(text.ptr[0]) == 'x')
        *detail_out = ANY_DIGIT_CODE;
    else if (is_any_unit && ascii_is_digit(text.ptr[0]))
        *detail_out = -(40 + text.ptr[0] - '0');
    else if (ascii_is_digit(text.ptr[0]) && ascii_is_digit(text.ptr[1]))
        *detail_out = 400 + (text.ptr[0] - '0') * DECADE + text.ptr[1] - '0';
    else
        return false;
    return true;
}

static bool
via_parse(struct str suffix, int *via_mx_out)
{
    *via_mx_out = -1;
    if (str_ieq_c(suffix, "_A"))
        *via_mx_out = 0;
    else if (str_ieq_c(suffix, "_MX"))
        *via_mx_out = 1;
    return suffix.len == 0 || *via_mx_out != -1;
}

bool
retry_error_parse(struct str text, enum why_cause *cause_out, int *detail_out, int *via_mx_out)
{
    *detail_out = 0;
    *via_mx_out = -1;
    for (size_t i = 0; i < COUNT(with_code); i++)
        if (str_istarts(text, str_of(with_code[i].prefix))) {
            *cause_out = with_code[i].cause;
            return code_parse(str_from(text, str_of(with_code[i].prefix).len), detail_out);
        }
    if (str_istarts(text, STR("quota_"))) {
        *cause_out = CAUSE_QUOTA;
        *detail_out = interval_parse(str_from(text, 6));
        return *detail_out > 0;
    }
    for (size_t i = 0; i < COUNT(named); i++) {
        struct str name = str_of(named[i].name);

        if (!str_istarts(text, name) || (text.len > name.len && !named[i].takes_via))
            continue;
        *cause_out = named[i].cause;
        if (via_parse(str_from(text, name.len), via_mx_out))
            return true;
    }
    return false;
}

static bool
code_matches(int wanted, int code)
{
    return wanted == ANY_DIGIT_CODE || wanted == code || (wanted < 0 && code / DECADE == -wanted);
}

bool
retry_error_matches(const struct retry_rule *rule, const struct why *why)
{
    if (rule->cause == CAUSE_OTHER)
        return true;
    if (rule->via_mx != -1 && why->is_via_mx != (rule->via_mx == 1))
        return false;
    switch (rule->cause) {
    case CAUSE_TIMEOUT:
        return why->cause == CAUSE_TIMEOUT || why->cause == CAUSE_CONNECT_TIMEOUT;
    case CAUSE_MAIL_4XX:
    case CAUSE_RCPT_4XX:
    case CAUSE_DATA_4XX:
        return why->cause == rule->cause && code_matches(rule->detail, why->detail);
    case CAUSE_QUOTA:
        return why->cause == CAUSE_QUOTA && why->detail >= rule->detail;
    default:
        return why->cause == rule->cause;
    }
}
