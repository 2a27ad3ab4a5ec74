#include "base/build_settings.h"
#include "lookups/lookup.h"

enum { PARTIAL_DEFAULT = 2 };

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
    while (!str_is_empty(options)) {
        struct str option, option_name;

        str_cut(options, ',', &option, &options);
        str_cut(str_trim(option), '=', &option_name, value_out);
        if (str_eq_c(option_name, name))
            return true;
    }
    return false;
}

static bool
format_error(struct str type, struct why *why)
{
    why_fail(why, 0, NULL, "format error in lookup type \"%.*s\"", STR_ARG(type));
    return false;
}

/* "partial", then digits, then "-" or "(affix)". */
static bool
partial_parse(struct str *rest, struct lookup_spec *spec)
{
    size_t digits = 0;
    uint64_t count = PARTIAL_DEFAULT;
    struct str text = str_from(*rest, STR("partial").len);

    while (digits < text.len && ascii_is_digit(text.ptr[digits]))
        digits++;
    if (digits > 0 && (!str_to_u64(str_head(text, digits), 10, &count) || count > INT32_MAX))
        return false;
    text = str_from(text, digits);
    spec->partial = (int)count;
    if (str_starts(text, STR("-"))) {
        *rest = str_from(text, 1);
        return true;
    }
    if (str_starts(text, STR("("))) {
        size_t close = str_find(text, ')');

        if (close == STR_NONE)
            return false;
        spec->affix = str_sub(text, 1, close - 1);
        *rest = str_from(text, close + 1);
        return true;
    }
    return false;
}

static bool
unknown(struct str name, struct why *why)
{
    struct pool *pool = pool_new("lookup name");
    const char *name_text = pool_cstr(pool, name);
    const char *flag = name_text == NULL ? NULL : left_out_flag("lookups", name_text);

    if (flag != NULL)
        why_fail(why, 0, NULL, "lookup type \"%.*s\" is not available: built without %s", STR_ARG(name), flag);
    else
        why_fail(why, 0, NULL, "unknown lookup type \"%.*s\"", STR_ARG(name));
    pool_free(pool);
    return false;
}

static bool
stars_check(const struct lookup_spec *spec, struct str type, struct why *why)
{
    if (spec->driver->is_single_key)
        return true;
    if (spec->partial >= 0)
        why_fail(why, 0, NULL, "partial matching is not permitted for lookup type \"%.*s\"", STR_ARG(type));
    else if (spec->has_star || spec->has_star_at)
        why_fail(why, 0, NULL, "defaults using \"*\" or \"*@\" are not permitted for lookup type \"%.*s\"", STR_ARG(type));
    else
        return true;
    return false;
}

bool
lookup_spec_parse(struct str type, struct lookup_spec *spec_out, struct why *why)
{
    struct str rest, whole;

    *spec_out = (struct lookup_spec){ .partial = -1, .affix = STR_INIT("*.") };
    str_cut(type, ',', &rest, &spec_out->options);
    rest = whole = str_trim(rest);
    if (str_starts(rest, STR("partial")) && !partial_parse(&rest, spec_out))
        return format_error(type, why);
    if (str_ends(rest, STR("*@"))) {
        spec_out->has_star_at = true;
        rest = str_head(rest, rest.len - 2);
    } else if (str_ends(rest, STR("*"))) {
        spec_out->has_star = true;
        rest = str_head(rest, rest.len - 1);
    }
    spec_out->driver = lookup_driver_find(rest);
    if (spec_out->driver == NULL)
        return unknown(rest, why);
    return stars_check(spec_out, whole, why);
}
