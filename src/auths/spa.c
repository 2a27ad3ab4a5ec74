/* auths/spa.c -- authenticate: NTLM. */
#include "auths/authenticator.h"

struct spa_options {
    struct template *client_domain;
    struct template *client_password;
    struct template *client_username;
    struct template *server_password;
};

#define O struct spa_options

static const struct option options[] = {
    OPTION_EXPANDED(O, client_domain),
    OPTION_EXPANDED(O, client_password),
    OPTION_EXPANDED(O, client_username),
    OPTION_EXPANDED(O, server_password),
    OPTION_END
};

const struct authenticator_driver spa_auth = {
    .info = { .name = "spa", .options = options, .options_size = sizeof(struct spa_options) },
};
