/* verify/verify.h -- is this address, header section, host name good? (manual: address verification)
 *
 * An address is routed through the routers with their verify settings; then, where asked for, a callout
 * asks the host it would go to.  Nothing is delivered. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H
#include <stdio.h>
#include "address/address.h"
#include "expand/scope.h"
#include "message/message.h"

/* Options of `verify = sender/…` and of its callout. */
struct verify_options {
    bool is_sender;                 /* verify as a sender: routers with verify_sender; else verify_recipient */
    bool is_expn;                   /* EXPN: an address test rather than a verification */
    bool is_address_test;           /* -bt */
    bool success_on_redirect, defer_ok, no_details;
    bool has_callout, callout_defer_ok, callout_no_cache, callout_random, callout_use_sender, callout_use_postmaster,
        callout_hold, callout_full_postmaster, has_postmaster;
    bool has_quota, quota_no_cache;
    int callout_timeout_s, callout_connect_s, callout_maxwait_s;    /* -1: default */
    int quota_positive_s, quota_negative_s;
    struct str callout_mail_from;   /* mailfrom=, for header senders */
    struct str postmaster_mail_from;
    bool is_header_sender;          /* mailfrom= is allowed */
    void (*flush)(void *owner);     /* called before a callout; NULL: nothing to flush */
    void *owner;
    bool is_callout_skipped;        /* -bh: success instead of a callout */
};

/* Parse options "callout=10s,defer_ok/no_details" into options, which verify_options_init() and the caller have
 * prepared (is_sender, is_header_sender).  whole is the condition for error texts.  False: error_out is Exim's text. */
bool verify_options_parse(struct str text, struct str whole, struct pool *pool, struct verify_options *options,
                          struct str *error_out);
void verify_options_init(struct verify_options *options);

/* Why a verification failed, the value of $sender_verify_failure. */
enum verify_failure {
    VERIFY_FAILED_NOT,
    VERIFY_FAILED_QUALIFY,
    VERIFY_FAILED_ROUTE,
    VERIFY_FAILED_MAIL,
    VERIFY_FAILED_RECIPIENT,
    VERIFY_FAILED_POSTMASTER,
    VERIFY_FAILED_QUOTA,
    VERIFY_PASSED_RANDOM
};
const char *verify_failure_name(enum verify_failure failure);

struct verify_result {
    enum outcome outcome;
    enum verify_failure failure;
    struct str log_text;            /* why, for the log: the address's own error */
    struct str user_text;           /* why, for the client: may hold LF between lines; empty: nothing more to say */
    struct str details;             /* of a sender: the lines between "Verification failed for" and the verdict */
    bool is_cached_failure;         /* by the callout cache: the log need not tell more */
    struct str data;                /* $address_data at the end of routing */
    struct address *routed;         /* the address as routed: hosts, transport, children done */
};

/* An address to be verified from text; one without domain is qualified where that is allowed.  NULL: result_out says
 * why not. */
struct address *verify_address_new(struct str text, const struct verify_options *options, struct scope *scope,
                                   struct verify_result *result_out);

/* Verify one address.  The scope's message gives sender and sizes.  Fills scope->verify's failure variables if
 * there. */
enum outcome verify_address(struct address *addr, const struct verify_options *options, struct scope *scope,
                            struct verify_result *result_out);

/* One sender address verified in this transaction: repeated checks get the same answer. */
struct verified_sender {
    struct verified_sender *next;
    struct str address;
    bool has_callout;
    struct verify_result result;
    bool is_reported;               /* its details went out once already */
};

/* $verify_mode, $sender_verify_failure, $recipient_verify_failure; the sender cache of a transaction. */
struct verify_state {
    struct pool *message_pool;
    char mode;                      /* 'S', 'R', or 0 */
    enum verify_failure sender_failure, recipient_failure;
    struct verified_sender *senders;
    struct str csa_status;
};
void verify_state_init(struct verify_state *state, struct pool *message_pool);
void verify_state_reset(struct verify_state *state);

/* All address lists of the header section can be parsed (verify = header_syntax); FAIL: why->text, Exim's wording. */
enum outcome verify_header_syntax(struct message *message, struct scope *scope, struct why *why);
/* At least one of Sender:, Reply-To:, From: verifies as a sender (verify = header_sender). */
enum outcome verify_header_sender(struct message *message, const struct verify_options *options, struct scope *scope,
                                  struct why *why);
/* Names of fields are of octets 33 to 126 only. */
enum outcome verify_header_names_ascii(struct message *message, struct why *why);
/* Every recipient stands in To: or Cc:. */
enum outcome verify_not_blind(struct message *message, bool is_case_insensitive, struct why *why);

/* The HELO name belongs to the client (manual: helo_verify_hosts).  The result stays in the origin. */
enum outcome verify_helo(struct scope *scope, struct why *why);
/* The client's name was found from its address and leads back to it. */
enum outcome verify_reverse_host_lookup(struct scope *scope, struct why *why);

enum verify_csa { CSA_UNKNOWN, CSA_OK, CSA_DEFER, CSA_FAIL };
/* Client SMTP authorization of domain; why_out: the reason of a failure. */
enum verify_csa verify_csa(struct str domain, struct scope *scope, struct str *why_out);

/* -bv and -bvs: verify text and print the report Exim prints.  Returns the exit status: 0 good, 1 deferred, 2
 * failed. */
int verify_report(struct str text, bool is_sender, struct scope *scope, FILE *out);
#endif
