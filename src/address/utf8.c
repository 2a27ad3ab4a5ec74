/* address/utf8.c -- what does not need the library: UTF-8 checks, whole addresses. */
#include "address/idn.h"
#include "address/mailbox.h"

bool
text_has_8bit(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return true;
    return false;
}

/* Length of the well-formed sequence that begins at (RFC 3629 section 4), 0 if there is none. */
static size_t
sequence_length(const unsigned char *at, size_t len)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t size;

    if (at[0] < 0x80)
        return 1;
    size = at[0] >= 0xc2 && at[0] <= 0xdf   ? 2
           : at[0] >= 0xe0 && at[0] <= 0xef ? 3
           : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                            : 0;
    if (size == 0 || size > len)
        return 0;
    if (at[0] == 0xe0)
        low = 0xa0;
    else if (at[0] == 0xed)
        high = 0x9f;
    else if (at[0] == 0xf0)
        low = 0x90;
    else if (at[0] == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    return size;
}

bool
text_is_utf8(struct str text)
{
    const unsigned char *octets = (const unsigned char *)text.ptr;

    for (size_t i = 0, len; i < text.len; i += len)
        if ((len = sequence_length(octets + i, text.len - i)) == 0)
            return false;
    return true;
}

bool
address_to_ascii(struct pool *pool, struct str address, struct str *ascii_out, const char **reason_out)
{
    struct mailbox box;
    struct str local_part, domain;

    if (!mailbox_split(address, &box, reason_out) || !local_part_to_ascii(pool, box.local_part, &local_part, reason_out)
        || !domain_to_ascii(pool, box.domain, &domain, reason_out))
        return false;
    *ascii_out = address_join(pool, local_part, domain);
    return true;
}
