#include "address/mailbox.h"
#include "config/config.h"
#include "receive/receive.h"

struct str
receive_qualify(struct pool *pool, struct str address, bool is_recipient)
{
    struct mailbox box;

    if (address.len == 0 || mailbox_split(address, &box, NULL))
        return address;
    return address_join(pool, address, is_recipient && config->qualify_recipient.len > 0 ? config->qualify_recipient
                                                                                           : config->qualify_domain);
}

struct address_rules
receive_address_rules(void)
{
    return (struct address_rules){
        .allow_domain_literals = config->allow_domain_literals,
        .allow_utf8_domains = config->allow_utf8_domains,
        .strip_excess_angle_brackets = config->strip_excess_angle_brackets,
        .strip_trailing_dot = config->strip_trailing_dot,
    };
}

struct str
receive_accepted_text(struct pool *pool, const struct spool_committed *token)
{
    return pool_printf(pool, "OK id=%s", token->id);
}
