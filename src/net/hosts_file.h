/* net/hosts_file.h -- /etc/hosts, read directly: for use beside DNS servers that the system's own functions do not
 * know. */
#ifndef NET_HOSTS_FILE_H
#define NET_HOSTS_FILE_H
#include "base/list.h"
#include "net/ip_address.h"

/* Addresses of a name; names of an address (copied into pool).  How many there are, at most room. */
size_t hosts_file_addresses(struct str name, struct ip_address *addresses_out, size_t room);
size_t hosts_file_names(const struct ip_address *ip, struct str *names_out, size_t room, struct pool *pool);

/* The same for a text in the form of that file. */
size_t hosts_text_addresses(struct str text, struct str name, struct ip_address *addresses_out, size_t room);
size_t hosts_text_names(struct str text, const struct ip_address *ip, struct str *names_out, size_t room,
                        struct pool *pool);
#endif
