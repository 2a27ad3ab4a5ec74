/* smtp_server/macros.c -- built-in macros of the configuration that tell what sessions can do. */
#include "config/macro.h"

const struct builtin_macro smtp_server_macros[] = {
    { .name = "_HAVE_ESMTP_LIMITS" },
    { .name = "_HAVE_PRDR" },
    { .name = NULL }
};
