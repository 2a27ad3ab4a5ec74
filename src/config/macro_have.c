/* config/macro_have.c -- built-in macros for what no single room stands for. */
#include "config/macro.h"

const struct builtin_macro have_ipv6_macros[] = { { .name = "_HAVE_IPV6" }, { .name = NULL } };
const struct builtin_macro have_iconv_macros[] = { { .name = "_HAVE_ICONV" }, { .name = NULL } };
const struct builtin_macro have_always_macros[] = {
    { .name = "_HAVE_CRYPTEQ" },
    { .name = "_HAVE_DNSSEC" },
    { .name = NULL }
};
