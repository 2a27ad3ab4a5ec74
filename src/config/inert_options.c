/* config/inert_options.c -- options that are known but not yet acted on. */
#include "config/inert_options.h"
#include <string.h>
#include "config/reading.h"

const struct inert_option inert_options[] = {
    { "main", NULL, "acl_not_smtp_mime" },
    { "main", NULL, "acl_smtp_atrn" },
    { "main", NULL, "acl_smtp_auth" },
    { "main", NULL, "acl_smtp_dkim" },
    { "main", NULL, "acl_smtp_mailauth" },
    { "main", NULL, "acl_smtp_mime" },
    { "main", NULL, "acl_smtp_starttls" },
    { "main", NULL, "acl_smtp_wellknown" },
    { "main", NULL, "allow_insecure_tainted_data" },
    { "main", NULL, "auth_advertise_hosts" },
    { "main", NULL, "av_scanner" },
    { "main", NULL, "bmi_config_file" },
    { "main", NULL, "bounce_sender_authentication" },
    { "main", NULL, "daemon_modules_load" },
    { "main", NULL, "dcc_direct_add_header" },
    { "main", NULL, "dccifd_address" },
    { "main", NULL, "dccifd_options" },
    { "main", NULL, "debug_store" },
    { "main", NULL, "dkim_verify_hashes" },
    { "main", NULL, "dkim_verify_keytypes" },
    { "main", NULL, "dkim_verify_min_keysizes" },
    { "main", NULL, "dkim_verify_minimal" },
    { "main", NULL, "dkim_verify_signers" },
    { "main", NULL, "dmarc_forensic_sender" },
    { "main", NULL, "dmarc_history_file" },
    { "main", NULL, "dmarc_tld_file" },
    { "main", NULL, "event_action" },
    { "main", NULL, "gnutls_allow_auto_pkcs11" },
    { "main", NULL, "gnutls_compat_mode" },
    { "main", NULL, "gnutls_require_kx" },
    { "main", NULL, "gnutls_require_mac" },
    { "main", NULL, "gnutls_require_protocols" },
    { "main", NULL, "hosts_proxy" },
    { "main", NULL, "hosts_require_alpn" },
    { "main", NULL, "hosts_xclient" },
    { "main", NULL, "ibase_servers" },
    { "main", NULL, "keep_malformed" },     /* what was accepted is never thrown away by itself */
    { "main", NULL, "ldap_ca_cert_dir" },
    { "main", NULL, "ldap_ca_cert_file" },
    { "main", NULL, "ldap_cert_file" },
    { "main", NULL, "ldap_cert_key" },
    { "main", NULL, "ldap_cipher_suite" },
    { "main", NULL, "ldap_default_servers" },
    { "main", NULL, "ldap_require_cert" },
    { "main", NULL, "ldap_start_tls" },
    { "main", NULL, "ldap_version" },
    { "main", NULL, "local_scan_path" },
    { "main", NULL, "local_scan_timeout" },
    { "main", NULL, "log_ports" },
    { "main", NULL, "move_frozen_messages" },
    { "main", NULL, "mysql_servers" },
    { "main", NULL, "openssl_options" },
    { "main", NULL, "oracle_servers" },
    { "main", NULL, "panic_coredump" },
    { "main", NULL, "perl_at_start" },
    { "main", NULL, "perl_startup" },
    { "main", NULL, "perl_taintmode" },
    { "main", NULL, "pgsql_servers" },
    { "main", NULL, "pipelining_connect_advertise_hosts" },
    { "main", NULL, "proxy_protocol_timeout" },
    { "main", NULL, "proxy_required_hosts" },
    { "main", NULL, "queue_fast_ramp" },
    { "main", NULL, "redis_servers" },
    { "main", NULL, "smtp_backlog_monitor" },
    { "main", NULL, "smtputf8_advertise_hosts" },
    { "main", NULL, "spamd_address" },
    { "main", NULL, "spf_guess" },
    { "main", NULL, "spf_smtp_comment_template" },
    { "main", NULL, "spool_wireformat" },
    { "main", NULL, "srs_config" },
    { "main", NULL, "srs_hashlength" },
    { "main", NULL, "srs_hashmin" },
    { "main", NULL, "srs_maxage" },
    { "main", NULL, "srs_secrets" },
    { "main", NULL, "srs_usehash" },
    { "main", NULL, "srs_usetimestamp" },
    { "main", NULL, "system_filter" },
    { "main", NULL, "system_filter_directory_transport" },
    { "main", NULL, "system_filter_file_transport" },
    { "main", NULL, "system_filter_group" },
    { "main", NULL, "system_filter_pipe_transport" },
    { "main", NULL, "system_filter_reply_transport" },
    { "main", NULL, "system_filter_user" },
    { "main", NULL, "tcp_wrappers_daemon_name" },
    { "main", NULL, "tls_advertise_hosts" },
    { "main", NULL, "tls_advertise_requiretls" },
    { "main", NULL, "tls_alpn" },
    { "main", NULL, "tls_certificate" },
    { "main", NULL, "tls_crl" },
    { "main", NULL, "tls_dh_max_bits" },
    { "main", NULL, "tls_dhparam" },
    { "main", NULL, "tls_early_banner_hosts" },
    { "main", NULL, "tls_eccurve" },
    { "main", NULL, "tls_ocsp_file" },
    { "main", NULL, "tls_privatekey" },
    { "main", NULL, "tls_remember_esmtp" },
    { "main", NULL, "tls_require_ciphers" },
    { "main", NULL, "tls_resumption_hosts" },
    { "main", NULL, "tls_try_verify_hosts" },
    { "main", NULL, "tls_verify_certificates" },
    { "main", NULL, "tls_verify_hosts" },
    { "main", NULL, "wellknown_advertise_hosts" },
    { "router", "iplookup", NULL },
    { "router", "queryprogram", NULL },
    { "router", "redirect", "allow_filter" },
    { "router", "redirect", "allow_freeze" },
    { "router", "redirect", "filter_prepend_home" },
    { "router", "redirect", "forbid_filter_dlfunc" },
    { "router", "redirect", "forbid_filter_existstest" },
    { "router", "redirect", "forbid_filter_logwrite" },
    { "router", "redirect", "forbid_filter_lookup" },
    { "router", "redirect", "forbid_filter_perl" },
    { "router", "redirect", "forbid_filter_readfile" },
    { "router", "redirect", "forbid_filter_readsocket" },
    { "router", "redirect", "forbid_filter_run" },
    { "router", "redirect", "reply_transport" },
    { "router", "redirect", "sieve_enotify_mailto_owner" },
    { "router", "redirect", "sieve_inbox" },
    { "router", "redirect", "sieve_subaddress" },
    { "router", "redirect", "sieve_useraddress" },
    { "router", "redirect", "sieve_vacation_directory" },
    { "router", NULL, "translate_ip_address" },
    { "transport", "pipe", "use_classresources" },
    { "transport", "queuefile", NULL },
    { "transport", "smtp", "dane_require_tls_ciphers" },
    { "transport", "smtp", "dkim_canon" },
    { "transport", "smtp", "dkim_domain" },
    { "transport", "smtp", "dkim_hash" },
    { "transport", "smtp", "dkim_identity" },
    { "transport", "smtp", "dkim_private_key" },
    { "transport", "smtp", "dkim_selector" },
    { "transport", "smtp", "dkim_sign_headers" },
    { "transport", "smtp", "dkim_strict" },
    { "transport", "smtp", "dkim_timestamps" },
    { "transport", "smtp", "host_name_extract" },
    { "transport", "smtp", "hosts_avoid_tls" },
    { "transport", "smtp", "hosts_nopass_tls" },
    { "transport", "smtp", "hosts_noproxy_tls" },
    { "transport", "smtp", "hosts_pipe_connect" },
    { "transport", "smtp", "hosts_request_ocsp" },
    { "transport", "smtp", "hosts_require_alpn" },
    { "transport", "smtp", "hosts_require_ocsp" },
    { "transport", "smtp", "hosts_try_auth" },
    { "transport", "smtp", "hosts_try_dane" },
    { "transport", "smtp", "hosts_try_fastopen" },
    { "transport", "smtp", "hosts_try_prdr" },
    { "transport", "smtp", "hosts_verify_avoid_tls" },
    { "transport", "smtp", "socks_proxy" },
    { "transport", "smtp", "tls_alpn" },
    { "transport", "smtp", "tls_certificate" },
    { "transport", "smtp", "tls_crl" },
    { "transport", "smtp", "tls_dh_min_bits" },
    { "transport", "smtp", "tls_privatekey" },
    { "transport", "smtp", "tls_require_ciphers" },
    { "transport", "smtp", "tls_resumption_hosts" },
    { "transport", "smtp", "tls_sni" },
    { "transport", "smtp", "tls_tempfail_tryclear" },
    { "transport", "smtp", "tls_try_verify_hosts" },
    { "transport", "smtp", "tls_verify_cert_hostnames" },
    { "transport", "smtp", "tls_verify_certificates" },
    { "transport", "smtp", "tls_verify_hosts" },
    { "transport", "smtp", "utf8_downconvert" },
    { "authenticator", NULL, NULL },
    { NULL, NULL, NULL }
};

