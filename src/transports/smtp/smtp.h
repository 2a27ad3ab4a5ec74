/* transports/smtp/smtp.h -- the parts of the smtp driver among themselves (manual: chapter 30, section 49.1). */
#ifndef TRANSPORTS_SMTP_SMTP_H
#define TRANSPORTS_SMTP_SMTP_H
#include "net/host.h"
#include "smtp_client/transaction.h"
#include "transports/common.h"

/* Fields are named like their options. */
struct smtp_options {
    bool address_retry_include_sender, allow_localhost, authenticated_sender_force, delay_after_cutoff,
        dns_qualify_single, dns_search_parents, gethostbyname, hosts_override, keepalive, lmtp_ignore_quota,
        tls_tempfail_tryclear;
    int command_timeout, connect_timeout, connection_max_messages, data_timeout, final_timeout, hosts_max_try,
        hosts_max_try_hardlimit, message_linelength_limit, size_addition, tls_dh_min_bits;
    struct str protocol;
    struct template *authenticated_sender, *dane_require_tls_ciphers, *dkim_canon, *dkim_domain, *dkim_hash,
        *dkim_identity, *dkim_private_key, *dkim_selector, *dkim_sign_headers, *dkim_strict, *dkim_timestamps,
        *dnssec_request_domains, *dnssec_require_domains, *dscp, *fallback_hosts, *helo_data, *host_name_extract,
        *hosts, *hosts_avoid_esmtp, *hosts_avoid_pipelining, *hosts_avoid_tls, *hosts_nopass_tls, *hosts_noproxy_tls,
        *hosts_pipe_connect, *hosts_randomize, *hosts_request_ocsp, *hosts_require_alpn, *hosts_require_auth,
        *hosts_require_dane, *hosts_require_ocsp, *hosts_require_tls, *hosts_try_auth, *hosts_try_chunking,
        *hosts_try_dane, *hosts_try_fastopen, *hosts_try_prdr, *hosts_verify_avoid_tls, *interface, *max_rcpt,
        *multi_domain, *port, *retry_include_ip_address, *serialize_hosts, *socks_proxy, *tls_alpn, *tls_certificate,
        *tls_crl, *tls_privatekey, *tls_require_ciphers, *tls_resumption_hosts, *tls_sni, *tls_try_verify_hosts,
        *tls_verify_cert_hostnames, *tls_verify_certificates, *tls_verify_hosts, *utf8_downconvert;
};

/* An open connection with the facts of the host it leads to; goes from message to message. */
struct smtp_channel {
    struct transport_channel common;
    struct pool *pool;
    struct host host;               /* copy; its texts live in pool */
    int port;
    struct smtp_client client;
    int sequence;                   /* messages sent over it */
    bool is_continued;              /* the present message came to a connection that was open already */
    bool is_serialized;             /* a record of serialize_hosts is ours */
};

/* One run of the transport. */
struct smtp_job {
    struct transport_run *run;
    const struct smtp_options *options;
    struct pool *pool;
    bool is_lmtp;
    int port;                       /* of the port option */
    int max_rcpt;                   /* 0: no limit */
    struct smtp_channel *channel;   /* open now; NULL: none */
    struct str log_connection;      /* of the connection, for the log: address->log_connection */
    /* what happened to the hosts so far, for addresses that no host was tried for */
    int tried, tried_hard, not_yet, expired, serialized, unfound;
    struct ptr_list waited_for;     /* struct host *: those that could not be reached, or were not due */
};

/* smtp.c: job->port, of the port option. */
enum outcome smtp_find_port(struct smtp_job *job, struct why *why);

/* callout.c: what verify/ asks hosts with. */
enum outcome smtp_callout(const struct transport *transport, struct address *addr, struct scope *scope,
                          struct transport_callout *out, struct why *why);

/* hosts.c: the list to be tried.  DEFER with why if there is none. */
enum outcome smtp_hosts_make(struct smtp_job *job, struct host **hosts_out, struct why *why);
struct host *smtp_hosts_fallback(struct smtp_job *job);
/* Fill host->address (further addresses are inserted behind it). */
enum outcome smtp_host_find(struct smtp_job *job, struct host *host, struct why *why);

/* tries.c: try the hosts in order until no address is left that another host might take. */
void smtp_try_hosts(struct smtp_job *job, struct host *hosts);

/* connection.c: connect and greet, as the options say for this host; *kind_out tells what a failure belongs to. */
enum outcome smtp_connect(struct smtp_job *job, const struct host *host, struct why *why);
void smtp_disconnect(struct smtp_job *job);
/* The interface option: our address to bind, of the host's family; empty: any. */
enum outcome smtp_find_interface(struct smtp_job *job, const struct host *host, struct str *interface_out,
                                 struct why *why);
/* Set job->log_connection. */
void smtp_note_ends(struct smtp_job *job);
bool smtp_host_matches(struct smtp_job *job, struct template *list, const struct host *host);

/* deliver.c: send the message over job->channel for all addresses that are deferred still, in as many transactions as
 * it takes. Results are in the addresses.  SMTP_ERROR_HOST: the connection broke; error and why of the last failed
 * transaction. */
enum smtp_error_kind smtp_deliver(struct smtp_job *job, const struct host *host, struct why *why);
/* An address that this run has yet to deliver. */
bool smtp_is_pending(const struct address *addr);
bool smtp_has_pending(const struct smtp_job *job);

/* waiting.c: the hints wait-TRANSPORT. */
void smtp_waiting_add(const struct smtp_job *job, const struct host *host);
/* The next message that waits for the host; it is taken off the list.  False: none. */
bool smtp_waiting_next(const struct transport *transport, const struct host *host, struct pool *pool,
                       struct str *id_out);

/* further.c: deliver messages that wait for the host of the open connection; which ones it suits. */
void smtp_deliver_waiting(struct smtp_job *job);
bool smtp_fits_channel(const struct transport_channel *channel, struct address *addr, const struct scope *scope);

/* log.c: "H=name [address]:port: text" for a failure that is not one address's alone. */
void smtp_log_host_error(const struct smtp_job *job, const struct host *host, const struct why *why);
#endif
