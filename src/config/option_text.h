/* config/option_text.h -- option values as text. */
#ifndef CONFIG_OPTION_TEXT_H
#define CONFIG_OPTION_TEXT_H
#include "config/option.h"

/* "1w2d3h4m5s"; "0s". */
struct str option_time_text(struct pool *pool, int seconds);

/* How an option's value is shown: a boolean only by its name. */
struct option_text {
    bool is_boolean;
    bool is_true;
    bool is_bare;                   /* unset: "name =" without a blank after it */
    struct str text;
};
struct option_text option_text(struct pool *pool, const struct option *row, const void *base);
#endif
