#include "address/address.h"
#include "address/mailbox.h"

/* Split what text holds and fill the forms that routers use. */
static bool
fill_parts(struct pool *pool, struct address *addr, struct str text, const char **reason_out)
{
    struct mailbox box;

    if (!mailbox_split(text, &box, reason_out))
        return false;
    addr->text = text;
    addr->domain = text_fold(pool, box.domain);
    addr->cc_local_part = local_part_unquote(pool, box.local_part);
    addr->lc_local_part = text_fold(pool, addr->cc_local_part);
    addr->local_part = addr->local_part_full = addr->lc_local_part;
    addr->unique = address_fold_domain(pool, text);
    return true;
}

struct address *
address_new(struct pool *pool, struct str text)
{
    struct address *addr = POOL_NEW(pool, struct address);
    const char *reason = "";

    why_init(&addr->why, pool);
    addr->recipient_index = -1;
    addr->dsn_aware = 0;
    if (!fill_parts(pool, addr, text, &reason)) {
        addr->text = addr->unique = text;
        addr->outcome = why_fail(&addr->why, 0, "5.1.3", "%s", reason);
        return addr;
    }
    return addr;
}

struct address *
address_new_child(struct pool *pool, struct address *parent, struct str text)
{
    struct address *child = POOL_NEW(pool, struct address);
    const char *reason;

    why_init(&child->why, pool);
    child->text = child->unique = text;
    child->parent = parent;
    child->recipient_index = parent->recipient_index;
    child->errors_to = parent->errors_to;
    child->has_errors_to = parent->has_errors_to;
    child->extra_headers = parent->extra_headers;
    child->remove_headers = parent->remove_headers;
    child->router_variables = parent->router_variables;
    child->address_data = parent->address_data;
    child->is_error_ignored = parent->is_error_ignored;
    child->is_smtputf8 = parent->is_smtputf8;
    child->notify = parent->notify;
    child->original_recipient = parent->original_recipient;
    fill_parts(pool, child, text, &reason);
    return child;
}

const struct address *
address_top(const struct address *addr)
{
    while (addr->parent != NULL)
        addr = addr->parent;
    return addr;
}
