/* lookups/rows_text.h -- rows of a database as text (manual: format of the data returned by an SQL lookup). */
#ifndef LOOKUPS_ROWS_TEXT_H
#define LOOKUPS_ROWS_TEXT_H
#include "base/buf.h"

/* One field: its value.  Several: "name=value name2="value with blanks"".  Rows are separated by a newline. */
struct rows_text {
    struct buf text;
    size_t row_count;
    bool has_names, is_row_start;
};
void rows_text_init(struct rows_text *out, struct pool *pool, size_t limit_bytes);
void rows_text_row(struct rows_text *out, bool has_several_fields);
void rows_text_field(struct rows_text *out, struct str name, struct str value);
struct str rows_text_end(const struct rows_text *out);
#endif
