/* net/ip_address.c -- see ip_address.h. */
#include "net/ip_address.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"

/* The zone after "%": an interface name or a number. */
static bool
zone_parse(struct str text, uint32_t *zone_out)
{
    char name[IF_NAMESIZE];
    uint64_t number;

    if (str_is_empty(text) || text.len >= sizeof(name))
        return false;
    memcpy(name, text.ptr, text.len);
    name[text.len] = '\0';
    if (str_to_u64(text, 10, &number) && number > 0 && number <= UINT32_MAX)
        *zone_out = (uint32_t)number;
    else
        *zone_out = if_nametoindex(name);
    return true;
}

bool
ip_parse(struct str text, struct ip_address *ip_out)
{
    char copy[IP_TEXT_MAX_BYTES];
    struct str address, zone;
    bool has_zone = str_cut(text, '%', &address, &zone);

    *ip_out = (struct ip_address){ 0 };
    if (address.len == 0 || address.len >= sizeof(copy) || memchr(address.ptr, '\0', address.len) != NULL)
        return false;
    memcpy(copy, address.ptr, address.len);
    copy[address.len] = '\0';
    if (!has_zone && inet_pton(AF_INET, copy, ip_out->octets) == 1)
        return true;
    if (inet_pton(AF_INET6, copy, ip_out->octets) != 1)
        return false;
    ip_out->is_v6 = true;
    return !has_zone || zone_parse(zone, &ip_out->zone);
}

bool
ip_parse_literal(struct str text, struct ip_address *ip_out)
{
    struct str inside;

    if (text.len < 2 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']')
        return false;
    inside = str_sub(text, 1, text.len - 2);
    if (str_istarts(inside, STR("IPv6:")))
        return ip_parse(str_from(inside, 5), ip_out) && ip_out->is_v6;
    if (str_istarts(inside, STR("IPv4:")))
        return ip_parse(str_from(inside, 5), ip_out) && !ip_out->is_v6;
    return ip_parse(inside, ip_out);
}

bool
ip_parse_network(struct str text, struct ip_address *ip_out, int *bits_out)
{
    struct str address, mask;
    uint64_t bits;

    if (!str_cut(text, '/', &address, &mask)) {
        if (!ip_parse(text, ip_out))
            return false;
        *bits_out = ip_bits(ip_out);
        return true;
    }
    if (!ip_parse(address, ip_out) || mask.len > 3 || !str_to_u64(mask, 10, &bits) || bits > (uint64_t)ip_bits(ip_out))
        return false;
    *bits_out = (int)bits;
    return true;
}

static bool
port_number_parse(struct str text, int *port_out)
{
    uint64_t port;

    if (!str_to_u64(text, 10, &port) || port > 65535)
        return false;
    *port_out = (int)port;
    return true;
}

/* "[address]:port" or "[address]". */
static bool
bracketed_parse(struct str text, struct ip_address *ip_out, int *port_out)
{
    size_t end = str_find(text, ']');
    struct str rest;

    if (end == STR_NONE || !ip_parse(str_sub(text, 1, end - 1), ip_out))
        return false;
    rest = str_from(text, end + 1);
    if (rest.len == 0)
        return true;
    return rest.ptr[0] == ':' && port_number_parse(str_from(rest, 1), port_out);
}

bool
ip_parse_with_port(struct str text, struct ip_address *ip_out, int *port_out)
{
    size_t at;

    *port_out = 0;
    if (text.len > 0 && text.ptr[0] == '[')
        return bracketed_parse(text, ip_out, port_out);
    if (ip_parse(text, ip_out))
        return true;
    at = str_rfind(text, '.');
    if (at != STR_NONE && ip_parse(str_head(text, at), ip_out))
        return port_number_parse(str_from(text, at + 1), port_out);
    at = str_rfind(text, ':');
    return at != STR_NONE && ip_parse(str_head(text, at), ip_out) && !ip_out->is_v6 &&
        port_number_parse(str_from(text, at + 1), port_out);
}

struct str
ip_format(const struct ip_address *ip, struct pool *pool)
{
    char text[INET6_ADDRSTRLEN], name[IF_NAMESIZE];

    if (inet_ntop(ip->is_v6 ? AF_INET6 : AF_INET, ip->octets, text, sizeof(text)) == NULL)
        return STR("");
    if (ip->zone != 0 && if_indextoname(ip->zone, name) != NULL)
        return pool_printf(pool, "%s%%%s", text, name);
    return pool_dup(pool, str_of(text));
}

