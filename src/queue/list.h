/* queue/list.h -- list the queue as -bp does (manual: command line, -bp).  Nothing on the spool is changed. */
#ifndef QUEUE_LIST_H
#define QUEUE_LIST_H
#include <stdio.h>
#include "base/list.h"

struct queue_listing {
    bool is_unsorted;               /* -bpr */
    bool is_undelivered_only;       /* -bpu */
    bool is_generated_shown;        /* -bpa */
    bool is_ids_only;               /* -bpi */
    const struct str_list *ids;     /* these only; empty or NULL: all */
};

/* Print to out; false (said on standard error) if the spool cannot be read. */
bool queue_list_print(const struct queue_listing *listing, FILE *out);

/* -bpc: the number of messages. */
bool queue_count_print(FILE *out);

/* "2.9K": a size in five columns. */
enum { SIZE_TEXT_BYTES = 24 };
void queue_format_size(int64_t size_bytes, char into[SIZE_TEXT_BYTES]);

/* "25m", " 2h", " 5d": an age in three columns. */
void queue_format_age(int64_t age_s, char into[SIZE_TEXT_BYTES]);
#endif
