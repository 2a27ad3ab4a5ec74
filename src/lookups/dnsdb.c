/* lookups/dnsdb.c -- the DNS as a database (manual: more about dnsdb). */
#include "base/buf.h"
#include "base/items.h"
#include "config/config.h"
#include "expand/leftovers.h"
#include "lookups/lookup.h"
#include "net/dns.h"

enum defer_mode { DEFER_LAX, DEFER_STRICT, DEFER_NEVER };
enum dnssec_mode { DNSSEC_LAX, DNSSEC_STRICT, DNSSEC_NEVER };
enum pseudo_type { PSEUDO_NONE, PSEUDO_MXH, PSEUDO_ZNS, PSEUDO_A_PLUS };

/* A query taken apart. */
struct query {
    char separator;                 /* between records */
    char field_separator;           /* 0: as is usual for the type */
    bool is_joined;                 /* ";": the fields follow each other directly */
    enum defer_mode defer_mode;
    enum dnssec_mode dnssec_mode;
    enum dns_type type;
    enum pseudo_type pseudo;
    struct str names;
};

/* ">x", ">x,y", ">x;" at the front. */
static void
take_separators(struct str *text, struct query *query)
{
    *text = str_trim_left(*text);
    if (text->len < 2 || text->ptr[0] != '>')
        return;
    query->separator = text->ptr[1];
    *text = str_from(*text, 2);
    if (text->len > 0 && (text->ptr[0] == ',' || text->ptr[0] == ';')) {
        query->is_joined = text->ptr[0] == ';';
        *text = str_from(*text, 1);
        if (!query->is_joined && text->len > 0) {
            query->field_separator = text->ptr[0];
            *text = str_from(*text, 1);
        } else if (query->is_joined && text->len > 0 && !ascii_is_space(text->ptr[0])) {
            query->field_separator = text->ptr[0];
            query->is_joined = false;
            *text = str_from(*text, 1);
        }
    }
    *text = str_trim_left(*text);
}

static bool
take_modifier(struct str word, struct query *query)
{
    static const struct {
        const char *name;
        enum defer_mode defer_mode;
        enum dnssec_mode dnssec_mode;
        bool is_dnssec;
    } modifiers[] = {
        { "defer_strict", DEFER_STRICT, DNSSEC_LAX, false }, { "defer_lax", DEFER_LAX, DNSSEC_LAX, false },
        { "defer_never", DEFER_NEVER, DNSSEC_LAX, false }, { "dnssec_strict", DEFER_LAX, DNSSEC_STRICT, true },
        { "dnssec_lax", DEFER_LAX, DNSSEC_LAX, true }, { "dnssec_never", DEFER_LAX, DNSSEC_NEVER, true },
    };

    for (size_t i = 0; i < COUNT(modifiers); i++)
        if (str_ieq_c(word, modifiers[i].name)) {
            if (modifiers[i].is_dnssec)
                query->dnssec_mode = modifiers[i].dnssec_mode;
            else
                query->defer_mode = modifiers[i].defer_mode;
            return true;
        }
    return str_istarts(word, STR("retrans_")) || str_istarts(word, STR("retry_"));
}

static bool
find_type(struct str word, struct query *query)
{
    static const struct {
        const char *name;
        enum pseudo_type pseudo;
        enum dns_type type;
    } pseudo_types[] = {
        { "mxh", PSEUDO_MXH, DNS_MX },
        { "zns", PSEUDO_ZNS, DNS_NS },
        { "a+", PSEUDO_A_PLUS, DNS_A },
        { "csa", PSEUDO_NONE, DNS_CSA },
    };

    query->pseudo = PSEUDO_NONE;
    for (size_t i = 0; i < COUNT(pseudo_types); i++)
        if (str_ieq_c(word, pseudo_types[i].name)) {
            query->pseudo = pseudo_types[i].pseudo;
            query->type = pseudo_types[i].type;
            return true;
        }
    return dns_type_find(word, &query->type) && query->type != DNS_ANY;
}

