/* config/print.c -- -bP: options, drivers, macros, named lists (manual: command line, -bP). */
#include "config/print.h"
#include <string.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "config/printing.h"
#include "config/reading.h"

static bool
bit_get(const uint64_t *bits, size_t index)
{
    return bits != NULL && (bits[index / 64] >> (index % 64) & 1) != 0;
}

void
config_print_option(const struct config_print *print, const struct option *row, const void *base, bool is_hidden)
{
    struct pool *pool = pool_new("print");
    struct option_text value = option_text(pool, row, base);

    if ((is_hidden || row->is_admin_only) && !print->is_admin && !print->is_hide_shown) {
        if (value.is_boolean || print->is_name_only)
            fprintf(print->out, "%s%s\n", value.is_boolean ? row->name : "", value.is_boolean ? "" : NOT_DISPLAYABLE);
        else
            fprintf(print->out, "%s = %s\n", row->name, NOT_DISPLAYABLE);
    } else if (value.is_boolean) {
        fprintf(print->out, "%s%s\n", value.is_true ? "" : "no_", row->name);
    } else if (print->is_name_only) {
        fprintf(print->out, "%.*s\n", STR_ARG(value.text));
    } else {
        fprintf(print->out, "%s =%s%.*s\n", row->name, value.is_bare ? "" : " ", STR_ARG(value.text));
    }
    pool_free(pool);
}

/* ---- Main options */
static bool
is_shown(const struct option *row)
{
    return row->type != OPTION_TYPE_ALIAS && !row->is_alias;
}

static void
print_main_all(const struct config_print *print)
{
    for (const struct option *row = main_options; row->name != NULL; row++)
        if (is_shown(row))
            config_print_option(print, row, print->conf,
                                bit_get(print->conf->marks.hidden, (size_t)(row - main_options)));
}

static bool
print_main(const struct config_print *print, const char *word)
{
    const struct option *row = option_find(main_options, str_of(word));
    struct option named;

    if (row == NULL) {
        fprintf(print->out, "%s is not a known option\n", word);
        return false;
    }
    named = *row;
    if (row->type == OPTION_TYPE_ALIAS) {
        row = option_find(main_options, str_of(row->initial));
        named = *row;
        named.name = word;
    }
    config_print_option(print, &named, print->conf, bit_get(print->conf->marks.hidden, (size_t)(row - main_options)));
    return true;
}

/* ---- Named lists */
static bool
print_named_list(const struct config_print *print, const char *name)
{
    static const char *const words[LIST_KINDS] = { "domainlist", "hostlist", "addresslist", "localpartlist" };
    bool is_found = false;

    for (size_t kind = 0; kind < LIST_KINDS; kind++) {
        const struct named_list *list = config_named_list_find(print->conf, (enum list_kind)kind, str_of(name));

        if (list == NULL)
            continue;
        is_found = true;
        if (!print->is_name_only)
            fprintf(print->out, "%s%s %s = ", list->is_hidden ? "hide " : "", words[kind], name);
        if (list->is_hidden && !print->is_admin)
            fprintf(print->out, "%s\n", NOT_DISPLAYABLE);
        else
            fprintf(print->out, "%.*s\n", STR_ARG(list->value->text));
    }
    if (!is_found)
        fprintf(print->out, "no address, domain, host, or local part list called \"%s\" exists\n", name);
    return is_found;
}

/* ---- Drivers */
/* "hide" on an option of one instance hides it on all instances of the same driver. */
static bool
is_hidden_anywhere(const struct driver_instance *first, const struct driver_instance *one, bool is_generic,
                   size_t index)
{
    for (; first != NULL; first = first->next)
        if (first->driver == one->driver &&
            bit_get(is_generic ? first->generic_marks.hidden : first->private_marks.hidden, index))
            return true;
    return false;
}

static void
print_driver_word(const struct config_print *print, const struct driver_instance *one)
{
    fprintf(print->out, "%s%s\n", print->is_name_only ? "" : "driver = ", one->driver->name);
}

static void
print_instance(const struct config_print *print, const struct driver_family *family, const struct driver_instance *one)
{
    const struct driver_instance *first = driver_first(print->conf, family->name);
    bool was_driver_shown = false;

    for (const struct option *row = family->generic_options; row->name != NULL; row++) {
        if (!is_shown(row))
            continue;
        if (!was_driver_shown && strcmp(row->name, "driver") > 0) {
            print_driver_word(print, one);
            was_driver_shown = true;
        }
        config_print_option(print, row, one,
                            is_hidden_anywhere(first, one, true, (size_t)(row - family->generic_options)));
    }
    for (const struct option *row = one->driver->options; row->name != NULL; row++)
        if (is_shown(row))
            config_print_option(print, row, one->options,
                                is_hidden_anywhere(first, one, false, (size_t)(row - one->driver->options)));
}

