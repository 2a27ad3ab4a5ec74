/* The words of a route rule.  Pure. */
#include "routers/router_driver.h"

bool
route_word_next(struct str *rest, struct pool *pool, struct str *word_out)
{
    struct buf word;
    size_t end = 0;

    *rest = str_trim_left(*rest);
    if (rest->len == 0)
        return false;
    if (rest->ptr[0] != '"') {
        while (end < rest->len && !ascii_is_space(rest->ptr[end]))
            end++;
        *word_out = str_head(*rest, end);
        *rest = str_from(*rest, end);
        return true;
    }
    buf_init(&word, pool, BUF_NO_LIMIT);
    if (str_is_tainted(*rest))
        buf_taint(&word);
    for (end = 1; end < rest->len && rest->ptr[end] != '"'; end++) {
        if (rest->ptr[end] == '\\' && end + 1 < rest->len && (rest->ptr[end + 1] == '"' || rest->ptr[end + 1] == '\\'))
            end++;
        buf_add_char(&word, rest->ptr[end]);
    }
    *word_out = buf_str(&word);
    *rest = str_from(*rest, end + 1);
    return true;
}

/* Options, in any order; what is none of them names a transport. */
static bool
option_word(struct str word, struct route_rule *rule)
{
    if (str_eq_c(word, "randomize") || str_eq_c(word, "no_randomize")) {
        rule->is_randomize_set = true;
        rule->is_randomized = word.ptr[0] == 'r';
    } else if (str_eq_c(word, "byname")) {
        rule->way = LOOKUP_WAY_BYNAME;
    } else if (str_eq_c(word, "bydns")) {
        rule->way = LOOKUP_WAY_BYDNS;
    } else if (str_eq_c(word, "ipv4_only")) {
        rule->is_ipv4_only = true;
    } else if (str_eq_c(word, "ipv4_prefer")) {
        rule->is_ipv4_preferred = true;
    } else if (rule->transport.len == 0) {
        rule->transport = word;
    } else {
        return false;
    }
    return true;
}

bool
route_rule_parse(struct str text, bool has_pattern, struct pool *pool, struct route_rule *rule_out,
                 struct str *reason_out)
{
    struct str word;

    *rule_out = (struct route_rule){ 0 };
    if (has_pattern && !route_word_next(&text, pool, &rule_out->pattern)) {
        *reason_out = STR("empty rule");
        return false;
    }
    if (!route_word_next(&text, pool, &rule_out->hosts))
        rule_out->hosts = STR("");
    while (route_word_next(&text, pool, &word))
        if (!option_word(word, rule_out)) {
            *reason_out = pool_printf_tainted(pool, "unknown routing option or transport name \"%.*s\"", STR_ARG(word));
            return false;
        }
    return true;
}

/* "[address]" with a port; the port stands behind the last colon. */
bool
host_item_parse(struct str text, struct host_item *item_out, const char **reason_out)
{
    struct str rest = STR("");
    uint64_t port;

    text = str_trim(text);
    *item_out = (struct host_item){ .name = text, .is_group_border = str_eq_c(text, "+") };
    *reason_out = "empty host name";
    if (text.len == 0 || item_out->is_group_border)
        return text.len > 0;
    if (text.ptr[0] == '[') {
        size_t close = str_find(text, ']');

        *reason_out = "missing \"]\"";
        if (close == STR_NONE)
            return false;
        item_out->name = str_sub(text, 1, close - 1);
        rest = str_from(text, close + 1);
    } else {
        struct ip_address ip;

        if (!ip_parse(text, &ip)) {
            size_t colon = str_rfind(text, ':');

            item_out->name = colon == STR_NONE ? text : str_head(text, colon);
            rest = colon == STR_NONE ? STR("") : str_from(text, colon);
        }
    }
    if (str_iends(item_out->name, STR("/mx"))) {
        item_out->is_mx = true;
        item_out->name = str_head(item_out->name, item_out->name.len - 3);
    }
    *reason_out = "bad port";
    if (rest.len == 0)
        return item_out->name.len > 0;
    if (rest.ptr[0] != ':' || !str_to_u64(str_from(rest, 1), 10, &port) || port == 0 || port > 65535)
        return false;
    item_out->port = (int)port;
    return item_out->name.len > 0;
}
