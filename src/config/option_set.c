/* config/option_set.c -- "name = value", "no_name", "hide name …": the lines that all option tables share. */
#include <string.h>
#include "config/reading.h"

static bool
bit_get(const uint64_t *bits, size_t index)
{
    return bits != NULL && (bits[index / 64] >> (index % 64) & 1) != 0;
}

static void
bit_set(uint64_t *bits, size_t index)
{
    if (bits != NULL)
        bits[index / 64] |= (uint64_t)1 << (index % 64);
}

size_t
option_count(const struct option *table)
{
    size_t count = 0;

    while (table[count].name != NULL)
        count++;
    return count;
}

const struct option *
option_find(const struct option *table, struct str name)
{
    for (const struct option *row = table; row->name != NULL; row++)
        if (str_eq_c(name, row->name))
            return row;
    return NULL;
}

bool
option_line_parse(struct option_reader *reader, struct str text, struct option_line *out)
{
    struct str line = text;
    size_t len = 0;

    *out = (struct option_line){ 0 };
    if (str_starts(line, STR("hide")) && line.len > 4 && ascii_is_space(line.ptr[4])) {
        out->is_hidden = true;
        line = str_trim_left(str_from(line, 4));
    }
    while (len < line.len && (ascii_is_alnum(line.ptr[len]) || line.ptr[len] == '_'))
        len++;
    if (len == 0 || !ascii_is_alpha(line.ptr[0]))
        return reader_error(reader, "option setting expected: %.*s", STR_ARG(text));
    out->name = out->written_name = str_head(line, len);
    out->rest = str_trim(str_from(line, len));
    return true;
}

const struct option *
option_line_row(const struct option *table, struct option_line *line)
{
    static const struct str prefixes[] = { STR_INIT("no_"), STR_INIT("not_") };
    const struct option *row = option_find(table, line->written_name);

    for (size_t i = 0; row == NULL && i < COUNT(prefixes); i++) {
        if (!str_starts(line->written_name, prefixes[i]))
            continue;
        row = option_find(table, str_from(line->written_name, prefixes[i].len));
        if (row != NULL) {
            line->name = str_from(line->written_name, prefixes[i].len);
            line->is_negated = true;
        }
    }
    return row;
}

static bool
is_boolean(const struct option *row)
{
    return row->type == OPTION_TYPE_BOOL || row->type == OPTION_TYPE_EXPANDED_BOOL;
}

/* The value text of a boolean: "yes" or "no", or what is to be expanded. */
static bool
boolean_text(struct option_reader *reader, const struct option *row, const struct option_line *line,
             struct str *text_out)
{
    struct str value, word, name = line->written_name;

    if (line->is_negated || line->rest.len == 0 || line->rest.ptr[0] != '=') {
        if (line->rest.len > 0)
            return reader_error(reader, "extra characters follow boolean option %.*s", STR_ARG(name));
        *text_out = line->is_negated ? STR("no") : STR("yes");
        return true;
    }
    value = str_trim(str_from(line->rest, 1));
    if (value.len == 0) {
        *text_out = STR("yes");
        return true;
    }
    if (row->type == OPTION_TYPE_EXPANDED_BOOL && !str_ieq_c(value, "true") && !str_ieq_c(value, "false")) {
        *text_out = value;
        return true;
    }
    word = str_take_word(&value);
    if (!str_ieq_c(word, "yes") && !str_ieq_c(word, "true") && !str_ieq_c(word, "no") && !str_ieq_c(word, "false")) {
        reader_expect(reader, "yes, no, true or false");
        return reader_error(reader, "\"%.*s\" is not a valid value for the \"%.*s\" option", STR_ARG(word),
                            STR_ARG(name));
    }
    if (str_trim(value).len > 0)
        return reader_error(reader, "extra characters follow \"%.*s\" for boolean option %.*s", STR_ARG(word),
                            STR_ARG(name));
    *text_out = str_ieq_c(word, "yes") || str_ieq_c(word, "true") ? STR("yes") : STR("no");
    return true;
}