static bool
parse_query(struct str text, struct query *query, struct why *why)
{
    struct str word, rest;

    *query = (struct query){ .separator = '\n', .type = DNS_TXT };
    take_separators(&text, query);
    while (str_cut(text, ',', &word, &rest) && take_modifier(str_trim(word), query))
        text = str_trim_left(rest);
    if (str_cut(text, '=', &word, &rest) && str_find_any(str_trim(word), ".: ") == STR_NONE) {
        if (!find_type(str_trim(word), query)) {
            why_defer(why, 0, NULL, "unsupported DNS record type");
            return false;
        }
        text = rest;
    }
    query->names = str_trim(text);
    return true;
}

static void
add_number(struct buf *out, int number, char separator)
{
    buf_addf(out, "%d", number);
    buf_add_char(out, separator);
}

static void
add_strings(struct buf *out, const struct query *query, const struct dns_record *record)
{
    bool is_all = query->is_joined || query->field_separator != 0 || query->type == DNS_SPF;

    if (record->strings == NULL) {
        buf_add(out, record->text);
        return;
    }
    for (size_t i = 0; i < record->strings->count && (i == 0 || is_all); i++) {
        if (i > 0 && query->field_separator != 0)
            buf_add_char(out, query->field_separator);
        buf_add(out, record->strings->items[i]);
    }
}

static void
add_soa(struct buf *out, const struct query *query, const struct dns_record *record)
{
    buf_add(out, record->target);
    if (query->field_separator == 0)
        return;
    buf_add_char(out, query->field_separator);
    buf_add(out, record->soa_mailbox);
    for (size_t i = 0; i < COUNT(record->soa_numbers); i++) {
        buf_add_char(out, query->field_separator);
        buf_addf(out, "%u", record->soa_numbers[i]);
    }
}

static void
add_tlsa(struct buf *out, const struct dns_record *record, char separator)
{
    add_number(out, record->tlsa_usage, separator);
    add_number(out, record->tlsa_selector, separator);
    add_number(out, record->tlsa_match, separator);
    for (size_t i = 0; i < record->data.len; i++)
        buf_addf(out, "%02x", (unsigned char)record->data.ptr[i]);
}

/* Authorization of a CSA record: bits of the weight, whether the priority is the version (manual: client SMTP
 * authorization). */
static void
add_csa(struct buf *out, const struct dns_record *record, char separator)
{
    buf_add_char(out, record->preference != 1 || (record->port & ~3) != 0 ? '?'
                      : (record->weight & 3) == 2                         ? 'Y'
                                                                          : 'N');
    buf_add_char(out, separator);
    buf_add(out, record->target);
}

static void
add_record(struct buf *out, const struct query *query, const struct dns_record *record, struct pool *pool)
{
    char separator = query->field_separator != 0 ? query->field_separator : ' ';

    if (out->len > 0)
        buf_add_char(out, query->separator);
    switch (query->type) {
    case DNS_A:
    case DNS_AAAA:
        buf_add(out, ip_format(&record->ip, pool));
        return;
    case DNS_MX:
        if (query->pseudo != PSEUDO_MXH)
            add_number(out, record->preference, separator);
        buf_add(out, record->target);
        return;
    case DNS_SRV:
        add_number(out, record->preference, separator);
        add_number(out, record->weight, separator);
        add_number(out, record->port, separator);
        buf_add(out, record->target);
        return;
    case DNS_CSA:
        add_csa(out, record, separator);
        return;
    case DNS_TXT:
    case DNS_SPF:
        add_strings(out, query, record);
        return;
    case DNS_SOA:
        add_soa(out, query, record);
        return;
    case DNS_TLSA:
        add_tlsa(out, record, separator);
        return;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_ANY:
        break;
    }
    buf_add(out, record->target);
}

