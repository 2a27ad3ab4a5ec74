/* address/quote.c -- quotes around local parts and phrases. */
#include <string.h>
#include "address/mailbox.h"
#include "base/buf.h"

/* atext of RFC 5322 section 3.2.3. */
static bool
is_atext(char c)
{
    return ascii_is_alnum(c) || (c > ' ' && c < 0x7f && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_dot_atom(struct str text)
{
    if (text.len == 0 || text.ptr[0] == '.' || text.ptr[text.len - 1] == '.')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_atext(text.ptr[i]) && text.ptr[i] != '.')
            return false;
    return true;
}

/* In quotes, with backslashes before quotes and backslashes. */
static struct str
put_in_quotes(struct pool *pool, struct str text)
{
    struct buf quoted;

    buf_init(&quoted, pool, BUF_NO_LIMIT);
    buf_add_char(&quoted, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_add_char(&quoted, '\\');
        buf_add(&quoted, str_sub(text, i, 1));
    }
    buf_add_char(&quoted, '"');
    return buf_str(&quoted);
}

struct str
local_part_quote(struct pool *pool, struct str local_part)
{
    return is_dot_atom(local_part) ? local_part : put_in_quotes(pool, local_part);
}

struct str
local_part_unquote(struct pool *pool, struct str local_part)
{
    struct buf plain;

    if (str_find_any(local_part, "\"\\") == STR_NONE)
        return local_part;
    buf_init(&plain, pool, BUF_NO_LIMIT);
    for (size_t i = 0; i < local_part.len; i++) {
        if (local_part.ptr[i] == '"')
            continue;
        if (local_part.ptr[i] == '\\' && i + 1 < local_part.len)
            i++;
        buf_add(&plain, str_sub(local_part, i, 1));
    }
    return buf_str(&plain);
}

/* Words, quoted strings and comments that are whole: fit as they are. */
static bool
is_phrase(struct str text)
{
    bool is_quoted = false;
    size_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '\\' && (is_quoted || depth > 0) && i + 1 < text.len)
            i++;
        else if (c == '"' && depth == 0)
            is_quoted = !is_quoted;
        else if (is_quoted)
            continue;
        else if (c == '(')
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (depth == 0 && !is_atext(c) && c != ' ' && c != '\t')
            return false;
    }
    return !is_quoted && depth == 0;
}

struct str
phrase_quote(struct pool *pool, struct str phrase)
{
    return is_phrase(phrase) ? phrase : put_in_quotes(pool, phrase);
}
