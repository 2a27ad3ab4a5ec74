/* Values of options by type: what is accepted, how it is shown, how a wrong one is worded. */
#include "config_check.h"

#define NUMBER "\n  (expected: a decimal, 0octal or 0xhexadecimal number, with K, M, G or T if wanted)"
#define FIXED "\n  (expected: a decimal number with up to three decimals)"

static const struct { const char *setting, *option, *shown, *error;
} facts[] = {
    /* booleans */
    { "queue_only", "queue_only", "queue_only\n", NULL },
    { "no_queue_only", "queue_only", "no_queue_only\n", NULL },
    { "not_queue_only", "queue_only", "no_queue_only\n", NULL },
    { "queue_only = TRUE", "queue_only", "queue_only\n", NULL },
    { "queue_only = no", "queue_only", "no_queue_only\n", NULL },
    { "queue_only =", "queue_only", "queue_only\n", NULL },
    { "queue_only = maybe", NULL, NULL,
      "\"maybe\" is not a valid value for the \"queue_only\" option\n  (expected: yes, no, true or false)" },
    { "queue_only = yes x", NULL, NULL, "extra characters follow \"yes\" for boolean option queue_only" },
    { "queue_only 3", NULL, NULL, "extra characters follow boolean option queue_only" },
    { "no_queue_only = yes", NULL, NULL, "extra characters follow boolean option no_queue_only" },
    { "no_qualify_domain = a", NULL, NULL, "negation prefix applied to a non-boolean option" },
    /* integers */
    { "smtp_accept_max = 12", "smtp_accept_max", "smtp_accept_max = 12\n", NULL },
    { "smtp_accept_max = 0x1F", "smtp_accept_max", "smtp_accept_max = 31\n", NULL },
    { "smtp_accept_max = 017", "smtp_accept_max", "smtp_accept_max = 15\n", NULL },
    { "smtp_accept_max = 3k", "smtp_accept_max", "smtp_accept_max = 3072\n", NULL },
    { "smtp_accept_max = -3", "smtp_accept_max", "smtp_accept_max = -3\n", NULL },
    { "smtp_accept_max = abc", NULL, NULL, "integer expected for smtp_accept_max" NUMBER },
    { "smtp_accept_max =", NULL, NULL, "integer expected for smtp_accept_max" NUMBER },
    { "smtp_accept_max = 12x", NULL, NULL, "extra characters follow integer value for smtp_accept_max" NUMBER },
    { "smtp_accept_max = 0778", NULL, NULL, "extra characters follow integer value for smtp_accept_max" NUMBER },
    { "smtp_accept_max = 2147483648", NULL, NULL,
      "absolute value of integer \"2147483648\" is too large (overflow)" NUMBER },
    { "smtp_accept_max = 99999999999999999999", NULL, NULL,
      "absolute value of integer \"99999999999999999999\" is too large (overflow)" NUMBER },
    { "bounce_return_size_limit = 1048576", "bounce_return_size_limit", "bounce_return_size_limit = 1M\n", NULL },
    { "bounce_return_size_limit = 1000", "bounce_return_size_limit", "bounce_return_size_limit = 1000\n", NULL },
    { "return_size_limit = 5K", "bounce_return_size_limit", "bounce_return_size_limit = 5K\n", NULL },
    { "return_size_limit = 5K", "return_size_limit", "return_size_limit = 5K\n", NULL },
    { "check_spool_space = 4096", "check_spool_space", "check_spool_space = 4M\n", NULL },
    { "check_spool_space = 1023", "check_spool_space", "check_spool_space = 1023K\n", NULL },
    { "check_spool_space = 3000G", "check_spool_space", "check_spool_space = 3000G\n", NULL },
    { "check_spool_space = 1T", "check_spool_space", "check_spool_space = 1T\n", NULL },
    { "queue_run_max = $x", "queue_run_max", "queue_run_max = $x\n", NULL },
    { "queue_run_max = 0x10", "queue_run_max", "queue_run_max = 16\n", NULL },
    { "queue_run_max = x", NULL, NULL, "integer expected for queue_run_max" NUMBER },
    { "remote_max_parallel = 0", "remote_max_parallel", "remote_max_parallel = 1\n", NULL },
    /* fixed point */
    { "queue_only_load = 2.5", "queue_only_load", "queue_only_load = 2.5\n", NULL },
    { "queue_only_load = 2", "queue_only_load", "queue_only_load = 2.0\n", NULL },
    { "queue_only_load = 2.1234", "queue_only_load", "queue_only_load = 2.123\n", NULL },
    { "queue_only", "queue_only_load", "queue_only_load =\n", NULL },
    { "queue_only_load = .5", NULL, NULL, "fixed-point number expected for queue_only_load" FIXED },
    { "queue_only_load = 5x", NULL, NULL, "extra characters follow fixed-point value for queue_only_load" FIXED },
    /* times */
    { "auto_thaw = 1w2d3h4m5s", "auto_thaw", "auto_thaw = 1w2d3h4m5s\n", NULL },
    { "auto_thaw = 3m3m", "auto_thaw", "auto_thaw = 6m\n", NULL },
    { "auto_thaw = 90m", "auto_thaw", "auto_thaw = 1h30m\n", NULL },
    { "auto_thaw = 0s", "auto_thaw", "auto_thaw = 0s\n", NULL },
    { "smtp_receive_timeout = 300s", "smtp_receive_timeout", "smtp_receive_timeout = 5m\n", NULL },
    { "smtp_receive_timeout = $x", "smtp_receive_timeout", "smtp_receive_timeout = $x\n", NULL },
    { "delay_warning = 4h : 1d", "delay_warning", "delay_warning = 4h:1d\n", NULL },
    { "delay_warning =", "delay_warning", "delay_warning = \n", NULL },
    { "delay_warning = 4h : 2h", NULL, NULL, "time value out of order for delay_warning" },
    /* strings */
    { "qualify_domain = a  b", "qualify_domain", "qualify_domain = a  b\n", NULL },
    { "qualify_domain = \" a b \"", "qualify_domain", "qualify_domain =  a b \n", NULL },
    { "qualify_domain = \"a\\nb\\x41\\101\\q\\\\\"", "qualify_domain", "qualify_domain = a\\nbAAq\\\n", NULL },
    { "qualify_domain = a\tb\xc3\xa9", "qualify_domain", "qualify_domain = a\\tb\\303\\251\n", NULL },
    { "qualify_domain =", "qualify_domain", "qualify_domain = \n", NULL },
    { "qualify_domain = \"a b", NULL, NULL, "missing quote at end of string value for qualify_domain" },
    { "qualify_domain = \"a\" b", NULL, NULL, "extra characters follow string value for qualify_domain" },
    { "qualify_domain", NULL, NULL, "unexpected end of line (data missing) after qualify_domain" },
    { "qualify_domain foo", NULL, NULL, "missing \"=\" after qualify_domain" },
    { "qualify_domain = a\nqualify_domain = b", NULL, NULL, "\"qualify_domain\" option set for the second time" },
    { "queue_only\nno_queue_only", NULL, NULL, "\"no_queue_only\" option set for the second time" },
    /* users and groups */
    { "never_users = root : 4711", "never_users", "never_users = root:4711\n", NULL },
    { "never_users =", "never_users", "never_users =\n", NULL },
    { "never_users = no-such-user", NULL, NULL, "user no-such-user was not found" },
    { "trusted_groups = no-such-group", NULL, NULL, "group no-such-group was not found" },
    { "system_filter_user = root", "system_filter_group", "system_filter_group = root\n", NULL },
    { "system_filter_user = 4711", "system_filter_user", "system_filter_user = 4711\n", NULL },
    { "system_filter_user = $x", NULL, NULL, "user $x was not found" },
    /* what follows from other options */
    { "primary_hostname = foo.bar", "qualify_recipient", "qualify_recipient = foo.bar\n", NULL },
    { "qualify_domain = q", "qualify_recipient", "qualify_recipient = q\n", NULL },
    { "localhost_number = 17", NULL, NULL, "localhost_number is greater than the maximum allowed value (16)" },
    { "localhost_number = x", NULL, NULL, "localhost_number value is not a number: x" },
    { "log_selector = +foo", NULL, NULL, "unknown log_selector setting: +foo" },
    { "log_selector = all", NULL, NULL, "malformed log_selector setting: + or - expected but found \"all\"" },
    { "syslog_facility = foo", NULL, NULL, "failed to interpret syslog_facility \"foo\"" },
    { "log_file_path = foo%s", NULL, NULL, "log_file_path \"foo%s\" is not absolute" },
    { "log_file_path = syslog : /x", NULL, NULL, "log_file_path \"/x\" does not contain \"%s\"" },
    { "log_file_path = :syslog", "log_file_path", "log_file_path = :syslog\n", NULL },
    { "log_file_path = /a/%s : /b/%s", NULL, NULL, "More than one path given in log_file_path" },
    /* not an option */
    { "1queue_only", NULL, NULL, "option setting expected: 1queue_only" },
    { ".foo bar", NULL, NULL, "option setting expected: .foo bar" },
    { "no_such_thing = 3", NULL, NULL, "main option \"no_such_thing\" unknown" }
};

