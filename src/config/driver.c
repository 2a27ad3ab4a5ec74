/* config/driver.c -- sections of driver instances: "name:" and its options (manual: format of driver configurations).
 *
 * A block's lines are kept until the block ends, so that "driver = …" may stand anywhere in it. */
#include <string.h>
#include "base/build_settings.h"
#include "config/reading.h"

/* One option line of a block. */
struct block_line {
    struct block_line *next;
    struct str text;
    struct source_at at;
    const struct macro *replaced[MACRO_NAMES_SHOWN_MAX];
    size_t replaced_count;
};

struct driver_block {
    struct pool *pool;              /* of the lines; released with the block */
    struct str name;
    struct source_at at;
    struct block_line *lines, **lines_end;
};

bool
driver_section_begin(struct option_reader *reader, size_t family_index)
{
    reader->family = driver_families_rows[family_index];
    reader->family_index = family_index;
    reader->drivers_end = &reader->conf->drivers[family_index];
    return true;
}

static uint64_t *
marks_new(struct option_reader *reader, const struct option *table)
{
    return POOL_NEW_ARRAY(reader->pool, uint64_t, option_count(table) / 64 + 1);
}

/* The driver that the block names. */
static bool
find_driver(struct option_reader *reader, const struct driver_block *block, const struct driver_info **driver_out)
{
    const struct driver_family *family = reader->family;
    struct option_line line;
    struct str name = { 0 };
    const char *flag, *text;

    for (const struct block_line *one = block->lines; one != NULL; one = one->next) {
        reader->at = one->at;
        if (!option_line_parse(reader, one->text, &line))
            return false;
        if (!str_eq_c(line.written_name, "driver"))
            continue;
        if (name.len > 0)
            return reader_error(reader, "\"driver\" option set for the second time");
        if (line.rest.len == 0 || line.rest.ptr[0] != '=')
            return reader_error(reader, "missing \"=\" after driver");
        if (!reader_value(reader, str_from(line.rest, 1), &name))
            return false;
        for (const struct driver_info *const *driver = family->drivers; *driver != NULL; driver++)
            if (str_eq_c(name, (*driver)->name))
                *driver_out = *driver;
        if (*driver_out != NULL)
            continue;
        text = pool_cstr(reader->scratch, name);
        flag = text == NULL ? NULL : left_out_flag(family->section, text);
        for (const struct driver_info *const *driver = family->drivers; *driver != NULL && reader->hint.len == 0;
             driver++)
            reader_suggest(reader, name, (*driver)->name);
        if (flag != NULL)
            reader->hint = pool_printf(reader->pool, "built without %s", flag);
        return reader_error(reader, "%s %.*s: cannot find %s driver \"%.*s\"", family->name, STR_ARG(block->name),
                            family->name, STR_ARG(name));
    }
    reader->at = block->at;
    if (*driver_out == NULL)
        return reader_error(reader, "no driver defined for %s \"%.*s\"", family->name, STR_ARG(block->name));
    return true;
}

/* An option line goes to the family's rows, else to the driver's own. */
static bool
set_line(struct option_reader *reader, const struct option_target *generic, const struct option_target *own,
         struct str text)
{
    struct option_line line;
    const struct option *row;

    if (!option_line_parse(reader, text, &line))
        return false;
    if (str_eq_c(line.written_name, "driver"))
        return true;
    row = option_line_row(generic->table, &line);
    if (row != NULL)
        return option_line_set(reader, generic, row, &line);
    row = option_line_row(own->table, &line);
    if (row != NULL)
        return option_line_set(reader, own, row, &line);
    reader_suggest_option(reader, line.written_name, generic->table);
    if (reader->hint.len == 0)
        reader_suggest_option(reader, line.written_name, own->table);
    return reader_error(reader, "option \"%.*s\" unknown", STR_ARG(line.written_name));
}

static struct driver_instance *
instance_new(struct option_reader *reader, const struct driver_block *block, const struct driver_info *driver)
{
    const struct driver_family *family = reader->family;
    struct driver_instance *instance = pool_alloc(reader->pool, family->instance_size);

    if (family->generic_defaults != NULL)
        memcpy(instance, family->generic_defaults, family->instance_size);
    instance->next = NULL;
    instance->name = block->name;
    instance->at = block->at;
    instance->driver = driver;
    instance->options = pool_alloc(reader->pool, driver->options_size > 0 ? driver->options_size : 1);
    if (driver->defaults != NULL)
        memcpy(instance->options, driver->defaults, driver->options_size);
    instance->generic_marks = (struct option_marks){ marks_new(reader, family->generic_options),
                                                     marks_new(reader, family->generic_options) };
    instance->private_marks = (struct option_marks){ marks_new(reader, driver->options),
                                                     marks_new(reader, driver->options) };
    return instance;
}

