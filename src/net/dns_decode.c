/* net/dns_decode.c -- walk over a DNS message (RFC 1035 section 4) within bounds, trusting nothing in it.
 *
 * Names: at most 255 octets, labels at most 63, compression pointers only backwards.  Records: at most DNS_RECORDS_MAX.
 * A record of a type we read must fill its length exactly, or the whole answer counts as malformed. */
#include "net/dns_decode.h"
#include <string.h>
#include "base/buf.h"

enum { HEADER_BYTES = 12, QUESTION_FIXED_BYTES = 4, RECORD_FIXED_BYTES = 10,
    NAME_TEXT_MAX_BYTES = 4 * DNS_NAME_MAX_BYTES };

/* A place in the message; a read past the end marks it bad and gives zeros. */
struct reader {
    const uint8_t *wire;
    size_t size, at;
    bool is_bad;
};

static unsigned
take_number(struct reader *reader, size_t bytes)
{
    unsigned value = 0;

    if (reader->is_bad || reader->size - reader->at < bytes) {
        reader->is_bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | reader->wire[reader->at++];
    return value;
}

static struct str
take_bytes(struct reader *reader, size_t bytes)
{
    struct str s;

    if (reader->is_bad || reader->size - reader->at < bytes) {
        reader->is_bad = true;
        return STR("");
    }
    s = str_make((const char *)reader->wire + reader->at, bytes);
    reader->at += bytes;
    return s;
}

/* One label as text: dots, backslashes and what is not printable as \DDD, so that it can be nothing but a label. */
static void
label_add(struct buf *name, const uint8_t *label, size_t bytes)
{
    if (name->len > 0)
        buf_add_char(name, '.');
    for (size_t i = 0; i < bytes; i++) {
        if (label[i] == '.' || label[i] == '\\' || !ascii_is_print((char)label[i]))
            buf_addf_tainted(name, "\\%03u", label[i]);
        else
            buf_add_char(name, (char)label[i]);
    }
}

/* The name at the reader's place, without final dot; the reader goes on behind it. */
static struct str
take_name(struct reader *reader, struct pool *pool)
{
    struct buf name;
    size_t at = reader->at, first_end = 0, limit = reader->at, total = 0;

    buf_init(&name, pool, NAME_TEXT_MAX_BYTES);
    buf_taint(&name);
    for (;;) {
        uint8_t length;

        if (reader->is_bad || at >= reader->size)
            break;
        length = reader->wire[at];
        if ((length & 0xc0) == 0xc0) {
            size_t target;

            if (at + 1 >= reader->size)
                break;
            target = (size_t)(length & 0x3f) << 8 | reader->wire[at + 1];
            if (first_end == 0)
                first_end = at + 2;
            if (target >= limit)
                break;
            at = limit = target;
            continue;
        }
        if (length > DNS_LABEL_MAX_BYTES)
            break;
        total += length + 1u;
        if (total > DNS_NAME_MAX_BYTES || at + 1 + length > reader->size)
            break;
        if (length == 0) {
            reader->at = first_end != 0 ? first_end : at + 1;
            return buf_str(&name);
        }
        label_add(&name, reader->wire + at + 1, length);
        at += length + 1u;
    }
    reader->is_bad = true;
    return STR("");
}

/* Text records: length-prefixed strings up to the end of the data. */
static void
take_strings(struct reader *reader, size_t end, struct pool *pool, struct dns_record *record)
{
    struct buf joined;

    buf_init(&joined, pool, DNS_MESSAGE_MAX_BYTES);
    record->strings = POOL_NEW(pool, struct str_list);
    while (!reader->is_bad && reader->at < end) {
        struct str s = take_bytes(reader, take_number(reader, 1));

        s = pool_dup_tainted(pool, s);
        str_list_add(record->strings, pool, s);
        buf_add(&joined, s);
    }
    record->text = buf_str(&joined);
}

static void
take_address(struct reader *reader, size_t length, bool is_v6, struct ip_address *ip)
{
    size_t wanted = is_v6 ? 16 : 4;
    struct str octets;

    if (length != wanted) {
        reader->is_bad = true;
        return;
    }
    octets = take_bytes(reader, wanted);
    if (reader->is_bad)
        return;
    ip->is_v6 = is_v6;
    memcpy(ip->octets, octets.ptr, wanted);
}

static void
take_data(struct reader *reader, size_t length, struct pool *pool, struct dns_record *record)
{
    size_t end = reader->at + length;

    switch (record->type) {
    case DNS_A:
    case DNS_AAAA:
        take_address(reader, length, record->type == DNS_AAAA, &record->ip);
        break;
    case DNS_SRV:
        record->preference = (int)take_number(reader, 2);
        record->weight = (int)take_number(reader, 2);
        record->port = (int)take_number(reader, 2);
        record->target = take_name(reader, pool);
        break;
    case DNS_MX:
        record->preference = (int)take_number(reader, 2);
        record->target = take_name(reader, pool);
        break;
    case DNS_PTR:
    case DNS_NS:
    case DNS_CNAME:
        record->target = take_name(reader, pool);
        break;
    case DNS_SOA:
        record->target = take_name(reader, pool);
        record->soa_mailbox = take_name(reader, pool);
        for (size_t i = 0; i < COUNT(record->soa_numbers); i++)
            record->soa_numbers[i] = take_number(reader, 4);
        break;
    case DNS_TXT:
    case DNS_SPF:
        take_strings(reader, end, pool, record);
        break;
    case DNS_TLSA:
        record->tlsa_usage = (int)take_number(reader, 1);
        record->tlsa_selector = (int)take_number(reader, 1);
        record->tlsa_match = (int)take_number(reader, 1);
        record->data = pool_dup_tainted(pool, take_bytes(reader, length >= 3 ? length - 3 : 0));
        break;
    default:
        record->data = pool_dup_tainted(pool, take_bytes(reader, length));
        break;
    }
    if (reader->at != end)
        reader->is_bad = true;
}

/* One resource record (RFC 1035 section 4.1.3). */
static struct dns_record *
take_record(struct reader *reader, struct pool *pool)
{
    struct dns_record *record = POOL_NEW(pool, struct dns_record);
    unsigned class, length;

    record->name = take_name(reader, pool);
    record->type = (enum dns_type)take_number(reader, 2);
    class = take_number(reader, 2);
    record->ttl_s = take_number(reader, 4);
    length = take_number(reader, 2);
    if (record->ttl_s > INT32_MAX)
        record->ttl_s = 0;          /* RFC 2181 section 8 */
    if (reader->is_bad || reader->size - reader->at < length) {
        reader->is_bad = true;
        return NULL;
    }
    if (class != 1)
        record->type = (enum dns_type)0;    /* another class, or an option record that borrows the field */
    take_data(reader, length, pool, record);
    return reader->is_bad ? NULL : record;
}

/* A section's records in order; NULL with the reader marked bad if one is malformed. */
static struct dns_record *
take_section(struct reader *reader, unsigned count, unsigned *budget, struct pool *pool)
{
    struct dns_record *first = NULL, *last = NULL;

    if (count > *budget) {
        reader->is_bad = true;
        return NULL;
    }
    *budget -= count;
    while (count-- > 0) {
        struct dns_record *record = take_record(reader, pool);

        if (record == NULL)
            return NULL;
        if (last == NULL)
            first = record;
        else
            last->next = record;
        last = record;
    }
    return first;
}

static bool
take_question(struct reader *reader, unsigned count, struct pool *pool)
{
    if (count > 1)
        return false;
    if (count == 1) {
        take_name(reader, pool);
        take_number(reader, QUESTION_FIXED_BYTES);
    }
    return !reader->is_bad;
}

bool
dns_message_decode(struct str wire, struct pool *pool, struct dns_message *message_out)
{
    struct reader reader = { .wire = (const uint8_t *)wire.ptr, .size = wire.len };
    unsigned flags, counts[4], budget = DNS_RECORDS_MAX;

    *message_out = (struct dns_message){ 0 };
    if (wire.len < HEADER_BYTES || wire.len > DNS_MESSAGE_MAX_BYTES)
        return false;
    message_out->id = take_number(&reader, 2);
    flags = take_number(&reader, 2);
    for (size_t i = 0; i < COUNT(counts); i++)
        counts[i] = take_number(&reader, 2);
    message_out->is_reply = (flags & 0x8000) != 0;
    message_out->is_authoritative = (flags & 0x0400) != 0;
    message_out->is_truncated = (flags & 0x0200) != 0;
    message_out->is_validated = (flags & 0x0020) != 0;
    message_out->code = flags & 0xf;
    if (!take_question(&reader, counts[0], pool))
        return false;
    message_out->answer = take_section(&reader, counts[1], &budget, pool);
    if (!reader.is_bad)
        message_out->authority = take_section(&reader, counts[2], &budget, pool);
    /* What only helps is dropped if it is broken. */
    if (!reader.is_bad)
        message_out->additional = take_section(&reader, counts[3], &budget, pool);
    else
        return false;
    return true;
}

/* The record of that owner and type at or after from. */
static const struct dns_record *
find_record(const struct dns_record *from, struct str owner, enum dns_type type)
{
    for (; from != NULL; from = from->next)
        if (from->type == type && str_ieq(from->name, owner))
            return from;
    return NULL;
}

/* Copy the records that qualify, in order. */
static const struct dns_record *
pick_records(const struct dns_record *from, struct str owner, enum dns_type type, struct pool *pool, size_t *count_out)
{
    struct dns_record *first = NULL, *last = NULL;

    for (; from != NULL; from = from->next) {
        struct dns_record *copy;

        if ((type != DNS_ANY && from->type != type) || (owner.ptr != NULL && !str_ieq(from->name, owner)))
            continue;
        copy = POOL_NEW(pool, struct dns_record);
        *copy = *from;
        copy->next = NULL;
        if (last == NULL)
            first = copy;
        else
            last->next = copy;
        last = copy;
        ++*count_out;
    }
    return first;
}

static uint32_t
smallest_ttl(const struct dns_record *record, uint32_t ttl_s)
{
    for (; record != NULL; record = record->next)
        if (record->ttl_s < ttl_s)
            ttl_s = record->ttl_s;
    return ttl_s;
}

/* How long "there is none" may be believed: RFC 2308 section 5. */
static uint32_t
negative_ttl(const struct dns_record *soa)
{
    if (soa == NULL)
        return 0;
    return soa->ttl_s < soa->soa_numbers[4] ? soa->ttl_s : soa->soa_numbers[4];
}

static bool
give_up(struct dns_result *result, const char *problem)
{
    result->answer = DNS_AGAIN;
    result->problem = problem;
    return false;
}

bool
dns_decode(struct str wire, struct str name, enum dns_type type, struct pool *pool, struct dns_result *result_out)
{
    struct dns_message message;
    const struct dns_record *alias;
    uint32_t alias_ttl_s = UINT32_MAX;
    size_t additional_count = 0;

    *result_out = (struct dns_result){ .name = name };
    if (!dns_message_decode(wire, pool, &message) || !message.is_reply)
        return give_up(result_out, "malformed answer");
    if (message.is_truncated)
        return give_up(result_out, "truncated answer");
    result_out->is_authoritative = message.is_authoritative;
    result_out->is_secure = message.is_validated;
    for (const struct dns_record *record = message.authority; record != NULL &&
        result_out->soa == NULL; record = record->next)
        if (record->type == DNS_SOA)
            result_out->soa = record;
    for (const struct dns_record *record = message.authority; record != NULL; record = record->next)
        if (record->type == (message.answer != NULL ? DNS_NS : DNS_SOA)) {
            result_out->authority_name = record->name;
            break;
        }
    for (int steps = 0; type != DNS_CNAME && type != DNS_ANY; steps++) {
        alias = find_record(message.answer, result_out->name, DNS_CNAME);
        if (alias == NULL)
            break;
        if (steps == DNS_CNAME_MAX)
            return give_up(result_out, "CNAME loop");
        result_out->name = alias->target;
        result_out->is_alias = true;
        alias_ttl_s = alias->ttl_s < alias_ttl_s ? alias->ttl_s : alias_ttl_s;
    }
    result_out->records = pick_records(message.answer, result_out->name, type, pool, &result_out->count);
    for (const struct dns_record *r = message.additional; r != NULL && result_out->additional == NULL; r = r->next)
        if (r->type == DNS_A || r->type == DNS_AAAA)
            result_out->additional = pick_records(r, str_make(NULL, 0), DNS_ANY, pool, &additional_count);
    if (message.code != 0 && message.code != 3)
        return give_up(result_out, message.code == 2 ? "SERVFAIL" : message.code == 5 ? "REFUSED" :
            "error from the server");
    result_out->answer = result_out->count > 0 ? DNS_FOUND : message.code == 3 ? DNS_NOMATCH : DNS_NODATA;
    result_out->ttl_s = smallest_ttl(result_out->records, alias_ttl_s);
    if (result_out->answer != DNS_FOUND)
        result_out->ttl_s = negative_ttl(result_out->soa);
    return true;
}

/* Append a name as labels; false if it cannot be one. */
static bool
add_labels(struct buf *query, struct str name)
{
    struct str label;
    size_t total = 1;

    if (str_ends(name, STR(".")))
        name.len--;
    while (name.len > 0) {
        bool has_more = str_cut(name, '.', &label, &name);

        total += label.len + 1;
        if (label.len == 0 || label.len > DNS_LABEL_MAX_BYTES || total > DNS_NAME_MAX_BYTES ||
            (has_more && name.len == 0))
            return false;
        buf_add_char(query, (char)label.len);
        buf_add(query, label);
    }
    buf_add_char(query, '\0');
    return true;
}

static void
add_number(struct buf *query, unsigned value)
{
    buf_add_char(query, (char)(value >> 8));
    buf_add_char(query, (char)(value & 0xff));
}

bool
dns_query_encode(const struct dns_question *question, struct pool *pool, struct str *wire_out)
{
    struct buf query;

    buf_init(&query, pool, 512);
    add_number(&query, question->id);
    add_number(&query, 0x0100u | (question->is_validation_wanted ? 0x0020u : 0));
    add_number(&query, 1);
    add_number(&query, 0);
    add_number(&query, 0);
    add_number(&query, question->has_edns ? 1 : 0);
    if (!add_labels(&query, question->name))
        return false;
    add_number(&query, (unsigned)question->type);
    add_number(&query, 1);
    if (question->has_edns) {       /* RFC 6891 section 6.1.2 */
        buf_add_char(&query, '\0');
        add_number(&query, 41);
        add_number(&query, question->udp_bytes);
        add_number(&query, 0);
        add_number(&query, question->is_validation_wanted ? 0x8000 : 0);
        add_number(&query, 0);
    }
    *wire_out = buf_str(&query);
    return true;
}
