/* base/regex.h -- regular expressions (PCRE2), compiled once per process and matched within limits.
 *
 * Patterns come from the configuration; subjects may be hostile, so a match has a step, depth and memory limit. */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H
#include "base/outcome.h"

struct regex;

enum regex_flags { REGEX_CASELESS = 1, REGEX_UTF = 2, REGEX_MULTILINE = 4 };

/* The compiled pattern, from the process's cache if it was compiled before.  NULL: why has PCRE2's text and the offset
 * ("… at offset 3").  Lives as long as the process. */
struct regex *regex_compile(struct str pattern, unsigned flags, struct why *why);

/* The same for a pattern that is made while the process runs and will hardly come again: nothing is kept;
 * regex_free() ends it. */
struct regex *regex_compile_once(struct str pattern, unsigned flags, struct why *why);
void regex_free(struct regex *regex);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

/* Find the pattern in subject from start on.  captures_out[0] is the whole match, the others its groups (views into
 * subject; empty for groups that took no part); room is the length of captures_out, count_out how many are set.
 * Both may be NULL. REGEX_LIMIT: the match was given up; why (may be NULL) says so. */
enum regex_result regex_match(const struct regex *regex, struct str subject, size_t start, struct str *captures_out,
                              size_t room, size_t *count_out, struct why *why);

/* Does it match anywhere?  A match given up counts as no. */
bool regex_matches(const struct regex *regex, struct str subject);
#endif