/* Make the instance of the block that has ended. */
static bool
block_finish(struct option_reader *reader, const struct driver_block *block)
{
    const struct driver_family *family = reader->family;
    const struct driver_info *driver = NULL;
    struct driver_instance *instance;
    struct option_target generic, own;

    if (!find_driver(reader, block, &driver))
        return false;
    instance = instance_new(reader, block, driver);
    generic = (struct option_target){
        .table = family->generic_options,
        .base = instance,
        .is_repeat_checked = true,
        .set = instance->generic_marks.set,
        .hidden = instance->generic_marks.hidden,
        .owner = pool_printf(reader->pool, "%.*s %s%c", STR_ARG(block->name), family->name, '\0').ptr,
    };
    own = (struct option_target){
        .table = driver->options,
        .base = instance->options,
        .is_repeat_checked = true,
        .set = instance->private_marks.set,
        .hidden = instance->private_marks.hidden,
        .owner = generic.owner,
    };
    if (!options_initialise(reader, &generic) || !options_initialise(reader, &own))
        return false;
    for (const struct block_line *one = block->lines; one != NULL; one = one->next) {
        reader->at = one->at;
        reader->replaced_count = one->replaced_count;
        memcpy(reader->replaced, one->replaced, sizeof one->replaced);
        if (!set_line(reader, &generic, &own, one->text))
            return false;
    }
    *reader->drivers_end = instance;
    reader->drivers_end = &instance->next;
    return true;
}

bool
driver_block_end(struct option_reader *reader)
{
    struct driver_block *block = reader->block;
    struct source_at at = reader->at;
    bool is_good;

    if (block == NULL)
        return true;
    reader->block = NULL;
    is_good = block_finish(reader, block);
    pool_free(block->pool);
    reader->at = at;
    reader->replaced_count = 0;
    return is_good;
}

void
driver_block_discard(struct option_reader *reader)
{
    pool_free(reader->block->pool);
    reader->block = NULL;
}

static bool
is_name_char(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

/* "name:" begins a block. */
static bool
block_begin(struct option_reader *reader, struct str line, size_t name_len)
{
    struct str name = str_head(line, name_len), rest = str_trim_left(str_from(line, name_len));
    struct pool *pool;

    if (!driver_block_end(reader))
        return false;
    if (str_trim(str_from(rest, 1)).len > 0)
        return reader_error(reader, "extra characters follow driver name %.*s", STR_ARG(name));
    for (const struct driver_instance *one = reader->conf->drivers[reader->family_index]; one != NULL; one = one->next)
        if (str_eq(one->name, name))
            return reader_error(reader, "there are two %s called \"%.*s\"", reader->family->section, STR_ARG(name));
    pool = pool_new("driver block");
    reader->block = POOL_NEW(pool, struct driver_block);
    reader->block->pool = pool;
    reader->block->name = pool_dup(reader->pool, name);
    reader->block->at = reader->at;
    reader->block->lines_end = &reader->block->lines;
    return true;
}

bool
driver_section_line(struct option_reader *reader, struct str line)
{
    size_t len = 0, colon;
    struct block_line *kept;

    while (len < line.len && is_name_char(line.ptr[len]))
        len++;
    for (colon = len; colon < line.len && ascii_is_space(line.ptr[colon]);)
        colon++;
    if (len > 0 && ascii_is_alpha(line.ptr[0]) && colon < line.len && line.ptr[colon] == ':')
        return block_begin(reader, line, len);
    if (reader->block == NULL)
        return reader_error(reader, "%s name missing", reader->family->name);
    kept = POOL_NEW(reader->block->pool, struct block_line);
    kept->text = pool_dup(reader->block->pool, line);
    kept->at = reader->at;
    memcpy(kept->replaced, reader->replaced, sizeof kept->replaced);
    kept->replaced_count = reader->replaced_count;
    *reader->block->lines_end = kept;
    reader->block->lines_end = &kept->next;
    return true;
}

bool
driver_section_end(struct option_reader *reader)
{
    bool is_good = driver_block_end(reader);

    reader->family = NULL;
    return is_good;
}

/* Checks of each instance, once all sections are read. */
bool
drivers_finish(struct option_reader *reader)
{
    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        for (struct driver_instance *one = reader->conf->drivers[i]; one != NULL; one = one->next) {
            const struct driver_family *family = driver_families_rows[i];
            struct str why = { 0 };

            reader->at = one->at;
            if ((one->driver->init != NULL && !one->driver->init(one, reader->pool, &why)) ||
                (family->init != NULL && !family->init(one, reader->pool, &why)))
                return reader_error(reader, "%.*s %s: %.*s", STR_ARG(one->name), family->name, STR_ARG(why));
        }
    for (size_t i = 0; driver_families_rows[i] != NULL; i++) {
        const struct driver_family *family = driver_families_rows[i];
        struct str why = { 0 };

        if (family->finish != NULL && !family->finish(reader->conf, reader->pool, &reader->at, &why))
            return reader_error(reader, "%.*s", STR_ARG(why));
    }
    return true;
}
