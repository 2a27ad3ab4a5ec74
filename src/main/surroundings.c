#include "main/surroundings.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include "base/items.h"
#include "config/config.h"
#include "expand/expand.h"
#include "log/log.h"
#include "match/match.h"

extern char **environ;

static void
descriptors_clean(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd == -1)
            _exit(EX_OSERR);
    } while (fd <= STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0);
}

static void
signals_clean(void)
{
    static const int ignored_by_some_callers[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR1, SIGXFSZ
    };
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t none;

    for (size_t i = 0; i < COUNT(ignored_by_some_callers); i++)
        sigaction(ignored_by_some_callers[i], &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    /* A file size limit of the caller shows as EFBIG, a failed write, instead of death. */
    sigaction(SIGXFSZ, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void
surroundings_clean(struct pool *pool, struct str_list *environment_out)
{
    descriptors_clean();
    signals_clean();
    umask(0);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        str_list_add(environment_out, pool, pool_dup_tainted(pool, str_of(*entry)));
    clearenv();
}

static void
put(struct pool *pool, struct str entry)
{
    struct str name, value;
    const char *c_name, *c_value;

    if (!str_cut(entry, '=', &name, &value) || str_is_empty(name))
        return;
    c_name = pool_cstr(pool, name);
    c_value = pool_cstr(pool, value);
    if (c_name != NULL && c_value != NULL)
        setenv(c_name, c_value, 1);
}

static void
add_listed(struct pool *pool)
{
    struct scope scope = scope_make(pool);
    struct str list, entry;
    struct why why;
    struct items items;

    why_init(&why, pool);
    if (config->add_environment == NULL)
        return;
    if (expand(config->add_environment, &scope, &list, &why) != OK) {
        log_panic(NULL, "failed to expand add_environment: %.*s", STR_ARG(why.text));
        return;
    }
    items = items_of(list);
    while (items_next(&items, pool, &entry))
        put(pool, entry);
}

void
surroundings_environment(struct pool *pool, const struct str_list *environment)
{
    struct scope scope = scope_make(pool);
    struct why why;

    why_init(&why, pool);
    for (size_t i = 0; i < environment->count; i++) {
        struct str name, value;

        str_cut(environment->items[i], '=', &name, &value);
        if (match_string(config->keep_environment, name, true, &scope, &why) == MATCH_YES)
            put(pool, environment->items[i]);
    }
    add_listed(pool);
}

void
surroundings_timezone(void)
{
    struct str zone = config->timezone;
    char text[256];

    if (!str_is_empty(zone) && zone.len < sizeof text && zone.ptr[0] != ':') {
        memcpy(text, zone.ptr, zone.len);
        text[zone.len] = '\0';
        setenv("TZ", text, 1);
    } else {
        unsetenv("TZ");
    }
    tzset();
}
