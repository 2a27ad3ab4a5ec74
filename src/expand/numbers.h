/* expand/numbers.h -- numbers in expansions: integers with K M G, and the arithmetic of ${eval:…}. */
#ifndef EXPAND_NUMBERS_H
#define EXPAND_NUMBERS_H
#include "base/outcome.h"

/* A signed decimal with an optional suffix K, M or G; the empty text is 0; white space around is dropped.  FAIL with
 * Exim's wording.  is_unsigned: a minus sign is refused. */
enum outcome number_parse(struct str text, bool is_unsigned, int64_t *value_out, struct why *why);

/* Digits after an optional sign, nothing else. */
bool number_is_integer(struct str text);

/* An arithmetic expression; is_decimal: numbers are never octal or hexadecimal (eval10). */
enum outcome number_eval(struct str text, bool is_decimal, int64_t *value_out, struct why *why);
#endif
