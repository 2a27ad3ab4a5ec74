/* Accepted addresses to deliveries: who shares a run.  The transports are the test's own. */
#include "check.h"
#include "address/address.h"
#include "base/process.h"
#include "config/config.h"
#include "deliver/plan.h"
#include "expand/scope.h"
#include "net/host.h"
#include "transports/transport.h"

static void
batch_of_three(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    (void)transport;
    (void)scope;
    *out = (struct transport_batching){ .max_addresses = 3, .is_multi_domain = true };
}

static void
batch_by_domain(const struct transport *transport, struct scope *scope, struct transport_batching *out)
{
    (void)transport;
    (void)scope;
    *out = (struct transport_batching){ .max_addresses = 0, .is_multi_domain = false };
}

static const struct transport_driver single = { .info = { .name = "single", .is_local = true } };
static const struct transport_driver threes = { .info = { .name = "threes" }, .batching = batch_of_three };
static const struct transport_driver by_domain = { .info = { .name = "by_domain" }, .batching = batch_by_domain };

struct test {
    struct pool *pool;
    struct scope scope;
    struct plan plan;
    struct address *first, **end;
    struct config conf;
};

static void
begin(struct test *test)
{
    *test = (struct test){ .pool = pool_new("test") };
    test->scope = scope_make(test->pool);
    test->end = &test->first;
    config = &test->conf;
    plan_init(&test->plan, test->pool, NULL);
}

static struct address *
accept(struct test *test, const char *text, struct transport *transport, struct host *hosts)
{
    struct address *addr = address_new(test->pool, str_of(text));

    addr->transport = transport;
    addr->hosts = hosts;
    *test->end = addr;
    test->end = &addr->next;
    return addr;
}

static size_t
deliveries(const struct delivery *delivery)
{
    size_t count = 0;

    for (; delivery != NULL; delivery = delivery->next)
        count++;
    return count;
}

TEST(a_transport_without_batching_gets_one_address_at_a_time)
{
    struct test test;
    struct transport transport = { .instance = { .name = STR("one"), .driver = &single.info } };

    begin(&test);
    for (int i = 0; i < 4; i++)
        accept(&test, "ann@tern.test", &transport, NULL);
    plan_group(&test.plan, test.first, &test.scope);
    CHECK_INT("local", deliveries(test.plan.local), 4);
    CHECK_INT("remote", deliveries(test.plan.remote), 0);
    pool_free(test.pool);
}

TEST(a_batch_holds_what_has_the_same_hosts_up_to_its_limit)
{
    struct test test;
    struct transport transport = { .instance = { .name = STR("r"), .driver = &threes.info } };
    struct host second = { .name = STR("b.test"), .mx = 10 }, first = { .next = &second, .name = STR("a.test"),
        .mx = 10 };
    struct host other_second = { .name = STR("a.test"), .mx = 10 };
    struct host other_first = { .next = &other_second, .name = STR("b.test"), .mx = 10 };
    struct host lone = { .name = STR("a.test"), .mx = 10 };

    begin(&test);
    for (int i = 0; i < 3; i++)
        accept(&test, "ann@x.test", &transport, &first);
    /* Equal preferences may be shuffled in any way. */
    accept(&test, "bob@y.test", &transport, &other_first);
    accept(&test, "carol@z.test", &transport, &lone);
    plan_group(&test.plan, test.first, &test.scope);
    CHECK_INT("deliveries", deliveries(test.plan.remote), 3);
    CHECK_INT("first", test.plan.remote->address_count, 3);
    CHECK_INT("second", test.plan.remote->next->address_count, 1);
    pool_free(test.pool);
}

TEST(what_goes_with_the_message_must_be_the_same)
{
    struct test test;
    struct transport transport = { .instance = { .name = STR("r"), .driver = &threes.info } };
    struct header_addition addition = { .text = STR("X: y") };
    struct host host = { .name = STR("a.test"), .mx = MX_NONE };

    begin(&test);
    accept(&test, "a@x.test", &transport, &host);
    accept(&test, "b@x.test", &transport, &host)->extra_headers = &addition;
    accept(&test, "c@x.test", &transport, &host)->remove_headers = STR("subject");
    accept(&test, "d@x.test", &transport, &host)->has_errors_to = true;
    accept(&test, "e@x.test", &transport, &host);
    plan_group(&test.plan, test.first, &test.scope);
    CHECK_INT("deliveries", deliveries(test.plan.remote), 4);
    CHECK_INT("a and e go together", test.plan.remote->address_count, 2);
    pool_free(test.pool);
}

TEST(without_multi_domain_each_domain_goes_alone)
{
    struct test test;
    struct transport transport = { .instance = { .name = STR("r"), .driver = &by_domain.info } };
    struct host host = { .name = STR("a.test"), .mx = MX_NONE };

    begin(&test);
    accept(&test, "a@x.test", &transport, &host);
    accept(&test, "b@y.test", &transport, &host);
    accept(&test, "c@X.test", &transport, &host);
    plan_group(&test.plan, test.first, &test.scope);
    CHECK_INT("deliveries", deliveries(test.plan.remote), 2);
    pool_free(test.pool);
}
