#include "address/idn.h"
#include "address/mailbox.h"

bool
idn_is_available(void)
{
    return false;
}

static bool
ascii_only(struct str text, struct str *text_out, const char **reason_out)
{
    *text_out = text;
    if (!text_has_8bit(text))
        return true;
    *reason_out = "internationalised addresses need a build with SUPPORT_I18N";
    return false;
}

bool
domain_to_ascii(struct pool *pool, struct str domain, struct str *ascii_out, const char **reason_out)
{
    return ascii_only(text_fold(pool, domain), ascii_out, reason_out);
}

bool
domain_to_utf8(struct pool *pool, struct str domain, struct str *utf8_out, const char **reason_out)
{
    (void)pool;
    return ascii_only(domain, utf8_out, reason_out);
}

bool
local_part_to_ascii(struct pool *pool, struct str local_part, struct str *ascii_out, const char **reason_out)
{
    (void)pool;
    return ascii_only(local_part, ascii_out, reason_out);
}

bool
local_part_to_utf8(struct pool *pool, struct str local_part, struct str *utf8_out, const char **reason_out)
{
    (void)pool;
    return ascii_only(local_part, utf8_out, reason_out);
}
