/* Any text as a configuration: read, shown, released.  Includes and expansions would reach outside: their marks are
 * replaced. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "config/inert_options.h"
#include "config/print.h"
#include "config/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX_BYTES = 65536 };

static const char first_lines[] = "exim_user = 0\nexim_group = 0\nprimary_hostname = x\n";

static char *
text_make(struct pool *pool, const uint8_t *data, size_t size)
{
    size_t start = sizeof first_lines - 1;
    char *text = pool_alloc(pool, start + size + 1), *at = text;

    memcpy(text, first_lines, start);
    memcpy(text + start, data, size);
    for (size_t i = start; i < start + size; i++)
        if (text[i] == '$' || text[i] == '\0')
            text[i] = 'S';
    while ((at = strstr(at, "include")) != NULL)
        *at = 'I';
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = { "all", "routers", "transports", "authenticators", "macros", "config", "+a" };
    struct pool *pool = pool_new("fuzz");
    struct config_request request = { .is_text_kept = true };
    struct config *conf;
    struct str error;

    if (size > TEXT_MAX_BYTES)
        size = TEXT_MAX_BYTES;
    request.text = text_make(pool, data, size);
    if (config_read(&request, pool, &conf, &error) == OK) {
        FILE *out = fopen("/dev/null", "w");
        struct config_print print = { .conf = conf, .out = out, .err = out, .is_admin = size % 2 == 0 };

        if (out != NULL) {
            config_print_words(&print, words, COUNT(words));
            fclose(out);
        }
        config_inert_warnings(conf, pool);
    }
    pool_free(pool);
    return 0;
}
