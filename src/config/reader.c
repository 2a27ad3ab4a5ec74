/* config/reader.c -- read a configuration: the main section, then each "begin" (manual: configuration file format). */
#include "config/reader.h"
#include <string.h>
#include "config/inert_options.h"
#include "config/reading.h"

/* ---- For sections, families and rows */
struct pool *
reader_pool(struct option_reader *reader)
{
    return reader->pool;
}

struct pool *
reader_scratch(struct option_reader *reader)
{
    return reader->scratch;
}

struct config *
reader_config(struct option_reader *reader)
{
    return reader->conf;
}

struct source_at
reader_at(const struct option_reader *reader)
{
    return reader->at;
}

/* ---- Main section */
static const struct {
    struct str word;
    enum list_kind kind;
    const char *what;
} list_words[] = {
    { STR_INIT("domainlist"), LIST_DOMAIN, "domain list" },
    { STR_INIT("hostlist"), LIST_HOST, "host list" },
    { STR_INIT("addresslist"), LIST_ADDRESS, "address list" },
    { STR_INIT("localpartlist"), LIST_LOCAL_PART, "local part list" }
};

static size_t
name_length(struct str text)
{
    size_t len = 0;

    while (len < text.len && (ascii_is_alnum(text.ptr[len]) || text.ptr[len] == '_'))
        len++;
    return len;
}

/* "NAME = value" after the word "domainlist" and its kin. */
static bool
named_list_line(struct option_reader *reader, size_t which, struct str rest, bool is_cached, bool is_hidden)
{
    struct named_list *list = POOL_NEW(reader->pool, struct named_list);
    struct str name, value;

    rest = str_trim_left(rest);
    name = str_head(rest, name_length(rest));
    rest = str_trim_left(str_from(rest, name.len));
    if (rest.len == 0 || rest.ptr[0] != '=')
        return reader_error(reader, "missing '=' after \"%.*s\"", STR_ARG(name));
    if (!reader_value(reader, str_from(rest, 1), &value))
        return false;
    list->name = pool_dup(reader->pool, name);
    list->value = reader_template(reader, value, list_words[which].what, "named list");
    list->kind = list_words[which].kind;
    list->is_cached = is_cached;
    list->is_hidden = is_hidden;
    if (!map_add(&reader->conf->named_lists[list->kind], list->name, list))
        return reader_error(reader, "duplicate name \"%.*s\" for a named %s", STR_ARG(name), list_words[which].what);
    return true;
}

/* Is the line a named list? Then *is_good_out says whether it could be read. */
static bool
is_named_list(struct option_reader *reader, const struct option_line *line, bool *is_good_out)
{
    static const struct str cache = STR_INIT("_cache");

    for (size_t i = 0; i < COUNT(list_words); i++) {
        struct str word = line->written_name;
        bool is_cached = str_ends(word, cache);

        if (is_cached)
            word = str_head(word, word.len - cache.len);
        if (!str_eq(word, list_words[i].word))
            continue;
        *is_good_out = named_list_line(reader, i, line->rest, is_cached, line->is_hidden);
        return true;
    }
    return false;
}

static bool
main_line(struct option_reader *reader, const struct option_target *target, struct str text)
{
    struct option_line line;
    const struct option *row;
    bool is_good = false;

    if (text.ptr[0] >= 'A' && text.ptr[0] <= 'Z')
        return macro_define(reader, text);
    if (!option_line_parse(reader, text, &line))
        return false;
    if (is_named_list(reader, &line, &is_good))
        return is_good;
    row = option_line_row(main_options, &line);
    if (row != NULL)
        return option_line_set(reader, target, row, &line);
    reader_suggest_option(reader, line.written_name, main_options);
    return reader_error(reader, "main option \"%.*s\" unknown", STR_ARG(line.written_name));
}

/* ---- Sections */
static bool
section_end(struct option_reader *reader)
{
    bool is_good = true;

    if (reader->family != NULL)
        is_good = driver_section_end(reader);
    else if (reader->section != NULL && reader->section->end != NULL)
        is_good = reader->section->end(reader, reader->conf->section_data[reader->section_index]);
    reader->section = NULL;
    return is_good;
}

static bool
section_unknown(struct option_reader *reader, struct str name)
{
    for (size_t i = 0; driver_families_rows[i] != NULL && reader->hint.len == 0; i++)
        reader_suggest(reader, name, driver_families_rows[i]->section);
    for (size_t i = 0; config_sections_rows[i] != NULL && reader->hint.len == 0; i++)
        reader_suggest(reader, name, config_sections_rows[i]->name);
    return reader_error(reader, "\"%.*s\" is not a known configuration section name", STR_ARG(name));
}

static bool
section_begin(struct option_reader *reader, struct str name)
{
    if (!map_add(&reader->sections_seen, pool_dup(reader->files, name), reader))
        return reader_error(reader, "\"%.*s\" section is repeated in the configuration file", STR_ARG(name));
    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (str_ieq_c(name, driver_families_rows[i]->section))
            return driver_section_begin(reader, i);
    for (size_t i = 0; config_sections_rows[i] != NULL; i++)
        if (str_ieq_c(name, config_sections_rows[i]->name)) {
            reader->section = config_sections_rows[i];
            reader->section_index = i;
            if (reader->section->begin != NULL)
                reader->conf->section_data[i] = reader->section->begin(reader);
            return reader->error.len == 0;
        }
    return section_unknown(reader, name);
}

