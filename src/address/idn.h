/* address/idn.h -- internationalised domain names and local parts (RFC 5890, RFC 6530).
 * idn.c uses libidn2; idn_none.c stands in where it was not built in: everything non-ASCII is then refused. */
#ifndef ADDRESS_IDN_H
#define ADDRESS_IDN_H
#include "base/pool.h"

/* Is it built in? */
bool idn_is_available(void);

/* A-label form (ASCII) of a domain, U-label form (UTF-8) of a domain.  ASCII stays as it is (folded).
 * False: reason_out is constant text. */
bool domain_to_ascii(struct pool *pool, struct str domain, struct str *ascii_out, const char **reason_out);
bool domain_to_utf8(struct pool *pool, struct str domain, struct str *utf8_out, const char **reason_out);

/* Exim's escape of a UTF-8 local part: "xn--" and punycode, and back. */
bool local_part_to_ascii(struct pool *pool, struct str local_part, struct str *ascii_out, const char **reason_out);
bool local_part_to_utf8(struct pool *pool, struct str local_part, struct str *utf8_out, const char **reason_out);

/* Whole addresses: local part and domain converted. */
bool address_to_ascii(struct pool *pool, struct str address, struct str *ascii_out, const char **reason_out);

/* Any octet above 127?  Well-formed UTF-8 (no surrogates, no overlong forms)? */
bool text_has_8bit(struct str text);
bool text_is_utf8(struct str text);
#endif
