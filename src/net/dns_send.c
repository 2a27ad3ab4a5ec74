/* net/dns_send.c -- libresolv's transport (time-outs, several servers, TCP for long answers) under queries of our
 * own. */
#include "net/dns_send.h"
#include <errno.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/items.h"
#include "base/process.h"
#include "base/trace.h"
#include "config/config.h"
#include "net/dns_decode.h"

enum { DNS_PORT = 53, EDNS_UDP_BYTES = 1232 };

/* Our resolver state, made on first use. */
struct resolver {
    struct __res_state state;
    bool is_ready, is_broken;
};

static const char resolver_key;

/* Put one server of dns_servers in place number at. */
static void
server_set(struct resolver *resolver, int at, const struct ip_address *ip, int port)
{
    struct sockaddr_storage address;
    socklen_t length;

    ip_to_sockaddr(ip, port, &address, &length);
    memset(&resolver->state.nsaddr_list[at], 0, sizeof(resolver->state.nsaddr_list[at]));
    free(resolver->state._u._ext.nsaddrs[at]);
    resolver->state._u._ext.nsaddrs[at] = NULL;
    if (!ip->is_v6) {
        memcpy(&resolver->state.nsaddr_list[at], &address, sizeof(struct sockaddr_in));
        return;
    }
    resolver->state._u._ext.nsaddrs[at] = malloc(sizeof(struct sockaddr_in6));
    if (resolver->state._u._ext.nsaddrs[at] != NULL)
        memcpy(resolver->state._u._ext.nsaddrs[at], &address, sizeof(struct sockaddr_in6));
}

/* The main option dns_servers takes the place of resolv.conf's servers.  "127.0.0.1:5353" is meant as one server
 * although the colon separates items: a number alone is the port of the server before it. */
static bool
servers_from_option(struct resolver *resolver, struct pool *pool)
{
    struct items items = items_of(config->dns_servers->text);
    struct ip_address ip;
    struct str item;
    uint64_t number;
    int count = 0, port;

    if (ip_parse_with_port(str_trim(config->dns_servers->text), &ip, &port)) {
        server_set(resolver, count++, &ip, port != 0 ? port : DNS_PORT);
        items.rest = STR("");
    }
    while (items_next(&items, pool, &item)) {
        if (count > 0 && str_to_u64(item, 10, &number) && number > 0 && number <= 65535)
            server_set(resolver, count - 1, &ip, (int)number);
        else if (!ip_parse_with_port(item, &ip, &port))
            trace(TRACE_RESOLVER, "dns_servers: \"%.*s\" is not an address with a port", STR_ARG(item));
        else if (count < MAXNS)
            server_set(resolver, count++, &ip, port != 0 ? port : DNS_PORT);
    }
    resolver->state.nscount = count;
    return count > 0;
}

static struct resolver *
resolver_get(struct pool *pool)
{
    struct resolver *resolver = process_cache(&resolver_key, sizeof(*resolver));

    if (resolver->is_ready)
        return resolver;
    resolver->is_ready = true;
    resolver->is_broken = res_ninit(&resolver->state) == -1;
    if (resolver->is_broken || config == NULL)
        return resolver;
    if (config->dns_servers != NULL)
        resolver->is_broken = !servers_from_option(resolver, pool);
    if (config->dns_retrans > 0)
        resolver->state.retrans = config->dns_retrans;
    if (config->dns_retry > 0)
        resolver->state.retry = config->dns_retry;
    return resolver;
}

struct str_list
dns_search_domains(bool has_parents, struct pool *pool)
{
    struct resolver *resolver = resolver_get(pool);
    struct str_list domains = { 0 };

    if (has_parents)
        for (char **domain = resolver->state.dnsrch; *domain != NULL; domain++)
            str_list_add(&domains, pool, str_of(*domain));
    else if (resolver->state.dnsrch[0] != NULL && resolver->state.dnsrch[0][0] != '\0')
        str_list_add(&domains, pool, str_of(resolver->state.dnsrch[0]));
    else if (resolver->state.defdname[0] != '\0')
        str_list_add(&domains, pool, str_of(resolver->state.defdname));
    return domains;
}

/* What main options and resolv.conf say about EDNS and validation. */
static void
question_options(const struct resolver *resolver, bool is_validation_wanted, struct dns_question *question)
{
    int dnssec_ok = config != NULL ? config->dns_dnssec_ok : -1;
    int use_edns = config != NULL ? config->dns_use_edns0 : -1;

    question->is_validation_wanted = dnssec_ok > 0 || (dnssec_ok == -1 && is_validation_wanted);
    question->has_edns = use_edns > 0 || (use_edns == -1 && (resolver->state.options & RES_USE_EDNS0) != 0);
    if (question->is_validation_wanted && use_edns != 0)
        question->has_edns = true;
    question->udp_bytes = EDNS_UDP_BYTES;
}

bool
dns_send(struct str name, enum dns_type type, bool is_validation_wanted, struct pool *pool, struct str *answer_out,
         const char **problem_out)
{
    struct resolver *resolver = resolver_get(pool);
    struct dns_question question = { .name = name, .type = type };
    unsigned char *answer;
    struct str query;
    uint16_t id = 0;
    int bytes;

    *problem_out = "no servers are known";
    if (resolver->is_broken)
        return false;
    question_options(resolver, is_validation_wanted, &question);
    if (getrandom(&id, sizeof(id), 0) != sizeof(id))
        id = (uint16_t)(uintptr_t)&query;
    question.id = id;
    *problem_out = "not a name";
    if (!dns_query_encode(&question, pool, &query))
        return false;
    /* Without this the library takes the AD bit out of answers; we asked for it and say whom we trust by
     * dns_servers. */
    if (question.is_validation_wanted)
        resolver->state.options |= RES_TRUSTAD;
    answer = pool_alloc_as(pool, TAINTED, DNS_MESSAGE_MAX_BYTES);
    errno = 0;
    bytes = res_nsend(&resolver->state, (const unsigned char *)query.ptr, (int)query.len, answer,
        DNS_MESSAGE_MAX_BYTES);
    *problem_out = errno == ETIMEDOUT ? "timed out" : errno == ECONNREFUSED ? "no server answers" : "no usable answer";
    if (bytes <= 0)
        return false;
    *answer_out = str_make((const char *)answer, (size_t)bytes);
    return true;
}
