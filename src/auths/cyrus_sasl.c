/* auths/cyrus_sasl.c -- authenticate: mechanisms of the Cyrus SASL library. */
#include "auths/authenticator.h"

struct cyrus_sasl_options {
    struct template *server_hostname;
    struct str server_mech;
    struct template *server_realm;
    struct str server_service;
};

#define O struct cyrus_sasl_options

static const struct option options[] = {
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, O, server_hostname, .initial = "$primary_hostname",),
    OPTION_TEXT(O, server_mech),
    OPTION_EXPANDED(O, server_realm),
    OPTION_ROW(OPTION_TYPE_TEXT, struct str, O, server_service, .initial = "smtp",),
    OPTION_END
};

const struct authenticator_driver cyrus_sasl_auth = {
    .info = { .name = "cyrus_sasl", .options = options, .options_size = sizeof(struct cyrus_sasl_options) },
};
