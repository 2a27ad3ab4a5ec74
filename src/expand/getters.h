/* expand/getters.h -- short forms for getters of variables.  Internal to expand/. */
#ifndef EXPAND_GETTERS_H
#define EXPAND_GETTERS_H
#include "expand/rows.h"

#define GETTER_UNUSED __attribute__((unused))
#define GETTER(name)                                                                                \
    static enum outcome get_##name(struct scope *scope GETTER_UNUSED, struct str suffix GETTER_UNUSED, \
                                   struct str *value_out, struct why *why GETTER_UNUSED)

/* A text, or nothing if there is no owner. */
#define GETTER_TEXT(name, owner, value)                     \
    GETTER(name)                                            \
    {                                                       \
        *value_out = (owner) == NULL ? STR("") : (value);   \
        return OK;                                          \
    }

/* A number; nothing_text if there is no owner. */
#define GETTER_NUMBER(name, owner, value, nothing_text)                                        \
    GETTER(name)                                                                               \
    {                                                                                          \
        *value_out = (owner) == NULL ? STR(nothing_text)                                       \
                                     : pool_printf(scope->pool, "%lld", (long long)(value));   \
        return OK;                                                                             \
    }
#define VARIABLE(name_) { .name = #name_, .get = get_##name_ }
#endif
