#include "message/origin.h"

struct origin *
origin_new(struct pool *pool)
{
    struct origin *origin = POOL_NEW(pool, struct origin);

    origin->pool = pool;
    map_init(&origin->acl_variables, pool, false);
    return origin;
}
