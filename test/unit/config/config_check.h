/* test/unit/config/config_check.h -- read configurations given as text, and show them. */
#ifndef TEST_UNIT_CONFIG_CHECK_H
#define TEST_UNIT_CONFIG_CHECK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "config/print.h"
#include "config/reader.h"

/* So that no mail user need exist; it takes the first line. */
#define MAIL_USER ".ifndef NO_SUCH_MACRO\nexim_user = 0\nexim_group = 0\n.endif\n"
enum { MAIL_USER_LINES = 4 };

struct reading {
    struct pool *pool;
    struct config *conf;            /* NULL after an error */
    char *error;                    /* without its first line; NULL if there was none */
    char *whole_error;
};

static inline struct reading
read_text_with(const char *text, const char *const *defines)
{
    struct reading reading = { .pool = pool_new("test") };
    struct config_request request = {
        .text = pool_cstr(reading.pool, pool_printf(reading.pool, "%s%s", MAIL_USER, text)), .defines = defines,
        .is_text_kept = true
    };
    struct str error;

    if (config_read(&request, reading.pool, &reading.conf, &error) != OK) {
        size_t first = str_find(error, '\n');

        reading.conf = NULL;
        reading.whole_error = pool_cstr(reading.pool, error);
        reading.error = first == STR_NONE ? reading.whole_error : reading.whole_error + first + 3;
    }
    return reading;
}

static inline struct reading
read_text(const char *text)
{
    return read_text_with(text, NULL);
}

/* What -bP shows for the words; lives in the reading's pool. */
static inline const char *
shown_with(const struct reading *reading, bool is_admin, bool is_name_only, size_t count, const char *const *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct config_print print = {
        .conf = reading->conf, .out = out, .err = out, .is_admin = is_admin, .is_name_only = is_name_only
    };
    const char *result;

    config_print_words(&print, words, count);
    fclose(out);
    result = pool_cstr(reading->pool, str_make(text, size));
    free(text);
    return result;
}
#define SHOWN(reading, ...)                                                                             \
    shown_with((reading), true, false, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *),  \
               (const char *const[]){ __VA_ARGS__ })
#endif