struct str
ip_format_full(const struct ip_address *ip, char separator, struct pool *pool)
{
    struct buf text;

    buf_init(&text, pool, IP_TEXT_MAX_BYTES);
    if (!ip->is_v6)
        buf_addf(&text, "%d.%d.%d.%d", ip->octets[0], ip->octets[1], ip->octets[2], ip->octets[3]);
    for (int i = 0; ip->is_v6 && i < 16; i += 2) {
        if (i > 0)
            buf_add_char(&text, separator);
        buf_addf(&text, "%02x%02x", ip->octets[i], ip->octets[i + 1]);
    }
    return buf_str(&text);
}

void
ip_mask(struct ip_address *ip, int bits)
{
    for (int i = 0; i < ip_octets(ip); i++, bits -= 8) {
        if (bits <= 0)
            ip->octets[i] = 0;
        else if (bits < 8)
            ip->octets[i] &= (uint8_t)(0xff << (8 - bits));
    }
}

bool
ip_in_network(const struct ip_address *ip, const struct ip_address *network, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    if (ip->is_v6 != network->is_v6 || memcmp(ip->octets, network->octets, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((ip->octets[whole] ^ network->octets[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
}

int
ip_compare(const struct ip_address *a, const struct ip_address *b)
{
    if (a->is_v6 != b->is_v6)
        return a->is_v6 ? 1 : -1;
    return memcmp(a->octets, b->octets, sizeof(a->octets));
}

bool
ip_equal(const struct ip_address *a, const struct ip_address *b)
{
    return ip_compare(a, b) == 0;
}

bool
ip_is_unspecified(const struct ip_address *ip)
{
    static const uint8_t zero[16];

    return memcmp(ip->octets, zero, sizeof(zero)) == 0;
}

bool
ip_is_loopback(const struct ip_address *ip)
{
    static const uint8_t one[16] = { [15] = 1 };

    return ip->is_v6 ? memcmp(ip->octets, one, sizeof(one)) == 0 : ip->octets[0] == 127;
}

void
ip_unmap(struct ip_address *ip)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

    if (!ip->is_v6 || memcmp(ip->octets, prefix, sizeof(prefix)) != 0)
        return;
    memmove(ip->octets, ip->octets + 12, 4);
    memset(ip->octets + 4, 0, 12);
    ip->is_v6 = false;
    ip->zone = 0;
}

struct str
ip_reverse_name(const struct ip_address *ip, const char *zone, struct pool *pool)
{
    struct buf name;

    buf_init(&name, pool, 512);
    for (int i = ip_octets(ip) - 1; i >= 0; i--) {
        if (ip->is_v6)
            buf_addf(&name, "%x.%x.", ip->octets[i] & 0xfu, ip->octets[i] >> 4);
        else
            buf_addf(&name, "%d.", ip->octets[i]);
    }
    if (zone != NULL)
        buf_add_c(&name, zone);
    else
        buf_add_c(&name, ip->is_v6 ? "ip6.arpa" : "in-addr.arpa");
    return buf_str(&name);
}

void
ip_to_sockaddr(const struct ip_address *ip, int port, struct sockaddr_storage *address_out, socklen_t *length_out)
{
    memset(address_out, 0, sizeof(*address_out));
    if (ip->is_v6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address_out;

        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        v6->sin6_scope_id = ip->zone;
        memcpy(&v6->sin6_addr, ip->octets, 16);
        *length_out = sizeof(*v6);
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)address_out;

        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        memcpy(&v4->sin_addr, ip->octets, 4);
        *length_out = sizeof(*v4);
    }
}

bool
ip_from_sockaddr(const struct sockaddr *address, struct ip_address *ip_out, int *port_out)
{
    *ip_out = (struct ip_address){ 0 };
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

        memcpy(ip_out->octets, &v4->sin_addr, 4);
        *port_out = ntohs(v4->sin_port);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

        ip_out->is_v6 = true;
        memcpy(ip_out->octets, &v6->sin6_addr, 16);
        ip_out->zone = v6->sin6_scope_id;
        *port_out = ntohs(v6->sin6_port);
        ip_unmap(ip_out);
        return true;
    }
    return false;
}

int
ip_text_version(struct str text, int *bits_out)
{
    struct ip_address ip;

    if (bits_out == NULL ? !ip_parse(text, &ip) : !ip_parse_network(text, &ip, bits_out))
        return 0;
    return ip.is_v6 ? 6 : 4;
}