static bool
bit_get(const uint64_t *bits, size_t index)
{
    return (bits[index / 64] >> (index % 64) & 1) != 0;
}

/* Was the option of this table given? */
static bool
was_given(const struct option *table, const uint64_t *set, const char *name)
{
    const struct option *row = option_find(table, str_of(name));

    return row != NULL && bit_get(set, (size_t)(row - table));
}

static void
warn_of_instances(const struct config *conf, const struct inert_option *inert, struct pool *pool,
                  struct str_list *warnings)
{
    const struct driver_family *family = NULL;

    for (size_t i = 0; driver_families_rows[i] != NULL; i++)
        if (strcmp(driver_families_rows[i]->name, inert->family) == 0)
            family = driver_families_rows[i];
    if (family == NULL)
        return;
    for (const struct driver_instance *one = driver_first(conf, inert->family); one != NULL; one = one->next) {
        if (inert->driver != NULL && strcmp(one->driver->name, inert->driver) != 0)
            continue;
        if (inert->name == NULL)
            str_list_add(warnings, pool,
                         pool_printf(pool, "the %s driver of the %s %.*s (line %d of %s) is not yet acted on",
                                     one->driver->name, inert->family, STR_ARG(one->name), one->at.line, one->at.file));
        else if (inert->driver == NULL ? was_given(family->generic_options, one->generic_marks.set, inert->name)
                                       : was_given(one->driver->options, one->private_marks.set, inert->name))
            str_list_add(warnings, pool,
                         pool_printf(pool, "option %s of the %s %.*s (line %d of %s) is set but not yet acted on",
                                     inert->name, inert->family, STR_ARG(one->name), one->at.line, one->at.file));
    }
}

struct str_list
config_inert_warnings(const struct config *conf, struct pool *pool)
{
    struct str_list warnings = { 0 };

    for (const struct inert_option *inert = inert_options; inert->family != NULL; inert++) {
        if (strcmp(inert->family, "main") != 0)
            warn_of_instances(conf, inert, pool, &warnings);
        else if (was_given(main_options, conf->marks.set, inert->name))
            str_list_add(&warnings, pool, pool_printf(pool, "main option %s is set but not yet acted on", inert->name));
    }
    return warnings;
}
