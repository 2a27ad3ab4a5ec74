/* acl/read.c -- from text to statements (manual: format of an ACL). */
#include "acl/list.h"
#include <errno.h>
#include <string.h>
#include "base/buf.h"
#include "base/file.h"
#include "base/list.h"

enum { FILE_MAX_BYTES = 4 << 20, LINE_MAX_BYTES = 1 << 20 };

static const char *const verbs[ACL_VERBS] = { "accept", "defer", "deny", "discard", "drop", "require", "warn" };

const char *
acl_verb_name(enum acl_verb verb)
{
    return verbs[verb];
}

static bool
is_name_char(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

static struct str
take_name(struct str *text)
{
    struct str name = *text;
    size_t len = 0;

    while (len < name.len && is_name_char(name.ptr[len]))
        len++;
    *text = str_from(name, len);
    return str_head(name, len);
}

const struct acl_condition *
acl_condition_find(struct str name)
{
    for (const struct acl_condition *const *table = acl_conditions_rows; *table != NULL; table++)
        for (const struct acl_condition *row = *table; row->name != NULL; row++)
            if (str_eq_c(name, row->name))
                return row;
    return NULL;
}

static bool
fail(struct pool *pool, struct str *error_out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool
fail(struct pool *pool, struct str *error_out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *error_out = pool_vprintf(pool, CLEAN, format, args);
    va_end(args);
    return false;
}

/* The name after "set": acl_c… or acl_m…, or the two variables of the DKIM list. */
static bool
read_variable(struct acl_reader *reader, struct str line, struct str *rest, struct str *word_out, struct str *error_out)
{
    struct str name;

    *rest = str_trim_left(*rest);
    name = take_name(rest);
    *word_out = name;
    if (str_eq_c(name, "dkim_verify_status") || str_eq_c(name, "dkim_verify_reason"))
        return true;
    if (!str_starts(name, STR("acl_c")) && !str_starts(name, STR("acl_m")))
        return fail(reader->pool, error_out,
                    "invalid variable name after \"set\" in ACL modifier \"%.*s\" (must start \"acl_c\" "
                    "or \"acl_m\")",
                    STR_ARG(line));
    if (name.len < 6 || (!ascii_is_digit(name.ptr[5]) && name.ptr[5] != '_'))
        return fail(reader->pool, error_out,
                    "invalid variable name after \"set\" in ACL modifier \"%.*s\" (digit or underscore "
                    "must follow acl_c or acl_m)",
                    STR_ARG(line));
    return true;
}

static bool
take_equals(struct acl_reader *reader, const struct acl_condition *condition, struct str *rest, struct str *error_out)
{
    *rest = str_trim_left(*rest);
    if (rest->len == 0 || rest->ptr[0] != '=')
        return fail(reader->pool, error_out, "\"=\" missing after ACL \"%s\" %s", condition->name,
                    condition->is_modifier ? "modifier" : "condition");
    *rest = str_trim(str_from(*rest, 1));
    return true;
}

static void
add_line(struct acl_reader *reader, struct acl_line *line)
{
    struct acl_statement *statement = reader->acl->last;

    if (statement->last == NULL)
        statement->lines = line;
    else
        statement->last->next = line;
    statement->last = line;
}

/* A condition or modifier; whole is the line for error texts. */
static bool
read_condition(struct acl_reader *reader, struct str text, struct str whole, struct source_at at, struct str *error_out)
{
    struct acl_line *line = POOL_NEW(reader->pool, struct acl_line);
    struct str rest = text, name, why;

    if (rest.len > 0 && rest.ptr[0] == '!') {
        line->is_negated = true;
        rest = str_trim_left(str_from(rest, 1));
    }
    name = take_name(&rest);
    line->condition = acl_condition_find(name);
    line->at = at;
    if (line->condition == NULL)
        return fail(reader->pool, error_out, "unknown ACL condition/modifier in \"%.*s\"", STR_ARG(whole));
    if (line->is_negated && line->condition->is_modifier)
        return fail(reader->pool, error_out, "ACL error: negation is not allowed with \"%s\"", line->condition->name);
    if (line->condition->needs != NULL)
        return fail(reader->pool, error_out, "the ACL condition \"%s\" is not available: built without %s",
                    line->condition->name, line->condition->needs);
    if (!line->condition->has_no_argument) {
        if (str_eq(name, STR("set")) && !read_variable(reader, str_head(text, text.len), &rest, &line->word, error_out))
            return false;
        if (!take_equals(reader, line->condition, &rest, error_out))
            return false;
        line->argument = POOL_NEW(reader->pool, struct template);
        *line->argument =
            (struct template){ .text = rest, .at = at, .option_name = line->condition->name, .owner = "ACL" };
        if (line->condition->check != NULL && !line->condition->check(rest, reader->pool, &why))
            return fail(reader->pool, error_out, "%.*s", STR_ARG(why));
    }
    add_line(reader, line);
    return true;
}

static bool
find_verb(struct str word, enum acl_verb *verb_out)
{
    for (int verb = 0; verb < ACL_VERBS; verb++)
        if (str_eq_c(word, verbs[verb])) {
            *verb_out = verb;
            return true;
        }
    return false;
}

static void
add_statement(struct acl_reader *reader, enum acl_verb verb, struct source_at at)
{
    struct acl_statement *statement = POOL_NEW(reader->pool, struct acl_statement);

    statement->verb = verb;
    statement->at = at;
    if (reader->acl->last == NULL)
        reader->acl->statements = statement;
    else
        reader->acl->last->next = statement;
    reader->acl->last = statement;
}

static bool
is_endpass_allowed(enum acl_verb verb)
{
    return verb == ACL_VERB_ACCEPT || verb == ACL_VERB_DISCARD;
}

static bool
check_endpass(struct acl_reader *reader, struct str text, enum acl_verb verb, struct str *error_out)
{
    struct str name = take_name(&text);

    if (!str_eq(name, STR("endpass")) || is_endpass_allowed(verb))
        return true;
    return fail(reader->pool, error_out, "ACL error: \"endpass\" is not allowed with \"%s\"", verbs[verb]);
}

bool
acl_read_line(struct acl_reader *reader, struct str line, struct source_at at, struct str *error_out)
{
    struct str text = str_trim(line), rest = text, word;
    enum acl_verb verb;

    if (text.len == 0 || text.ptr[0] == '#')
        return true;
    word = take_name(&rest);
    if (word.len > 0 && find_verb(word, &verb)) {
        add_statement(reader, verb, at);
        rest = str_trim_left(rest);
        if (rest.len == 0)
            return true;
        return check_endpass(reader, rest, verb, error_out) && read_condition(reader, rest, text, at, error_out);
    }
    if (reader->acl->statements == NULL)
        return fail(reader->pool, error_out, "unknown ACL verb \"%.*s\" in \"%.*s\"", STR_ARG(word), STR_ARG(text));
    return check_endpass(reader, text, reader->acl->last->verb, error_out) &&
           read_condition(reader, text, text, at, error_out);
}

/* One logical line: physical lines joined where a backslash ends one; *lines counts the physical ones. */
static bool
take_logical_line(struct str *text, struct pool *pool, struct str *line_out, int *lines)
{
    struct str line;
    struct buf joined;
    bool is_continued = true;

    if (text->len == 0)
        return false;
    buf_init(&joined, pool, LINE_MAX_BYTES);
    for (bool is_first = true; is_continued && str_take_line(text, &line); is_first = false) {
        ++*lines;
        line = str_trim_right(line);
        is_continued = line.len > 0 && line.ptr[line.len - 1] == '\\';
        if (!is_first)
            line = str_trim_left(line);
        buf_add(&joined, is_continued ? str_head(line, line.len - 1) : line);
    }
    *line_out = buf_str(&joined);
    return true;
}

struct acl *
acl_read_text(struct str text, const char *file, struct pool *pool, struct str *error_out)
{
    struct acl_reader reader = { .pool = pool, .acl = POOL_NEW(pool, struct acl) };
    struct str line;
    int line_count = 0, start = 1;

    while (take_logical_line(&text, pool, &line, &line_count)) {
        if (!acl_read_line(&reader, line, (struct source_at){ .file = file, .line = start }, error_out))
            return NULL;
        start = line_count + 1;
    }
    return reader.acl;
}

struct acl *
acl_read_file(struct str path, struct pool *pool, struct str *error_out)
{
    struct str text;
    const char *name = pool_cstr(pool, path);

    if (name == NULL || str_is_tainted(path)) {
        fail(pool, error_out, "tainted file name for an ACL: \"%.*s\"", STR_ARG(path));
        return NULL;
    }
    /* The administrator named the file by an untainted path: its text is configuration. */
    if (!file_read(name, pool, CLEAN, FILE_MAX_BYTES, &text)) {
        fail(pool, error_out, "failed to open ACL file \"%s\": %s", name, strerror(errno));
        return NULL;
    }
    return acl_read_text(text, name, pool, error_out);
}
