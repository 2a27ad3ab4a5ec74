/* expand/variables_config.c -- variables that the configuration, the process or the clock give. */
#include <stdlib.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "config/config.h"
#include "expand/getters.h"
#include "expand/tree.h"

GETTER_TEXT(primary_hostname, config, config->primary_hostname)
GETTER_TEXT(qualify_domain, config, config->qualify_domain.len > 0 ? config->qualify_domain : config->primary_hostname)
GETTER_TEXT(config_file, config, config->file)
GETTER_TEXT(config_dir, config, config->directory)
GETTER_NUMBER(exim_uid, config, config->mail_uid, "")
GETTER_NUMBER(exim_gid, config, config->mail_gid, "")

GETTER(qualify_recipient)
{
    if (config != NULL && config->qualify_recipient.len > 0)
        *value_out = config->qualify_recipient;
    else
        get_qualify_domain(scope, suffix, value_out, why);
    return OK;
}

GETTER(spool_directory)
{
    if (config == NULL || config->spool_directory == NULL) {
        *value_out = str_of(build_settings.spool_directory);
        return OK;
    }
    return expand(config->spool_directory, scope, value_out, why);
}

GETTER(exim_path)
{
    if (config != NULL && config->exim_path.len > 0)
        *value_out = config->exim_path;
    else
        *value_out = pool_printf(scope->pool, "%s/tern", build_settings.bin_directory);
    return OK;
}

GETTER(smtp_active_hostname)
{
    if (config == NULL || config->smtp_active_hostname == NULL)
        return get_primary_hostname(scope, suffix, value_out, why);
    return expand(config->smtp_active_hostname, scope, value_out, why);
}

GETTER(localhost_number)
{
    *value_out = STR("0");
    if (config == NULL || config->localhost_number == NULL)
        return OK;
    return expand(config->localhost_number, scope, value_out, why);
}

GETTER_NUMBER(bounce_return_size_limit, config, config->bounce_return_size_limit, "0")

GETTER(version)
{
    *value_out = config != NULL && config->exim_version.len > 0 ? config->exim_version : str_of(build_settings.version);
    return OK;
}

GETTER(compile_date)
{
    *value_out = str_of(build_settings.build_date);
    return OK;
}

GETTER(compile_number)
{
    *value_out = STR("1");
    return OK;
}

GETTER(pid)
{
    *value_out = pool_printf(scope->pool, "%ld", (long)getpid());
    return OK;
}

GETTER(load_average)
{
    double load;

    *value_out = pool_printf(scope->pool, "%d", getloadavg(&load, 1) == 1 ? (int)(load * 1000.0) : -1);
    return OK;
}

GETTER(initial_cwd)
{
    static const char key = 0;
    struct str *kept = process_cache(&key, sizeof *kept);
    char *directory;

    if (kept->ptr == NULL) {
        directory = getcwd(NULL, 0);
        *kept = pool_dup_tainted(process_pool(), str_of(directory));
        free(directory);
    }
    *value_out = *kept;
    return OK;
}

/* Space or inodes of a file system; -1 where it has no such numbers. */
static struct str
space_text(struct pool *pool, struct str path, bool is_inodes)
{
    struct file_space space;
    const char *name = pool_cstr(pool, path);

    if (name == NULL || !file_space(name, &space))
        return STR("-1");
    if (is_inodes)
        return pool_printf(pool, "%lld", (long long)space.free_inodes);
    return pool_printf(pool, "%lld", space.free_bytes < 0 ? -1LL : (long long)(space.free_bytes / 1024));
}

static enum outcome
spool_space_text(struct scope *scope, bool is_inodes, struct str *value_out, struct why *why)
{
    struct str directory;
    enum outcome outcome = get_spool_directory(scope, STR(""), &directory, why);

    if (outcome == OK)
        *value_out = space_text(scope->pool, directory, is_inodes);
    return outcome;
}

GETTER(spool_space)
{
    return spool_space_text(scope, false, value_out, why);
}

GETTER(spool_inodes)
{
    return spool_space_text(scope, true, value_out, why);
}

/* The directory of the main log; with syslog alone there is none. */
static struct str
log_directory(struct scope *scope)
{
    struct str path = str_of(build_settings.log_file_path);
    size_t slash;

    if (config != NULL && config->log_file_path != NULL)
        path = config->log_file_path->text;
    slash = str_rfind(str_head(path, str_find(path, '%') == STR_NONE ? path.len : str_find(path, '%')), '/');
    (void)scope;
    return slash == STR_NONE || path.ptr[0] != '/' ? STR("") : str_head(path, slash);
}

GETTER(log_space)
{
    struct str directory = log_directory(scope);

    *value_out = directory.len == 0 ? STR("-1") : space_text(scope->pool, directory, false);
    return OK;
}

GETTER(log_inodes)
{
    struct str directory = log_directory(scope);

    *value_out = directory.len == 0 ? STR("-1") : space_text(scope->pool, directory, true);
    return OK;
}

static struct str
now_text(struct scope *scope, enum clock_form form)
{
    return clock_format(scope->pool, form, clock_now());
}

#define GETTER_TIME(name, form)                     \
    GETTER(name)                                    \
    {                                               \
        *value_out = now_text(scope, form);         \
        return OK;                                  \
    }
GETTER_TIME(tod_bsdinbox, CLOCK_BSDINBOX)
GETTER_TIME(tod_epoch, CLOCK_EPOCH)
GETTER_TIME(tod_epoch_l, CLOCK_EPOCH_MICROSEC)
GETTER_TIME(tod_full, CLOCK_FULL)
GETTER_TIME(tod_log, config != NULL && config->log_timezone ? CLOCK_LOG_ZONE : CLOCK_LOG)
GETTER_TIME(tod_logfile, CLOCK_LOGFILE_DAILY)
GETTER_TIME(tod_zone, CLOCK_ZONE)
GETTER_TIME(tod_zulu, CLOCK_ZULU)

const struct expand_variable expand_config_variables[] = {
    VARIABLE(primary_hostname), VARIABLE(qualify_domain), VARIABLE(qualify_recipient), VARIABLE(spool_directory),
    VARIABLE(config_file), VARIABLE(config_dir), VARIABLE(exim_uid), VARIABLE(exim_gid), VARIABLE(exim_path),
    VARIABLE(smtp_active_hostname), VARIABLE(localhost_number), VARIABLE(bounce_return_size_limit),
    { .name = "return_size_limit", .get = get_bounce_return_size_limit },
    { .name = "version_number", .get = get_version }, { .name = "exim_version", .get = get_version },
    VARIABLE(compile_date), VARIABLE(compile_number), VARIABLE(pid), VARIABLE(load_average), VARIABLE(initial_cwd),
    VARIABLE(spool_space), VARIABLE(spool_inodes), VARIABLE(log_space), VARIABLE(log_inodes),
    VARIABLE(tod_bsdinbox), VARIABLE(tod_epoch), VARIABLE(tod_epoch_l), VARIABLE(tod_full), VARIABLE(tod_log),
    VARIABLE(tod_logfile), VARIABLE(tod_zone), VARIABLE(tod_zulu),
    { .name = NULL }
};
