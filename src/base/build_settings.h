/* base/build_settings.h -- what was fixed when the program was built.  The values come from Local/Makefile and
 * configure; the build writes their definitions to build_settings.c and rows.c in the build folder. */
#ifndef BASE_BUILD_SETTINGS_H
#define BASE_BUILD_SETTINGS_H
#include <stdbool.h>
#include <stddef.h>

/* Texts are never NULL: a setting that was left out is "".  Names are Exim's, in lower case. */
struct build_settings {
    const char *version;                /* "5.0" */
    const char *build_date;             /* "21-Nov-2026 08:20:00" (UTC), as -bV and $compile_date show it */
    const char *os_name, *machine;      /* uname's words of the machine that built it: "Linux", "x86_64" */

    const char *bin_directory;
    const char *configure_file;         /* colon-separated: the first that exists is read */
    const char *spool_directory;
    const char *log_file_path;          /* with %s %D %M, or "syslog" */
    const char *pid_file_path;          /* "": tern-daemon.pid in the spool directory */
    const char *system_aliases_file;
    const char *mail_directory;         /* where the system keeps mailboxes: "/var/mail" */
    unsigned spool_mode, spool_directory_mode, log_mode, log_directory_mode;

    const char *exim_user, *exim_group; /* a name or a number; the mail user that Tern runs as */
    const char *configure_owner, *configure_group;  /* further owners a configuration file may have; name or number */
    const char *fixed_never_users;      /* colon-separated names or numbers */

    const char *trusted_config_list;    /* file listing what -C may name without loss of privilege */
    const char *whitelist_d_macros;     /* colon-separated */
    bool disable_d_option;
    const char *alt_config_prefix;

    size_t header_maxsize;              /* bytes */
    const char *headers_charset;
    unsigned exicyclog_max;
    const char *tcp_wrappers_daemon_name;
};

extern const struct build_settings build_settings;

/* One switch of Local/Makefile, on or off: the lists of drivers and features that -bV shows. */
struct build_switch {
    const char *name;                   /* "EXPERIMENTAL_ARC" */
    bool is_on;
};

/* Ends with a row whose name is NULL; in the order of src/switches. */
extern const struct build_switch build_switches[];

/* Is this switch on?  False for a name that is no switch. */
bool build_switch_is_on(const char *name);

/* A row (or an array of rows) that a room offers and that was not linked because its switch is off. */
struct left_out_row {
    const char *table;                  /* "transports", "variables" */
    const char *symbol;                 /* "lmtp_driver" */
    const char *names;                  /* comma-separated: the names a configuration uses: "lmtp" */
    const char *flag;                   /* "TRANSPORT_LMTP" */
};

/* Ends with a row whose table is NULL. */
extern const struct left_out_row left_out_rows[];

/* The switch that would bring a name of a table ("transports", "lmtp"); NULL if none would: for error texts. */
const char *left_out_flag(const char *table, const char *name);
#endif
