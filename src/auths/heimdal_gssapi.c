/* auths/heimdal_gssapi.c -- authenticate: GSSAPI by Heimdal. */
#include "auths/authenticator.h"

struct heimdal_gssapi_options {
    struct template *server_hostname;
    struct template *server_keytab;
    struct template *server_service;
};

#define O struct heimdal_gssapi_options

static const struct option options[] = {
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, O, server_hostname, .initial = "$primary_hostname",),
    OPTION_EXPANDED(O, server_keytab),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, O, server_service, .initial = "smtp",),
    OPTION_END
};

const struct authenticator_driver heimdal_gssapi_auth = {
    .info = { .name = "heimdal_gssapi", .options = options, .options_size = sizeof(struct heimdal_gssapi_options) },
};
