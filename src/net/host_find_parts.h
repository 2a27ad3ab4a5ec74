/* net/host_find_parts.h -- what the searches of host_find.h share inside this room. */
#ifndef NET_HOST_FIND_PARTS_H
#define NET_HOST_FIND_PARTS_H
#include "net/host_find.h"
#include "net/ip_address.h"

/* Addresses being collected for one host: the first goes into the host itself, others become entries behind it. */
struct host_addresses {
    struct host *host, *last, *rest;
    const struct host_find_request *request;
    struct scope *scope;
    int count, ignored_count;
    bool is_local_seen, is_security_required, is_insecure;
};

void host_addresses_begin(struct host_addresses *found, struct host *host, const struct host_find_request *request,
                          struct scope *scope);
void host_addresses_add(struct host_addresses *found, const struct ip_address *ip, bool is_secure);
enum host_find host_addresses_end(struct host_addresses *found, bool is_again);
#endif
