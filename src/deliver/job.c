#include "deliver/job.h"
#include "deliver/wire.h"
#include "net/host.h"
#include "routers/router.h"

enum { ADDRESSES_MAX = 10000000, LIST_MAX = 100000 };

/* ---- Texts with their trust */

static void
text_pack(struct buf *out, struct str text)
{
    wire_put_number(out, str_is_tainted(text));
    wire_put_text(out, text);
}

static struct str
text_unpack(struct wire_reader *reader, struct pool *pool)
{
    bool has_taint = wire_take_bool(reader);
    struct str text = wire_take_text(reader);

    /* Clean means here what it meant in the delivery that wrote it. */
    return has_taint ? pool_dup_tainted(pool, text) : pool_dup_clean(pool, text);
}

/* Which fields of an address a transport and its expansions can see. */
static const size_t text_fields[] = { offsetof(struct address, text),
                                      offsetof(struct address, unique),
                                      offsetof(struct address, local_part),
                                      offsetof(struct address, cc_local_part),
                                      offsetof(struct address, lc_local_part),
                                      offsetof(struct address, local_part_full),
                                      offsetof(struct address, domain),
                                      offsetof(struct address, prefix),
                                      offsetof(struct address, prefix_v),
                                      offsetof(struct address, suffix),
                                      offsetof(struct address, suffix_v),
                                      offsetof(struct address, domain_data),
                                      offsetof(struct address, local_part_data),
                                      offsetof(struct address, address_data),
                                      offsetof(struct address, self_hostname),
                                      offsetof(struct address, home_directory),
                                      offsetof(struct address, current_directory),
                                      offsetof(struct address, errors_to),
                                      offsetof(struct address, remove_headers),
                                      offsetof(struct address, original_recipient) };
static const size_t bool_fields[] = { offsetof(struct address, has_errors_to),
                                      offsetof(struct address, has_uid),
                                      offsetof(struct address, has_gid),
                                      offsetof(struct address, does_initgroups),
                                      offsetof(struct address, has_local_user),
                                      offsetof(struct address, is_file_directory),
                                      offsetof(struct address, is_pipe_expansion_wanted),
                                      offsetof(struct address, is_reply_allowed),
                                      offsetof(struct address, is_smtputf8),
                                      offsetof(struct address, is_unseen_copy) };

#define FIELD(type, addr, offset) (*(type *)((char *)(addr) + (offset)))

static void
hosts_pack(struct buf *out, const struct host *host)
{
    int64_t count = 0;

    for (const struct host *each = host; each != NULL; each = each->next)
        count++;
    wire_put_number(out, count);
    for (; host != NULL; host = host->next) {
        text_pack(out, host->name);
        text_pack(out, host->address);
        wire_put_number(out, host->port);
        wire_put_number(out, host->mx);
    }
}

static struct host *
hosts_unpack(struct wire_reader *reader, struct pool *pool)
{
    int64_t count = wire_take_number_within(reader, 0, LIST_MAX);
    struct host *first = NULL, **end = &first;

    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        *end = POOL_NEW(pool, struct host);
        (*end)->name = text_unpack(reader, pool);
        (*end)->address = text_unpack(reader, pool);
        (*end)->port = (int)wire_take_number(reader);
        (*end)->mx = (int)wire_take_number(reader);
        end = &(*end)->next;
    }
    return first;
}

static void
lists_pack(struct buf *out, const struct address *addr)
{
    int64_t count = 0;

    for (const struct header_addition *each = addr->extra_headers; each != NULL; each = each->next)
        count++;
    wire_put_number(out, count);
    for (const struct header_addition *each = addr->extra_headers; each != NULL; each = each->next)
        text_pack(out, each->text);
    wire_put_number(out, addr->router_variables != NULL ? (int64_t)addr->router_variables->count : 0);
    for (const struct map_entry *e = addr->router_variables != NULL ? addr->router_variables->first : NULL; e != NULL;
         e = e->next) {
        text_pack(out, e->key);
        text_pack(out, *(const struct str *)e->value);
    }
}