static bool
is_begin(struct str line, struct str *name_out)
{
    if (!str_starts(line, STR("begin")) || line.len < 7 || !ascii_is_space(line.ptr[5]))
        return false;
    *name_out = str_trim(str_from(line, 5));
    return true;
}

/* A line of the section that is open. */
static bool
section_line(struct option_reader *reader, struct str line)
{
    size_t len;
    bool is_macro = macro_is_definition(line, &len);

    if (reader->family != NULL) {
        if (is_macro)
            return driver_block_end(reader) && macro_define(reader, line);
        return driver_section_line(reader, line);
    }
    if (is_macro && reader->section->has_macros)
        return macro_define(reader, line);
    return reader->section->line(reader, reader->conf->section_data[reader->section_index], line);
}

/* ---- The whole */
/* For -bP config, which shows one blank where there was any white space. */
static void
line_keep(struct option_reader *reader, struct str line)
{
    struct buf text;

    if (!reader->request->is_text_kept)
        return;
    buf_init(&text, reader->pool, LINE_MAX_BYTES);
    for (size_t i = 0; i < line.len; i++)
        if (!ascii_is_space(line.ptr[i]))
            buf_add_char(&text, line.ptr[i]);
        else if (text.len > 0 && text.ptr[text.len - 1] != ' ')
            buf_add_char(&text, ' ');
    str_list_add(&reader->conf->lines, reader->pool, buf_str(&text));
}

/* Lines one by one until the end. */
static bool
read_lines(struct option_reader *reader, const struct option_target *main_target)
{
    struct pool_mark mark = pool_mark(reader->scratch);
    bool is_main = true;
    struct str line, name;

    for (; input_next(reader, &line); pool_reset(reader->scratch, mark)) {
        bool is_good;

        line_keep(reader, line);
        if (is_begin(line, &name)) {
            is_good = is_main ? config_defaults_after(reader) : section_end(reader);
            is_main = false;
            is_good = is_good && section_begin(reader, name);
        } else {
            is_good = is_main ? main_line(reader, main_target, line) : section_line(reader, line);
        }
        if (!is_good)
            return false;
    }
    if (reader->error.len > 0)
        return false;
    return is_main ? config_defaults_after(reader) : section_end(reader);
}

static bool
sections_finish(struct option_reader *reader)
{
    for (size_t i = 0; config_sections_rows[i] != NULL; i++) {
        const struct config_section *section = config_sections_rows[i];

        if (section->finish != NULL && !section->finish(reader, reader->conf->section_data[i]))
            return false;
    }
    return true;
}

static size_t
count_rows(const void *const *rows)
{
    size_t count = 0;

    while (rows[count] != NULL)
        count++;
    return count;
}

static void
config_new(struct option_reader *reader)
{
    struct config *conf = POOL_NEW(reader->pool, struct config);
    size_t words = option_count(main_options) / 64 + 1;

    conf->pool = reader->pool;
    for (size_t i = 0; i < LIST_KINDS; i++)
        map_init(&conf->named_lists[i], reader->pool, false);
    conf->drivers = POOL_NEW_ARRAY(reader->pool, struct driver_instance *,
                                   count_rows((const void *const *)driver_families_rows) + 1);
    conf->section_data = POOL_NEW_ARRAY(reader->pool, void *,
                                        count_rows((const void *const *)config_sections_rows) + 1);
    conf->marks = (struct option_marks){ POOL_NEW_ARRAY(reader->pool, uint64_t, words),
                                         POOL_NEW_ARRAY(reader->pool, uint64_t, words) };
    reader->conf = conf;
    reader->macros_end = &conf->macros;
    map_init(&reader->sections_seen, reader->files, true);
}

static bool
read_all(struct option_reader *reader)
{
    const struct config_request *request = reader->request;
    struct option_target main_target = {
        .table = main_options,
        .base = reader->conf,
        .set = reader->conf->marks.set,
        .hidden = reader->conf->marks.hidden,
        .owner = "main",
        .is_repeat_checked = true,
    };

    for (const char *const *define = request->defines; define != NULL && *define != NULL; define++)
        if (!macro_define_command_line(reader, *define))
            return false;
    if (!options_initialise(reader, &main_target) || !config_defaults_before(reader))
        return false;
    if (!(request->text != NULL ? input_open_text(reader, request->text) : input_open_first(reader)))
        return false;
    reader->conf->is_alternative = request->files != NULL || (request->defines != NULL && request->defines[0] != NULL);
    return read_lines(reader, &main_target) && drivers_finish(reader) && sections_finish(reader);
}

enum outcome
config_read(const struct config_request *request, struct pool *pool, struct config **conf_out, struct str *error_out)
{
    const struct config *before = config;
    struct option_reader *reader;
    struct pool *files = pool_new("configuration files");
    struct pool *scratch = pool_new("configuration line");
    bool is_good;

    reader = POOL_NEW(files, struct option_reader);
    reader->files = files;
    reader->scratch = scratch;
    reader->pool = pool;
    reader->request = request;
    config_new(reader);
    config = reader->conf;
    is_good = read_all(reader);
    config = before;
    if (reader->block != NULL)
        driver_block_discard(reader);
    if (is_good)
        *conf_out = reader->conf;
    else
        *error_out = reader->error.len > 0 ? reader->error : STR("Exim configuration error");
    pool_free(scratch);
    pool_free(files);
    return is_good ? OK : FAIL;
}
