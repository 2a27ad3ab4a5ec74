/* expand/variables_address.c -- the address under way: $local_part, $domain and what routing adds. */
#include "address/address.h"
#include "expand/getters.h"

/* An address as its text only, of a pipe or a file. */
static struct str
text_if(const struct scope *scope, enum address_kind kind)
{
    return scope->address != NULL && scope->address->kind == kind ? scope->address->text : STR("");
}

#define ADDRESS_TEXT(name, field) GETTER_TEXT(name, scope->address, scope->address->field)
ADDRESS_TEXT(local_part, local_part)
ADDRESS_TEXT(domain, domain)
ADDRESS_TEXT(local_part_prefix, prefix)
ADDRESS_TEXT(local_part_prefix_v, prefix_v)
ADDRESS_TEXT(local_part_suffix, suffix)
ADDRESS_TEXT(local_part_suffix_v, suffix_v)
ADDRESS_TEXT(domain_data, domain_data)
ADDRESS_TEXT(local_part_data, local_part_data)
ADDRESS_TEXT(address_data, address_data)
ADDRESS_TEXT(self_hostname, self_hostname)
ADDRESS_TEXT(home, home_directory)

GETTER_TEXT(original_local_part, scope->address, address_top(scope->address)->local_part_full.len > 0
            ? address_top(scope->address)->local_part_full : address_top(scope->address)->local_part)
GETTER_TEXT(original_domain, scope->address, address_top(scope->address)->domain)

static const struct address *
parent_of(const struct scope *scope)
{
    return scope->address == NULL ? NULL : scope->address->parent;
}

GETTER_TEXT(parent_local_part, parent_of(scope), parent_of(scope)->local_part_full.len > 0
            ? parent_of(scope)->local_part_full
            : parent_of(scope)->local_part)
GETTER_TEXT(parent_domain, parent_of(scope), parent_of(scope)->domain)

GETTER(address_pipe)
{
    *value_out = text_if(scope, ADDRESS_PIPE);
    return OK;
}

GETTER(address_file)
{
    *value_out = text_if(scope, ADDRESS_FILE);
    return OK;
}

GETTER(local_user_uid)
{
    if (scope->address != NULL && scope->address->has_local_user)
        *value_out = pool_printf(scope->pool, "%ld", (long)scope->address->local_user_uid);
    return OK;
}

GETTER(local_user_gid)
{
    if (scope->address != NULL && scope->address->has_local_user)
        *value_out = pool_printf(scope->pool, "%ld", (long)scope->address->local_user_gid);
    return OK;
}

/* $r_name: what the option `set` of routers left with the address. */
GETTER(router_variable)
{
    const struct str *value = NULL;

    if (scope->address != NULL && scope->address->router_variables != NULL) {
        value = map_get(scope->address->router_variables, pool_printf(scope->pool, "r_%.*s", STR_ARG(suffix)));
        if (value == NULL)
            value = map_get(scope->address->router_variables, suffix);
    }
    if (value != NULL)
        *value_out = *value;
    return OK;
}

const struct expand_variable expand_address_variables[] = {
    VARIABLE(local_part), VARIABLE(domain), VARIABLE(local_part_prefix), VARIABLE(local_part_prefix_v),
        VARIABLE(local_part_suffix),
    VARIABLE(local_part_suffix_v), VARIABLE(domain_data), VARIABLE(local_part_data), VARIABLE(address_data),
        VARIABLE(self_hostname),
    VARIABLE(home), VARIABLE(original_local_part), VARIABLE(original_domain), VARIABLE(parent_local_part),
        VARIABLE(parent_domain),
    VARIABLE(address_pipe), VARIABLE(address_file), VARIABLE(local_user_uid), VARIABLE(local_user_gid),
    { .name = "r_", .is_prefix = true, .get = get_router_variable },
    { .name = NULL }
};
