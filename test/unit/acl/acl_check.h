/* test/unit/acl/acl_check.h -- a configuration from text and a scope of a client with a message, for tests of lists. */
#ifndef TEST_UNIT_ACL_CHECK_H
#define TEST_UNIT_ACL_CHECK_H
#include "acl/acl.h"
#include "address/address.h"
#include "base/process.h"
#include "check.h"
#include "config/reader.h"
#include "log/log.h"
#include "verify/verify.h"

struct acl_bench {
    struct pool *pool;
    struct acl_state state;
    struct verify_state verify;
    struct scope scope;
    const char *error;              /* of the configuration; NULL: it was read */
};

/* Main options and an acl section; the client is 192.0.2.1, the message goes from ann@a.example to bob@b.example. */
static inline struct acl_bench *
acl_bench(const char *options, const char *acls)
{
    struct pool *pool = pool_new("test");
    struct acl_bench *bench = POOL_NEW(pool, struct acl_bench);
    struct str text = pool_printf(pool, "exim_user = 65534\nexim_group = 65534\nprimary_hostname = "
                                  "tern.example\n%s\nbegin acl\n%s\n",
                                  options, acls);
    struct config_request request = { .text = pool_cstr(pool, text) };
    struct config *conf;
    struct str error = STR("");

    bench->pool = pool;
    if (config_read(&request, pool, &conf, &error) != OK) {
        bench->error = pool_cstr(pool, error);
        return bench;
    }
    config = conf;
    log_divert(stderr);
    acl_state_init(&bench->state, pool, pool);
    verify_state_init(&bench->verify, pool);
    bench->scope = scope_make(pool);
    bench->scope.origin = origin_new(pool);
    bench->scope.origin->is_socket = true;
    bench->scope.origin->host_address = STR("192.0.2.1");
    bench->scope.origin->name_lookup = NAME_LOOKUP_FAILED;
    bench->scope.message = message_new(pool, bench->scope.origin);
    bench->scope.message->sender = pool_dup_tainted(pool, STR("ann@a.example"));
    bench->scope.address = address_new(pool, pool_dup_tainted(pool, STR("Bob@b.example")));
    bench->scope.acl = &bench->state;
    bench->scope.verify = &bench->verify;
    return bench;
}

static inline void
acl_bench_free(struct acl_bench *bench)
{
    log_divert(NULL);
    config = NULL;
    pool_free(bench->pool);
}
#endif
