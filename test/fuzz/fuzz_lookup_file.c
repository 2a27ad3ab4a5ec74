/* Files of lookups with any content: text files by key and pattern, networks, cdb, JSON.  The first octet chooses. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"
#include "lookups/lookup.h"

enum { INPUT_MAX_BYTES = 65536 };

static const char *const types[] = {
    "lsearch", "nwildlsearch", "iplsearch", "cdb", "json", "partial0-lsearch*@,ret=full", "lsearch,ret=key",
};
static const char *const keys[] = { "a", "key", "a.b.c", "10.1.2.3", "2001:db8::1", "a:0:b", "x@y", "*" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* What the process keeps for its life is held in pools, where the leak checker does not look. */
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct pool *pool;
    struct scope scope;
    struct lookup_spec spec;
    struct captures captures = { .count = 0 };
    struct why why;
    struct str value;
    int fd;

    if (size < 1 || size > INPUT_MAX_BYTES)
        return 0;
    snprintf(path, sizeof path, "/tmp/fuzz_lookup_file.%ld", (long)getpid());
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd == -1 || !file_write_all(fd, str_make((const char *)data + 1, size - 1)))
        abort();
    close(fd);
    pool = pool_new("fuzz");
    scope = scope_make(pool);
    scope.captures = &captures;
    why_init(&why, pool);
    if (!lookup_spec_parse(str_of(types[data[0] % COUNT(types)]), &spec, &why))
        abort();
    for (size_t i = 0; i < COUNT(keys) * 2; i++)
        lookup_find(&spec, str_of(path), str_of(keys[i % COUNT(keys)]), &scope, &value, &captures, &why);
    lookup_close_all();
    unlink(path);
    pool_free(pool);
    return 0;
}
