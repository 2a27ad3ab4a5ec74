/* config/macro.c -- define macros and replace them (manual: macros in the configuration file). */
#include <string.h>
#include "config/macro.h"
#include "config/reading.h"

static bool
is_name_char(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

static size_t
name_length(struct str text)
{
    size_t len = 0;

    while (len < text.len && is_name_char(text.ptr[len]))
        len++;
    return len;
}

/* Does the line look like "NAME = …" or "NAME == …"?  Then its own name is not replaced in it. */
bool
macro_is_definition(struct str line, size_t *name_len_out)
{
    size_t len = name_length(line), at = len;

    *name_len_out = 0;
    if (len == 0 || line.ptr[0] < 'A' || line.ptr[0] > 'Z')
        return false;
    while (at < line.len && ascii_is_space(line.ptr[at]))
        at++;
    if (at == line.len || line.ptr[at] != '=')
        return false;
    *name_len_out = len;
    return true;
}

static struct macro *
macro_find(const struct option_reader *reader, struct str name)
{
    for (struct macro *macro = reader->conf->macros; macro != NULL; macro = macro->next)
        if (str_eq(macro->name, name))
            return macro;
    return NULL;
}

static struct macro *
macro_append(struct option_reader *reader, struct str name, struct str value)
{
    struct macro *macro = POOL_NEW(reader->pool, struct macro);

    macro->name = pool_dup(reader->pool, name);
    macro->value = pool_dup(reader->pool, value);
    macro->at = reader->at;
    *reader->macros_end = macro;
    reader->macros_end = &macro->next;
    return macro;
}

/* A line of the file that defines or redefines a macro. */
bool
macro_define(struct option_reader *reader, struct str line)
{
    struct str name, value;
    struct macro *macro;
    size_t len;
    bool is_again;

    if (!macro_is_definition(line, &len))
        return reader_error(reader, "malformed macro definition");
    name = str_head(line, len);
    value = str_from(str_trim_left(str_from(line, len)), 1);
    is_again = value.len > 0 && value.ptr[0] == '=';
    value = str_trim(str_from(value, is_again ? 1 : 0));
    macro = macro_find(reader, name);
    if (macro != NULL) {
        if (macro->is_command_line)
            return true;
        if (!is_again)
            return reader_error(reader, "macro \"%.*s\" is already defined (use \"==\" if you want to redefine it)",
                                STR_ARG(name));
        macro->value = pool_dup(reader->pool, value);
        macro->at = reader->at;
        return true;
    }
    if (is_again)
        return reader_error(reader, "can't redefine an undefined macro \"%.*s\"", STR_ARG(name));
    for (macro = reader->conf->macros; macro != NULL; macro = macro->next)
        if (str_find_str(name, macro->name) != STR_NONE)
            return reader_error(reader,
                                "\"%.*s\" cannot be defined as a macro because previously defined macro \"%.*s\" "
                                "is a substring",
                                STR_ARG(name), STR_ARG(macro->name));
    macro_append(reader, name, value);
    return true;
}

/* "NAME", "NAME=value", "NAME = value" of -D. */
bool
macro_define_command_line(struct option_reader *reader, const char *text)
{
    struct str line = str_trim(str_of(text)), value;
    size_t len = name_length(line);

    if (len == 0 || line.ptr[0] < 'A' || line.ptr[0] > 'Z')
        return reader_error_placeless(reader, "macro name set by -D must start with an upper case letter");
    value = str_trim_left(str_from(line, len));
    if (value.len > 0 && value.ptr[0] != '=')
        return reader_error_placeless(reader, "malformed macro name set by -D: %s", text);
    value = str_trim(str_from(value, 1));
    if (macro_find(reader, str_head(line, len)) != NULL)
        return reader_error_placeless(reader, "duplicated macro on command line: -D%s", text);
    /* Trusting it is what -D means; the caller's privilege was dropped before. */
    macro_append(reader, pool_dup_clean(reader->pool, str_head(line, len)), pool_dup_clean(reader->pool, value))
        ->is_command_line = true;
    return true;
}

/* Replace each occurrence of name after start; true if there was one and nothing overflowed. */
static bool
replace_all(struct pool *pool, struct str text, size_t start, const struct macro *macro, struct str *text_out)
{
    size_t at = str_find_str(str_from(text, start), macro->name);
    struct buf buf;

    if (at == STR_NONE)
        return false;
    buf_init(&buf, pool, LINE_MAX_BYTES + 1);
    buf_add(&buf, str_head(text, start));
    text = str_from(text, start);
    for (; at != STR_NONE; at = str_find_str(text, macro->name)) {
        buf_add(&buf, str_head(text, at));
        buf_add(&buf, macro->value);
        text = str_from(text, at + macro->name.len);
    }
    buf_add(&buf, text);
    *text_out = buf_str(&buf);
    return true;
}

/* Built-in macros: they all begin with an underscore and a capital. */
static struct str
replace_builtin(struct option_reader *reader, struct str text, size_t start)
{
    size_t at = start, done = 0;
    struct buf buf = { 0 };

    while (at + 1 < text.len) {
        size_t underscore = str_find(str_from(text, at), '_'), len;
        struct str value;

        if (underscore == STR_NONE)
            break;
        at += underscore;
        len = builtin_macro_at_start(str_from(text, at), &value);
        if (len == 0) {
            at++;
            continue;
        }
        if (buf.pool == NULL)
            buf_init(&buf, reader->scratch, LINE_MAX_BYTES + 1);
        buf_add(&buf, str_sub(text, done, at - done));
        buf_add(&buf, value);
        at += len;
        done = at;
        reader->had_replacement = true;
    }
    if (buf.pool == NULL)
        return text;
    buf_add(&buf, str_from(text, done));
    return buf_str(&buf);
}

/* Each macro's name has a capital letter. */
static bool
has_capital(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            return true;
    return false;
}

/* A replacement is never scanned again for the same macro, but for those defined later. */
bool
macro_replace(struct option_reader *reader, struct str text, size_t start, struct str *text_out)
{
    *text_out = text;
    if (!has_capital(str_from(text, start)))
        return true;
    text = replace_builtin(reader, text, start);
    for (const struct macro *macro = reader->conf->macros; macro != NULL; macro = macro->next) {
        if (!replace_all(reader->scratch, text, start, macro, &text))
            continue;
        reader->had_replacement = true;
        if (reader->replaced_count < MACRO_NAMES_SHOWN_MAX)
            reader->replaced[reader->replaced_count++] = macro;
        if (text.len > LINE_MAX_BYTES)
            return reader_error(reader, "line longer than %d octets after replacing the macro %.*s", LINE_MAX_BYTES,
                                STR_ARG(macro->name));
    }
    *text_out = text;
    return true;
}
