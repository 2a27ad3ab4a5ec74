#include "queue/list.h"
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "message/message.h"
#include "spool/spool.h"

enum { KILO = 1024, MEGA = KILO * KILO, MINUTES_SHOWN = 90, HOURS_SHOWN = 72 };

void
queue_format_size(int64_t size, char into[SIZE_TEXT_BYTES])
{
    if (size < KILO)
        snprintf(into, SIZE_TEXT_BYTES, "%5d", (int)size);
    else if (size < 10 * KILO)
        snprintf(into, SIZE_TEXT_BYTES, "%4.1fK", (double)size / KILO);
    else if (size < MEGA)
        snprintf(into, SIZE_TEXT_BYTES, "%4dK", (int)((size + KILO / 2) / KILO));
    else if (size < 10 * MEGA)
        snprintf(into, SIZE_TEXT_BYTES, "%4.1fM", (double)size / MEGA);
    else
        snprintf(into, SIZE_TEXT_BYTES, "%4lldM", (long long)((size + MEGA / 2) / MEGA));
}

void
queue_format_age(int64_t age_s, char into[SIZE_TEXT_BYTES])
{
    int64_t count = age_s / 60;
    char unit = 'm';

    if (count > MINUTES_SHOWN) {
        count = (count + 30) / 60;
        unit = 'h';
        if (count > HOURS_SHOWN) {
            count = (count + 12) / 24;
            unit = 'd';
        }
    }
    snprintf(into, SIZE_TEXT_BYTES, "%2lld%c", (long long)count, unit);
}

static bool
is_done(const struct message *message, struct str address)
{
    return map_find(&message->nonrecipients, address) != NULL;
}

static void
recipients_print(const struct queue_listing *listing, struct message *message, FILE *out)
{
    struct map listed;

    map_init(&listed, message->pool, false);
    for (size_t i = 0; i < message->recipient_count; i++) {
        struct str address = message->recipients[i].address;
        bool is_delivered = is_done(message, address);

        map_add(&listed, address, message);
        if (!is_delivered || !listing->is_undelivered_only)
            fprintf(out, "        %s %.*s\n", is_delivered ? "D" : " ", STR_ARG(address));
    }
    if (!listing->is_generated_shown)
        return;
    for (const struct map_entry *entry = message->nonrecipients.first; entry != NULL; entry = entry->next)
        if (map_find(&listed, entry->key) == NULL)
            fprintf(out, "       +D %.*s\n", STR_ARG(entry->key));
}

static void
message_print(const struct queue_listing *listing, struct message *message, time_t now, FILE *out)
{
    char age[SIZE_TEXT_BYTES], size[SIZE_TEXT_BYTES];

    queue_format_age(now - message->received_at.tv_sec, age);
    queue_format_size(message->message_bytes, size);
    fprintf(out, "%s %s %s ", age, size, message->id);
    if (message->is_sender_set_untrusted && message->origin != NULL && !str_is_empty(message->origin->caller_login))
        fprintf(out, "(%.*s) ", STR_ARG(message->origin->caller_login));
    fprintf(out, "<%.*s>%s\n", STR_ARG(message->sender), message->frozen_at != 0 ? " *** frozen ***" : "");
    recipients_print(listing, message, out);
    fputc('\n', out);
}

static void
item_print(const struct queue_listing *listing, const struct spool *spool, struct pool *pool, const char *id, FILE *out)
{
    struct message *message;
    struct why why;

    if (listing->is_ids_only) {
        fprintf(out, "%s\n", id);
        return;
    }
    why_init(&why, pool);
    switch (spool_read(spool, pool, id, true, &message, &why)) {
    case SPOOL_OK:
        message_print(listing, message, clock_seconds(), out);
        spool_close(message);
        break;
    case SPOOL_GONE:
        break;
    case SPOOL_HALF:
    case SPOOL_BAD:
    case SPOOL_LOCKED:
    case SPOOL_ERROR:
        fprintf(out, "         %s\n    *** spool read error: %.*s ***\n\n", id, STR_ARG(why.text));
    }
}

/* The ids asked for, without what is none. */
static void
items_named(const struct str_list *ids, struct pool *pool, struct spool_items *items)
{
    items->items = POOL_NEW_ARRAY(pool, struct spool_item, ids->count);
    for (size_t i = 0; i < ids->count; i++)
        if (spool_id_is_valid(ids->items[i])) {
            struct spool_item *item = &items->items[items->count++];

            memcpy(item->id, ids->items[i].ptr, ids->items[i].len);
        }
}

bool
queue_list_print(const struct queue_listing *listing, FILE *out)
{
    struct pool *pool = pool_new("queue list");
    struct spool_items items = { 0 };
    struct why why;
    const struct spool *spool;
    bool is_read = true;

    why_init(&why, pool);
    spool = spool_configured(&why);
    if (spool != NULL && listing->ids != NULL && listing->ids->count > 0)
        items_named(listing->ids, pool, &items);
    else
        is_read = spool != NULL &&
                  spool_list(spool, pool, listing->is_unsorted ? SPOOL_UNORDERED : SPOOL_BY_ID, '\0', &items);
    if (!is_read)
        fprintf(stderr, "tern: cannot read the spool: %.*s\n", STR_ARG(why.text));
    for (size_t i = 0; i < items.count; i++) {
        struct pool_mark mark = pool_mark(pool);

        item_print(listing, spool, pool, items.items[i].id, out);
        pool_reset(pool, mark);
    }
    pool_free(pool);
    return is_read;
}

bool
queue_count_print(FILE *out)
{
    struct pool *pool = pool_new("queue count");
    struct why why;
    const struct spool *spool;
    size_t count = 0;
    bool is_read;

    why_init(&why, pool);
    spool = spool_configured(&why);
    is_read = spool != NULL && spool_count(spool, &count);
    if (is_read)
        fprintf(out, "%zu\n", count);
    else
        fprintf(stderr, "tern: cannot read the spool: %.*s\n", STR_ARG(why.text));
    pool_free(pool);
    return is_read;
}
