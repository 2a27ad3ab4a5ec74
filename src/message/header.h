/* message/header.h -- header fields as text: read a header section, parse a field, change fields.  Linear and
 * iterative. */
#ifndef MESSAGE_HEADER_H
#define MESSAGE_HEADER_H
#include "message/message.h"

/* Limits (SECURITY.md R15 gives the defaults; header_maxsize and header_line_maxsize replace the first two). */
enum { HEADER_SECTION_MAX_BYTES = 1024 * 1024, HEADER_FIELD_NAME_MAX_BYTES = 998 };

/* Length of a field name at the front of line: printable ASCII without colon, then optional white space and a colon
 * (RFC 5322 sections 2.2 and 4.5).  0: this is no header field.  colon_out: where the colon is. */
size_t header_name_length(struct str line, size_t *colon_out);

/* Name of the field, and the text after the colon without white space around it.  False if text is no header field. */
bool header_split(struct str text, struct str *name_out, struct str *body_out);

/* The body of a field on one line: line ends with the white space after them become one space. */
struct str header_unfold(struct pool *pool, struct str body);

/* A field from name and body: "Name: body\n", long lines of addresses or words folded at white space before 78 columns
 * if is_folded; CR and NUL in it become spaces, LF not followed by white space gets a space after it: a value never
 * starts another field. */
struct str header_make(struct pool *pool, struct str name, struct str body, bool is_folded);

/* Text to be added as header fields (headers_add, ACL): one or several fields, LF between them.  CR before LF is
 * dropped, other CR and NUL become spaces, a final LF is supplied.  False: *reason_out (constant text) -- the text has
 * a line that is neither a field nor a continuation, or an empty line. */
bool header_text_check(struct pool *pool, struct str text, struct str *clean_out, const char **reason_out);

/* All bodies of the fields called name ("h_" variables of the manual): several are joined with LF, address fields
 * (From, To, Cc, Bcc, Reply-To, Sender and their Resent- forms) with ",\n".  is_raw keeps white space at both ends and
 * the folds. */
struct str message_header_value(const struct message *message, struct pool *pool, struct str name, bool is_raw);

/* All fields, deleted ones left out, as sent: for $message_headers_raw and bounces. */
struct str message_headers_text(const struct message *message, struct pool *pool);

/* Mark deleted / replace the text, keeping the old one marked deleted as the spool wants it. */
void header_delete(struct header_field *field);
struct header_field *message_replace_header(struct message *message, struct header_field *field, struct str text);

/* Insert directly behind another field. */
struct header_field *message_insert_header_after(struct message *message, struct header_field *before, struct str text);

/* Is it one of the fields that list addresses (and are rewritten)? */
bool header_kind_has_addresses(enum header_kind kind);

/* Is the name "Resent-…" of a known field? */
bool header_name_is_resent(struct str name);
#endif
