#include "base/child.h"
#include "base/encode.h"

struct argument {
    struct str text;
    char quote;
};

/* '...': verbatim, to the next quote or the end of the line. */
static struct str
take_verbatim(struct str *line)
{
    struct str inner = str_from(*line, 1);
    struct str text, rest;

    str_cut(inner, '\'', &text, &rest);
    *line = rest;
    return text;
}

/* "...": with escapes, to the next quote or the end of the line. */
static struct str
take_escaped(struct pool *pool, struct str *line)
{
    struct buf text;

    buf_init(&text, pool, BUF_NO_LIMIT);
    if (str_is_tainted(*line))
        buf_taint(&text);
    *line = str_from(*line, 1);
    while (line->len > 0) {
        char c = line->ptr[0];

        *line = str_from(*line, 1);
        if (c == '"')
            break;
        if (c == '\\' && line->len > 0)
            c = escape_take(line);
        buf_add_char(&text, c);
    }
    return buf_str(&text);
}

static bool
take_argument(struct pool *pool, struct str *line, struct argument *argument_out)
{
    size_t end;

    *line = str_trim_left(*line);
    if (line->len == 0)
        return false;
    argument_out->quote = line->ptr[0] == '"' || line->ptr[0] == '\'' ? line->ptr[0] : 0;
    if (argument_out->quote == '\'') {
        argument_out->text = take_verbatim(line);
        return true;
    }
    if (argument_out->quote == '"') {
        argument_out->text = take_escaped(pool, line);
        return true;
    }
    for (end = 0; end < line->len && !ascii_is_space(line->ptr[end]); end++)
        ;
    argument_out->text = str_head(*line, end);
    *line = str_from(*line, end);
    return true;
}

bool
child_split_arguments(struct pool *pool, struct str line, struct str_list *arguments_out, const char **why_out)
{
    struct argument argument;

    if (str_find(line, '\0') != STR_NONE) {
        *why_out = "NUL octet in a command line";
        return false;
    }
    while (take_argument(pool, &line, &argument))
        str_list_add(arguments_out, pool, argument.text);
    return true;
}

char
child_argument_quote(struct str line, size_t index)
{
    struct pool *pool = pool_new("arguments");
    struct argument argument = { .quote = 0 };
    char quote = 0;

    for (size_t i = 0; i <= index && take_argument(pool, &line, &argument); i++)
        quote = argument.quote;
    pool_free(pool);
    return quote;
}
