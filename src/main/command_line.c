#include "main/command_line.h"
#include <string.h>
#include "main/option_rows.h"

enum { HELP_COLUMN = 18 };

/* What the program does under other names (manual: the Exim command line). */
static const struct {
    const char *name, *option;
} other_names[] = {
    { "mailq", "-bp" }, { "newaliases", "-bi" }, { "runq", "-q" }, { "rsmtp", "-bS" }, { "rmail", "-i" },
};

struct reader {
    struct pool *pool;
    struct command_line *line;
    char *const *argv;
    int argc, next;
    struct str *error_out;
};

static bool
mistake(struct reader *r, struct str option, const char *text)
{
    *r->error_out =
        pool_printf(r->pool, "tern: %s \"%.*s\"; \"tern --help\" lists the options\n", text, STR_ARG(option));
    return false;
}

/* The longest row that fits: whole, or as a prefix for those with a joined value. */
static const struct command_option *
option_find(struct str word)
{
    const struct command_option *best = NULL;
    size_t best_len = 0;

    for (const struct command_option *row = command_options; row->name != NULL; row++) {
        struct str name = str_of(row->name);
        bool is_joined = row->value == VALUE_JOINED || row->value == VALUE_JOINED_OR_NEXT;

        if (str_eq(word, name))
            return row;
        if (is_joined && name.len > best_len && str_starts(word, name)) {
            best = row;
            best_len = name.len;
        }
    }
    return best;
}

static bool
option_value(struct reader *r, const struct command_option *row, struct str word, struct str *value_out)
{
    bool is_last = r->next >= r->argc;

    *value_out = str_from(word, strlen(row->name));
    switch (row->value) {
    case VALUE_NONE:
    case VALUE_JOINED:
        return true;
    case VALUE_JOINED_OR_NEXT:
        if (!str_is_empty(*value_out))
            return true;
        break;
    case VALUE_OPTIONAL_NEXT:
        if (is_last)
            return true;
        break;
    case VALUE_NEXT:
        break;
    }
    if (is_last)
        return mistake(r, word, "a value must follow the option");
    *value_out = pool_dup_tainted(r->pool, str_of(r->argv[r->next++]));
    return true;
}

static bool
option_apply(struct reader *r, const struct command_option *row, struct str word)
{
    char *base = (char *)r->line;
    struct str value;

    if (!option_value(r, row, word, &value))
        return false;
    if (row->is_one_line && str_find_any(value, "\r\n") != STR_NONE)
        return mistake(r, str_of(row->name), "a line break in the value of the option");
    if (row->mode != MODE_NONE && (r->line->mode == MODE_NONE || row->mode != MODE_SUBMIT))
        r->line->mode = row->mode;
    if (row->action != ACTION_NOTHING)
        r->line->action = row->action;
    if (row->flag != 0)
        *(bool *)(base + row->flag) = true;
    if (row->text != 0)
        *(struct str *)(base + row->text) = value;
    if (row->apply != NULL && !row->apply(r->line, r->pool, row, value))
        return mistake(r, word, "malformed option");
    return true;
}

static bool
word_read(struct reader *r, bool *are_options_over)
{
    struct str word = pool_dup_tainted(r->pool, str_of(r->argv[r->next++]));
    const struct command_option *row;

    if (*are_options_over || word.len < 2 || word.ptr[0] != '-') {
        str_list_add(&r->line->words, r->pool, word);
        return true;
    }
    if (str_eq_c(word, "--")) {
        *are_options_over = true;
        return true;
    }
    row = option_find(word);
    return row == NULL ? mistake(r, word, "unknown option") : option_apply(r, row, word);
}

static struct str
last_part(struct str path)
{
    size_t slash = str_rfind(path, '/');

    return slash == STR_NONE ? path : str_from(path, slash + 1);
}

static bool
name_apply(struct reader *r)
{
    for (size_t i = 0; i < COUNT(other_names); i++)
        if (str_eq_c(r->line->called_as, other_names[i].name)) {
            struct str option = str_of(other_names[i].option);

            return option_apply(r, option_find(option), option);
        }
    return true;
}

/* Without an explicit mode: addresses mean a message, -q means a queue run. */
static void
mode_settle(struct command_line *line)
{
    bool is_queue_wanted = line->queue.is_wanted;

    if (str_eq_c(line->called_as, "rmail"))
        line->errors = ERRORS_MAIL_EXIT_0;
    if (line->mode == MODE_NONE && is_queue_wanted)
        line->mode = line->queue.interval_s > 0 ? MODE_DAEMON : MODE_QUEUE_RUN;
    if (line->mode == MODE_NONE && (line->words.count > 0 || line->takes_recipients_from_header))
        line->mode = MODE_SUBMIT;
}

bool
command_line_read(int argc, char *const argv[], struct pool *pool, struct command_line *out, struct str *error_out)
{
    struct reader r = { .pool = pool, .line = out, .argv = argv, .argc = argc, .next = 1, .error_out = error_out };
    bool are_options_over = false;

    *out = (struct command_line){ .mode = MODE_NONE };
    out->called_as = argc > 0 ? last_part(pool_dup_tainted(pool, str_of(argv[0]))) : STR("tern");
    if (!name_apply(&r))
        return false;
    while (r.next < r.argc)
        if (!word_read(&r, &are_options_over))
            return false;
    mode_settle(out);
    if (out->mode == MODE_QUEUE_RUN && out->queue.recipient.len == 0 && out->queue.sender.len == 0) {
        if (out->words.count > 0)
            out->queue.first_id = out->words.items[0];
        if (out->words.count > 1)
            out->queue.last_id = out->words.items[1];
    }
    return true;
}

void
command_line_help(FILE *out)
{
    static const char *const forms[] = {
        [VALUE_NONE] = "", [VALUE_NEXT] = " value", [VALUE_JOINED_OR_NEXT] = " value", [VALUE_JOINED] = "[…]",
        [VALUE_OPTIONAL_NEXT] = " [text]",
    };

    fprintf(out, "Tern is a mail transfer agent.  Usage: tern [option ...] [address ...]\n\n");
    for (const struct command_option *row = command_options; row->name != NULL; row++) {
        int used = fprintf(out, "  %s%s", row->name, forms[row->value]);

        fprintf(out, "%*s  %s\n", used < HELP_COLUMN ? HELP_COLUMN - used : 0, "",
                row->help == NULL ? "accepted, without effect" : row->help);
    }
    fprintf(
        out,
        "\nUnder other names: mailq (-bp), newaliases (-bi), runq (-q), rmail (-i -oee), rsmtp (-bS), sendmail, exim.\n"
        "The manual page tern(8) says more.\n");
}
