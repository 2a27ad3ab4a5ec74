/* base/encode.h -- texts made of other octets: base64, base32, base62, hexadecimal, escapes.  Pure.
 *
 * Results live in pool and keep the trust of their argument.  Decoders check everything: false (result untouched)
 * for text that is not of the form. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H
#include "base/pool.h"

/* RFC 4648 section 4, one line, with "=" padding.  base64_decode skips white space between groups and demands the
 * padding. */
struct str base64_encode(struct pool *pool, struct str data);
bool base64_decode(struct pool *pool, struct str text, struct str *data_out);

/* Lower-case hexadecimal, two digits an octet (hex_encode_upper: upper case). */
struct str hex_encode(struct pool *pool, struct str data);
struct str hex_encode_upper(struct pool *pool, struct str data);
bool hex_decode(struct pool *pool, struct str text, struct str *data_out);

/* Value of one digit; -1 if c is none. */
int hex_digit_value(char c);

/* Numbers in base 62 (0-9A-Za-z, as in message ids; base62_encode: at least width digits, zeros in front) and in
 * base 32 (a-z2-7, no padding; 0 is the empty string). */
struct str base62_encode(struct pool *pool, uint64_t value, unsigned width);
bool base62_decode(struct str text, uint64_t *value_out);
struct str base32_encode(struct pool *pool, uint64_t value);
bool base32_decode(struct str text, uint64_t *value_out);

/* Octets that are not printable (below space, DEL, and from 128 on unless is_8bit_printable) as \n \r \t \b \v \f or
 * three octal digits, as in Exim's logs; backslash and quotes stay. The argument itself is returned when nothing had
 * to be done. */
struct str escape_unprintable(struct pool *pool, struct str text, bool is_8bit_printable);

/* Quoted string of configuration files and spool: \" \\ \n \t \r \b \f \v, octal, \x hex.  *text starts at the
 * opening quote; it is moved behind the closing one.  False if there is no closing quote. */
bool quoted_string_take(struct pool *pool, struct str *text, struct str *value_out);

/* Quotes around and escapes for what quoted_string_take() reads: for -bP and option values with blanks. */
struct str quoted_string_make(struct pool *pool, struct str value);

/* The octet that the escape after a backslash stands for (text is moved behind it): n t r b f v, up to three octal
 * digits, "x" with up to two hex digits, anything else itself. */
char escape_take(struct str *text);

/* xtext of RFC 3461 section 4: "+" and two upper-case hex digits.  Decoding refuses what stands for a control
 * character. */
struct str xtext_encode(struct pool *pool, struct str data);
bool xtext_decode(struct pool *pool, struct str text, struct str *data_out);
#endif
