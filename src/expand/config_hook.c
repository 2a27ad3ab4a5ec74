/* expand/config_hook.c -- expand the few options whose values must be known while the configuration is read. */
#include "config/reader.h"
#include "expand/expand.h"

static bool
expand_while_reading(struct str text, struct pool *pool, struct str *text_out, struct str *why_out)
{
    struct captures captures = { 0 };
    struct scope scope = scope_make(pool);
    struct why why;

    scope.captures = &captures;
    why_init(&why, pool);
    if (expand_text(text, &scope, text_out, &why) == OK)
        return true;
    *why_out = why.text;
    return false;
}

const struct config_hook expand_hook = { .name = "expand", .expand = expand_while_reading };
