/* lookups/cdb.c -- constant databases: a table of 256 hash tables behind 2048 octets of pointers, all numbers
 * little-endian 32 bits (https://cr.yp.to/cdb/cdb.txt).  Every number read is checked against the file's length. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lookups/lookup.h"

enum { TABLES = 256, HEADER_BYTES = TABLES * 8, VALUE_MAX_BYTES = 64 << 20 };

struct lookup_handle {
    int fd;
    uint64_t size_bytes;
};

static struct lookup_handle *
cdb_open(struct str path, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);
    struct stat st;

    handle->fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (handle->fd == -1) {
        why_defer(why, errno, NULL, "failed to open %.*s for cdb lookup", STR_ARG(path));
        return NULL;
    }
    if (fstat(handle->fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size < HEADER_BYTES) {
        why_defer(why, 0, NULL, "failed to open %.*s too short for cdb lookup", STR_ARG(path));
        close(handle->fd);
        return NULL;
    }
    handle->size_bytes = (uint64_t)st.st_size;
    return handle;
}

static void
cdb_close(struct lookup_handle *handle)
{
    close(handle->fd);
}

static bool
read_at(const struct lookup_handle *handle, uint64_t at, void *room, size_t size_bytes)
{
    if (at > handle->size_bytes || size_bytes > handle->size_bytes - at)
        return false;
    for (size_t got = 0; got < size_bytes;) {
        ssize_t count = pread(handle->fd, (char *)room + got, size_bytes - got, (off_t)(at + got));

        if (count == -1 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        got += (size_t)count;
    }
    return true;
}

/* Two numbers that stand next to each other. */
static bool
read_pair(const struct lookup_handle *handle, uint64_t at, uint32_t *a_out, uint32_t *b_out)
{
    unsigned char o[8];

    if (!read_at(handle, at, o, sizeof o))
        return false;
    *a_out = (uint32_t)o[0] | (uint32_t)o[1] << 8 | (uint32_t)o[2] << 16 | (uint32_t)o[3] << 24;
    *b_out = (uint32_t)o[4] | (uint32_t)o[5] << 8 | (uint32_t)o[6] << 16 | (uint32_t)o[7] << 24;
    return true;
}

static uint32_t
cdb_hash(struct str key)
{
    uint32_t hash = 5381;

    for (size_t i = 0; i < key.len; i++)
        hash = ((hash << 5) + hash) ^ (unsigned char)key.ptr[i];
    return hash;
}

enum record { RECORD_MATCHES, RECORD_DIFFERS, RECORD_DAMAGED };

static enum record
read_record(const struct lookup_handle *handle, uint32_t at, struct str key, struct pool *pool, struct str *value_out)
{
    uint32_t key_bytes, value_bytes;
    char *octets;

    if (!read_pair(handle, at, &key_bytes, &value_bytes))
        return RECORD_DAMAGED;
    if (key_bytes != key.len)
        return RECORD_DIFFERS;
    octets = pool_alloc(pool, key.len + 1);
    if (!read_at(handle, (uint64_t)at + 8, octets, key.len))
        return RECORD_DAMAGED;
    if (!str_eq(str_make(octets, key.len), key))
        return RECORD_DIFFERS;
    if (value_bytes > VALUE_MAX_BYTES || value_bytes > handle->size_bytes)
        return RECORD_DAMAGED;
    octets = pool_alloc(pool, (size_t)value_bytes + 1);
    if (!read_at(handle, (uint64_t)at + 8 + key_bytes, octets, value_bytes))
        return RECORD_DAMAGED;
    *value_out = str_make(octets, value_bytes);
    return RECORD_MATCHES;
}

static enum lookup_answer
damaged(struct str path, struct why *why)
{
    why_defer(why, 0, NULL, "%.*s is not a sound cdb file", STR_ARG(path));
    return LOOKUP_DEFERRED;
}

static enum lookup_answer
cdb_find(struct lookup_handle *handle, struct str path, struct str key, struct str options, struct scope *scope,
         struct str *value_out, struct why *why)
{
    uint32_t hash = cdb_hash(key), table, slots;

    (void)options;
    if (!read_pair(handle, (hash & 255) * 8, &table, &slots))
        return damaged(path, why);
    for (uint32_t i = 0, slot = slots == 0 ? 0 : (hash >> 8) % slots; i < slots; i++, slot = (slot + 1) % slots) {
        uint32_t slot_hash, record;

        if (!read_pair(handle, (uint64_t)table + (uint64_t)slot * 8, &slot_hash, &record))
            return damaged(path, why);
        if (record == 0)
            return LOOKUP_NOT_FOUND;
        if (slot_hash != hash)
            continue;
        switch (read_record(handle, record, key, scope->pool, value_out)) {
        case RECORD_MATCHES: return LOOKUP_FOUND;
        case RECORD_DIFFERS: break;
        case RECORD_DAMAGED: return damaged(path, why);
        }
    }
    return LOOKUP_NOT_FOUND;
}

const struct lookup_driver cdb_lookup = {
    .name = "cdb",
    .is_single_key = true,
    .is_absolute_file = true,
    .open = cdb_open,
    .find = cdb_find,
    .close = cdb_close,
};
