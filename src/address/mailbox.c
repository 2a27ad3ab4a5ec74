#include "address/mailbox.h"
#include <string.h>

/* Position of the last "@" that is neither in quotes nor behind a backslash. */
static size_t
last_at(struct str text)
{
    bool is_quoted = false;
    size_t found = STR_NONE;

    for (size_t i = 0; i < text.len; i++)
        switch (text.ptr[i]) {
        case '\\':
            i++;
            break;
        case '"':
            is_quoted = !is_quoted;
            break;
        case '@':
            if (!is_quoted)
                found = i;
            break;
        }
    return found;
}

static bool
refuse(const char **reason_out, const char *reason)
{
    if (reason_out != NULL)
        *reason_out = reason;
    return false;
}

bool
mailbox_split(struct str text, struct mailbox *box_out, const char **reason_out)
{
    size_t at = last_at(text);

    if (at == STR_NONE)
        return refuse(reason_out, "domain missing");
    if (at == 0)
        return refuse(reason_out, "local part missing");
    if (at + 1 == text.len)
        return refuse(reason_out, "domain missing");
    box_out->local_part = str_head(text, at);
    box_out->domain = str_from(text, at + 1);
    return true;
}

struct str
address_join(struct pool *pool, struct str local_part, struct str domain)
{
    char *joined = pool_alloc_as(pool, str_is_tainted(local_part) || str_is_tainted(domain) ? TAINTED : CLEAN,
                                 local_part.len + domain.len + 2);

    if (local_part.len > 0)
        memcpy(joined, local_part.ptr, local_part.len);
    joined[local_part.len] = '@';
    if (domain.len > 0)
        memcpy(joined + local_part.len + 1, domain.ptr, domain.len);
    return str_make(joined, local_part.len + domain.len + 1);
}

bool
local_part_percent_hack(struct pool *pool, struct str local_part, struct str *address_out)
{
    size_t percent = str_rfind(local_part, '%');

    if (percent == STR_NONE || percent == 0 || percent + 1 == local_part.len)
        return false;
    *address_out = address_join(pool, str_head(local_part, percent), str_from(local_part, percent + 1));
    return true;
}

/* A copy with ASCII letters from start on in lower case; text itself if there are none. */
static struct str
fold_from(struct pool *pool, struct str text, size_t start)
{
    size_t i = start;
    char *folded;

    while (i < text.len && text.ptr[i] == ascii_lower(text.ptr[i]))
        i++;
    if (i >= text.len)
        return text;
    folded = pool_alloc_as(pool, str_trust(text), text.len + 1);
    memcpy(folded, text.ptr, text.len);
    for (; i < text.len; i++)
        folded[i] = ascii_lower(folded[i]);
    return str_make(folded, text.len);
}

struct str
address_fold_domain(struct pool *pool, struct str address)
{
    size_t at = last_at(address);

    return fold_from(pool, address, at != STR_NONE ? at : address.len);
}

struct str
address_fold(struct pool *pool, struct str address)
{
    return fold_from(pool, address, 0);
}

struct str
text_fold(struct pool *pool, struct str text)
{
    return fold_from(pool, text, 0);
}

bool
address_same(struct str a, struct str b)
{
    size_t at_a = last_at(a), at_b = last_at(b);

    if (at_a != at_b || a.len != b.len)
        return false;
    return at_a == STR_NONE
               ? str_eq(a, b)
               : str_eq(str_head(a, at_a), str_head(b, at_b)) && str_ieq(str_from(a, at_a), str_from(b, at_b));
}
