/* deliver/job.h -- a batch of addresses for one run of a local transport, as bytes.
 *
 * Packed by the delivery, handed on by the launcher unread, unpacked by the child that has become the user.  Trust goes
 * with each text. */
#ifndef DELIVER_JOB_H
#define DELIVER_JOB_H
#include "transports/transport.h"

struct job {
    struct transport *transport;
    struct address *addresses;              /* chained by next; parents hang above them */
    size_t count;
    struct address *duplicates;             /* served too; for Envelope-to: */
    struct transport_identity identity;
    bool is_dont_deliver, is_forced;
};

struct str job_pack(const struct job *job, struct pool *pool);

/* False: the bytes make no job.  The transport is the one that transport_name says. */
bool job_unpack(struct str bytes, const char *transport_name, struct pool *pool, struct job *job_out);
#endif