static bool
value_text(struct option_reader *reader, const struct option *row, const struct option_line *line, struct str *text_out)
{
    if (is_boolean(row))
        return boolean_text(reader, row, line, text_out);
    if (line->is_negated)
        return reader_error(reader, "negation prefix applied to a non-boolean option");
    if (line->rest.len == 0)
        return reader_error(reader, "unexpected end of line (data missing) after %.*s", STR_ARG(line->written_name));
    if (line->rest.ptr[0] != '=')
        return reader_error(reader, "missing \"=\" after %.*s", STR_ARG(line->written_name));
    *text_out = str_trim(str_from(line->rest, 1));
    return true;
}

/* A user's own group counts for "group" as long as that is not set: "user" and "group", "command_user" and
 * "command_group". */
static void
group_follow_user(struct option_reader *reader, const struct option_target *target, const struct option *row)
{
    const struct id_option *user = (const void *)((const char *)target->base + row->offset);
    struct str name = str_of(row->name);
    const struct option *group_row;
    struct id_option *group;

    if (!user->has_group || !str_ends(name, STR("user")) || str_eq_c(name, "exim_user"))
        return;
    name = pool_printf(reader->scratch, "%.*sgroup", STR_ARG(str_head(name, name.len - 4)));
    group_row = option_find(target->table, name);
    if (group_row == NULL || group_row->type != OPTION_TYPE_GID ||
        bit_get(target->set, (size_t)(group_row - target->table)))
        return;
    group = (void *)((char *)target->base + group_row->offset);
    *group = (struct id_option){ .is_set = true, .id = user->group };
}

/* Another name for one or several rows ("verify" stands for verify_sender and verify_recipient). */
static bool
alias_set(struct option_reader *reader, const struct option_target *target, const struct option *alias,
          const struct option_line *line)
{
    struct str names = str_of(alias->initial), one;

    while (names.len > 0) {
        const struct option *row;

        str_cut(names, ',', &one, &names);
        row = option_find(target->table, one);
        must(row != NULL && row->type != OPTION_TYPE_ALIAS);
        if (!option_line_set(reader, target, row, line))
            return false;
    }
    return true;
}

bool
option_line_set(struct option_reader *reader, const struct option_target *target, const struct option *row,
                const struct option_line *line)
{
    size_t index = (size_t)(row - target->table);
    bool is_alias_of = !str_eq_c(line->name, row->name);
    struct str text;
    bool was_set;

    if (row->type == OPTION_TYPE_ALIAS)
        return alias_set(reader, target, row, line);
    was_set = bit_get(target->set, index);
    if (was_set && target->is_repeat_checked && !row->is_repeatable && !is_alias_of)
        return reader_error(reader, "\"%.*s\" option set for the second time", STR_ARG(line->written_name));
    if (!value_text(reader, row, line, &text))
        return false;
    if (!option_value_set(reader, row, target->base, target->owner, text, !was_set))
        return false;
    bit_set(target->set, index);
    if (line->is_hidden)
        bit_set(target->hidden, index);
    if (row->is_set_offset != 0)
        *(bool *)((char *)target->base + row->is_set_offset) = true;
    if (row->type == OPTION_TYPE_UID)
        group_follow_user(reader, target, row);
    return true;
}

bool
options_initialise(struct option_reader *reader, const struct option_target *target)
{
    for (const struct option *row = target->table; row->name != NULL; row++) {
        if (row->type == OPTION_TYPE_ALIAS || row->initial == NULL)
            continue;
        if (!option_value_set(reader, row, target->base, target->owner, str_of(row->initial), true))
            return false;
    }
    return true;
}

bool
reader_set_option(struct option_reader *reader, const struct option *row, void *base, struct str text)
{
    return option_value_set(reader, row, base, "option", text, true);
}
