/* config/macro_builtin.c -- built-in macros: _OPT_…, _DRIVER_… and _LOG_… from the tables, others from the rooms. */
#include <string.h>
#include "base/build_settings.h"
#include "config/macro.h"
#include "config/reading.h"
#include "log/selector.h"

enum { NAME_MAX_BYTES = 100 };

bool
macro_is_capitals_of(struct str name, const char *word)
{
    size_t i = 0;

    for (; i < name.len && word[i] != '\0'; i++)
        if (name.ptr[i] != ascii_upper(word[i]))
            return false;
    return i == name.len && word[i] == '\0';
}

/* Is word (in capitals), then "_", at the start of name? Then it is taken off. */
static bool
take_capitals(struct str *name, const char *word)
{
    size_t len = strlen(word);

    if (name->len <= len || name->ptr[len] != '_' || !macro_is_capitals_of(str_head(*name, len), word))
        return false;
    *name = str_from(*name, len + 1);
    return true;
}

static bool
has_option(const struct option *table, struct str name)
{
    for (const struct option *row = table; row->name != NULL; row++)
        if (macro_is_capitals_of(name, row->name))
            return true;
    return false;
}

/* Options that every instance has besides the generic rows. */
static bool
has_generic(const struct driver_family *family, struct str name)
{
    return macro_is_capitals_of(name, "driver") || has_option(family->generic_options, name);
}

static bool
has_opt(struct str name)
{
    if (take_capitals(&name, "main"))
        return has_option(main_options, name);
    for (const struct driver_family *const *family = driver_families_rows; *family != NULL; family++) {
        if (take_capitals(&name, (*family)->section))
            return has_generic(*family, name);
        if (!take_capitals(&name, (*family)->name))
            continue;
        for (const struct driver_info *const *driver = (*family)->drivers; *driver != NULL; driver++) {
            struct str option = name;

            if (take_capitals(&option, (*driver)->name) && has_option((*driver)->options, option))
                return true;
        }
        return false;
    }
    return false;
}

static bool
has_driver(struct str name)
{
    for (const struct driver_family *const *family = driver_families_rows; *family != NULL; family++) {
        if (!take_capitals(&name, (*family)->name))
            continue;
        for (const struct driver_info *const *driver = (*family)->drivers; *driver != NULL; driver++)
            if (macro_is_capitals_of(name, (*driver)->name))
                return true;
        return false;
    }
    return false;
}

static bool
has_log(struct str name)
{
    struct str word;

    for (size_t i = 0; log_selector_word(i, &word); i++)
        if (macro_is_capitals_of(name, word.ptr))
            return true;
    return false;
}

static const struct { struct str prefix; bool (*has)(struct str name); } own_families[] = {
    { STR_INIT("_OPT_"), has_opt }, { STR_INIT("_DRIVER_"), has_driver }, { STR_INIT("_LOG_"), has_log }
};

bool
builtin_macro_value(struct str name, struct str *value_out)
{
    *value_out = STR("y");
    for (size_t i = 0; i < COUNT(own_families); i++)
        if (str_starts(name, own_families[i].prefix))
            return own_families[i].has(str_from(name, own_families[i].prefix.len));
    for (const struct builtin_macro *const *array = builtin_macros_rows; *array != NULL; array++)
        for (const struct builtin_macro *row = *array; row->name != NULL; row++)
            if (str_eq_c(name, row->name)) {
                if (row->value != NULL)
                    *value_out = str_of(row->value);
                return true;
            }
    for (const struct macro_family *const *row = macro_families_rows; *row != NULL; row++)
        if (str_starts(name, str_of((*row)->prefix)) && (*row)->has(str_from(name, strlen((*row)->prefix)))) {
            if ((*row)->value != NULL)
                *value_out = str_of((*row)->value);
            return true;
        }
    return false;
}

