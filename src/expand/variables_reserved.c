/* expand/variables_reserved.c -- variables of subjects that no room serves yet, or whose time is not always: known
 * names with the value that stands for "nothing".  A room that registers a name takes it over. */
#include "expand/getters.h"

GETTER(nothing)
{
    *value_out = STR("");
    return OK;
}

GETTER(zero)
{
    *value_out = STR("0");
    return OK;
}

GETTER(minus_one)
{
    *value_out = STR("-1");
    return OK;
}

GETTER(no)
{
    *value_out = STR("no");
    return OK;
}

GETTER(no_body_length)
{
    *value_out = STR("9999999999999");
    return OK;
}

#define EMPTY(name_) { .name = name_, .get = get_nothing }
#define ZERO(name_) { .name = name_, .get = get_zero }
#define NO(name_) { .name = name_, .get = get_no }
#define MINUS_ONE(name_) { .name = name_, .get = get_minus_one }
const struct expand_variable expand_reserved_variables[] = {
    /* sessions, verification, policy */
    EMPTY("acl_verify_message"), EMPTY("atrn_host"), EMPTY("atrn_mode"), EMPTY("auth1"), EMPTY("auth2"), EMPTY("auth3"),
    EMPTY("auth4"), EMPTY("callout_address"), EMPTY("connection_id"), EMPTY("csa_status"), EMPTY("host_data"),
        EMPTY("host_lookup_deferred"),
    EMPTY("recipient_verify_failure"), EMPTY("sender_verify_failure"), EMPTY("smtp_command_history"),
        EMPTY("smtp_notquit_reason"),
    EMPTY("verify_mode"), EMPTY("queue_size"), EMPTY("regex_match_string"), EMPTY("regex_cachesize"),
    EMPTY("domain_data"), EMPTY("local_part_data"), EMPTY("sender_data"), EMPTY("recipient_data"),
        EMPTY("sender_address_data"),
    ZERO("smtp_count_at_connection_start"), NO("sender_host_dnssec"), NO("sender_helo_dnssec"), NO("prdr_requested"),
    { .name = "regex", .is_prefix = true, .get = get_nothing },
    /* delivery */
    EMPTY("bounce_recipient"), EMPTY("event_data"), EMPTY("event_name"),
        EMPTY("mailstore_basename"),
    EMPTY("pipe_addresses"), EMPTY("router_name"), EMPTY("transport_name"), EMPTY("sending_ip_address"),
        EMPTY("thisaddress"),
    EMPTY("warn_message_delay"), EMPTY("warn_message_recipient"), EMPTY("warn_message_recipients"),
        EMPTY("warnmsg_delay"),
    EMPTY("warnmsg_recipient"), EMPTY("warnmsg_recipients"), MINUS_ONE("sending_port"), ZERO("inode"),
    ZERO("event_defer_errno"),
    /* filters */
    ZERO("n0"), ZERO("n1"), ZERO("n2"), ZERO("n3"), ZERO("n4"), ZERO("n5"), ZERO("n6"), ZERO("n7"), ZERO("n8"),
        ZERO("n9"),
    ZERO("sn0"), ZERO("sn1"), ZERO("sn2"), ZERO("sn3"), ZERO("sn4"), ZERO("sn5"), ZERO("sn6"), ZERO("sn7"),
        ZERO("sn8"), ZERO("sn9"),
    /* TLS */
    ZERO("tls_bits"), ZERO("tls_certificate_verified"), EMPTY("tls_cipher"), EMPTY("tls_peerdn"), EMPTY("tls_sni"),
    ZERO("tls_in_bits"), ZERO("tls_in_certificate_verified"), EMPTY("tls_in_cipher"), EMPTY("tls_in_cipher_std"),
        ZERO("tls_in_ocsp"),
    EMPTY("tls_in_ourcert"), EMPTY("tls_in_peercert"), EMPTY("tls_in_peerdn"), ZERO("tls_in_resumption"),
        EMPTY("tls_in_sni"),
    EMPTY("tls_in_ver"), ZERO("tls_out_bits"), ZERO("tls_out_certificate_verified"), EMPTY("tls_out_cipher"),
        EMPTY("tls_out_cipher_std"),
    NO("tls_out_dane"), ZERO("tls_out_ocsp"), EMPTY("tls_out_ourcert"), EMPTY("tls_out_peercert"),
        EMPTY("tls_out_peerdn"),
    ZERO("tls_out_resumption"), EMPTY("tls_out_sni"), ZERO("tls_out_tlsa_usage"), EMPTY("tls_out_ver"),
    /* DKIM, SPF, DMARC, ARC */
    EMPTY("dkim_algo"), { .name = "dkim_bodylength", .get = get_no_body_length }, EMPTY("dkim_canon_body"),
        EMPTY("dkim_canon_headers"),
    EMPTY("dkim_copiedheaders"), ZERO("dkim_created"), EMPTY("dkim_cur_signer"), EMPTY("dkim_domain"),
    { .name = "dkim_expires", .get = get_no_body_length }, EMPTY("dkim_headernames"), EMPTY("dkim_identity"),
      EMPTY("dkim_key_granularity"),
    ZERO("dkim_key_length"), ZERO("dkim_key_nosubdomains"), EMPTY("dkim_key_notes"), EMPTY("dkim_key_srvtype"),
        ZERO("dkim_key_testing"),
    EMPTY("dkim_selector"), EMPTY("dkim_signers"), EMPTY("dkim_verify_reason"), EMPTY("dkim_verify_signers"),
        EMPTY("dkim_verify_status"),
    EMPTY("spf_guess"), EMPTY("spf_header_comment"), EMPTY("spf_received"), EMPTY("spf_result"),
        EMPTY("spf_result_guessed"),
    EMPTY("spf_smtp_comment"), EMPTY("spf_used_domain"), EMPTY("dmarc_alignment_dkim"), EMPTY("dmarc_alignment_spf"),
    EMPTY("dmarc_domain_policy"), EMPTY("dmarc_status"), EMPTY("dmarc_status_text"), EMPTY("dmarc_used_domain"),
    EMPTY("arc_domains"), EMPTY("arc_oldest_pass"), EMPTY("arc_state"), EMPTY("arc_state_reason"),
    /* content */
    ZERO("av_failed"), EMPTY("malware_name"), EMPTY("dcc_header"), EMPTY("dcc_result"), ZERO("mime_anomaly_level"),
        EMPTY("mime_anomaly_text"),
    EMPTY("mime_boundary"), EMPTY("mime_charset"), EMPTY("mime_content_description"), EMPTY("mime_content_disposition"),
    EMPTY("mime_content_id"), ZERO("mime_content_size"), EMPTY("mime_content_transfer_encoding"),
        EMPTY("mime_content_type"),
    EMPTY("mime_decoded_filename"), EMPTY("mime_filename"), ZERO("mime_is_coverletter"), ZERO("mime_is_multipart"),
        ZERO("mime_is_rfc822"),
    MINUS_ONE("mime_part_count"), EMPTY("spam_action"), EMPTY("spam_bar"), EMPTY("spam_report"), EMPTY("spam_score"),
        EMPTY("spam_score_int"),
    /* gone, but still named in old configurations */
    EMPTY("srs_db_address"), EMPTY("srs_db_key"), EMPTY("srs_orig_recipient"), EMPTY("srs_orig_sender"),
        EMPTY("srs_status"),
    EMPTY("demime_reason"), ZERO("demime_errorlevel"), EMPTY("found_extension"), EMPTY("proxy_host_address"),
        EMPTY("proxy_target_address"),
    ZERO("proxy_host_port"), ZERO("proxy_target_port"),
    { .name = NULL }
};
