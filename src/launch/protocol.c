#include "launch/protocol.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Layout, all numbers little-endian: magic, kind, flags, sequence, uid, gid, status, error, three lengths, then the
 * texts. */
enum { HEADER_WORDS = 11, HEADER_BYTES = HEADER_WORDS * 4 };
#define RECORD_MAGIC 0x4c4e5254u    /* "TRNL" */

static void
word_put(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t
word_get(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

size_t
launch_record_encode(const struct launch_record *record, char *out, size_t room)
{
    const struct str parts[] = { record->id, record->text, record->bytes };
    const uint32_t words[HEADER_WORDS] = {
        RECORD_MAGIC, record->kind, record->flags, record->sequence, record->uid, record->gid,
        (uint32_t)record->status, (uint32_t)record->error,
        (uint32_t)parts[0].len, (uint32_t)parts[1].len, (uint32_t)parts[2].len
    };
    size_t len = HEADER_BYTES;

    if (room < HEADER_BYTES)
        return 0;
    for (size_t i = 0; i < HEADER_WORDS; i++)
        word_put((unsigned char *)out + 4 * i, words[i]);
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (parts[i].len > room - len)
            return 0;
        if (parts[i].len > 0)
            memcpy(out + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    return len;
}

bool
launch_id_is_valid(struct str id)
{
    if (id.len < 16 || id.len > LAUNCH_ID_MAX_BYTES)
        return false;
    for (size_t i = 0; i < id.len; i++)
        if (!ascii_is_alnum(id.ptr[i]) && id.ptr[i] != '-')
            return false;
    return true;
}

static bool
is_plain_text(struct str text, size_t min_bytes, size_t max_bytes)
{
    if (text.len < min_bytes || text.len > max_bytes)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return false;
    return true;
}

static bool
is_path(struct str text)
{
    return text.len > 0 && text.len <= LAUNCH_PATH_MAX_BYTES && text.ptr[0] == '/' &&
           memchr(text.ptr, '\0', text.len) == NULL;
}

/* Each kind has its own fields; all others must be empty. */
static bool
record_is_valid(const struct launch_record *record)
{
    bool has_id = launch_id_is_valid(record->id), is_bare = record->id.len == 0;

    switch (record->kind) {
    case LAUNCH_REQUEST_DELIVER:
        return has_id && record->text.len == 0 && record->bytes.len <= LAUNCH_OPTIONS_MAX_BYTES;
    case LAUNCH_REQUEST_RUN:
        return has_id && record->bytes.len == 0 && is_plain_text(record->text, 1, LAUNCH_TRANSPORT_MAX_BYTES);
    case LAUNCH_REQUEST_OPEN:
    case LAUNCH_REQUEST_STAT:
        return is_bare && record->bytes.len == 0 && is_path(record->text);
    case LAUNCH_REQUEST_LINK:
    case LAUNCH_REPLY_STARTED:
    case LAUNCH_REPLY_ENDED:
    case LAUNCH_REPLY_OPENED:
        return is_bare && record->text.len == 0 && record->bytes.len == 0;
    case LAUNCH_REPLY_STAT:
        return is_bare && record->text.len == 0 && record->bytes.len == sizeof(struct launch_stat_bytes);
    case LAUNCH_REPLY_REFUSED:
        return is_bare && record->bytes.len == 0 && is_plain_text(record->text, 0, LAUNCH_REASON_MAX_BYTES);
    }
    return false;
}

bool
launch_record_decode(const char *bytes, size_t len, struct launch_record *record_out)
{
    uint32_t words[HEADER_WORDS];
    struct str rest;

    if (len < HEADER_BYTES || len > LAUNCH_RECORD_MAX_BYTES)
        return false;
    for (size_t i = 0; i < HEADER_WORDS; i++)
        words[i] = word_get((const unsigned char *)bytes + 4 * i);
    rest = str_make(bytes + HEADER_BYTES, len - HEADER_BYTES);
    if (words[0] != RECORD_MAGIC || words[1] > LAUNCH_REPLY_REFUSED || words[2] > 7)
        return false;
    if (words[8] > rest.len || words[9] > rest.len - words[8] || words[10] != rest.len - words[8] - words[9])
        return false;
    *record_out = (struct launch_record){
        .kind = words[1],
        .flags = words[2],
        .sequence = words[3],
        .uid = words[4],
        .gid = words[5],
        .status = (int32_t)words[6],
        .error = (int32_t)words[7],
        .id = str_head(rest, words[8]),
        .text = str_sub(rest, words[8], words[9]),
        .bytes = str_from(rest, words[8] + words[9]),
    };
    return record_is_valid(record_out);
}

bool
launch_record_send(int fd, const struct launch_record *record, bool may_block)
{
    char buffer[LAUNCH_RECORD_MAX_BYTES];
    union { struct cmsghdr align; char room[CMSG_SPACE(sizeof(int) * LAUNCH_DESCRIPTORS_MAX)]; } control = { 0 };
    struct iovec part = { buffer, launch_record_encode(record, buffer, sizeof(buffer)) };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t sent;

    if (part.iov_len == 0 || record->fd_count > LAUNCH_DESCRIPTORS_MAX) {
        errno = EMSGSIZE;
        return false;
    }
    if (record->fd_count > 0) {
        size_t fd_bytes = record->fd_count * sizeof(int);

        packet.msg_control = control.room;
        packet.msg_controllen = CMSG_SPACE(fd_bytes);
        *CMSG_FIRSTHDR(&packet) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
                                                    .cmsg_len = CMSG_LEN(fd_bytes) };
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&packet)), record->fds, fd_bytes);
    }
    do
        sent = sendmsg(fd, &packet, MSG_NOSIGNAL | (may_block ? 0 : MSG_DONTWAIT));
    while (sent == -1 && errno == EINTR);
    return sent == (ssize_t)part.iov_len;
}