/* Ask for one name; for ZNS and SOA also for what is above it. */
static enum dns_answer
ask(const struct query *query, struct str name, struct pool *pool, struct dns_result *result)
{
    bool is_dnssec_wanted = query->dnssec_mode != DNSSEC_NEVER;
    enum dns_answer answer;
    struct str found;

    if (query->type == DNS_CSA)
        return dns_lookup_csa(name, pool, result, &found);
    for (;;) {
        struct str label, rest;

        if (query->type == DNS_CNAME)
            answer = dns_lookup_raw(name, query->type, is_dnssec_wanted, pool, result);
        else
            answer = dns_lookup(name, query->type, is_dnssec_wanted, pool, result);
        if ((answer != DNS_NOMATCH && answer != DNS_NODATA) || (query->pseudo != PSEUDO_ZNS && query->type != DNS_SOA))
            return answer;
        if (!str_cut(name, '.', &label, &rest) || rest.len == 0)
            return answer;
        name = rest;
    }
}

/* What was found so far for all the names. */
struct gathered {
    struct buf text;
    bool has_records, has_deferred;
    bool is_secure, is_any;
};

static enum lookup_answer
ask_one(const struct query *query, struct str name, struct pool *pool, struct gathered *gathered, struct why *why)
{
    struct dns_result result;
    enum dns_answer answer;
    struct ip_address ip;

    if (query->type == DNS_PTR && ip_parse(name, &ip))
        name = ip_reverse_name(&ip, NULL, pool);
    answer = ask(query, name, pool, &result);
    if (answer == DNS_FOUND && query->dnssec_mode == DNSSEC_STRICT && !result.is_secure)
        answer = DNS_AGAIN;
    if (answer == DNS_FOUND) {
        gathered->is_secure = result.is_secure && (!gathered->is_any || gathered->is_secure);
        gathered->is_any = true;
        for (const struct dns_record *record = result.records; record != NULL; record = record->next) {
            add_record(&gathered->text, query, record, pool);
            gathered->has_records = true;
        }
        return LOOKUP_FOUND;
    }
    if (answer == DNS_NOMATCH || answer == DNS_NODATA)
        return LOOKUP_NOT_FOUND;
    if (query->defer_mode == DEFER_STRICT) {
        why_defer(why, 0, NULL, "DNS lookup of %.*s gave a temporary error", STR_ARG(name));
        return LOOKUP_DEFERRED;
    }
    gathered->has_deferred |= query->defer_mode == DEFER_LAX;
    return LOOKUP_NOT_FOUND;
}

static enum lookup_answer
dnsdb_find(struct lookup_handle *handle, struct str file, struct str key, struct str options, struct scope *scope,
           struct str *value_out, struct why *why)
{
    struct gathered gathered = { .has_records = false };
    struct query query;
    struct ip_address ip;
    struct items items;
    struct str name;

    (void)handle, (void)file, (void)options;
    leftovers_set(&leftovers_get()->lookup_dnssec_authenticated, STR(""));
    if (!parse_query(key, &query, why))
        return LOOKUP_DEFERRED;
    buf_init(&gathered.text, scope->pool, BUF_NO_LIMIT);
    items = items_of(query.names);
    if (query.type == DNS_PTR && ip_parse(query.names, &ip))
        items.separator = '\n';
    while (items_next(&items, scope->pool, &name)) {
        struct query again = query;

        if (query.pseudo == PSEUDO_A_PLUS) {
            again.type = DNS_AAAA;
            if (ask_one(&again, name, scope->pool, &gathered, why) == LOOKUP_DEFERRED)
                return LOOKUP_DEFERRED;
        }
        if (ask_one(&query, name, scope->pool, &gathered, why) == LOOKUP_DEFERRED)
            return LOOKUP_DEFERRED;
    }
    if (gathered.is_any)
        leftovers_set(&leftovers_get()->lookup_dnssec_authenticated, gathered.is_secure ? STR("yes") : STR("no"));
    if (gathered.has_records) {
        *value_out = buf_str(&gathered.text);
        return LOOKUP_FOUND;
    }
    if (!gathered.has_deferred)
        return LOOKUP_NOT_FOUND;
    why_defer(why, 0, NULL, "temporary DNS error");
    return LOOKUP_DEFERRED;
}

const struct lookup_driver dnsdb_lookup = { .name = "dnsdb", .has_own_cache = true, .find = dnsdb_find };
