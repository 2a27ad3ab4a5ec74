/* address/parse.h -- pieces of the address grammar that parse.c and list.c share.  Inside of the room. */
#ifndef ADDRESS_PARSE_H
#define ADDRESS_PARSE_H
#include "address/mailbox.h"

/* Behind white space and comments that begin at; an open comment goes to the end. */
size_t address_skip_cfws(struct str text, size_t at);

/* Behind the quoted string that begins at; STR_NONE if it has no end. */
size_t address_skip_quoted(struct str text, size_t at);

/* One address at the front of text, in any form; what follows it begins at *end_out.  With is_path a bare address ends
 * at white space.  False: *reason_out. */
bool address_take(struct pool *pool, struct str text, const struct address_rules *rules, bool is_path,
                  struct address_parse *parse_out, size_t *end_out, struct str *reason_out);

/* "malformed address: x may not follow y". */
struct str address_trailing_reason(struct pool *pool, struct str text, size_t end);
#endif
