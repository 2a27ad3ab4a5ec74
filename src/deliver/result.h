/* deliver/result.h -- what became of addresses, from the child that tried them to the delivery.  Pure.
 *
 * Records are read with suspicion: indexes and enumerations are checked, texts lose control characters. */
#ifndef DELIVER_RESULT_H
#define DELIVER_RESULT_H
#include "base/buf.h"

struct address;
struct retry_notes;

enum result_kind { RESULT_ADDRESS = 1, RESULT_RETRY, RESULT_SUBMISSION, RESULT_DONE, RESULT_RETURN_TEXT };

/* The kind of a record; 0 if it has none. */
enum result_kind result_kind_of(struct str record);

/* Outcome of the address with this index in the batch. */
struct str result_address_encode(const struct address *addr, size_t index, struct pool *pool);
/* Into the address of that index; false for anything out of order.  *index_out says which. */
bool result_address_decode(struct str record, struct address *const *addresses, size_t count, struct pool *pool,
                           size_t *index_out);

/* Notes for the retry hints.  addresses: to translate pointers to indexes and back. */
struct str result_retry_encode(const struct retry_notes *notes, struct address *const *addresses, size_t count,
                               struct pool *pool);
bool result_retry_decode(struct str record, struct address *const *addresses, size_t count, struct retry_notes *notes,
                         struct pool *pool);
#endif
