/* Any bytes as the answer of a name server: the first octet chooses the type that was asked for. */
#include <stdint.h>
#include "net/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum dns_type types[] = {
    DNS_A, DNS_AAAA, DNS_MX, DNS_SRV, DNS_PTR, DNS_TXT, DNS_CNAME, DNS_SOA, DNS_NS, DNS_TLSA, DNS_SPF, DNS_ANY
};

/* Look at every byte that was given out. */
static unsigned
look_at(const struct dns_record *record)
{
    unsigned sum = 0;

    for (; record != NULL; record = record->next) {
        struct str texts[] = { record->name, record->target, record->text, record->data, record->soa_mailbox };

        for (size_t i = 0; i < COUNT(texts); i++)
            for (size_t j = 0; j < texts[i].len; j++)
                sum += (unsigned char)texts[i].ptr[j];
        for (size_t i = 0; record->strings != NULL && i < record->strings->count; i++)
            sum += (unsigned)record->strings->items[i].len;
    }
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool;
    struct dns_result result;
    volatile unsigned sum;

    if (size == 0)
        return 0;
    pool = pool_new("fuzz");
    dns_decode(str_make((const char *)data + 1, size - 1), STR("a.example"), types[data[0] % COUNT(types)], pool,
        &result);
    sum = look_at(result.records) + look_at(result.additional) + look_at(result.soa);
    (void)sum;
    pool_free(pool);
    return 0;
}
