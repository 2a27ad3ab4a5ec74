/* auths/gsasl.c -- authenticate: mechanisms of the GNU SASL library, SCRAM among them. */
#include "auths/authenticator.h"

struct gsasl_options {
    struct template *client_authz;
    bool client_channelbinding;
    struct template *client_password;
    struct template *client_spassword;
    struct template *client_username;
    bool server_channelbinding;
    struct template *server_hostname;
    struct template *server_key;
    struct str server_mech;
    struct template *server_password;
    struct template *server_realm;
    struct template *server_scram_iter;
    struct template *server_scram_salt;
    struct str server_service;
    struct template *server_skey;
};

#define O struct gsasl_options

static const struct option options[] = {
    OPTION_EXPANDED(O, client_authz),
    OPTION_BOOL(O, client_channelbinding),
    OPTION_EXPANDED(O, client_password),
    OPTION_EXPANDED(O, client_spassword),
    OPTION_EXPANDED(O, client_username),
    OPTION_BOOL(O, server_channelbinding),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, O, server_hostname, .initial = "$primary_hostname",),
    OPTION_EXPANDED(O, server_key),
    OPTION_TEXT(O, server_mech),
    OPTION_EXPANDED(O, server_password),
    OPTION_EXPANDED(O, server_realm),
    OPTION_ROW(OPTION_TYPE_EXPANDED, struct template *, O, server_scram_iter, .initial = "4096",),
    OPTION_EXPANDED(O, server_scram_salt),
    OPTION_ROW(OPTION_TYPE_TEXT, struct str, O, server_service, .initial = "smtp",),
    OPTION_EXPANDED(O, server_skey),
    OPTION_END
};

const struct authenticator_driver gsasl_auth = {
    .info = { .name = "gsasl", .options = options, .options_size = sizeof(struct gsasl_options) },
};
