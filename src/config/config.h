/* config/config.h -- the configuration of this process: read once, then constant for all.
 *
 * One field for each option of the main section, named like the option (its rows stand in main_options*.c), then
 * what the sections gave.  Everything lives in config->pool.  A NULL template, or an empty view, is an unset option;
 * for limits and the like -1 stands for "unset" where 0 has a meaning (queue_only_load).
 * The global `config` (base/process.h) points to the one in force. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
#include "base/map.h"
#include "base/process.h"
#include "config/driver.h"
#include "log/log.h"

/* Kinds of named lists: domainlist, hostlist, addresslist, localpartlist. */
enum list_kind { LIST_DOMAIN, LIST_HOST, LIST_ADDRESS, LIST_LOCAL_PART, LIST_KINDS };

struct named_list {
    struct str name;
    struct template *value;
    enum list_kind kind;
    bool is_cached;                 /* _cache: results are remembered although the list holds expansions or lookups */
    bool is_hidden;                 /* hide */
};

/* A macro in the order of definition; built-in ones are not kept here (config/macro.h). */
struct macro {
    struct macro *next;
    struct str name, value;
    struct source_at at;            /* of the setting in force; no file: -D */
    bool is_command_line;           /* -D: settings in the file are ignored */
};

/* A file that was read, the configuration itself first; for the checks on SIGHUP and for -bP config. */
struct config_file {
    struct config_file *next;
    struct str path;
};

