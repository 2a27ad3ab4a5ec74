/* auths/cram_md5.c -- authenticate: CRAM-MD5 (RFC 2195). */
#include "auths/authenticator.h"

struct cram_md5_options {
    struct template *client_name;
    struct template *client_secret;
    struct template *server_secret;
};

#define O struct cram_md5_options

static const struct option options[] = {
    OPTION_EXPANDED(O, client_name),
    OPTION_EXPANDED(O, client_secret),
    OPTION_EXPANDED(O, server_secret),
    OPTION_END
};

const struct authenticator_driver cram_md5_auth = {
    .info = { .name = "cram_md5", .options = options, .options_size = sizeof(struct cram_md5_options) },
};
