/* config/reader_error.c -- errors of a configuration: where, why, what was probably meant. */
#include <string.h>
#include "config/reading.h"

/* Words longer than this are not compared. */
enum { SUGGEST_MAX_BYTES = 48 };

/* How many letters have to be changed, added, left out or swapped with their neighbour to make b of a. */
static int
edit_distance(struct str a, struct str b)
{
    int rows[3][SUGGEST_MAX_BYTES + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        above[j] = (int)j;
    for (size_t i = 1; i <= a.len; i++) {
        int *spare = before;

        row[0] = (int)i;
        for (size_t j = 1; j <= b.len; j++) {
            int best = above[j - 1] + (ascii_lower(a.ptr[i - 1]) != ascii_lower(b.ptr[j - 1]));

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

/* The nearest word so far. */
struct nearest {
    struct str word;
    int distance;
};

static void
nearest_try(struct nearest *nearest, struct str word, const char *known)
{
    struct str candidate = str_of(known);
    int distance, limit = 1 + (int)word.len / 4;

    if (word.len == 0 || word.len > SUGGEST_MAX_BYTES || candidate.len == 0 || candidate.len > SUGGEST_MAX_BYTES)
        return;
    distance = edit_distance(word, candidate);
    if (distance <= limit && distance < nearest->distance && distance < (int)candidate.len) {
        nearest->word = candidate;
        nearest->distance = distance;
    }
}

static void
hint_set(struct option_reader *reader, const struct nearest *nearest)
{
    if (nearest->word.len > 0)
        reader->hint = pool_printf(reader->pool, "did you mean \"%.*s\"?", STR_ARG(nearest->word));
}

void
reader_suggest_option(struct option_reader *reader, struct str word, const struct option *table)
{
    struct nearest nearest = { .distance = SUGGEST_MAX_BYTES };

    for (const struct option *row = table; row->name != NULL; row++)
        nearest_try(&nearest, word, row->name);
    hint_set(reader, &nearest);
}

void
reader_suggest(struct option_reader *reader, struct str word, const char *known)
{
    struct nearest nearest = { .distance = SUGGEST_MAX_BYTES };

    nearest_try(&nearest, word, known);
    hint_set(reader, &nearest);
}

void
reader_expect(struct option_reader *reader, const char *what)
{
    reader->hint = pool_printf(reader->pool, "expected: %s", what);
}

/* Which includes and macros led here. */
static void
trail_add(struct option_reader *reader, struct buf *text)
{
    for (const struct input *input = reader->input; input != NULL && input->parent != NULL; input = input->parent)
        buf_addf(text, "\n  (included in line %d of %s)", input->parent->line, input->parent->path);
    for (size_t i = 0; i < reader->replaced_count; i++) {
        const struct macro *macro = reader->replaced[i];

        buf_addf(text, "\n  (macro %.*s, ", STR_ARG(macro->name));
        if (macro->at.file != NULL)
            buf_addf(text, "set in line %d of %s", macro->at.line, macro->at.file);
        else
            buf_add_c(text, "set on the command line");
        buf_addf(text, ", stands for \"%.*s\")", STR_ARG(macro->value));
    }
}

__attribute__((format(printf, 3, 0)))
static void
error_set(struct option_reader *reader, bool has_place, const char *format, va_list args)
{
    struct buf text;

    if (reader->error.len > 0)
        return;
    buf_init(&text, reader->pool, LINE_MAX_BYTES);
    if (has_place && reader->at.file != NULL)
        buf_addf(&text, "Exim configuration error in line %d of %s:\n  ", reader->at.line, reader->at.file);
    else
        buf_add_c(&text, "Exim configuration error:\n  ");
    buf_vaddf(&text, CLEAN, format, args);
    if (reader->hint.len > 0)
        buf_addf(&text, "\n  (%.*s)", STR_ARG(reader->hint));
    if (has_place)
        trail_add(reader, &text);
    reader->error = buf_str(&text);
}

bool
reader_error(struct option_reader *reader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error_set(reader, true, format, args);
    va_end(args);
    return false;
}

bool
reader_error_placeless(struct option_reader *reader, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error_set(reader, false, format, args);
    va_end(args);
    return false;
}

bool
reader_error_unknown(struct option_reader *reader, struct str word, const char *const *known, size_t count,
                     const char *format, ...)
{
    struct nearest nearest = { .distance = SUGGEST_MAX_BYTES };
    va_list args;

    for (size_t i = 0; i < count; i++)
        if (known[i] != NULL)
            nearest_try(&nearest, word, known[i]);
    hint_set(reader, &nearest);
    va_start(args, format);
    error_set(reader, true, format, args);
    va_end(args);
    return false;
}
