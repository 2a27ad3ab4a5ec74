/* net/operators.c -- expansion operators on IP addresses: mask, reverse_ip, ipv6norm, ipv6denorm (manual: expansion
 * operators). */
#include <string.h>
#include "expand/rows.h"
#include "net/ip_address.h"

static enum outcome
no_address(struct str text, struct why *why)
{
    return why_fail(why, 0, NULL, "\"%.*s\" is not an IP address", STR_ARG(text));
}

/* The network and the length of the mask in "1.2.3.4/24"; the mask may not be left out. */
static enum outcome
network_parse(struct str text, struct ip_address *ip_out, unsigned *bits_out, struct why *why)
{
    struct str address, mask;
    uint64_t bits = 0;
    bool has_mask = str_cut(text, '/', &address, &mask);

    if (!ip_parse(address, ip_out) || (has_mask && !str_to_u64(mask, 10, &bits)))
        return no_address(text, why);
    if (!has_mask)
        return why_fail(why, 0, NULL, "missing mask value in \"%.*s\"", STR_ARG(text));
    if (bits > (uint64_t)ip_bits(ip_out))
        return why_fail(why, 0, NULL, "mask value too big in \"%.*s\"", STR_ARG(text));
    *bits_out = (unsigned)bits;
    ip_mask(ip_out, (int)bits);
    return OK;
}

/* Groups without leading zeros, the longest run of zeros (of one group too) as "::", never a dotted quad. */
static struct str
normal_form(const struct ip_address *ip, struct pool *pool)
{
    char out[IP_TEXT_MAX_BYTES];
    size_t len = 0;
    int groups[8], run_start = -1, run_length = 0;

    for (int i = 0, length = 0; i < 8; i++) {
        groups[i] = ip->octets[2 * i] << 8 | ip->octets[2 * i + 1];
        length = groups[i] == 0 ? length + 1 : 0;
        if (length > run_length) {
            run_length = length;
            run_start = i - length + 1;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == run_start) {
            out[len++] = ':';
            if (i == 0)
                out[len++] = ':';
            i += run_length - 1;
            continue;
        }
        for (int shift = 12, has_digit = 0; shift >= 0; shift -= 4) {
            int digit = groups[i] >> shift & 15;

            has_digit |= digit != 0 || shift == 0;
            if (has_digit)
                out[len++] = "0123456789abcdef"[digit];
        }
        if (i < 7)
            out[len++] = ':';
    }
    return pool_dup(pool, str_make(out, len));
}

/* ${mask:…}: IPv6 in full with dots, as keys of lookups have it. */
static enum outcome
mask_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct ip_address ip;
    unsigned bits;
    enum outcome outcome = network_parse(text, &ip, &bits, why);

    if (outcome == OK)
        *text_out = pool_printf(scope->pool, "%.*s/%u", STR_ARG(ip_format_full(&ip, '.', scope->pool)), bits);
    return outcome;
}

/* ${mask_n:…}: the same in the usual form. */
static enum outcome
mask_suffix_apply(struct scope *scope, struct str suffix, struct str text, struct str *text_out, struct why *why)
{
    struct ip_address ip;
    unsigned bits;
    enum outcome outcome;

    if (!str_eq_c(suffix, "n"))
        return mask_apply(scope, text, text_out, why);
    outcome = network_parse(text, &ip, &bits, why);
    if (outcome == OK)
        *text_out = pool_printf(scope->pool, "%.*s/%u",
                                STR_ARG(ip.is_v6 ? normal_form(&ip, scope->pool) : ip_format(&ip, scope->pool)), bits);
    return outcome;
}

/* A mask is allowed and ignored. */
static enum outcome
reverse_ip_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct ip_address ip;
    int bits;

    if (!ip_parse_network(text, &ip, &bits))
        return why_fail(why, 0, NULL, "reverse_ip() not given an IP address [%.*s]", STR_ARG(text));
    ip_unmap(&ip);
    *text_out = ip_reverse_name(&ip, "", scope->pool);
    if (str_ends(*text_out, STR(".")))
        text_out->len--;
    return OK;
}

/* The first octets of IPv4 addresses mapped into IPv6 (RFC 4291 section 2.5.5.2). */
static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* The address as IPv6: an IPv4 one is mapped. */
static bool
parse_as_v6(struct str text, struct ip_address *ip_out)
{
    if (!ip_parse(text, ip_out))
        return false;
    if (!ip_out->is_v6) {
        memmove(ip_out->octets + 12, ip_out->octets, 4);
        memcpy(ip_out->octets, mapped_prefix, sizeof(mapped_prefix));
        ip_out->is_v6 = true;
    }
    return true;
}

static enum outcome
ipv6norm_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct ip_address ip;

    if (!parse_as_v6(text, &ip))
        return no_address(text, why);
    *text_out = normal_form(&ip, scope->pool);
    return OK;
}

static enum outcome
ipv6denorm_apply(struct scope *scope, struct str text, struct str *text_out, struct why *why)
{
    struct ip_address ip;

    if (!parse_as_v6(text, &ip))
        return no_address(text, why);
    *text_out = ip_format_full(&ip, ':', scope->pool);
    return OK;
}

const struct expand_operator net_operators[] = {
    { .name = "ipv6denorm", .apply = ipv6denorm_apply },
    { .name = "ipv6norm", .apply = ipv6norm_apply },
    { .name = "mask", .apply = mask_apply, .takes_suffix = true, .apply_suffix = mask_suffix_apply },
    { .name = "reverse_ip", .apply = reverse_ip_apply },
    { .name = NULL },
};
