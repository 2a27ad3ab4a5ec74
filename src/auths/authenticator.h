/* auths/authenticator.h -- SASL authenticators (manual: SMTP authentication).
 *
 * Each driver is a file of its own with its options; the exchanges of both sides come with it when the feature is
 * built.  As long as a driver has neither, it is configured and shown like any other, and never offered or used. */
#ifndef AUTHS_AUTHENTICATOR_H
#define AUTHS_AUTHENTICATOR_H
#include "config/driver.h"

/* A configured authenticator: the generic options (manual: generic options for authenticators). */
struct authenticator {
    struct driver_instance instance;
    struct template *client_condition, *client_set_id;
    struct str public_name;
    struct template *server_advertise_condition, *server_condition, *server_debug_print, *server_mail_auth_condition,
        *server_set_id;
};

struct authenticator_driver {
    struct driver_info info;
};
extern const struct authenticator_driver *const authenticators_rows[];

/* The first authenticator of the configuration in force, in order; the others follow by instance.next. */
struct authenticator *authenticator_first(void);
#endif
