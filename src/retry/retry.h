/* retry/retry.h -- when to try again (manual: retry configuration).
 *
 * Rules come from the retry section; what happened to hosts and addresses is kept in the hints database "retry", in
 * Exim's layout.  A delivery collects notes while it works and writes them all at its end. */
#ifndef RETRY_RETRY_H
#define RETRY_RETRY_H
#include <stdio.h>
#include <time.h>
#include "address/address.h"
#include "base/list.h"
#include "expand/scope.h"
#include "net/host.h"

struct retry_param {
    struct retry_param *next;
    char algorithm;                 /* F, G, H */
    int cutoff_s, interval_s;
    int factor;                     /* thousandths */
};

/* Which errors a rule is for, or which one happened: the range holds the reply codes of …_4xx and the seconds since
 * a full mailbox was read. */
struct retry_error {
    bool is_any;
    enum why_cause cause;
    int detail_min, detail_max;
    int via_mx;                     /* -1: either or not known, 0: _A, 1: _MX */
};

struct retry_rule {
    struct retry_rule *next;
    struct str pattern_text;        /* as written, without quotes */
    struct template *pattern;       /* a one-item address list */
    struct template *senders;       /* senders=…, or NULL */
    struct retry_error error;
    struct retry_param *params;     /* NULL: no retries at all */
};

/* What the hints say about a key. */
struct retry_record {
    time_t first_failed, last_try, next_try;
    bool is_expired;
    enum why_cause cause;
    int sys_errno;
    int detail;
    bool is_via_mx;
    bool is_of_host;                /* for writing: the failure was a host's */
    struct str text;
};

/* Key texts: "R:domain", "R:local@domain" (with sender: "R:local@domain:<sender>", for 4xx answers to RCPT),
 * "T:local@domain", "T:name:address[:port]", "T:name:address[:port]:message-id".  The port is left out if it is 0 or
 * 25. */
struct str retry_key_routing(const struct address *addr, bool is_local_part_included, struct pool *pool);
struct str retry_key_sender(const struct address *addr, struct str sender, struct pool *pool);
struct str retry_key_transport(const struct address *addr, struct pool *pool);
struct str retry_key_host(const struct host *host, int port, const char *message_id, bool has_address,
                          struct pool *pool);

/* The rule for a failing key: host name or domain (or address) first, then the alternate; NULL: none. */
const struct retry_rule *retry_find_rule(struct str key, struct str alternate, const struct why *why,
                                         struct scope *scope);

/* May this address be routed (its R: records), or delivered locally (its T: record) now? */
enum retry_answer { RETRY_NOW, RETRY_NOT_YET, RETRY_EXPIRED };
struct retry_check {
    /* RETRY_EXPIRED: past its last retry time, try once more and fail it if that fails */
    enum retry_answer answer;
    bool has_record;                /* there is something to delete after success */
    struct retry_record record;
};
struct retry_check retry_check_routing(const struct address *addr, struct scope *scope);
struct retry_check retry_check_address(const struct address *addr, struct scope *scope);

/* Set host->status, last_try and why_unusable from the records of host and host+message.  host_key_out,
 * message_key_out (may be empty: nothing known) are for retry_note().  RETRY_EXPIRED: unusable, and past its last
 * retry time. */
enum retry_answer retry_check_host(struct host *host, int port, bool has_address, const struct message *message,
                                   struct str domain,
                                   struct str *host_key_out, struct str *message_key_out);

/* What was learned about a key in this delivery. */
struct retry_note {
    struct retry_note *next;
    struct address *address;        /* whose delivery it was */
    struct str key;
    bool is_success;                /* delete the record */
    bool is_host, is_message;       /* key is of a host; of a host with message id */
    bool is_routing;
    struct str host_name;           /* for finding the rule */
    struct why why;
    bool is_past_cutoff;            /* set by retry_update(): no more retries */
};
struct retry_notes {
    struct pool *pool;
    struct retry_note *first, *last;
};
struct retry_note *retry_note(struct retry_notes *notes, struct address *addr, struct str key, const struct why *why);
/* Put the host before the note's text, as in the log: "H=name [address]: text"; an error of the system stands for
 * itself. */
void retry_note_tell_host(struct retry_notes *notes, struct retry_note *note, const struct host *host);

struct retry_note *retry_note_success(struct retry_notes *notes, struct address *addr, struct str key);

/* Write the notes to the hints.  Afterwards retry_is_timed_out() tells of a deferred address whether every one of
 * its notes is past the last retry time, so that it now fails ("retry timeout exceeded"). */
void retry_update(struct retry_notes *notes, const struct message *message, struct scope *scope);
bool retry_is_timed_out(const struct retry_notes *notes, const struct address *addr);

/* The ultimate timeout: has the message been here for longer than the longest cutoff of the address's rule? */
bool retry_is_past_ultimate(const struct address *addr, struct str host_name, const struct message *message,
                            const struct why *why,
                            struct scope *scope);

/* Read one record; false if there is none, or it is malformed or older than retry_data_expire. */
bool retry_read(struct str key, struct pool *pool, struct retry_record *record_out);

/* Records as bytes, in the layout of the hints file; false for what cannot be one.  The text is a view into bytes. */
struct str retry_record_encode(const struct retry_record *record, time_t now, struct pool *pool);
bool retry_record_decode(struct str bytes, time_t *written_out, struct retry_record *record_out);

/* The time of the next try by a rule, from what is known before (NULL: nothing) and the time of the first failure.
 * True if the last cutoff has passed. */
bool retry_next_try(const struct retry_rule *rule, const struct retry_record *before, time_t first_failed, time_t now,
                    time_t *next_out);

/* A word of the error field ("*", "rcpt_45x", "timeout_connect_MX" …); false with why filled, as Exim words it. */
bool retry_error_parse(struct str word, struct retry_error *error_out, struct why *why);

/* The cutoff of a rule's last parameters. */
int retry_last_cutoff(const struct retry_rule *rule);

/* -brt: print the rule for "key [alternate] [error]"; returns the exit code.  Rules with senders ask scope->message. */
int retry_test(const struct str_list *words, struct scope *scope, FILE *out);
#endif
