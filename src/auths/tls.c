/* auths/tls.c -- authenticate: by the client certificate of the TLS session. */
#include "auths/authenticator.h"

struct tls_options {
    struct template *server_param1;
    struct template *server_param2;
    struct template *server_param3;
};

#define O struct tls_options

static const struct option options[] = {
    OPTION_ALIAS("server_param", "server_param1"),
    OPTION_EXPANDED(O, server_param1),
    OPTION_EXPANDED(O, server_param2),
    OPTION_EXPANDED(O, server_param3),
    OPTION_END
};

const struct authenticator_driver tls_auth = {
    .info = { .name = "tls", .options = options, .options_size = sizeof(struct tls_options) },
};