/* "routers", "router_list": true if the word was one of these. */
static bool
print_family(const struct config_print *print, const char *word)
{
    for (size_t i = 0; driver_families_rows[i] != NULL; i++) {
        const struct driver_family *family = driver_families_rows[i];
        size_t len = strlen(family->name);
        bool is_list = strncmp(word, family->name, len) == 0 && strcmp(word + len, "_list") == 0;

        if (!is_list && strcmp(word, family->section) != 0)
            continue;
        for (const struct driver_instance *one = driver_first(print->conf, family->name); one != NULL;
             one = one->next) {
            if (is_list) {
                fprintf(print->out, "%.*s\n", STR_ARG(one->name));
                continue;
            }
            fprintf(print->out, "\n%.*s %s:\n", STR_ARG(one->name), family->name);
            print_instance(print, family, one);
        }
        return true;
    }
    return false;
}

static const struct driver_family *
family_named(const char *word)
{
    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (strcmp(driver_families_rows[i]->name, word) == 0)
            return driver_families_rows[i];
    return NULL;
}

static bool
print_one_driver(const struct config_print *print, const struct driver_family *family, const char *name)
{
    const struct driver_instance *one = driver_find(print->conf, family->name, str_of(name));

    if (one == NULL) {
        fprintf(print->out, "%s %s not found\n", family->name, name);
        return false;
    }
    print_instance(print, family, one);
    return true;
}

/* ---- Macros */
static void
print_macro(const struct config_print *print, struct str name, struct str value, bool has_value)
{
    if (!has_value)
        fprintf(print->out, "%.*s\n", STR_ARG(name));
    else if (print->is_name_only)
        fprintf(print->out, "%.*s\n", STR_ARG(value));
    else
        fprintf(print->out, "%.*s=%.*s\n", STR_ARG(name), STR_ARG(value));
}

struct macro_print {
    const struct config_print *print;
    bool has_value;
};

static void
print_builtin_macro(void *context, struct str name, struct str value)
{
    const struct macro_print *how = context;

    print_macro(how->print, name, value, how->has_value);
}

static bool
print_macros(const struct config_print *print, bool has_value)
{
    struct macro_print how = { print, has_value };

    builtin_macros_each(print_builtin_macro, &how);
    for (const struct macro *macro = print->conf->macros; macro != NULL; macro = macro->next)
        print_macro(print, macro->name, macro->value, has_value);
    return true;
}

static bool
print_one_macro(const struct config_print *print, const char *name)
{
    struct str value;

    if (!config_macro_get(print->conf, str_of(name), &value) && !builtin_macro_value(str_of(name), &value)) {
        fprintf(print->out, "macro %s not found\n", name);
        return false;
    }
    print_macro(print, str_of(name), value, true);
    return true;
}

/* ---- Environment */
static void
print_environment(const struct config_print *print)
{
    for (char *const *one = environ; one != NULL && *one != NULL; one++) {
        struct str name, value;

        str_cut(str_of(*one), '=', &name, &value);
        if (print->is_name_only)
            fprintf(print->out, "%.*s\n", STR_ARG(name));
        else
            fprintf(print->out, "%s\n", *one);
    }
}

static bool
is_for_admin(const struct config_print *print)
{
    if (!print->is_admin)
        fprintf(print->err, "exim: permission denied\n");
    return print->is_admin;
}

/* A word that stands alone. */
static bool
print_word(const struct config_print *print, const char *word)
{
    if (word[0] == '+')
        return print_named_list(print, word + 1);
    if (strcmp(word, "all") == 0)
        print_main_all(print);
    else if (strcmp(word, "config") == 0)
        config_print_text(print);
    else if (strcmp(word, "config_file") == 0 || strcmp(word, "configure_file") == 0)
        fprintf(print->out, "%.*s\n", STR_ARG(print->conf->file));
    else if (strcmp(word, "environment") == 0)
        print_environment(print);
    else if (strcmp(word, "macros") == 0 || strcmp(word, "macro_list") == 0)
        return is_for_admin(print) && print_macros(print, strcmp(word, "macros") == 0);
    else if (!print_family(print, word))
        return print_main(print, word);
    return true;
}

bool
config_print_words(const struct config_print *print, const char *const *words, size_t count)
{
    bool is_good = true;

    if (count == 0)
        print_main_all(print);
    for (size_t i = 0; i < count; i++) {
        const struct driver_family *family = i + 1 < count ? family_named(words[i]) : NULL;

        if (family != NULL) {
            i++;
            is_good = print_one_driver(print, family, words[i]) && is_good;
        } else if (i + 1 < count && strcmp(words[i], "macro") == 0) {
            i++;
            is_good = is_for_admin(print) && print_one_macro(print, words[i]) && is_good;
        } else {
            is_good = print_word(print, words[i]) && is_good;
        }
    }
    return is_good;
}
