/* message/encoded_word.h -- RFC 2047: non-ASCII text in header fields. */
#ifndef MESSAGE_ENCODED_WORD_H
#define MESSAGE_ENCODED_WORD_H
#include "base/pool.h"

/* Decode all encoded words in text into target_charset (empty: no conversion).  White space between adjacent encoded
 * words vanishes.  A word that is malformed or in an unknown charset stays as it is.  If is_length_checked, words over
 * 75 octets are not decoded.  NUL octets in the result become zero_char, unless that is '\0'. fault_out (may be NULL):
 * set to constant text for the first word that could not be decoded, else NULL. */
struct str encoded_words_decode(struct pool *pool, struct str text, struct str target_charset, bool is_length_checked,
                                char zero_char, const char **fault_out);

/* Encode as "Q" encoded words of at most 75 octets, one after the other with a space between, if text has octets that
 * are not printable ASCII; otherwise text itself. is_fold: LF and space between the words. */
struct str encoded_words_encode(struct pool *pool, struct str text, struct str charset, bool is_fold);

/* A display name fit to stand before "<address>": quoted or encoded as needed (manual: constructed addresses). */
struct str display_name(struct pool *pool, struct str name, struct str charset);

/* Convert octets between charsets; false if a charset is unknown (constant reason).  What cannot be shown becomes "?".
 */
bool charset_convert(struct pool *pool, struct str text, const char *from, const char *to, struct str *text_out,
                     const char **reason_out);
#endif