void
launch_record_close_fds(struct launch_record *record)
{
    for (size_t i = 0; i < record->fd_count; i++)
        close(record->fds[i]);
    record->fd_count = 0;
}

/* All descriptors that came, so that none is leaked whatever else is wrong. */
static void
fds_take(struct msghdr *packet, struct launch_record *record)
{
    record->fd_count = 0;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(packet); head != NULL; head = CMSG_NXTHDR(packet, head)) {
        size_t count;

        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
            if (record->fd_count < LAUNCH_DESCRIPTORS_MAX)
                record->fds[record->fd_count++] = fd;
            else
                close(fd);
        }
    }
}

enum launch_receipt
launch_record_receive(int fd, char *buffer, bool may_block, struct launch_record *record_out)
{
    union { struct cmsghdr align; char room[CMSG_SPACE(sizeof(int) * LAUNCH_DESCRIPTORS_MAX)]; } control = { 0 };
    struct iovec part = { buffer, LAUNCH_RECORD_MAX_BYTES };
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control)
    };
    struct launch_record carried = { 0 };
    ssize_t got;
    bool is_whole;

    do
        got = recvmsg(fd, &packet, MSG_CMSG_CLOEXEC | (may_block ? 0 : MSG_DONTWAIT));
    while (got == -1 && errno == EINTR);
    if (got == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK ? LAUNCH_NOTHING_YET : LAUNCH_CLOSED;
    fds_take(&packet, &carried);
    is_whole = (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (got == 0 || !is_whole || !launch_record_decode(buffer, (size_t)got, record_out)) {
        launch_record_close_fds(&carried);
        return got == 0 ? LAUNCH_CLOSED : LAUNCH_MALFORMED;
    }
    memcpy(record_out->fds, carried.fds, sizeof(carried.fds));
    record_out->fd_count = carried.fd_count;
    return LAUNCH_RECEIVED;
}
