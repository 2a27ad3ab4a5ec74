/* net/origin_text.c -- the client in one string, as logs and Received: fields have it. */
#include "base/buf.h"
#include "log/log.h"
#include "net/host_name.h"
#include "net/ip_address.h"

enum { TEXT_MAX_BYTES = 4096 };

/* Is the HELO argument the client's own address as a literal? */
static bool
is_helo_address(const struct origin *origin)
{
    struct ip_address literal, ip;

    return ip_parse_literal(origin->helo_name, &literal) && ip_parse(origin->host_address, &ip) &&
        ip_equal(&literal, &ip);
}

static bool
is_port_shown(const struct origin *origin)
{
    return origin->host_port > 0 && log_wants(LOG_INCOMING_PORT);
}

struct str
origin_full_host(const struct origin *origin, struct pool *pool)
{
    bool has_name = !str_is_empty(origin->host_name);
    struct buf text;

    buf_init(&text, pool, TEXT_MAX_BYTES);
    if (str_is_empty(origin->host_address))
        return STR("");
    if (has_name) {
        buf_add(&text, origin->host_name);
        buf_add_char(&text, ' ');
    }
    if (!str_is_empty(origin->helo_name) &&
        !(has_name && (str_ieq(origin->helo_name, origin->host_name) || is_helo_address(origin)))) {
        buf_add_char(&text, '(');
        buf_add(&text, origin->helo_name);
        buf_add_c(&text, ") ");
    }
    buf_add_char(&text, '[');
    buf_add(&text, origin->host_address);
    buf_add_char(&text, ']');
    if (is_port_shown(origin))
        buf_addf(&text, ":%d", origin->host_port);
    return buf_str(&text);
}

static void
add_part(struct buf *parts, const char *label, struct str value)
{
    if (parts->len > 0)
        buf_add_char(parts, ' ');
    buf_add_c(parts, label);
    buf_add(parts, value);
}

struct str
origin_received_host(const struct origin *origin, struct pool *pool)
{
    bool has_name = !str_is_empty(origin->host_name);
    bool has_helo = !str_is_empty(origin->helo_name) && !is_helo_address(origin) &&
        !(has_name && str_ieq(origin->helo_name, origin->host_name));
    struct buf text, parts;

    if (str_is_empty(origin->host_address))
        return STR("");
    buf_init(&text, pool, TEXT_MAX_BYTES);
    buf_init(&parts, pool, TEXT_MAX_BYTES);
    if (has_name) {
        buf_add(&text, origin->host_name);
        buf_addf(&parts, "[%.*s]", STR_ARG(origin->host_address));
        if (is_port_shown(origin))
            buf_addf(&parts, ":%d", origin->host_port);
    } else {
        buf_addf(&text, "[%.*s]", STR_ARG(origin->host_address));
        if (is_port_shown(origin))
            buf_addf(&parts, "port=%d", origin->host_port);
    }
    if (has_helo)
        add_part(&parts, "helo=", origin->helo_name);
    if (!str_is_empty(origin->ident))
        add_part(&parts, "ident=", origin->ident);
    if (parts.len > 0) {
        buf_add_c(&text, has_name && has_helo && !str_is_empty(origin->ident) ? "\n\t(" : " (");
        buf_add(&text, buf_str(&parts));
        buf_add_char(&text, ')');
    }
    return buf_str(&text);
}
