/* transports/option_default.h -- defaults of expanded options: a template made when an instance is checked. */
#ifndef TRANSPORTS_OPTION_DEFAULT_H
#define TRANSPORTS_OPTION_DEFAULT_H
#include "config/driver.h"

/* Set *field to a template of the constant text unless it is set already. */
void option_default(struct template **field, const struct driver_instance *instance, struct pool *pool, const char *option,
                    const char *text);
#endif
