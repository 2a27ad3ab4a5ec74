/* Options known but not acted on: each exists, and a configuration that sets one is told. */
#include "base/build_settings.h"
#include "config/inert_options.h"
#include "config_check.h"

static const struct driver_family *
family_find(const char *name)
{
    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (strcmp(driver_families_rows[i]->name, name) == 0)
            return driver_families_rows[i];
    return NULL;
}

static bool
exists(const struct inert_option *inert)
{
    const struct driver_family *family = family_find(inert->family);

    if (strcmp(inert->family, "main") == 0)
        return option_find(main_options, str_of(inert->name)) != NULL;
    if (family == NULL)
        return false;
    if (inert->driver == NULL)
        return inert->name == NULL || option_find(family->generic_options, str_of(inert->name)) != NULL;
    for (const struct driver_info *const *driver = family->drivers; *driver != NULL; driver++)
        if (strcmp((*driver)->name, inert->driver) == 0)
            return inert->name == NULL || option_find((*driver)->options, str_of(inert->name)) != NULL;
    return left_out_flag(family->section, inert->driver) != NULL;
}

TEST(each_row_names_an_option)
{
    for (const struct inert_option *inert = inert_options; inert->family != NULL; inert++)
        CHECK_ROW(inert->name != NULL ? inert->name : inert->family, exists(inert));
}

TEST(what_is_set_is_told)
{
    struct reading reading = read_text("dkim_verify_signers = *\nbegin routers\nx:\n driver = redirect\n data = y\n user = 0\n allow_filter\n"
                                       "begin authenticators\np:\n driver = plaintext\n public_name = PLAIN\n");
    struct str_list warnings;

    REQUIRE(reading.conf != NULL);
    warnings = config_inert_warnings(reading.conf, reading.pool);
    CHECK_INT("count", warnings.count, 3);
    REQUIRE(warnings.count == 3);
    CHECK_STR("main", warnings.items[0], "main option dkim_verify_signers is set but not yet acted on");
    CHECK_CONTAINS("router", pool_cstr(reading.pool, warnings.items[1]), "option allow_filter of the router x (line 7 of ");
    CHECK_CONTAINS("driver", pool_cstr(reading.pool, warnings.items[2]),
                   "the plaintext driver of the authenticator p (line 13 of ");
    pool_free(reading.pool);
}

TEST(what_is_not_set_is_not_told)
{
    struct reading reading = read_text("qualify_domain = x\n");

    REQUIRE(reading.conf != NULL);
    CHECK_INT("count", config_inert_warnings(reading.conf, reading.pool).count, 0);
    pool_free(reading.pool);
}
