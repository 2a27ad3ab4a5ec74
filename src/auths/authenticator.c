/* auths/authenticator.c -- the family of authenticators: generic options. */
#include "auths/authenticator.h"
#include "base/process.h"

#define A struct authenticator

static const struct option generic_options[] = {
    OPTION_EXPANDED(A, client_condition),
    OPTION_EXPANDED(A, client_set_id),
    OPTION_TEXT(A, public_name),
    OPTION_EXPANDED(A, server_advertise_condition),
    OPTION_EXPANDED(A, server_condition),
    OPTION_EXPANDED(A, server_debug_print),
    OPTION_EXPANDED(A, server_mail_auth_condition),
    OPTION_EXPANDED(A, server_set_id),
    OPTION_END
};

/* public_name is the mechanism: the instance's name if it is not set. */
static bool
authenticator_init(struct driver_instance *instance, struct pool *pool, struct str *why_out)
{
    struct authenticator *authenticator = (struct authenticator *)instance;

    (void)pool;
    (void)why_out;
    if (authenticator->public_name.len == 0)
        authenticator->public_name = instance->name;
    return true;
}

const struct driver_family authenticator_family = {
    .name = "authenticator",
    .section = "authenticators",
    .generic_options = generic_options,
    .instance_size = sizeof(struct authenticator),
    .drivers = (const struct driver_info *const *)(const void *)authenticators_rows,
    .init = authenticator_init,
};

struct authenticator *
authenticator_first(void)
{
    return config == NULL ? NULL : (struct authenticator *)driver_first(config, "authenticator");
}
