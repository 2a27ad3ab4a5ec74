/* expand/variables_scope.c -- variables that an expansion itself sets. */
#include "base/process.h"
#include "expand/getters.h"
#include "expand/leftovers.h"

GETTER(item)
{
    *value_out = scope->item;
    return OK;
}

GETTER(value)
{
    *value_out = scope->value;
    return OK;
}

#define GETTER_LEFTOVER(name)                       \
    GETTER(name)                                    \
    {                                               \
        *value_out = leftovers_get()->name;         \
        return OK;                                  \
    }
GETTER_LEFTOVER(prvscheck_address)
GETTER_LEFTOVER(prvscheck_keynum)
GETTER_LEFTOVER(prvscheck_result)
GETTER_LEFTOVER(srs_recipient)
GETTER_LEFTOVER(lookup_dnssec_authenticated)
GETTER_LEFTOVER(ldap_dn)

GETTER(runrc)
{
    *value_out = pool_printf(scope->pool, "%d", leftovers_get()->runrc);
    return OK;
}

struct leftovers *
leftovers_get(void)
{
    static const char key = 0;
    struct leftovers *leftovers = process_cache(&key, sizeof *leftovers);

    if (leftovers->pool == NULL)
        leftovers->pool = pool_new("leftovers");
    return leftovers;
}

/* The last values are few and short, but there is no end to their making: the pool is renewed when it has grown. */
void
leftovers_set(struct str *field, struct str value)
{
    enum { GROWN_BYTES = 256 * 1024 };
    struct leftovers *leftovers = leftovers_get();
    struct str *const fields[] = {
        &leftovers->prvscheck_address, &leftovers->prvscheck_keynum, &leftovers->prvscheck_result,
            &leftovers->srs_recipient,
        &leftovers->lookup_dnssec_authenticated, &leftovers->ldap_dn,
    };

    *field = pool_dup(leftovers->pool, value);
    if (pool_bytes(leftovers->pool) > GROWN_BYTES) {
        struct pool *fresh = pool_new("leftovers");

        for (size_t i = 0; i < COUNT(fields); i++)
            *fields[i] = pool_dup(fresh, *fields[i]);
        pool_free(leftovers->pool);
        leftovers->pool = fresh;
    }
}

const struct expand_variable expand_scope_variables[] = {
    VARIABLE(item), VARIABLE(value), VARIABLE(prvscheck_address), VARIABLE(prvscheck_keynum),
    VARIABLE(prvscheck_result), VARIABLE(srs_recipient), VARIABLE(lookup_dnssec_authenticated), VARIABLE(ldap_dn),
        VARIABLE(runrc),
    { .name = NULL }
};
