/* config/print_config.c -- -bP config: the configuration as it was parsed, includes resolved, comments removed. */
#include "base/build_settings.h"
#include "config/printing.h"
#include "config/reading.h"

/* How the lines of a section are set out. */
enum layout { LAYOUT_MAIN, LAYOUT_BLOCKS, LAYOUT_RULES };

static enum layout
section_layout(struct str name)
{
    if (str_ieq_c(name, "acl"))
        return LAYOUT_BLOCKS;
    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (str_ieq_c(name, driver_families_rows[i]->section))
            return LAYOUT_BLOCKS;
    return LAYOUT_RULES;
}

/* "name:" alone. */
static bool
is_block_start(struct str line)
{
    struct str name = str_trim_right(str_head(line, line.len - 1));

    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alnum(name.ptr[i]) && name.ptr[i] != '_')
            return false;
    return name.len > 0 && line.ptr[line.len - 1] == ':';
}

/* What must not be shown to everybody: macros, and values after "hide". */
static bool
is_secret(struct str line, size_t *shown_out)
{
    size_t len, equals = str_find(line, '=');

    *shown_out = equals == STR_NONE ? line.len : equals + 1;
    return macro_is_definition(line, &len) ||
           (str_starts(line, STR("hide")) && line.len > 4 && ascii_is_space(line.ptr[4]));
}

static void
print_line(const struct config_print *print, struct str line, const char *indent)
{
    size_t shown;

    if (!print->is_admin && is_secret(line, &shown) && shown < line.len)
        fprintf(print->out, "%s%.*s %s\n", indent, STR_ARG(str_head(line, shown)), NOT_DISPLAYABLE);
    else
        fprintf(print->out, "%s%.*s\n", indent, STR_ARG(line));
}

void
config_print_text(const struct config_print *print)
{
    const struct str_list *lines = &print->conf->lines;
    enum layout layout = LAYOUT_MAIN;
    const char *indent = "";

    fprintf(print->out, "# Exim Configuration (%s)\n", build_settings.version);
    for (size_t i = 0; i < lines->count; i++) {
        struct str line = lines->items[i];

        if (line.ptr[0] == '#') {
            fprintf(print->out, "%.*s\n", STR_ARG(line));
        } else if (str_starts(line, STR("begin ")) || str_starts(line, STR("begin\t"))) {
            layout = section_layout(str_trim(str_from(line, 5)));
            indent = "  ";
            fprintf(print->out, "\nbegin %.*s\n", STR_ARG(str_trim(str_from(line, 5))));
        } else if (layout == LAYOUT_BLOCKS && is_block_start(line)) {
            indent = "    ";
            fprintf(print->out, "\n  %.*s\n", STR_ARG(line));
        } else {
            print_line(print, line, indent);
        }
    }
}
