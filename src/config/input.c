/* config/input.c -- from files to logical lines: includes, conditionals, macros, comments, continuation
 * (manual: configuration file format). */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/items.h"
#include "config/reading.h"

/* For -bP config: from here on lines come from another place. */
static void
place_keep(struct option_reader *reader)
{
    const struct input *input = reader->input;

    if (reader->request->is_text_kept)
        str_list_add(&reader->conf->lines, reader->pool,
                     pool_printf(reader->pool, "# %d \"%s\"", input->line > 0 ? input->line : 1, input->path));
}

static void
input_push(struct option_reader *reader, const char *path, struct str text)
{
    struct input *input = POOL_NEW(reader->files, struct input);

    if (reader->input != NULL)
        place_keep(reader);
    input->parent = reader->input;
    input->text = text;
    input->path = path;
    reader->input = input;
    place_keep(reader);
}

/* The configuration file: the first of the list that is there. */
bool
input_open_first(struct option_reader *reader)
{
    const char *list = reader->request->files != NULL ? reader->request->files : build_settings.configure_file;
    struct items items = items_of(str_of(list));
    struct str name, text;

    while (items_next(&items, reader->scratch, &name)) {
        const char *path;
        enum file_read result;
        size_t slash;

        if (name.len == 0)
            continue;
        /* The caller names it: owner and mode are checked. */
        path = pool_cstr(reader->pool, pool_dup_clean(reader->pool, name));
        if (path == NULL)
            continue;
        result = config_file_read(reader, path, &text);
        if (result == FILE_ABSENT)
            continue;
        if (result == FILE_FAILED)
            return reader_error_placeless(reader, "failed to open configuration file %s: %s", path, strerror(errno));
        reader->conf->file = str_of(path);
        slash = str_rfind(reader->conf->file, '/');
        reader->conf->directory = slash == STR_NONE ? STR(".") : str_head(reader->conf->file, slash > 0 ? slash : 1);
        input_push(reader, path, text);
        return true;
    }
    if (strchr(list, ':') != NULL)
        return reader_error_placeless(reader, "none of the configuration files exists: %s", list);
    return reader_error_placeless(reader, "failed to open configuration file %s: %s", list, strerror(ENOENT));
}

bool
input_open_text(struct option_reader *reader, const char *text)
{
    reader->conf->file = STR("(built in)");
    reader->conf->directory = STR("/");
    input_push(reader, reader->conf->file.ptr, str_of(text));
    return true;
}

static size_t
input_depth(const struct option_reader *reader)
{
    size_t depth = 0;

    for (const struct input *input = reader->input; input != NULL; input = input->parent)
        depth++;
    return depth;
}

