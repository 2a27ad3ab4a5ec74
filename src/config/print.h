/* config/print.h -- show the configuration (-bP).  Nothing is changed, nothing expanded. */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H
#include <stdio.h>
#include "config/config.h"

struct config_print {
    const struct config *conf;
    FILE *out, *err;
    bool is_admin;                  /* else "hide" and admin-only options show as <value not displayable> */
    bool is_name_only;              /* -n: values without the names */
    bool is_hide_shown;             /* show what is hidden: only for the configuration's own use */
};

/* The words after -bP on the command line; none: all main options.  True if all were known and could be shown
 * (false: exit status 1). */
bool config_print_words(const struct config_print *print, const char *const *words, size_t count);

/* "name = value", "no_name": one option of a table as -bP shows it, with its LF. */
void config_print_option(const struct config_print *print, const struct option *row, const void *base, bool is_hidden);
#endif
