/* config/reading.h -- the state of one reading, shared by the files of this room only. */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H
#include "base/buf.h"
#include "config/option_text.h"
#include "config/reader.h"

/* Budgets: a configuration may be long, not endless. */
enum {
    INCLUDE_DEPTH_MAX = 50,
    CONDITIONAL_DEPTH_MAX = 100,
    FILE_MAX_BYTES = 64 << 20,
    LINE_MAX_BYTES = 4 << 20,           /* one logical line after macros */
    MACRO_NAMES_SHOWN_MAX = 8
};

/* A file being read: the stack of includes, innermost first. */
struct input {
    struct input *parent;
    struct str text;                    /* whole content */
    size_t next_at;                     /* start of the next physical line */
    const char *path;                   /* in the configuration's pool: struct source_at points to it */
    int line;                           /* number of the physical line last read, from 1 */
};

/* .ifdef under way. */
struct conditional {
    struct source_at at;
    bool is_taken;                      /* this branch is read */
    bool was_taken;                     /* some branch was: .else and .elif… are not */
    bool is_enclosing_skipped;
};

struct option_reader {
    struct config *conf;
    struct pool *pool;                  /* the configuration's */
    struct pool *files;                 /* file contents; until the reading ends */
    struct pool *scratch;               /* reset with each logical line */
    const struct config_request *request;

    struct input *input;
    struct conditional conditionals[CONDITIONAL_DEPTH_MAX];
    size_t conditional_depth;
    struct buf line;                    /* the logical line under construction, in scratch */
    struct source_at at;                /* of the logical line */
    const struct macro *replaced[MACRO_NAMES_SHOWN_MAX];    /* macros that went into it, for error texts */
    size_t replaced_count;
    bool had_replacement;               /* in the physical line */
    struct macro **macros_end;

    const struct config_section *section;   /* NULL in the main section and in driver sections */
    size_t section_index;
    const struct driver_family *family; /* of a driver section, or NULL */
    size_t family_index;
    struct driver_block *block;         /* the driver instance being read, or NULL */
    struct driver_instance **drivers_end;
    struct map sections_seen;

    struct str error;                   /* set once */
    struct str hint;                    /* "did you mean …", appended to the error */
    bool is_error_without_place;
};

/* input.c: the next logical line (macros replaced, conditionals decided), trimmed and not empty.
 * False at the end or after an error. */
bool input_next(struct option_reader *reader, struct str *line_out);
bool input_open_first(struct option_reader *reader);
bool input_open_text(struct option_reader *reader, const char *text);

/* config_file.c: read a whole file; owner and mode are checked if is_checked. */
enum file_read { FILE_READ, FILE_ABSENT, FILE_FAILED };
enum file_read config_file_read(struct option_reader *reader, const char *path, struct str *text_out);

/* macro.c */
bool macro_is_definition(struct str line, size_t *name_len_out);
bool macro_define(struct option_reader *reader, struct str line);
bool macro_define_command_line(struct option_reader *reader, const char *text);
/* Replace macros in text from position start on; the result lives in scratch, or is text itself. */
bool macro_replace(struct option_reader *reader, struct str text, size_t start, struct str *text_out);

/* macro_builtin.c */
bool builtin_macro_value(struct str name, struct str *value_out);
/* The longest built-in macro name that text begins with; 0: none. */
size_t builtin_macro_at_start(struct str text, struct str *value_out);
void builtin_macros_each(void (*emit)(void *context, struct str name, struct str value), void *context);

/* option_set.c */
struct option_target {
    const struct option *table;
    void *base;
    uint64_t *set, *hidden;             /* bits by row of this table */
    const char *owner;                  /* "x router"; "main" */
    bool is_repeat_checked;
};
struct option_line {
    struct str name;                    /* as written, without no_ or not_ when it is negated */
    struct str written_name;
    struct str rest;                    /* "= value", or what else follows */
    bool is_negated, is_hidden;
};
/* Take "hide", the name and negation off a line. False after an error: no option can begin so. */
bool option_line_parse(struct option_reader *reader, struct str text, struct option_line *out);
bool option_line_set(struct option_reader *reader, const struct option_target *target, const struct option *row,
                     const struct option_line *line);
/* Row of a line: also when the name as written begins with no_ ("no_x" may be an option of its own). */
const struct option *option_line_row(const struct option *table, struct option_line *line);
bool options_initialise(struct option_reader *reader, const struct option_target *target);
size_t option_count(const struct option *table);

/* option_value.c: one value by type. */
bool option_value_set(struct option_reader *reader, const struct option *row, void *base, const char *owner,
                      struct str text, bool is_first);


/* driver.c: lines of a driver section. */
bool driver_section_begin(struct option_reader *reader, size_t family_index);
bool driver_section_line(struct option_reader *reader, struct str line);
bool driver_section_end(struct option_reader *reader);
bool driver_block_end(struct option_reader *reader);
void driver_block_discard(struct option_reader *reader);
bool drivers_finish(struct option_reader *reader);

/* defaults.c: before and after the main section's lines. */
bool config_defaults_before(struct option_reader *reader);
bool config_defaults_after(struct option_reader *reader);
/* Expand a value that must be known while reading, if it holds a "$". */
bool config_expand_now(struct option_reader *reader, const char *what, struct str *text);

/* reader_error.c */
bool reader_error_placeless(struct option_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Remember the known word nearest to the wrong one, for the error that follows. */
void reader_suggest_option(struct option_reader *reader, struct str word, const struct option *table);
void reader_suggest(struct option_reader *reader, struct str word, const char *known);
/* Say what would have been right, for the error that follows. */
void reader_expect(struct option_reader *reader, const char *what);
#endif