TEST(values_are_read_checked_and_shown)
{
    for (size_t i = 0; i < COUNT(facts); i++) {
        struct reading reading = read_text(facts[i].setting);

        CHECK_TEXT(facts[i].setting, reading.error, facts[i].error);
        if (reading.conf != NULL && facts[i].option != NULL)
            CHECK_TEXT(facts[i].setting, SHOWN(&reading, facts[i].option), facts[i].shown);
        pool_free(reading.pool);
    }
}

static const struct { const char *setting, *error_begin; } bad_times[] = {
    { "auto_thaw = 3x", "invalid time value for auto_thaw" },
    { "auto_thaw = 3", "invalid time value for auto_thaw" },
    { "auto_thaw =", "invalid time value for auto_thaw" },
    { "auto_thaw = 3m x", "invalid time value for auto_thaw" },
    { "auto_thaw = 99999999w", "invalid time value for auto_thaw" },
    { "delay_warning = 4h:1d:", "invalid time value for delay_warning" },
    { "delay_warning = <; 4h ; 2h", "invalid time value for delay_warning" }
};

TEST(wrong_times_are_refused)
{
    for (size_t i = 0; i < COUNT(bad_times); i++) {
        struct reading reading = read_text(bad_times[i].setting);

        CHECK_CONTAINS(bad_times[i].setting, reading.error, bad_times[i].error_begin);
        pool_free(reading.pool);
    }
}

