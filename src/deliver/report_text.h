/* deliver/report_text.h -- wording of bounces and warnings: templates, addresses with their errors. */
#ifndef DELIVER_REPORT_TEXT_H
#define DELIVER_REPORT_TEXT_H
#include "deliver/delivery.h"

/* The items of bounce_message_file or warn_message_file: an array of count, each expanded by the caller; NULL without a
 * (readable) file. */
struct template *report_template_read(struct delivery_state *state, struct template *file, const char *option,
                                      size_t count);

/* Item i expanded; false if there is none, or it is empty: the built-in text is then used. */
bool report_template_item(struct delivery_state *state, struct template *items, size_t i, struct str *text_out);

/* "  address\n    (generated from x@y)\n    error\n". */
void report_address(struct delivery_state *state, struct buf *out, const struct address *addr, const char *reason_word);

/* The address, or "an undisclosed address". */
struct str report_address_name(const struct address *addr);
#endif
