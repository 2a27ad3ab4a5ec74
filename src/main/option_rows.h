/* main/option_rows.h -- the table of command line options. */
#ifndef MAIN_OPTION_ROWS_H
#define MAIN_OPTION_ROWS_H
#include "main/command_line.h"

/* How an option's value is written. */
enum option_value {
    VALUE_NONE,                     /* -bp */
    VALUE_NEXT,                     /* -oX port: the next argument */
    VALUE_JOINED_OR_NEXT,           /* -fann, -f ann */
    VALUE_JOINED,                   /* -d+route: what follows in the same argument, possibly nothing */
    VALUE_OPTIONAL_NEXT             /* -R text: next argument if there is one */
};

struct command_option {
    const char *name;               /* with the leading "-"; NULL ends the table */
    enum option_value value;
    enum mode mode;                 /* set if not MODE_NONE */
    enum message_action action;     /* set if not ACTION_NOTHING */
    bool is_one_line;               /* the value goes into header fields, logs or the spool: no CR, LF or NUL in it */
    size_t flag;                    /* offset of a bool to set, 0: none; likewise text */
    size_t text;
    bool (*apply)(struct command_line *line, struct pool *pool, const struct command_option *option, struct str value);
    const char *help;               /* NULL: accepted for compatibility, without effect */
};
extern const struct command_option command_options[];
#endif
