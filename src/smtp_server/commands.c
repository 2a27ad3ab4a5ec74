/* smtp_server/commands.c -- from a line to the command it is. */
#include <string.h>
#include "smtp_server/server.h"

const struct smtp_command *
smtp_command_find(struct str line, struct str *argument_out)
{
    for (const struct smtp_command *const *row = smtp_commands_rows; *row != NULL; row++) {
        size_t len = strlen((*row)->name);
        struct str rest = str_from(line, len);

        if (!str_istarts(line, str_of((*row)->name)))
            continue;
        if ((*row)->name[len - 1] != ':' && rest.len > 0 && rest.ptr[0] != ' ' && rest.ptr[0] != '\t')
            continue;
        *argument_out = str_trim(rest);
        return *row;
    }
    return NULL;
}

const char *
smtp_event_word(enum smtp_event event)
{
    static const char *const words[EVENTS] = { "HELO", "EHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT",
                                               "VRFY",
        "EXPN", "HELP", "ETRN", "AUTH", "STARTTLS", "?" };

    return words[event];
}
