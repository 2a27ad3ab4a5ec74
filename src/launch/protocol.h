/* launch/protocol.h -- the records between asker and launcher, one per SOCK_SEQPACKET packet.  Pure but for the two
 * calls that send and receive.
 *
 * A record is untrusted on both sides: every length is checked against what came, every text against its alphabet. */
#ifndef LAUNCH_PROTOCOL_H
#define LAUNCH_PROTOCOL_H
#include "launch/launch.h"

enum launch_kind {
    LAUNCH_REQUEST_DELIVER = 1, LAUNCH_REQUEST_RUN, LAUNCH_REQUEST_OPEN, LAUNCH_REQUEST_STAT, LAUNCH_REQUEST_LINK,
    LAUNCH_REPLY_STARTED = 16, LAUNCH_REPLY_ENDED, LAUNCH_REPLY_OPENED, LAUNCH_REPLY_STAT, LAUNCH_REPLY_REFUSED
};
enum launch_flag { LAUNCH_FLAG_WAITING = 1, LAUNCH_FLAG_INITGROUPS = 2, LAUNCH_FLAG_NOFOLLOW = 4 };

enum { LAUNCH_RECORD_MAX_BYTES = 10240, LAUNCH_REASON_MAX_BYTES = 512 };

/* Both directions.  Texts are views into the buffer that was read. */
struct launch_record {
    enum launch_kind kind;
    unsigned flags;
    uint32_t sequence;              /* chosen by the asker, repeated in every reply */
    uint32_t uid, gid;
    int32_t status, error;          /* replies: exit status, errno */
    struct str id;                  /* message id */
    struct str text;                /* transport, path; reason of a refusal */
    struct str bytes;               /* options; struct launch_stat_bytes */
    int fds[LAUNCH_DESCRIPTORS_MAX];
    size_t fd_count;
};

/* What a stat reply carries. */
struct launch_stat_bytes {
    uint64_t mode, uid, gid, size, links, device, inode, mtime;
};

/* Encode into out; the number of bytes, 0 if it does not fit or a text is too long. */
size_t launch_record_encode(const struct launch_record *record, char *out, size_t room);

/* Decode and validate len bytes; false if anything is out of order.  fds are the caller's business. */
bool launch_record_decode(const char *bytes, size_t len, struct launch_record *record_out);

/* Letters, digits and "-", of a length an id can have. */
bool launch_id_is_valid(struct str id);

/* Send one record with its descriptors; false (errno) if it could not be sent whole. */
bool launch_record_send(int fd, const struct launch_record *record, bool may_block);

enum launch_receipt { LAUNCH_RECEIVED, LAUNCH_NOTHING_YET, LAUNCH_CLOSED, LAUNCH_MALFORMED };

/* Receive one; buffer has LAUNCH_RECORD_MAX_BYTES.  For any result but LAUNCH_RECEIVED no descriptor is left open;
 * else they are the caller's, close-on-exec. */
enum launch_receipt launch_record_receive(int fd, char *buffer, bool may_block, struct launch_record *record_out);

/* Close the descriptors of a record. */
void launch_record_close_fds(struct launch_record *record);
#endif