/* Can a name that begins like text be built in? */
static bool
may_begin(struct str text)
{
    for (size_t i = 0; i < COUNT(own_families); i++)
        if (str_starts(text, own_families[i].prefix))
            return true;
    for (const struct macro_family *const *row = macro_families_rows; *row != NULL; row++)
        if (str_starts(text, str_of((*row)->prefix)))
            return true;
    for (const struct builtin_macro *const *array = builtin_macros_rows; *array != NULL; array++)
        for (const struct builtin_macro *row = *array; row->name != NULL; row++)
            if (str_starts(text, str_of(row->name)))
                return true;
    return false;
}

size_t
builtin_macro_at_start(struct str text, struct str *value_out)
{
    size_t len = 0;

    if (text.len < 2 || text.ptr[0] != '_' || text.ptr[1] < 'A' || text.ptr[1] > 'Z' || !may_begin(text))
        return 0;
    while (len < text.len && len < NAME_MAX_BYTES && (ascii_is_alnum(text.ptr[len]) || text.ptr[len] == '_'))
        len++;
    for (; len > 2; len--)
        if (builtin_macro_value(str_head(text, len), value_out))
            return len;
    return 0;
}

/* ---- For -bP macros */
struct emitter {
    void (*emit)(void *context, struct str name, struct str value);
    void *context;
    const char *prefix;
    struct str value;
};

/* The name made of the parts, in capitals. */
static void
emit_parts(const struct emitter *emitter, const char *const *parts)
{
    char name[NAME_MAX_BYTES + 1];
    size_t len = 0;

    for (; *parts != NULL; parts++)
        for (const char *p = *parts; *p != '\0' && len < NAME_MAX_BYTES; p++)
            name[len++] = ascii_upper(*p);
    name[len] = '\0';
    emitter->emit(emitter->context, str_make(name, len), emitter->value);
}
#define EMIT(emitter, ...) emit_parts((emitter), (const char *const[]){ __VA_ARGS__, NULL })

static void
emit_family_member(void *context, struct str name)
{
    const struct emitter *emitter = context;
    char text[NAME_MAX_BYTES + 1];
    size_t len = name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES;

    memcpy(text, name.ptr, len);
    text[len] = '\0';
    EMIT(emitter, emitter->prefix, text);
}

static void
emit_drivers(const struct emitter *emitter, const struct driver_family *family)
{
    EMIT(emitter, "_OPT_", family->section, "_DRIVER");
    for (const struct option *row = family->generic_options; row->name != NULL; row++)
        EMIT(emitter, "_OPT_", family->section, "_", row->name);
    for (const struct driver_info *const *driver = family->drivers; *driver != NULL; driver++) {
        EMIT(emitter, "_DRIVER_", family->name, "_", (*driver)->name);
        for (const struct option *row = (*driver)->options; row->name != NULL; row++)
            EMIT(emitter, "_OPT_", family->name, "_", (*driver)->name, "_", row->name);
    }
}

void
builtin_macros_each(void (*emit)(void *context, struct str name, struct str value), void *context)
{
    struct emitter emitter = { .emit = emit, .context = context, .value = STR("y") };
    struct str word;

    for (const struct builtin_macro *const *array = builtin_macros_rows; *array != NULL; array++)
        for (const struct builtin_macro *row = *array; row->name != NULL; row++)
            emit(context, str_of(row->name), row->value != NULL ? str_of(row->value) : STR("y"));
    for (const struct option *row = main_options; row->name != NULL; row++)
        EMIT(&emitter, "_OPT_MAIN_", row->name);
    for (const struct driver_family *const *family = driver_families_rows; *family != NULL; family++)
        emit_drivers(&emitter, *family);
    for (size_t i = 0; log_selector_word(i, &word); i++)
        EMIT(&emitter, "_LOG_", word.ptr);
    for (const struct macro_family *const *row = macro_families_rows; *row != NULL; row++) {
        emitter.prefix = (*row)->prefix;
        emitter.value = (*row)->value != NULL ? str_of((*row)->value) : STR("y");
        (*row)->each(emit_family_member, &emitter);
    }
}
