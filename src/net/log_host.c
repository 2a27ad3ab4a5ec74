/* net/log_host.c -- how log lines name the other side (manual: log files, fields H=, I=, U=). */
#include "base/buf.h"
#include "log/log.h"
#include "net/host_name.h"

enum { TEXT_MAX_BYTES = 4096 };

struct str
origin_log_host(const struct origin *origin, bool is_tagged, struct pool *pool)
{
    struct buf text;

    buf_init(&text, pool, TEXT_MAX_BYTES);
    if (!origin->is_socket) {
        if (is_tagged && origin->ident.len > 0)
            buf_add_c(&text, "U=");
        buf_add(&text, origin->ident);
        return buf_str(&text);
    }
    buf_add_c(&text, is_tagged ? "H=" : "");
    buf_add(&text, origin_full_host(origin, pool));
    if (log_wants(LOG_INCOMING_INTERFACE) && origin->interface_address.len > 0)
        buf_addf(&text, " I=[%.*s]:%d", STR_ARG(origin->interface_address), origin->interface_port);
    if (origin->ident.len > 0) {
        buf_add_c(&text, " U=");
        buf_add(&text, origin->ident);
    }
    return buf_str(&text);
}
