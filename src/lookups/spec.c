/* lookups/spec.c -- the name of a lookup type with all that may stand around it. */
#include "base/build_settings.h"
#include "lookups/lookup.h"

const struct lookup_driver *
lookup_driver_find(struct str name)
{
    for (const struct lookup_driver *const *row = lookups_rows; *row != NULL; row++)
        if (str_eq_c(name, (*row)->name))
            return *row;
    return NULL;
}

bool
lookup_option(struct str options, const char *name, struct str *value_out)
{
    while (options.len > 0) {
        struct str option, key;

        str_cut(options, ',', &option, &options);
        str_cut(str_trim(option), '=', &key, value_out);
        if (str_eq_c(key, name))
            return true;
    }
    return false;
}

/* "partial", "partial3-", "partial(.)", "partial2()": false for what is malformed. */
static bool
take_partial(struct str *type, struct lookup_spec *spec)
{
    struct str rest = str_from(*type, 7);
    int count = 0;
    size_t digits = 0;

    for (; digits < rest.len && ascii_is_digit(rest.ptr[digits]) && count < 100000; digits++)
        count = count * 10 + rest.ptr[digits] - '0';
    spec->partial = digits > 0 ? count : 2;
    rest = str_from(rest, digits);
    if (rest.len > 0 && rest.ptr[0] == '-') {
        *type = str_from(rest, 1);
        return true;
    }
    if (rest.len > 0 && rest.ptr[0] == '(') {
        rest = str_from(rest, 1);
        if (!str_cut(rest, ')', &spec->affix, type))
            return false;
        for (size_t i = 0; i < spec->affix.len; i++)
            if (ascii_is_alnum(spec->affix.ptr[i]) || !ascii_is_print(spec->affix.ptr[i]) || spec->affix.ptr[i] == ' ')
                return false;
        return true;
    }
    return false;
}

static void
read_options(struct lookup_spec *spec)
{
    struct str value;

    spec->is_cache_read = spec->is_cache_written = true;
    if (spec->options.len == 0)
        return;
    if (lookup_option(spec->options, "ret", &value) && str_eq_c(value, "key"))
        spec->is_key_wanted = true;
    if (lookup_option(spec->options, "cache", &value)) {
        spec->is_cache_read = !str_eq_c(value, "no_rd") && !str_eq_c(value, "no");
        spec->is_cache_written = !str_eq_c(value, "no_wr") && !str_eq_c(value, "no");
    }
}

static bool
unknown_type(struct str name, struct why *why)
{
    char text[64];
    const char *flag = NULL;

    if (name.len < sizeof text) {
        for (size_t i = 0; i < name.len; i++)
            text[i] = name.ptr[i];
        text[name.len] = '\0';
        flag = left_out_flag("lookups", text);
    }
    if (flag != NULL)
        why_fail(why, 0, NULL, "lookup type \"%.*s\" is not available (in the binary built without %s)", STR_ARG(name),
                 flag);
    else
        why_fail(why, 0, NULL, "unknown lookup type \"%.*s\"", STR_ARG(name));
    return false;
}

bool
lookup_spec_parse(struct str type, struct lookup_spec *spec_out, struct why *why)
{
    struct str rest = type, head;

    *spec_out = (struct lookup_spec){ .partial = -1, .affix = STR("*.") };
    if (str_starts(rest, STR("partial")) && !take_partial(&rest, spec_out)) {
        why_fail(why, 0, NULL, "format error in lookup type \"%.*s\"", STR_ARG(type));
        return false;
    }
    str_cut(rest, ',', &head, &spec_out->options);
    read_options(spec_out);
    spec_out->name = head;
    if (str_find(head, '*') != STR_NONE) {
        str_cut(head, '*', &spec_out->name, &rest);
        spec_out->has_star = true;
        spec_out->has_star_at = rest.len > 0 && rest.ptr[0] == '@';
    }
    spec_out->driver = lookup_driver_find(spec_out->name);
    if (spec_out->driver == NULL)
        return unknown_type(spec_out->name, why);
    if (spec_out->driver->is_single_key)
        return true;
    if (spec_out->partial >= 0) {
        why_fail(why, 0, NULL, "\"partial\" is not permitted for lookup type \"%.*s\"", STR_ARG(spec_out->name));
        return false;
    }
    if (spec_out->has_star) {
        why_fail(why, 0, NULL, "defaults using \"*\" or \"*@\" are not permitted for lookup type \"%.*s\"",
                 STR_ARG(type));
        return false;
    }
    return true;
}

bool
lookup_type_exists(struct str name)
{
    struct lookup_spec spec;

    return lookup_spec_parse(name, &spec, NULL);
}

bool
lookup_split_item(struct str item, struct lookup_spec *spec_out, struct str *rest_out, struct why *why)
{
    struct str type;

    if (!str_cut(item, ';', &type, rest_out)) {
        why_fail(why, 0, NULL, "missing semicolon in lookup item \"%.*s\"", STR_ARG(item));
        return false;
    }
    *rest_out = str_trim_left(*rest_out);
    return lookup_spec_parse(str_trim(type), spec_out, why);
}
