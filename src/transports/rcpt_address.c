#include "base/buf.h"
#include "transports/transport.h"

/* A pipe or a file has no address to be handed on: that of what was redirected to it stands for it. */
static const struct address *
addressed(const struct address *addr)
{
    while (addr->kind != ADDRESS_MAIL && addr->parent != NULL)
        addr = addr->parent;
    return addr;
}

/* Local part without prefix and suffix; quotes stay around what is left of a quoted one. */
static void
add_local_part(struct buf *text, struct str local_part, const struct address *addr)
{
    bool is_quoted = local_part.len >= 2 && local_part.ptr[0] == '"';

    if (is_quoted)
        local_part = str_sub(local_part, 1, local_part.len - 2);
    if (addr->prefix.len > 0 && local_part.len >= addr->prefix.len)
        local_part = str_from(local_part, addr->prefix.len);
    if (addr->suffix.len > 0 && local_part.len >= addr->suffix.len)
        local_part = str_head(local_part, local_part.len - addr->suffix.len);
    if (is_quoted)
        buf_add_char(text, '"');
    buf_add(text, local_part);
    if (is_quoted)
        buf_add_char(text, '"');
}

struct str
transport_rcpt_address(const struct address *addr, bool does_include_affixes, struct pool *pool)
{
    struct buf text;
    size_t at;

    addr = addressed(addr);
    at = str_rfind(addr->text, '@');
    if (does_include_affixes || (addr->prefix.len == 0 && addr->suffix.len == 0) || at == STR_NONE)
        return addr->text;
    buf_init(&text, pool, BUF_NO_LIMIT);
    add_local_part(&text, str_head(addr->text, at), addr);
    buf_add(&text, str_from(addr->text, at));
    return buf_str(&text);
}
