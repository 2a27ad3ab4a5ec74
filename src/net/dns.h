/* net/dns.h -- ask the DNS, and walk over the answer with our own bounded decoder (rule R11).
 *
 * Servers: the main option dns_servers, or resolv.conf.  Answers, negative and temporary ones too, are
 * remembered by the process.  Texts of records come from outside and are tainted. */
#ifndef NET_DNS_H
#define NET_DNS_H
#include "base/list.h"
#include "base/outcome.h"
#include "net/ip_address.h"

enum dns_answer {
    DNS_FOUND,
    DNS_NOMATCH,                    /* the name does not exist */
    DNS_NODATA,                     /* the name exists, records of this type do not */
    DNS_AGAIN,                      /* temporary trouble: time-out, SERVFAIL, budget used up */
    DNS_FAIL                        /* lasting trouble: an answer that makes no sense, a CNAME loop */
};

/* Wire values of the types (RFC 1035 …), and one made up: CSA is an SRV below _client._smtp. */
enum dns_type {
    DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28,
        DNS_SRV = 33,
    DNS_TLSA = 52, DNS_SPF = 99, DNS_ANY = 255, DNS_CSA = 0x10001
};

enum {
    DNS_MESSAGE_MAX_BYTES = 65535, DNS_NAME_MAX_BYTES = 255, DNS_LABEL_MAX_BYTES = 63, DNS_RECORDS_MAX = 2048,
    DNS_CNAME_MAX = 8,              /* dns_cname_loops is capped at this */
    DNS_QUERIES_PER_MESSAGE = 4000
};

struct dns_record {
    const struct dns_record *next;
    enum dns_type type;
    uint32_t ttl_s;
    struct str name;                /* owner, without final dot */
    struct ip_address ip;           /* A, AAAA */
    int preference;                 /* MX; priority of SRV */
    int weight, port;               /* SRV */
    struct str target;              /* MX SRV PTR CNAME NS; SOA: the primary server; "" for the root */
    struct str text;                /* TXT SPF: the strings joined */
    struct str_list *strings;       /* TXT SPF: each */
    struct str soa_mailbox;         /* SOA */
    uint32_t soa_numbers[5];        /* SOA: serial refresh retry expire minimum */
    int tlsa_usage, tlsa_selector, tlsa_match;
    struct str data;                /* TLSA: the bytes; every type: rdata as it came */
};

struct dns_result {
    enum dns_answer answer;
    struct str name;                /* where the CNAME chain ended; the name asked for without one */
    const struct dns_record *records;       /* of the type asked for, in the order they came */
    const struct dns_record *additional;    /* addresses from the additional section */
    const struct dns_record *soa;   /* of the authority section, or NULL */
    size_t count;
    /* owner of the first NS record (SOA, if nothing was found) of the authority section */
    struct str authority_name;
    bool is_secure;                 /* AD bit, or AA for dns_trust_aa */
    bool is_alias;                  /* a CNAME was followed */
    bool is_authoritative;
    uint32_t ttl_s;                 /* smallest of the records; of a negative answer by RFC 2308 */
    const char *problem;            /* constant text for AGAIN and FAIL: "timed out", "SERVFAIL", "CNAME loop" … */
};

/* Look up records of one type.  name: no final dot needed, case as it comes; may be tainted.  The result lives in pool.
 * is_dnssec_wanted: ask for validated data (AD).  dns_check_names_pattern, dns_again_means_nonexist, dns_cname_loops
 * apply. DNS_ANY is for dns_lookup_raw() only. */
enum dns_answer dns_lookup(struct str name, enum dns_type type, bool is_dnssec_wanted, struct pool *pool,
                           struct dns_result *result_out);

/* As dns_lookup(), without following CNAMEs. */
enum dns_answer dns_lookup_raw(struct str name, enum dns_type type, bool is_dnssec_wanted, struct pool *pool,
                               struct dns_result *result_out);

/* CSA (draft-ietf-marid-csv-csa): search for _client._smtp.name and its parents; found_out: the name that had it. */
enum dns_answer dns_lookup_csa(struct str name, struct pool *pool, struct dns_result *result_out,
                               struct str *found_out);

/* Domains to be tried behind a name that is not fully qualified: the resolver's default domain, or its whole search
 * list. */
struct str_list dns_search_domains(bool has_parents, struct pool *pool);

/* "MX" … in any case; false for an unknown word. */
bool dns_type_find(struct str word, enum dns_type *type_out);
const char *dns_type_name(enum dns_type type);
const char *dns_answer_name(enum dns_answer answer);

/* Queries of one message are counted against DNS_QUERIES_PER_MESSAGE; beyond it the answer is DNS_AGAIN.  Call when
 * a message (or session transaction) begins. */
void dns_budget_reset(void);

/* Forget cached answers (between messages of a long process they expire by their own TTL). */
void dns_cache_clear(void);

/* A number that is hard to foresee, below limit (which is above 0): for choosing among equal hosts. */
unsigned dns_random(unsigned limit);

/* Decode an answer as it came off the wire; no I/O.  False if it is malformed (problem set).  Used by dns_lookup and
 * the fuzzer. */
bool dns_decode(struct str wire, struct str name, enum dns_type type, struct pool *pool, struct dns_result *result_out);
#endif
