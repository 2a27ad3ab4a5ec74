/* config/inert_options.h -- options that are known but not yet acted on.
 *
 * One table in inert_options.c; a feature that begins to act on an option takes its line away. */
#ifndef CONFIG_INERT_OPTIONS_H
#define CONFIG_INERT_OPTIONS_H
#include "config/config.h"

struct inert_option {
    const char *family;             /* "main", "router", "transport", "authenticator" */
    const char *driver;             /* of a private option; NULL: generic or main */
    const char *name;               /* NULL: the whole driver */
};
extern const struct inert_option inert_options[];       /* ends with a row without family */

/* One line for each inert option that conf sets: "main option dkim_verify_signers is set but not yet acted on". */
struct str_list config_inert_warnings(const struct config *conf, struct pool *pool);
#endif