static void
lists_unpack(struct wire_reader *reader, struct address *addr, struct pool *pool)
{
    int64_t count = wire_take_number_within(reader, 0, LIST_MAX);
    struct header_addition **end = &addr->extra_headers;

    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        *end = POOL_NEW(pool, struct header_addition);
        (*end)->text = text_unpack(reader, pool);
        end = &(*end)->next;
    }
    count = wire_take_number_within(reader, 0, LIST_MAX);
    if (count == 0)
        return;
    addr->router_variables = POOL_NEW(pool, struct map);
    map_init(addr->router_variables, pool, false);
    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        struct str key = text_unpack(reader, pool), *value = POOL_NEW(pool, struct str);

        *value = text_unpack(reader, pool);
        map_set(addr->router_variables, key, value);
    }
}

static void
address_pack(struct buf *out, const struct address *addr, int64_t parent)
{
    wire_put_number(out, parent);
    for (size_t i = 0; i < COUNT(text_fields); i++)
        text_pack(out, FIELD(const struct str, addr, text_fields[i]));
    for (size_t i = 0; i < COUNT(bool_fields); i++)
        wire_put_number(out, FIELD(const bool, addr, bool_fields[i]));
    wire_put_number(out, addr->kind);
    wire_put_number(out, addr->recipient_index);
    wire_put_number(out, addr->uid);
    wire_put_number(out, addr->gid);
    wire_put_number(out, addr->local_user_uid);
    wire_put_number(out, addr->local_user_gid);
    wire_put_number(out, addr->mode);
    wire_put_number(out, addr->notify);
    wire_put_text(out, addr->router != NULL ? addr->router->instance.name : STR(""));
    hosts_pack(out, addr->hosts);
    lists_pack(out, addr);
}

static void
address_unpack(struct wire_reader *reader, struct address *addr, struct address *const *table, int64_t known,
               struct pool *pool)
{
    int64_t parent = wire_take_number_within(reader, -1, known - 1);

    why_init(&addr->why, pool);
    addr->parent = parent >= 0 ? table[parent] : NULL;
    for (size_t i = 0; i < COUNT(text_fields); i++)
        FIELD(struct str, addr, text_fields[i]) = text_unpack(reader, pool);
    for (size_t i = 0; i < COUNT(bool_fields); i++)
        FIELD(bool, addr, bool_fields[i]) = wire_take_bool(reader);
    addr->kind = (enum address_kind)wire_take_number_within(reader, ADDRESS_MAIL, ADDRESS_AUTOREPLY);
    addr->recipient_index = (int)wire_take_number(reader);
    addr->uid = (uid_t)wire_take_number(reader);
    addr->gid = (gid_t)wire_take_number(reader);
    addr->local_user_uid = (uid_t)wire_take_number(reader);
    addr->local_user_gid = (gid_t)wire_take_number(reader);
    addr->mode = (int)wire_take_number(reader);
    addr->notify = (unsigned)wire_take_number(reader);
    addr->router = router_find(wire_take_text(reader));
    addr->hosts = hosts_unpack(reader, pool);
    lists_unpack(reader, addr, pool);
}

/* ---- Tables: every address behind its parent. */

struct table {
    struct pool *pool;
    struct map known;               /* pointer octets → number + 1 */
    struct ptr_list list;
};

static int64_t
table_number(struct table *table, const struct address *addr)
{
    return (int64_t)(intptr_t)map_get(&table->known, str_make((const char *)&addr, sizeof(addr))) - 1;
}

static void
table_add(struct table *table, struct address *addr)
{
    struct address **key;

    if (addr == NULL || table_number(table, addr) >= 0)
        return;
    table_add(table, addr->parent);
    key = POOL_NEW(table->pool, struct address *);
    *key = addr;
    ptr_list_add(&table->list, table->pool, addr);
    map_set(&table->known, str_make((const char *)key, sizeof(*key)), (void *)(intptr_t)table->list.count);
}

