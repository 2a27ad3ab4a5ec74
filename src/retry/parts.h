/* retry/parts.h -- what the files of this room share. */
#ifndef RETRY_PARTS_H
#define RETRY_PARTS_H
#include "hints/hints.h"
#include "retry/retry.h"

/* "refused_A", "rcpt_45x", "quota_5d": false if it is no retry error. */
bool retry_error_parse(struct str text, enum why_cause *cause_out, int *detail_out, int *via_mx_out);

/* Does what happened fit the rule's error?  A rule for "timeout" takes connect timeouts too. */
bool retry_error_matches(const struct retry_rule *rule, const struct why *why);

/* The rules of the configuration, in order; NULL: none. */
const struct retry_rule *retry_rules(void);

/* Seconds until the last set of parameters ends; 0 without any. */
int retry_last_cutoff(const struct retry_rule *rule);

/* Records as kept in the database. */
enum { RETRY_RECORD_MAX_BYTES = 4096 };
struct str retry_record_pack(const struct retry_record *record, time_t now, struct pool *pool);
bool retry_record_unpack(struct str bytes, struct retry_record *record_out, time_t *written_at_out);

/* The record of a key, unless it is older than retry_data_expire. */
bool retry_record_get(struct hints *hints, struct str key, struct pool *pool, struct retry_record *record_out);
#endif
