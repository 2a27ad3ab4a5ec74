/* auths/external.c -- authenticate: EXTERNAL (RFC 4422 appendix A). */
#include "auths/authenticator.h"

struct external_options {
    struct template *client_send;
    struct template *server_param2;
    struct template *server_param3;
};

#define O struct external_options

static const struct option options[] = {
    OPTION_EXPANDED(O, client_send),
    OPTION_EXPANDED(O, server_param2),
    OPTION_EXPANDED(O, server_param3),
    OPTION_END
};

const struct authenticator_driver external_auth = {
    .info = { .name = "external", .options = options, .options_size = sizeof(struct external_options) },
};
