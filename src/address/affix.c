/* address/affix.c -- prefixes and suffixes of local parts (manual: local_part_prefix, local_part_suffix). */
#include "address/mailbox.h"

size_t
local_part_prefix(struct str pattern, struct str local_part, struct str *variable_out)
{
    struct str fixed;

    *variable_out = STR("");
    if (pattern.len == 0)
        return 0;
    if (pattern.ptr[0] != '*')
        return str_istarts(local_part, pattern) ? pattern.len : 0;
    fixed = str_from(pattern, 1);
    for (size_t len = local_part.len; len >= fixed.len && len > 0; len--)
        if (str_iends(str_head(local_part, len), fixed)) {
            *variable_out = str_head(local_part, len - fixed.len);
            return len;
        }
    return 0;
}

size_t
local_part_suffix(struct str pattern, struct str local_part, struct str *variable_out)
{
    struct str fixed;

    *variable_out = STR("");
    if (pattern.len == 0)
        return 0;
    if (pattern.ptr[pattern.len - 1] != '*')
        return str_iends(local_part, pattern) ? pattern.len : 0;
    fixed = str_head(pattern, pattern.len - 1);
    for (size_t at = 0; at + fixed.len <= local_part.len && at < local_part.len; at++)
        if (str_istarts(str_from(local_part, at), fixed)) {
            *variable_out = str_from(local_part, at + fixed.len);
            return local_part.len - at;
        }
    return 0;
}