struct config {
    /* ---- Options of the main section. */
    bool accept_8bitmime;
    struct template *acl_not_smtp;
    struct template *acl_not_smtp_mime;
    struct template *acl_not_smtp_start;
    struct template *acl_smtp_atrn;
    struct template *acl_smtp_auth;
    struct template *acl_smtp_connect;
    struct template *acl_smtp_data;
    struct template *acl_smtp_data_prdr;
    struct template *acl_smtp_dkim;
    struct template *acl_smtp_etrn;
    struct template *acl_smtp_expn;
    struct template *acl_smtp_helo;
    struct template *acl_smtp_mail;
    struct template *acl_smtp_mailauth;
    struct template *acl_smtp_mime;
    struct template *acl_smtp_notquit;
    struct template *acl_smtp_predata;
    struct template *acl_smtp_quit;
    struct template *acl_smtp_rcpt;
    struct template *acl_smtp_starttls;
    struct template *acl_smtp_vrfy;
    struct template *acl_smtp_wellknown;
    struct template *add_environment;
    struct id_list admin_groups;
    bool allow_domain_literals;
    bool allow_insecure_tainted_data;
    bool allow_mx_to_ip;
    bool allow_utf8_domains;
    struct template *auth_advertise_hosts;
    int auto_thaw;
    struct str av_scanner;
    struct str bi_command;
    struct str bmi_config_file;
    struct template *bounce_message_file;
    struct str bounce_message_text;
    bool bounce_return_body;
    int64_t bounce_return_linesize_limit;
    bool bounce_return_message;
    int64_t bounce_return_size_limit;
    struct str bounce_sender_authentication;
    int callout_domain_negative_expire;
    int callout_domain_positive_expire;
    int callout_negative_expire;
    int callout_positive_expire;
    struct template *callout_random_local_part;
    int check_log_inodes;
    int64_t check_log_space;
    bool check_rfc2047_length;
    int check_spool_inodes;
    int64_t check_spool_space;
    struct template *chunking_advertise_hosts;
    bool commandline_checks_require_admin;
    struct template *daemon_modules_load;
    struct str daemon_smtp_ports;
    int daemon_startup_retries;
    int daemon_startup_sleep;
    bool dcc_direct_add_header;
    struct str dccifd_address;
    struct str dccifd_options;
    bool debug_store;
    struct int_list delay_warning;
    struct template *delay_warning_condition;
    bool deliver_drop_privilege;
    int deliver_queue_load_max;
    bool delivery_date_remove;
    bool disable_fsync;
    bool disable_ipv6;
    struct template *dkim_verify_hashes;
    struct template *dkim_verify_keytypes;
    struct template *dkim_verify_min_keysizes;
    bool dkim_verify_minimal;
    struct template *dkim_verify_signers;
    struct template *dmarc_forensic_sender;
    struct template *dmarc_history_file;
    struct template *dmarc_tld_file;
    struct template *dns_again_means_nonexist;
    struct str dns_check_names_pattern;
    int dns_cname_loops;
    int dns_csa_search_limit;
    bool dns_csa_use_reverse;
    int dns_dnssec_ok;
    struct template *dns_ipv4_lookup;
    int dns_retrans;
    int dns_retry;
    struct template *dns_servers;
    struct template *dns_trust_aa;
    int dns_use_edns0;
    bool drop_cr;
    struct template *dsn_advertise_hosts;
    struct template *dsn_from;
    bool envelope_to_remove;
    struct template *errors_copy;
    struct str errors_reply_to;
    struct template *event_action;
    struct id_option exim_group;
    struct str exim_path;
    struct id_option exim_user;
    struct str exim_version;
    int expand_max_depth;               /* Tern: limits of one expansion; 0: the default */
    int64_t expand_max_size;
    int expand_max_steps;
    struct template *extra_local_interfaces;
    bool extract_addresses_remove_arguments;
    int finduser_retries;
    struct template *freeze_tell;
    struct template *gecos_name;
    struct str gecos_pattern;
    bool gnutls_allow_auto_pkcs11;
    bool gnutls_compat_mode;
    struct template *gnutls_require_kx;
    struct template *gnutls_require_mac;
    struct template *gnutls_require_protocols;
    int header_line_maxsize;
    int header_maxsize;
    struct str headers_charset;
    struct template *helo_accept_junk_hosts;
    struct str helo_allow_chars;
    struct template *helo_lookup_domains;
    struct template *helo_try_verify_hosts;
    struct template *helo_verify_hosts;
    struct template *hold_domains;
    struct template *host_lookup;
    struct template *host_lookup_order;
    struct template *host_reject_connection;
    struct template *hosts_connection_nolog;
    struct template *hosts_proxy;
    struct template *hosts_require_alpn;
    struct template *hosts_require_helo;
    struct template *hosts_treat_as_local;
    struct template *hosts_xclient;
    struct str ibase_servers;
    int ignore_bounce_errors_after;
    struct template *ignore_fromline_hosts;
    bool ignore_fromline_local;
    struct template *keep_environment;
    int keep_malformed;
    struct str ldap_ca_cert_dir;
    struct str ldap_ca_cert_file;
    struct str ldap_cert_file;
    struct str ldap_cert_key;
    struct str ldap_cipher_suite;
    struct template *ldap_default_servers;
    struct str ldap_require_cert;
    bool ldap_start_tls;
    int ldap_version;
    struct template *limits_advertise_hosts;
    bool local_from_check;
    struct str local_from_prefix;
    struct str local_from_suffix;
    struct template *local_interfaces;
    struct str local_scan_path;
    int local_scan_timeout;
    bool local_sender_retain;
    struct template *localhost_number;
    struct template *log_file_path;
    struct template *log_ports;
    struct str log_selector;
    bool log_timezone;
    int lookup_open_max;
    int max_username_length;
    bool message_body_newlines;
    int64_t message_body_visible;
    struct template *message_id_header_domain;
    struct template *message_id_header_text;
    bool message_logs;
    struct template *message_size_limit;
    bool move_frozen_messages;
    bool mua_wrapper;
    struct template *mysql_servers;
    struct id_list never_users;
    struct template *notifier_socket;
    struct template *openssl_options;
    struct template *oracle_servers;
    bool panic_coredump;
    struct template *percent_hack_domains;
    bool perl_at_start;
    struct str perl_startup;
    bool perl_taintmode;
    struct template *pgsql_servers;
    struct template *pid_file_path;
    struct template *pipelining_advertise_hosts;
    struct template *pipelining_connect_advertise_hosts;
    bool prdr_enable;
    bool preserve_message_logs;
    struct str primary_hostname;
    bool print_topbitchars;
    struct str process_log_path;
    bool prod_requires_admin;
    int proxy_protocol_timeout;
    struct str proxy_required_hosts;
    struct str qualify_domain;
    struct str qualify_recipient;
    struct template *queue_domains;
    bool queue_fast_ramp;
    bool queue_list_requires_admin;
    bool queue_only;
    struct template *queue_only_file;
    int queue_only_load;
    bool queue_only_load_latch;
    bool queue_only_override;
    bool queue_run_in_order;
    struct template *queue_run_max;
    struct template *queue_smtp_domains;
    int receive_timeout;
    struct template *received_header_text;
    int received_headers_max;
    struct template *recipient_unqualified_hosts;
    struct template *recipients_max;
    bool recipients_max_reject;
    struct str redis_servers;
    int remote_max_parallel;
    struct template *remote_sort_domains;
    int retry_data_expire;
    int retry_interval_max;
    bool return_path_remove;
    struct template *rfc1413_hosts;
    int rfc1413_port;
    int rfc1413_query_timeout;
    struct template *sender_unqualified_hosts;
    int slow_lookup_log;
    bool smtp_accept_keepalive;
    int smtp_accept_max;
    int smtp_accept_max_nonmail;
    struct template *smtp_accept_max_nonmail_hosts;
    struct template *smtp_accept_max_per_connection;
    struct template *smtp_accept_max_per_host;
    int smtp_accept_queue;
    int smtp_accept_queue_per_connection;
    int smtp_accept_reserve;
    struct template *smtp_active_hostname;
    int smtp_backlog_monitor;
    struct template *smtp_banner;
    struct str smtp_bare_newline;
    bool smtp_check_spool_space;
    int smtp_connect_backlog;
    bool smtp_enforce_sync;
    struct template *smtp_etrn_command;
    bool smtp_etrn_serialize;
    int smtp_load_reserve;
    int smtp_max_synprot_errors;
    int smtp_max_unknown_commands;
    struct template *smtp_ratelimit_hosts;
    struct str smtp_ratelimit_mail;
    struct str smtp_ratelimit_rcpt;
    struct template *smtp_receive_timeout;
    struct template *smtp_reserve_hosts;
    bool smtp_return_error_details;
    struct template *smtputf8_advertise_hosts;
    struct str spamd_address;
    struct str spf_guess;
    struct template *spf_smtp_comment_template;
    bool split_spool_directory;
    struct template *spool_directory;
    bool spool_wireformat;
    struct template *sqlite_dbfile;
    int sqlite_lock_timeout;
    struct str srs_config;
    int srs_hashlength;
    int srs_hashmin;
    int srs_maxage;
    struct str srs_secrets;
    bool srs_usehash;
    bool srs_usetimestamp;
    bool strict_acl_vars;
    bool strip_excess_angle_brackets;
    bool strip_trailing_dot;
    bool syslog_duplication;
    struct str syslog_facility;
    bool syslog_pid;
    struct str syslog_processname;
    bool syslog_timestamp;
    struct template *system_filter;
    struct template *system_filter_directory_transport;
    struct template *system_filter_file_transport;
    struct id_option system_filter_group;
    struct template *system_filter_pipe_transport;
    struct template *system_filter_reply_transport;
    struct id_option system_filter_user;
    bool tcp_nodelay;
    struct template *tcp_wrappers_daemon_name;
    int timeout_frozen_after;
    struct str timezone;
    struct template *tls_advertise_hosts;
    struct str tls_advertise_requiretls;
    struct template *tls_alpn;
    struct template *tls_certificate;
    struct template *tls_crl;
    int tls_dh_max_bits;
    struct template *tls_dhparam;
    struct template *tls_early_banner_hosts;
    struct template *tls_eccurve;
    struct template *tls_ocsp_file;
    struct template *tls_on_connect_ports;
    struct template *tls_privatekey;
    bool tls_remember_esmtp;
    struct template *tls_require_ciphers;
    struct template *tls_resumption_hosts;
    struct template *tls_try_verify_hosts;
    struct template *tls_verify_certificates;
    struct template *tls_verify_hosts;
    struct id_list trusted_groups;
    struct id_list trusted_users;
    struct template *unknown_login;
    struct str unknown_username;
    struct template *untrusted_set_sender;
    struct str uucp_from_pattern;
    struct template *uucp_from_sender;
    struct template *warn_message_file;
    struct template *wellknown_advertise_hosts;
    bool write_rejectlog;

