/* net/own_name.c -- the name of this host, for a configuration without primary_hostname (manual: primary_hostname). */
#include <netdb.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include "config/reader.h"

/* The system's name; if that has one component only, the canonical name that the resolver knows, if that has more. */
static struct str
own_name(struct pool *pool)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME };
    struct addrinfo *found = NULL;
    struct utsname system;
    struct str name;

    if (uname(&system) == -1)
        return (struct str){ 0 };
    name = pool_dup(pool, str_of(system.nodename));
    if (str_find(name, '.') != STR_NONE || getaddrinfo(system.nodename, NULL, &hints, &found) != 0)
        return name;
    if (found != NULL && found->ai_canonname != NULL && str_find(str_of(found->ai_canonname), '.') != STR_NONE)
        name = pool_dup(pool, str_of(found->ai_canonname));
    freeaddrinfo(found);
    return name;
}

const struct config_hook own_name_hook = { .name = "own name", .host_name = own_name };
