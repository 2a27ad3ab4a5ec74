/* transports/macros.c -- built-in macros of the configuration that tell which mailbox formats there are. */
#include "config/macro.h"

const struct builtin_macro appendfile_macros[] = {
    { .name = "_HAVE_TRANSPORT_APPEND_MAILDIR" },
    { .name = "_HAVE_TRANSPORT_APPEND_MAILSTORE" },
    { .name = "_HAVE_TRANSPORT_APPEND_MBX" },
    { .name = NULL }
};
