/* net/host.h -- a host to which mail may go, and lists of them in the order to be tried. */
#ifndef NET_HOST_H
#define NET_HOST_H
#include <stdbool.h>
#include <time.h>
#include "base/pool.h"

enum host_status { HOST_UNKNOWN, HOST_USABLE, HOST_UNUSABLE, HOST_UNUSABLE_EXPIRED };
enum { MX_NONE = -1, HOST_PORT_NONE = 0 };

struct host {
    struct host *next;
    struct str name;                /* from configuration or DNS */
    struct str address;             /* text of the IP address; empty until found; clean */
    int port;                       /* HOST_PORT_NONE: the transport's */
    int mx;                         /* preference, or MX_NONE */
    int sort_key;                   /* mx with randomisation inside */
    enum host_status status;
    const char *why_unusable;       /* constant text */
    time_t last_try;
    bool is_dnssec, is_local;
    bool is_mx_indirect;            /* fallback_hosts: "name/MX", to be looked up by the transport */
    struct str certificate_name;    /* name to check a certificate for, if not name */
};
#endif