static void
chain_pack(struct buf *out, struct table *table, const struct address *first)
{
    int64_t count = 0;

    for (const struct address *addr = first; addr != NULL; addr = addr->next)
        count++;
    wire_put_number(out, count);
    for (const struct address *addr = first; addr != NULL; addr = addr->next)
        wire_put_number(out, table_number(table, addr));
}

static struct address *
chain_unpack(struct wire_reader *reader, struct address *const *table, int64_t known, size_t *count_out)
{
    int64_t count = wire_take_number_within(reader, 0, ADDRESSES_MAX);
    struct address *first = NULL, **end = &first;

    for (int64_t i = 0; i < count && !reader->is_bad; i++) {
        int64_t number = wire_take_number_within(reader, 0, known - 1);

        /* Each once: a loop in the chain would never end. */
        if (reader->is_bad || table[number]->next != NULL || end == &table[number]->next) {
            reader->is_bad = true;
            return NULL;
        }
        *end = table[number];
        end = &table[number]->next;
    }
    *count_out = (size_t)count;
    return first;
}

struct str
job_pack(const struct job *job, struct pool *pool)
{
    struct table table = { .pool = pool };
    struct buf out;

    map_init(&table.known, pool, false);
    for (struct address *addr = job->addresses; addr != NULL; addr = addr->next)
        table_add(&table, addr);
    for (struct address *addr = job->duplicates; addr != NULL; addr = addr->next)
        table_add(&table, addr);
    buf_init(&out, pool, BUF_NO_LIMIT);
    wire_put_text(&out, ((const struct driver_instance *)job->transport)->name);
    text_pack(&out, job->identity.home);
    text_pack(&out, job->identity.current_directory);
    wire_put_number(&out, job->identity.uid);
    wire_put_number(&out, job->identity.gid);
    wire_put_number(&out, job->is_dont_deliver);
    wire_put_number(&out, job->is_forced);
    wire_put_number(&out, (int64_t)table.list.count);
    for (size_t i = 0; i < table.list.count; i++) {
        const struct address *addr = table.list.items[i];

        address_pack(&out, addr, addr->parent != NULL ? table_number(&table, addr->parent) : -1);
    }
    chain_pack(&out, &table, job->addresses);
    chain_pack(&out, &table, job->duplicates);
    return buf_str(&out);
}

bool
job_unpack(struct str bytes, const char *transport_name, struct pool *pool, struct job *job_out)
{
    struct wire_reader reader = { .rest = bytes };
    struct str name = wire_take_text(&reader);
    struct address **table;
    size_t duplicate_count;
    int64_t count;

    *job_out = (struct job){ .transport = transport_find(name) };
    if (job_out->transport == NULL || !str_eq_c(name, transport_name))
        return false;
    job_out->identity.home = text_unpack(&reader, pool);
    job_out->identity.current_directory = text_unpack(&reader, pool);
    job_out->identity.uid = (uid_t)wire_take_number(&reader);
    job_out->identity.gid = (gid_t)wire_take_number(&reader);
    job_out->is_dont_deliver = wire_take_bool(&reader);
    job_out->is_forced = wire_take_bool(&reader);
    count = wire_take_number_within(&reader, 1, ADDRESSES_MAX);
    if (reader.is_bad || (uint64_t)count > bytes.len)
        return false;
    table = POOL_NEW_ARRAY(pool, struct address *, (size_t)count);
    for (int64_t i = 0; i < count && !reader.is_bad; i++) {
        table[i] = POOL_NEW(pool, struct address);
        address_unpack(&reader, table[i], table, i, pool);
    }
    if (reader.is_bad)
        return false;
    job_out->addresses = chain_unpack(&reader, table, count, &job_out->count);
    job_out->duplicates = reader.is_bad ? NULL : chain_unpack(&reader, table, count, &duplicate_count);
    return wire_is_done(&reader) && job_out->addresses != NULL;
}
