/* Any text as an expansion string: parsed, and expanded unless it names an item that reaches out of the process. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/process.h"
#include "config/reader.h"
#include "expand/expand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words that begin what reads files, runs programs or asks others. */
static const char *const outside[] = {
    "run", "read", "lookup", "dlfunc", "perl", "stat", "exists", "acl", "pam", "radius", "ldap", "pwcheck", "saslauthd", "env",
    "host", "dns", "domain_data", "match_ip", "sender_", "randint", "expand",
};

static const char text_of_config[] = "exim_user = 0\nexim_group = 0\nprimary_hostname = h.example\ndomainlist x = a : b\n";

static void
configure(void)
{
    struct config_request request = { .text = text_of_config };
    struct config *read;
    struct str error;

    if (config == NULL) {
        if (config_read(&request, pool_new("config"), &read, &error) != OK)
            abort();
        config = read;
    }
}

static bool
reaches_out(struct str text)
{
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
        if (str_ifind_str(text, str_of(outside[i])) != STR_NONE)
            return true;
    return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new("fuzz");
    struct scope scope = scope_make(pool);
    struct str text = pool_dup(pool, str_make((const char *)data, size < 4096 ? size : 4096)), result;
    struct template template = { .text = text };
    struct why why;

    configure();
    why_init(&why, pool);
    expand_check(&template, pool, &why);
    if (!reaches_out(text))
        expand_text_once(text, &scope, &result, &why);
    pool_free(pool);
    return 0;
}
