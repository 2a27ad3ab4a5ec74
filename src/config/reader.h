/* config/reader.h -- read the configuration (manual: the Exim run time configuration file).
 *
 * Physical lines are read from nested files, macros replaced, conditionals decided, comments dropped, continued lines
 * joined; each logical line goes to the section it stands in.  The first error ends the reading; its text carries
 * file, line, the trail of includes and macros, what was expected, and the name that was probably meant. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H
#include "base/outcome.h"
#include "config/config.h"

/* What to read. */
struct config_request {
    const char *files;              /* -C: colon-separated, the first that exists is read; NULL: as built */
    const char *const *defines;     /* -D texts ("NAME=value", "NAME"), NULL at the end; or NULL */
    const char *text;               /* read this instead of a file (quick start, tests); NULL: files */
    bool is_owner_checked;          /* owner and mode of the files must be safe: unless -C dropped all privilege */
    bool is_text_kept;              /* keep the logical lines for -bP config */
    bool is_mail_user_optional;     /* nothing will be done as the mail user: it need not exist */
};

/* Read into a new struct config that lives in pool.  OK: *conf_out set.  FAIL: *error_out holds the message, as
 * "Exim configuration error in line N of FILE:\n  text": lines joined by LF, none at the end; nothing was set. */
enum outcome config_read(const struct config_request *request, struct pool *pool, struct config **conf_out,
                         struct str *error_out);

/* ---- For sections, families and rows with set(): the reading under way. */
struct option_reader;

struct pool *reader_pool(struct option_reader *reader);             /* the configuration's */
struct pool *reader_scratch(struct option_reader *reader);          /* forgotten after the line */
struct config *reader_config(struct option_reader *reader);         /* the main section's options are read by now */
struct source_at reader_at(const struct option_reader *reader);     /* where the logical line begins */

/* Report an error at the current line; always false: callers `return reader_error(…)`.  Only the first counts. */
bool reader_error(struct option_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an unknown word: adds "did you mean …?" if one of the known words is near.  known: count words. */
bool reader_error_unknown(struct option_reader *reader, struct str word, const char *const *known, size_t count,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A value as options have it: "quoted with escapes", or the text as it is; copied into the configuration's pool.
 * False after reporting an unterminated quote. */
bool reader_value(struct option_reader *reader, struct str text, struct str *value_out);

/* A template in the configuration's pool at the current line.  text must live as long as the configuration. */
struct template *reader_template(struct option_reader *reader, struct str text, const char *option_name,
                                 const char *owner);

/* Value texts of simple types, reported on error; what names the option in the message. */
bool reader_time(struct option_reader *reader, struct str text, const char *what, int *seconds_out);
bool reader_int(struct option_reader *reader, struct str text, const char *what, int64_t *value_out);

/* A part of the configuration after "begin NAME" whose lines have their own grammar. */
struct config_section {
    const char *name;               /* "acl" */
    /* "begin acl" was read: what is returned goes to line() and end() and to config_section_data(). */
    void *(*begin)(struct option_reader *reader);
    /* One logical line without white space at its ends, not empty.  False after reader_error(). */
    bool (*line)(struct option_reader *reader, void *data, struct str line);
    /* The section, or the file, has ended. */
    bool (*end)(struct option_reader *reader, void *data);
    bool has_macros;                /* macro definitions are allowed among its lines (acl) */
    /* All sections are read: checks across sections.  NULL: none. */
    bool (*finish)(struct option_reader *reader, void *data);
};
extern const struct config_section *const config_sections_rows[];

/* What lower rooms lend to the reader, rows of "config_hooks"; the first that has a member is asked. */
struct config_hook {
    const char *name;
    /* Expand a value that must be known while reading (spool_directory, never_users); `config` is what is there. */
    bool (*expand)(struct str text, struct pool *pool, struct str *text_out, struct str *why_out);
    /* The name of this host, fully qualified as far as the resolver knows; empty: uname's will do. */
    struct str (*host_name)(struct pool *pool);
};
extern const struct config_hook *const config_hooks_rows[];

/* Lists of driver options joined from several settings, "x = value" parts of other grammars: set one option row of
 * base from text, as the reader does for "name = text". */
bool reader_set_option(struct option_reader *reader, const struct option *row, void *base, struct str text);

/* A row by name, in a table that ends with a nameless row; NULL if there is none. */
const struct option *option_find(const struct option *table, struct str name);
#endif