/* .include and .include_if_exists: the file's lines come next. */
static bool
include(struct option_reader *reader, struct str name, bool is_optional)
{
    struct str text;
    const char *path;

    if (name.len >= 2 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"')
        name = str_sub(name, 1, name.len - 2);
    if (name.len == 0)
        return reader_error(reader, "file name missing after .include%s", is_optional ? "_if_exists" : "");
    if (name.ptr[0] != '/' && is_optional)
        return reader_error(reader, ".include specifies a non-absolute path \"%.*s\"", STR_ARG(name));
    if (input_depth(reader) >= INCLUDE_DEPTH_MAX)
        return reader_error(reader, "includes are nested more than %d deep", INCLUDE_DEPTH_MAX);
    if (name.ptr[0] != '/') {
        struct str here = str_of(reader->input->path);
        size_t slash = str_rfind(here, '/');

        if (slash != STR_NONE)
            name = pool_printf(reader->scratch, "%.*s/%.*s", STR_ARG(str_head(here, slash)), STR_ARG(name));
    }
    path = pool_cstr(reader->pool, name);
    if (path == NULL)
        return reader_error(reader, "NUL in the name of an included file");
    switch (config_file_read(reader, path, &text)) {
    case FILE_ABSENT:
        if (is_optional)
            return true;
        errno = ENOENT;
        break;
    case FILE_FAILED:
        break;
    case FILE_READ:
        input_push(reader, path, text);
        return true;
    }
    return reader_error(reader, "failed to open included configuration file %s: %s", path, strerror(errno));
}

/* ---- Conditionals */
static bool
is_skipping(const struct option_reader *reader)
{
    return reader->conditional_depth > 0 && !reader->conditionals[reader->conditional_depth - 1].is_taken;
}

/* A line of .ifdef and its kin; sets *is_one_out.  Whether a macro was replaced in it is the condition. */
static bool
conditional(struct option_reader *reader, struct str line, bool *is_one_out)
{
    static const struct { const char *word; bool opens, wants_macro; } words[] = {
        { ".ifdef", true, true }, { ".ifndef", true, false }, { ".elifdef", false, true }, { ".elifndef", false, false }
    };
    struct conditional *inner = reader->conditional_depth == 0 ? NULL
                                                               : &reader->conditionals[reader->conditional_depth - 1];

    *is_one_out = true;
    for (size_t i = 0; i < COUNT(words); i++) {
        if (!str_starts(line, str_of(words[i].word)))
            continue;
        if (words[i].opens) {
            bool skipped = is_skipping(reader);

            if (reader->conditional_depth == CONDITIONAL_DEPTH_MAX)
                return reader_error(reader, ".ifdefs are nested more than %d deep", CONDITIONAL_DEPTH_MAX);
            inner = &reader->conditionals[reader->conditional_depth++];
            *inner = (struct conditional){ .at = reader->at, .is_enclosing_skipped = skipped };
            inner->is_taken = !skipped && reader->had_replacement == words[i].wants_macro;
        } else {
            if (inner == NULL)
                return reader_error(reader, "%s without matching .ifdef", words[i].word);
            inner->is_taken = !inner->is_enclosing_skipped && !inner->was_taken &&
                              reader->had_replacement == words[i].wants_macro;
        }
        inner->was_taken = inner->was_taken || inner->is_taken;
        return true;
    }
    if (str_starts(line, STR(".else"))) {
        if (inner == NULL)
            return reader_error(reader, ".else without matching .ifdef");
        inner->is_taken = !inner->is_enclosing_skipped && !inner->was_taken;
        inner->was_taken = true;
        return true;
    }
    if (str_starts(line, STR(".endif"))) {
        if (inner == NULL)
            return reader_error(reader, ".endif without matching .ifdef");
        reader->conditional_depth--;
        return true;
    }
    *is_one_out = false;
    return true;
}

/* ---- Lines */
/* The next physical line of the innermost file, without white space at its ends; a file that is done goes. */
static bool
physical_line(struct option_reader *reader, struct str *line_out)
{
    while (reader->input != NULL) {
        struct input *input = reader->input;
        struct str rest = str_from(input->text, input->next_at);
        size_t end;

        if (rest.len == 0) {
            if (input->parent == NULL)
                return false;
            reader->input = input->parent;
            place_keep(reader);
            continue;
        }
        end = str_find(rest, '\n');
        input->next_at += end == STR_NONE ? rest.len : end + 1;
        input->line++;
        *line_out = str_trim(str_head(rest, end));
        return true;
    }
    return false;
}

static bool
is_directive(struct str line, struct str word, struct str *argument_out)
{
    if (!str_starts(line, word) || (line.len > word.len && !ascii_is_space(line.ptr[word.len])))
        return false;
    *argument_out = str_trim(str_from(line, word.len));
    return true;
}

enum step { STEP_LINE, STEP_SKIPPED, STEP_END, STEP_ERROR };

/* One physical line, macros replaced; what steers the reading itself is done here and skipped.  Without a line under
 * construction this line's place becomes that of the logical line. */
static enum step
next_part(struct option_reader *reader, struct str *line_out)
{
    struct str line, argument;
    size_t start = 0;
    bool is_conditional;

    if (!physical_line(reader, &line))
        return STEP_END;
    if (line.len > 0 && line.ptr[0] == '#')
        return STEP_SKIPPED;
    if (is_skipping(reader) && (line.len == 0 || line.ptr[0] != '.'))
        return STEP_SKIPPED;
    if (reader->line.len == 0)
        reader->at = (struct source_at){ .file = reader->input->path, .line = reader->input->line };
    reader->had_replacement = false;
    if (macro_is_definition(line, &start) && start >= line.len)
        start = 0;
    if (line.len > 0 && !macro_replace(reader, line, start, &line))
        return STEP_ERROR;
    if (line.len > 0 && line.ptr[0] == '#')
        return STEP_SKIPPED;
    if (line.len > 0 && line.ptr[0] == '.') {
        if (!conditional(reader, line, &is_conditional))
            return STEP_ERROR;
        if (is_conditional || is_skipping(reader))
            return STEP_SKIPPED;
        if (is_directive(line, STR(".include_if_exists"), &argument))
            return include(reader, argument, true) ? STEP_SKIPPED : STEP_ERROR;
        if (is_directive(line, STR(".include"), &argument))
            return include(reader, argument, false) ? STEP_SKIPPED : STEP_ERROR;
    }
    *line_out = line;
    return STEP_LINE;
}

/* End of the last file: nothing may be open. */
static bool
is_clean_end(struct option_reader *reader)
{
    const struct conditional *open;

    if (reader->conditional_depth == 0)
        return true;
    open = &reader->conditionals[reader->conditional_depth - 1];
    reader->at = (struct source_at){ reader->input->path, reader->input->line };
    return reader_error(reader, "Unexpected end of configuration file: .endif missing (for line %d of %s)",
                        open->at.line, open->at.file);
}

bool
input_next(struct option_reader *reader, struct str *line_out)
{
    reader->replaced_count = 0;
    reader->hint = (struct str){ 0 };
    buf_init(&reader->line, reader->scratch, LINE_MAX_BYTES);
    for (;;) {
        struct str part = { 0 };
        enum step step = next_part(reader, &part);
        bool is_continued = false;

        if (step == STEP_ERROR || (step == STEP_END && !is_clean_end(reader)))
            return false;
        if (step == STEP_SKIPPED)
            continue;
        part = str_trim(part);
        if (part.len > 0 && part.ptr[part.len - 1] == '\\') {
            is_continued = true;
            part.len--;
        }
        if (!is_continued && reader->line.len == 0) {
            if (part.len == 0 && step != STEP_END)
                continue;
            *line_out = part;
            return part.len > 0;
        }
        buf_add(&reader->line, part);
        if (buf_overflowed(&reader->line))
            return reader_error(reader, "line longer than %d octets after macros and continuation", LINE_MAX_BYTES);
        if (!is_continued) {
            *line_out = str_trim(buf_str(&reader->line));
            if (line_out->len > 0)
                return true;
            buf_truncate(&reader->line, 0);
        }
    }
}