TEST(defaults_are_those_of_the_manual)
{
    static const struct { const char *option, *shown; } defaults[] = {
        { "auth_advertise_hosts", "auth_advertise_hosts = *\n" },
        { "callout_positive_expire", "callout_positive_expire = 1d\n" },
        { "check_spool_space", "check_spool_space = 10M\n" },
        { "daemon_smtp_ports", "daemon_smtp_ports = smtp\n" },
        { "delay_warning", "delay_warning = 1d\n" },
        { "helo_lookup_domains", "helo_lookup_domains = @ : @[]\n" },
        { "ignore_bounce_errors_after", "ignore_bounce_errors_after = 10w\n" },
        { "ldap_version", "ldap_version = -1\n" },
        { "local_interfaces", "local_interfaces = <; ::0 ; 0.0.0.0\n" },
        { "message_size_limit", "message_size_limit = 50M\n" },
        { "no_such", "no_such is not a known option\n" },
        { "queue_only_load", "queue_only_load =\n" },
        { "smtp_banner", "smtp_banner = $smtp_active_hostname ESMTP Tern $version_number $tod_full\n" },
        { "smtp_receive_timeout", "smtp_receive_timeout = 5m\n" },
        { "uucp_from_sender", "uucp_from_sender = $1\n" },
        { "write_rejectlog", "write_rejectlog\n" }
    };
    struct reading reading = read_text("");

    REQUIRE(reading.conf != NULL);
    for (size_t i = 0; i < COUNT(defaults); i++)
        CHECK_TEXT(defaults[i].option, SHOWN(&reading, defaults[i].option), defaults[i].shown);
    pool_free(reading.pool);
}

TEST(main_options_are_sorted_and_unique)
{
    for (const struct option *row = main_options; row->name != NULL && row[1].name != NULL; row++)
        CHECK_ROW(row->name, strcmp(row->name, row[1].name) < 0);
}
