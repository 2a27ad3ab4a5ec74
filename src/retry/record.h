/* retry/record.h -- read records of an open database.  Internal to retry/. */
#ifndef RETRY_RECORD_H
#define RETRY_RECORD_H
#include "hints/hints.h"
#include "retry/retry.h"

bool retry_read_from(struct hints *hints, struct str key, struct pool *pool, struct retry_record *record_out);
#endif
