/* spool/space.c -- is there room for another message (manual: check_spool_space and its kin)? */
#include <stdio.h>
#include "base/build_settings.h"
#include "base/file.h"
#include "config/config.h"
#include "spool/spool_file.h"

/* Directory of the log files; that of the spool if it cannot be told (syslog, several, an expansion). */
static void
log_directory(const struct spool *spool, char *path_out)
{
    struct str path =
        config->log_file_path != NULL ? config->log_file_path->text : str_of(build_settings.log_file_path);
    size_t slash;

    path = str_trim(path);
    slash = str_rfind(str_head(path, str_find(path, '%') == STR_NONE ? path.len : str_find(path, '%')), '/');
    if (path.len == 0 || path.ptr[0] != '/' || str_find(path, '$') != STR_NONE || str_find(path, ':') != STR_NONE
        || slash == STR_NONE || slash == 0)
        path = spool->directory, slash = path.len;
    snprintf(path_out, SPOOL_PATH_MAX_BYTES, "%.*s", STR_ARG(str_head(path, slash)));
}

/* One partition.  What cannot be told is enough. */
static enum outcome
check(const char *path, const char *name, int64_t bytes_wanted, int64_t inodes_wanted, struct why *why)
{
    struct file_space space;

    if ((bytes_wanted <= 0 && inodes_wanted <= 0) || !file_space(path, &space))
        return OK;
    if ((space.free_bytes < 0 || space.free_bytes >= bytes_wanted)
        && (space.free_inodes < 0 || space.free_inodes >= inodes_wanted))
        return OK;
    why_defer(why, 0, "4.3.1", "%s directory space check failed: space=%lldK inodes=%lld", name,
              (long long)(space.free_bytes / 1024), (long long)space.free_inodes);
    if (why != NULL)
        why->smtp_code = 452;
    return DEFER;
}

enum outcome
spool_check_space(const struct spool *spool, int64_t coming_bytes, struct why *why)
{
    char path[SPOOL_PATH_MAX_BYTES];
    int64_t wanted;

    if (__builtin_add_overflow(config->check_spool_space > 0 ? config->check_spool_space : 0,
                               coming_bytes > 0 ? coming_bytes : 0, &wanted))
        wanted = INT64_MAX;
    snprintf(path, sizeof(path), "%.*s", STR_ARG(spool->directory));
    if (check(path, "spool", wanted, config->check_spool_inodes, why) != OK)
        return DEFER;
    if (config->check_log_space <= 0 && config->check_log_inodes <= 0)
        return OK;
    log_directory(spool, path);
    return check(path, "log", config->check_log_space, config->check_log_inodes, why);
}
