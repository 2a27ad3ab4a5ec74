/* lookups/cdb.c -- constant databases (manual: cdb).
 *
 * Layout: 256 pairs (position, slots) of little-endian 32-bit numbers, records (key length, data length, key, data),
 * then hash tables of (hash, position) slots.  Every number is checked against the length of the file. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lookups/lookup.h"

enum { PAIR_BYTES = 8, TABLES = 256, HEADER_BYTES = TABLES * PAIR_BYTES, HASH_START = 5381 };

struct lookup_handle {
    int fd;
    uint64_t size_bytes;
};

struct pair {
    uint32_t first, second;
};

static struct lookup_handle *
cdb_open(struct str file, struct pool *pool, struct why *why)
{
    struct lookup_handle *handle = POOL_NEW(pool, struct lookup_handle);
    struct stat st;

    handle->fd = file.len > 0 && file.ptr[0] == '/' ? open(file.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : (errno = ENOENT, -1);
    if (handle->fd == -1) {
        why_defer(why, errno, "4.3.0", "failed to open %.*s for cdb lookup", STR_ARG(file));
        return NULL;
    }
    if (fstat(handle->fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size < HEADER_BYTES) {
        close(handle->fd);
        why_defer(why, 0, "4.3.0", "%.*s is no cdb file: too short", STR_ARG(file));
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
read_at(const struct lookup_handle *handle, uint64_t position, void *into, size_t len)
{
    return position <= handle->size_bytes && len <= handle->size_bytes - position
        && pread(handle->fd, into, len, (off_t)position) == (ssize_t)len;
}

static uint32_t
number(const unsigned char *octets)
{
    return (uint32_t)octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16 | (uint32_t)octets[3] << 24;
}

static bool
pair_at(const struct lookup_handle *handle, uint64_t position, struct pair *out)
{
    unsigned char octets[PAIR_BYTES];

    if (!read_at(handle, position, octets, sizeof octets))
        return false;
    *out = (struct pair){ number(octets), number(octets + 4) };
    return true;
}

static uint32_t
key_hash(struct str key)
{
    uint32_t hash = HASH_START;

    for (size_t i = 0; i < key.len; i++)
        hash = (hash * 33) ^ (unsigned char)key.ptr[i];
    return hash;
}

/* Is the record at position that of key? */
static enum lookup_answer
record_read(const struct lookup_handle *handle, uint64_t position, const struct lookup_query *query, struct str *value_out)
{
    struct pool *pool = query->scope->pool;
    struct pair lengths;
    char *text;

    if (!pair_at(handle, position, &lengths) || lengths.second > handle->size_bytes)
        return LOOKUP_DEFERRED;
    if (lengths.first != query->key.len)
        return LOOKUP_NOT_FOUND;
    text = pool_alloc(pool, query->key.len + 1);
    if (!read_at(handle, position + PAIR_BYTES, text, query->key.len))
        return LOOKUP_DEFERRED;
    if (!str_eq(str_make(text, query->key.len), query->key))
        return LOOKUP_NOT_FOUND;
    text = pool_alloc(pool, (size_t)lengths.second + 1);
    if (!read_at(handle, position + PAIR_BYTES + query->key.len, text, lengths.second))
        return LOOKUP_DEFERRED;
    *value_out = str_make(text, lengths.second);
    return LOOKUP_FOUND;
}

static enum lookup_answer
slots_search(const struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out)
{
    uint32_t hash = key_hash(query->key);
    struct pair table, slot;

    if (!pair_at(handle, (uint64_t)(hash % TABLES) * PAIR_BYTES, &table))
        return LOOKUP_DEFERRED;
    for (uint32_t i = 0; i < table.second; i++) {
        uint64_t index = ((uint64_t)hash / TABLES + i) % table.second;
        enum lookup_answer answer;

        if (!pair_at(handle, table.first + index * PAIR_BYTES, &slot))
            return LOOKUP_DEFERRED;
        if (slot.second == 0)
            return LOOKUP_NOT_FOUND;
        if (slot.first != hash)
            continue;
        answer = record_read(handle, slot.second, query, value_out);
        if (answer != LOOKUP_NOT_FOUND)
            return answer;
    }
    return LOOKUP_NOT_FOUND;
}

static enum lookup_answer
cdb_find(struct lookup_handle *handle, const struct lookup_query *query, struct str *value_out, struct why *why)
{
    enum lookup_answer answer = slots_search(handle, query, value_out);

    if (answer == LOOKUP_DEFERRED)
        why_defer(why, 0, "4.3.0", "%.*s is damaged: cdb entry outside the file", STR_ARG(query->file));
    return answer;
}

const struct lookup_driver cdb_driver = {
    .name = "cdb", .is_single_key = true, .is_file = true, .open = cdb_open, .find = cdb_find, .close = cdb_close,
};
