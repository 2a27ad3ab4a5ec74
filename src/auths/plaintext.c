/* auths/plaintext.c -- authenticate: PLAIN (RFC 4616), LOGIN and the like. */
#include "auths/authenticator.h"

struct plaintext_options {
    bool client_ignore_invalid_base64;
    struct template *client_send;
    struct template *server_prompts;
};

#define O struct plaintext_options

static const struct option options[] = {
    OPTION_BOOL(O, client_ignore_invalid_base64),
    OPTION_EXPANDED(O, client_send),
    OPTION_STRING_LIST(O, server_prompts),
    OPTION_END
};

const struct authenticator_driver plaintext_auth = {
    .info = { .name = "plaintext", .options = options, .options_size = sizeof(struct plaintext_options) },
};
