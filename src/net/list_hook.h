/* net/list_hook.h -- lists of the configuration that DNS and host finding must ask (dns_ipv4_lookup,
 * ignore_target_hosts …).
 *
 * The room match/ stands below this one; it hands its tests in as rows of the table "list_hooks". */
#ifndef NET_LIST_HOOK_H
#define NET_LIST_HOOK_H
#include "config/option.h"
#include "base/outcome.h"

struct host;
struct scope;

struct list_hook {
    const char *name;
    /* OK: the domain (or the host by name and address) is in the list; FAIL: it is not; DEFER: cannot be told (why
     * filled). */
    enum outcome (*domain)(struct template *list, struct str domain, struct scope *scope, struct why *why);
    enum outcome (*host)(struct template *list, const struct host *host, struct scope *scope, struct why *why);
};
extern const struct list_hook *const list_hooks_rows[];

/* The same, FAIL for a NULL list. */
enum outcome list_hook_domain(struct template *list, struct str domain, struct scope *scope, struct why *why);
enum outcome list_hook_host(struct template *list, const struct host *host, struct scope *scope, struct why *why);
#endif
