/* The settings and switches that the build writes. */
#include "check.h"
#include "base/build_settings.h"
#include <string.h>

TEST(every_path_of_the_build_is_absolute)
{
    CHECK_INT("spool", build_settings.spool_directory[0], '/');
    CHECK_INT("configuration", build_settings.configure_file[0], '/');
    CHECK_INT("programs", build_settings.bin_directory[0], '/');
}

TEST(a_switch_is_found_by_its_name)
{
    bool router_accept_seen = false;

    for (const struct build_switch *row = build_switches; row->name != NULL; row++) {
        CHECK_INT(row->name, build_switch_is_on(row->name), row->is_on);
        if (strcmp(row->name, "ROUTER_ACCEPT") == 0)
            router_accept_seen = true;
    }
    CHECK(router_accept_seen);
    CHECK(!build_switch_is_on("NO_SUCH_SWITCH"));
}

TEST(a_left_out_name_leads_to_its_flag)
{
    CHECK_TEXT("unknown", left_out_flag("transports", "no_such_transport"), NULL);
    for (const struct left_out_row *row = left_out_rows; row->table != NULL; row++)
        if (strchr(row->names, ',') == NULL)
            CHECK_TEXT(row->names, left_out_flag(row->table, row->names), row->flag);
}
