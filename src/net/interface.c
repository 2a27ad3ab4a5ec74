/* net/interface.c -- see interface.h. */
#include "net/interface.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"

struct local_cache {
    struct interface *first;
    bool is_ready;
};

static const char local_key;

int
port_parse(struct str text)
{
    uint64_t number;
    char name[64];
    struct servent *service;

    if (str_to_u64(text, 10, &number))
        return number > 0 && number <= 65535 ? (int)number : 0;
    if (str_is_empty(text) || text.len >= sizeof(name))
        return 0;
    for (size_t i = 0; i < text.len; i++)
        name[i] = text.ptr[i];
    name[text.len] = '\0';
    service = getservbyname(name, "tcp");
    return service != NULL ? ntohs((uint16_t)service->s_port) : 0;
}

static struct str
text_of(const struct template *list)
{
    return list != NULL ? list->text : STR("");
}

/* Add at the end unless address and port are there already. */
static void
interface_add(struct interface **list, struct pool *pool, const struct ip_address *ip, int port)
{
    struct interface *entry;

    for (; *list != NULL; list = &(*list)->next)
        if (ip_equal(&(*list)->ip, ip) && (*list)->ip.zone == ip->zone && (*list)->port == port)
            return;
    entry = POOL_NEW(pool, struct interface);
    entry->ip = *ip;
    entry->port = port;
    entry->is_wildcard = ip_is_unspecified(ip);
    *list = entry;
}

/* All addresses of the system's interfaces that are up. */
static void
system_interfaces_add(struct interface **list, struct pool *pool, bool is_v6)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) == -1)
        return;
    for (struct ifaddrs *entry = all; entry != NULL; entry = entry->ifa_next) {
        struct ip_address ip;
        int port;

        if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0 || !ip_from_sockaddr(entry->ifa_addr, &ip,
            &port) ||
            ip.is_v6 != is_v6)
            continue;
        ip.zone = 0;
        interface_add(list, pool, &ip, 0);
    }
    freeifaddrs(all);
}

static void
local_add_list(struct interface **list, struct pool *pool, struct str text)
{
    struct items items = items_of(text);
    struct str item;

    while (items_next(&items, pool, &item)) {
        struct ip_address ip;
        int port;

        if (!ip_parse_with_port(item, &ip, &port))
            continue;
        if (ip_is_unspecified(&ip))
            system_interfaces_add(list, pool, ip.is_v6);
        else
            interface_add(list, pool, &ip, 0);
    }
}

const struct interface *
interfaces_local(void)
{
    struct local_cache *cache = process_cache(&local_key, sizeof(*cache));

    if (cache->is_ready)
        return cache->first;
    cache->is_ready = true;
    if (config != NULL) {
        local_add_list(&cache->first, process_pool(), text_of(config->local_interfaces));
        local_add_list(&cache->first, process_pool(), text_of(config->extra_local_interfaces));
    } else {
        local_add_list(&cache->first, process_pool(), STR("<; ::0 ; 0.0.0.0"));
    }
    return cache->first;
}

bool
ip_is_local(const struct ip_address *ip)
{
    struct ip_address plain = *ip;

    ip_unmap(&plain);
    /* Who connects to 0.0.0.0 or :: reaches himself. */
    if (ip_is_unspecified(&plain))
        return true;
    for (const struct interface *entry = interfaces_local(); entry != NULL; entry = entry->next)
        if (ip_equal(&entry->ip, &plain))
            return true;
    return false;
}

/* Ports of a list; false with why filled for one that makes no sense. */
static bool
ports_parse(struct str text, int *ports, size_t room, size_t *count_out, struct pool *pool, struct why *why)
{
    struct items items = items_of(text);
    struct str item;

    *count_out = 0;
    while (*count_out < room && items_next(&items, pool, &item)) {
        int port = port_parse(item);

        if (port == 0) {
            why_fail(why, 0, NULL, "TCP port \"%.*s\" not found", STR_ARG(item));
            return false;
        }
        ports[(*count_out)++] = port;
    }
    return true;
}

enum { PORTS_MAX = 64 };

static bool
is_one_of(int port, const int *ports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ports[i] == port)
            return true;
    return false;
}

struct interface *
interfaces_to_listen(struct str interfaces, struct str ports, struct pool *pool, struct why *why)
{
    int numbers[PORTS_MAX], tls_numbers[PORTS_MAX];
    size_t count, tls_count = 0;
    struct interface *list = NULL;
    struct items items;
    struct str item;

    if (str_is_empty(ports))
        ports = config->daemon_smtp_ports;
    if (str_is_empty(interfaces))
        interfaces = text_of(config->local_interfaces);
    if (!ports_parse(ports, numbers, COUNT(numbers), &count, pool, why) ||
        !ports_parse(text_of(config->tls_on_connect_ports), tls_numbers, COUNT(tls_numbers), &tls_count, pool, why))
        return NULL;
    items = items_of(interfaces);
    while (items_next(&items, pool, &item)) {
        struct ip_address ip;
        int port;

        if (!ip_parse_with_port(item, &ip, &port)) {
            why_fail(why, 0, NULL, "invalid IP address in local_interfaces: \"%.*s\"", STR_ARG(item));
            return NULL;
        }
        if (ip.is_v6 && config->disable_ipv6)
            continue;
        if (port != 0)
            interface_add(&list, pool, &ip, port);
        for (size_t i = 0; port == 0 && i < count; i++)
            interface_add(&list, pool, &ip, numbers[i]);
    }
    for (struct interface *entry = list; entry != NULL; entry = entry->next)
        entry->is_tls_on_connect = is_one_of(entry->port, tls_numbers, tls_count);
    if (list == NULL)
        why_fail(why, 0, NULL, "no interface to listen on");
    return list;
}
