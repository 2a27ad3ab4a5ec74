/* transports/common.h -- what the drivers share: reasons with their numbers, sizes, defaults of expanded options. */
#ifndef TRANSPORTS_COMMON_H
#define TRANSPORTS_COMMON_H
#include "transports/transport.h"

/* Numbers below zero that stand in the log behind "defer" where Exim puts them; tools and people know them. */
enum transport_number {
    NUMBER_NONE = -1,
    NUMBER_NOT_REGULAR = -4,
    NUMBER_WRONG_OWNER = -6,
    NUMBER_WRONG_MODE = -7,
    NUMBER_CHANGED = -8,
    NUMBER_LOCK_FAILED = -9,
    NUMBER_NOT_ABSOLUTE = -21,
    NUMBER_QUOTA = -22,
    NUMBER_FILTER = -24,
    NUMBER_HEADERS = -25,
    NUMBER_RETURN_PATH = -27,
    NUMBER_TRANSPORT = -30,
    NUMBER_FILE_FORMAT = -33,
    NUMBER_AUTH_FAILED = -42,
    NUMBER_TLS_REQUIRED = -38,
    NUMBER_MAIL_4XX = -45,
    NUMBER_RCPT_4XX = -44,
    NUMBER_DATA_4XX = -46,
    NUMBER_HOST_RETRY = -54, NUMBER_TURN = -57,
    NUMBER_UNKNOWN_HOST = -32,
    NUMBER_LOCAL_HOST = -50
};

/* As why_defer(), with a number as transport.h describes it: the system's text is not appended. */
enum outcome transport_defer(struct why *why, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Set *field to a template of the constant text unless it is set already. */
void option_default(struct template **field, const struct driver_instance *instance, struct pool *pool,
                    const char *option, const char *text);

/* "nnn", "nnnK", "nnnM", "nnnG". */
bool size_parse(struct str text, int64_t *size_out);

/* Expand; DEFER with "Expansion of \"…\" (option of X transport) failed: …" unless forced, which gives the empty text.
 */
enum outcome transport_expand(struct template *template, struct transport_run *run, struct str *text_out,
                              struct why *why);
#endif
