/* auths/dovecot.c -- authenticate: a Dovecot server's authentication service. */
#include "auths/authenticator.h"

struct dovecot_options {
    struct str server_socket;
};

#define O struct dovecot_options

static const struct option options[] = {
    OPTION_TEXT(O, server_socket),
    OPTION_END
};

const struct authenticator_driver dovecot_auth = {
    .info = { .name = "dovecot", .options = options, .options_size = sizeof(struct dovecot_options) },
};
