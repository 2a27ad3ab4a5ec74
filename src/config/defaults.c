/* config/defaults.c -- values found when the program was built or is run, and what follows from other options. */
#include <pwd.h>
#include <grp.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/build_settings.h"
#include "config/reading.h"
#include "log/selector.h"

enum { LOCALHOST_NUMBER_MAX = 16, SYSLOG_NAME_MAX_BYTES = 32 };

/* ---- Before the file is read */
/* exim_user and exim_group as built.  Without privilege the process goes on as who it is. */
static bool
mail_user_default(struct option_reader *reader)
{
    static const char *const names[] = { "exim_user", "exim_group" };
    struct config *conf = reader->conf;
    const char *texts[] = { build_settings.exim_user, build_settings.exim_group };

    if (geteuid() != 0) {
        conf->exim_user = (struct id_option){ .is_set = true, .id = geteuid() };
        conf->exim_group = (struct id_option){ .is_set = true, .id = getegid() };
        return true;
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        struct id_option *id = i == 0 ? &conf->exim_user : &conf->exim_group;
        uint64_t number;

        id->is_set = true;
        if (str_to_u64(str_of(texts[i]), 10, &number) && number <= UINT32_MAX) {
            id->id = (uid_t)number;
        } else if (i == 0) {
            const struct passwd *user = getpwnam(texts[i]);

            id->is_set = user != NULL;
            id->id = user != NULL ? user->pw_uid : 0;
        } else {
            const struct group *group = getgrnam(texts[i]);

            id->is_set = group != NULL;
            id->id = group != NULL ? group->gr_gid : 0;
        }
    }
    return true;
}

static void
template_default(struct option_reader *reader, struct template **field, const char *name, const char *text)
{
    *field = reader_template(reader, str_of(text), name, "main");
}

bool
config_defaults_before(struct option_reader *reader)
{
    struct config *conf = reader->conf;

    conf->deliver_queue_load_max = conf->queue_only_load = conf->smtp_load_reserve = -1;
    template_default(reader, &conf->spool_directory, "spool_directory", build_settings.spool_directory);
    template_default(reader, &conf->log_file_path, "log_file_path", build_settings.log_file_path);
    template_default(reader, &conf->pid_file_path, "pid_file_path", build_settings.pid_file_path);
    conf->header_maxsize = (int)build_settings.header_maxsize;
    conf->headers_charset = str_of(build_settings.headers_charset);
    conf->exim_path = pool_printf(reader->pool, "%s/tern", build_settings.bin_directory);
    conf->exim_version = str_of(build_settings.version);
    return mail_user_default(reader);
}

/* ---- After the main section */
bool
config_expand_now(struct option_reader *reader, const char *what, struct str *text)
{
    struct str why = { 0 }, result;

    if (str_find(*text, '$') == STR_NONE && str_find(*text, '\\') == STR_NONE)
        return true;
    for (const struct config_hook *const *hook = config_hooks_rows; *hook != NULL; hook++) {
        if ((*hook)->expand == NULL)
            continue;
        if (!(*hook)->expand(*text, reader->pool, &result, &why))
            return reader_error_placeless(reader, "failed to expand %s \"%.*s\": %.*s", what, STR_ARG(*text),
                                          STR_ARG(why));
        *text = pool_dup(reader->pool, result);
        return true;
    }
    return true;
}

/* This host's name: as the resolver has it, or else the system's. */
static struct str
host_name(struct option_reader *reader)
{
    struct utsname system;

    for (const struct config_hook *const *hook = config_hooks_rows; *hook != NULL; hook++)
        if ((*hook)->host_name != NULL) {
            struct str name = (*hook)->host_name(reader->pool);

            if (name.len > 0)
                return name;
        }
    if (uname(&system) == -1)
        return STR("localhost");
    return pool_dup(reader->pool, str_of(system.nodename));
}

static bool
was_set(const struct config *conf, const char *name)
{
    const struct option *row = option_find(main_options, str_of(name));
    size_t index = (size_t)(row - main_options);

    return (conf->marks.set[index / 64] >> (index % 64) & 1) != 0;
}

static void
names_follow(struct option_reader *reader)
{
    struct config *conf = reader->conf;

    if (!was_set(conf, "primary_hostname"))
        conf->primary_hostname = host_name(reader);
    if (!was_set(conf, "qualify_domain"))
        conf->qualify_domain = conf->primary_hostname;
    if (!was_set(conf, "qualify_recipient"))
        conf->qualify_recipient = conf->qualify_domain;
}

static bool
paths_follow(struct option_reader *reader)
{
    struct config *conf = reader->conf;

    if (!config_expand_now(reader, "spool_directory", &conf->spool_directory->text) ||
        !config_expand_now(reader, "log_file_path", &conf->log_file_path->text) ||
        !config_expand_now(reader, "pid_file_path", &conf->pid_file_path->text))
        return false;
    if (conf->spool_directory->text.len == 0)
        return reader_error_placeless(reader, "spool_directory undefined: cannot proceed");
    if (!was_set(conf, "process_log_path"))
        conf->process_log_path = pool_printf(reader->pool, "%.*s/exim-process.info",
                                             STR_ARG(conf->spool_directory->text));
    return true;
}

