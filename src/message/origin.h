/* message/origin.h -- the other side of a session, or the local caller: where a message comes from.
 *
 * A session owns one and fills it as it learns; a message refers to it; the spool keeps it with the
 * message (-H file).  All texts come from outside and are tainted unless stated. */
#ifndef MESSAGE_ORIGIN_H
#define MESSAGE_ORIGIN_H
#include <sys/types.h>
#include "base/list.h"
#include "base/map.h"

enum name_lookup { NAME_NOT_LOOKED_UP, NAME_FOUND, NAME_LOOKUP_FAILED, NAME_LOOKUP_DEFERRED };

/* TLS facts of one connection; all empty without TLS. */
struct tls_facts {
    bool is_active, is_on_connect, is_certificate_verified;
    int bits;
    struct str cipher, cipher_std, version, sni, peer_dn, certificate_pem, our_certificate_pem;
    int ocsp;
};

struct origin {
    struct pool *pool;              /* texts below live here, or longer */
    bool is_smtp;                   /* SMTP on a socket or -bs; false for -bm and -bS */
    bool is_batched;                /* -bS */
    bool is_socket;                 /* a TCP connection (or -bh's pretence), so host_address is set */
    bool is_local;                  /* a local process, identified by its uid */
    struct str host_address; /* text form of the client's IP address, without port; empty for local callers; clean */
    int host_port;
    struct str interface_address;   /* ours; clean */
    int interface_port;
    struct str active_hostname;     /* smtp_active_hostname, expanded; empty: primary_hostname */
    struct str host_name;           /* verified by DNS; empty if not (yet) known: net/host_name.h */
    struct str_list host_aliases;
    enum name_lookup name_lookup;
    struct str name_lookup_error;
    bool is_host_dnssec;
    struct str helo_name;           /* argument of HELO or EHLO, if syntactically acceptable */
    bool is_esmtp, is_helo_verified, is_helo_verify_done;
    int helo_dnssec;
    struct str ident;               /* RFC 1413, or the local caller's login name */
    struct str authenticated_id, authenticated_sender, authenticator, authenticated_fail_id;
    struct str protocol;            /* $received_protocol: "esmtp", "local" …; clean */
    struct str proxy_local_address, proxy_external_address;
    int proxy_local_port, proxy_external_port;
    struct tls_facts tls;
    struct map acl_variables;       /* acl_c…: name without "acl_" ("c0", "c_name") → struct str * */
    uid_t caller_uid;               /* the calling process: real ids */
    gid_t caller_gid;
    struct str caller_login, caller_name;   /* of the caller's passwd entry */
    bool is_trusted, is_admin;      /* the caller, by trusted_users, admin_groups … */
};

/* A fresh origin of nobody; its acl_variables map is ready. */
struct origin *origin_new(struct pool *pool);
#endif
