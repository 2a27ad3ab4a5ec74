/* base/trace.h -- one decision, one record.
 *
 * ACL verbs, router preconditions, retry checks, host choices and the like report here once.  A
 * record is rendered at once as debug text (-d), or kept in a tree (--explain, tests), or neither;
 * then a call costs one comparison. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H
#include <stdio.h>
#include "base/str.h"

/* Categories of -d+name (manual: command line, -d). */
enum trace_category {
    TRACE_ACL,
    TRACE_AUTH,
    TRACE_DELIVER,
    TRACE_DNS,
    TRACE_DNSBL,
    TRACE_EXEC,
    TRACE_EXPAND,
    TRACE_FILTER,
    TRACE_HINTS_LOOKUP,
    TRACE_HOST_LOOKUP,
    TRACE_IDENT,
    TRACE_INTERFACE,
    TRACE_LISTS,
    TRACE_LOAD,
    TRACE_LOCAL_SCAN,
    TRACE_LOCK,
    TRACE_LOOKUP,
    TRACE_MEMORY,
    TRACE_NOUTF8,
    TRACE_PID,
    TRACE_PROCESS_INFO,
    TRACE_QUEUE_RUN,
    TRACE_RECEIVE,
    TRACE_RESOLVER,
    TRACE_RETRY,
    TRACE_REWRITE,
    TRACE_ROUTE,
    TRACE_TIMESTAMP,
    TRACE_TLS,
    TRACE_TRANSPORT,
    TRACE_UID,
    TRACE_VERIFY,
    TRACE_GENERAL,
    TRACE_CATEGORIES
};

struct trace;
struct pool;

/* Render records of the categories whose bit is set (1 << category) to stream as they come. */
void trace_to_stream(struct pool *pool, uint64_t categories, FILE *stream);

/* Put mark before every rendered line, as -bh does (">>> "; constant text): indented by one blank from the second
 * depth on, without the records of no category. */
void trace_set_mark(const char *mark);

/* Keep all records, for trace_print_tree(). */
void trace_keep(struct pool *pool);

/* Print the kept records, indented by depth, decisions first line each. */
void trace_print_tree(FILE *out);

/* Is anyone interested?  For callers to whom the arguments cost something. */
bool trace_wants(enum trace_category category);

/* A record; trace_begin opens a record whose parts follow, trace_end closes it with its result. */
void trace(enum trace_category category, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace_begin(enum trace_category category, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace_end(enum trace_category category, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "acl" … for -d+name; false for an unknown name. "all" and "default" are the caller's. */
bool trace_category_find(struct str name, enum trace_category *category_out);
const char *trace_category_name(enum trace_category category);
#endif