static bool
localhost_number_check(struct option_reader *reader)
{
    struct template *number = reader->conf->localhost_number;
    uint64_t value;

    if (number == NULL || number->text.len == 0)
        return true;
    if (!config_expand_now(reader, "localhost_number", &number->text))
        return false;
    if (!str_to_u64(number->text, 10, &value))
        return reader_error_placeless(reader, "localhost_number value is not a number: %.*s", STR_ARG(number->text));
    if (value > LOCALHOST_NUMBER_MAX)
        return reader_error_placeless(reader, "localhost_number is greater than the maximum allowed value (%d)",
                                      LOCALHOST_NUMBER_MAX);
    return true;
}

static bool
is_syslog_facility(struct str name)
{
    static const char *const words[] = { "mail", "user", "news", "uucp", "daemon" };

    if (str_istarts(name, STR("log_")))
        name = str_from(name, 4);
    if (name.len == 0)
        return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_ieq_c(name, words[i]))
            return true;
    return name.len == 6 && str_istarts(name, STR("local")) && name.ptr[5] >= '0' && name.ptr[5] <= '7';
}

/* Each place is "syslog", nothing (the default), or an absolute path with "%s"; there is one path only. */
static bool
log_places_check(struct option_reader *reader)
{
    struct str list = reader->conf->log_file_path->text, item;
    int paths = 0;

    while (list.len > 0) {
        str_cut(list, ':', &item, &list);
        item = str_trim(item);
        if (item.len == 0 || str_eq_c(item, "syslog"))
            continue;
        if (item.ptr[0] != '/')
            return reader_error_placeless(reader, "log_file_path \"%.*s\" is not absolute", STR_ARG(item));
        if (str_find_str(item, STR("%s")) == STR_NONE)
            return reader_error_placeless(reader, "log_file_path \"%.*s\" does not contain \"%%s\"", STR_ARG(item));
        if (++paths > 1)
            return reader_error_placeless(reader, "More than one path given in log_file_path");
    }
    return true;
}

static bool
log_follow(struct option_reader *reader)
{
    struct config *conf = reader->conf;
    struct str why;

    conf->log = (struct log_settings){
        .file_path = conf->log_file_path->text, .spool_directory = conf->spool_directory->text,
        .selectors = log_selectors_default(), .syslog_facility = conf->syslog_facility,
        .syslog_duplication = conf->syslog_duplication, .syslog_pid = conf->syslog_pid,
        .syslog_timestamp = conf->syslog_timestamp, .has_zone = conf->log_timezone,
        .print_topbitchars = conf->print_topbitchars, .write_rejectlog = conf->write_rejectlog, .uid = conf->mail_uid,
        .gid = conf->mail_gid,
    };
    if (conf->syslog_processname.len > SYSLOG_NAME_MAX_BYTES)
        return reader_error_placeless(reader, "syslog_processname is longer than %d chars: aborting",
                                      SYSLOG_NAME_MAX_BYTES);
    conf->log.syslog_processname = pool_cstr(reader->pool, conf->syslog_processname);
    if (!is_syslog_facility(conf->syslog_facility))
        return reader_error_placeless(reader, "failed to interpret syslog_facility \"%.*s\"",
                                      STR_ARG(conf->syslog_facility));
    if (!log_selectors_parse(conf->log_selector, &conf->log.selectors, reader->scratch, &why)) {
        struct str word;
        size_t sign = str_find_any(why, "+-");

        for (size_t i = 0; log_selector_word(i, &word) && sign != STR_NONE && reader->hint.len == 0; i++)
            reader_suggest(reader, str_from(why, sign + 1), word.ptr);
        return reader_error_placeless(reader, "%.*s", STR_ARG(why));
    }
    return true;
}

/* Without the mail user only root is at a loss: any other process runs everything as what it is. */
static bool
mail_user_settle(struct option_reader *reader)
{
    struct config *conf = reader->conf;
    bool may_be_absent = reader->request->is_mail_user_optional || geteuid() != 0;

    conf->mail_uid = geteuid();
    conf->mail_gid = getegid();
    if (!conf->exim_group.is_set && conf->exim_user.has_group)
        conf->exim_group = (struct id_option){ .is_set = true, .id = conf->exim_user.group };
    if (conf->exim_user.is_set && conf->exim_group.is_set) {
        conf->mail_uid = conf->exim_user.id;
        conf->mail_gid = conf->exim_group.id;
        return true;
    }
    if (may_be_absent)
        return true;
    if (!conf->exim_user.is_set)
        return reader_error_placeless(
            reader, "the mail user %s does not exist (EXIM_USER of the build; exim_user sets another)",
            build_settings.exim_user);
    return reader_error_placeless(reader,
                                  "the mail group %s does not exist (EXIM_GROUP of the build; exim_group sets another)",
                                  build_settings.exim_group);
}

bool
config_defaults_after(struct option_reader *reader)
{
    struct config *conf = reader->conf;

    if (!mail_user_settle(reader))
        return false;
    if (conf->remote_max_parallel <= 0)
        conf->remote_max_parallel = 1;
    names_follow(reader);
    return paths_follow(reader) && localhost_number_check(reader) && log_places_check(reader) && log_follow(reader);
}