    /* ---- What the sections and the reader gave. */
    struct pool *pool;
    struct str file;                        /* path of the configuration file, as found */
    struct str directory;                   /* where it is */
    struct config_file *files;
    bool is_alternative;                    /* named by -C, or macros set by -D: what the caller wrote is in force */
    struct macro *macros;
    struct map named_lists[LIST_KINDS];     /* of struct named_list */
    struct driver_instance **drivers;       /* first instance of each family, in the order of driver_families_rows */
    void **section_data;                    /* what begin() of each section gave; order of config_sections_rows */
    struct option_marks marks;              /* of main_options */
    struct str_list lines;                  /* logical lines for -bP config; kept only if asked for */
    uid_t mail_uid;                         /* exim_user and exim_group resolved */
    gid_t mail_gid;
    struct log_settings log;                /* for log_configure() */
};

/* The rows of the main section, in alphabetical order. */
extern const struct option main_options[];

/* The named list of that kind; NULL if there is none. */
const struct named_list *config_named_list_find(const struct config *conf, enum list_kind kind, struct str name);
struct template *config_named_list(const struct config *conf, enum list_kind kind, struct str name);

/* What the section's begin() gave ("acl", "retry" …); NULL if the configuration has no such section. */
void *config_section_data(const struct config *conf, const char *section);

/* Value of a macro defined in the file or by -D; false if there is none. */
bool config_macro_get(const struct config *conf, struct str name, struct str *value_out);
#endif
