/* config/driver.h -- driver families (routers, transports, authenticators) and their configured instances.
 *
 * The reader makes instances without knowing the families: each registers itself as a row of the table
 * "driver_families", each driver as a row of its family's own table. */
#ifndef CONFIG_DRIVER_H
#define CONFIG_DRIVER_H
#include "config/option.h"

struct config;

/* Which options of a table were given: bit n for row n. */
struct option_marks {
    uint64_t *set, *hidden;
};

/* First member of every family's instance (struct router …). */
struct driver_instance {
    struct driver_instance *next;   /* in order of the configuration */
    struct str name;
    struct source_at at;
    const struct driver_info *driver;
    void *options;                  /* the driver's own, filled from its rows */
    struct option_marks generic_marks, private_marks;
};

/* First member of every driver descriptor (struct router_driver …): what the reader needs of it. */
struct driver_info {
    const char *name;
    const struct option *options;
    const void *defaults;
    size_t options_size;
    bool is_local;                  /* transports: runs as a user on this host; routers look no hosts up for it */
    /* Check the instance once all its options are read; false: why_out says what is wrong, expected, to be done. */
    bool (*init)(struct driver_instance *instance, struct pool *pool, struct str *why_out);
};

struct driver_family {
    const char *name;               /* "router" */
    const char *section;            /* "routers" */
    const struct option *generic_options;   /* rows over the instance struct */
    const void *generic_defaults;   /* a whole instance struct to copy */
    size_t instance_size;
    const struct driver_info *const *drivers;   /* the family's table, NULL at the end */
    /* Check of the generic part, after the driver's. */
    bool (*init)(struct driver_instance *instance, struct pool *pool, struct str *why_out);
    /* Checks across instances, after all of them: at_out is where the trouble is.  NULL: none. */
    bool (*finish)(const struct config *conf, struct pool *pool, struct source_at *at_out, struct str *why_out);
};
extern const struct driver_family *const driver_families_rows[];

/* The first instance of a family ("router"), or the one called name; NULL if there is none. */
struct driver_instance *driver_first(const struct config *conf, const char *family);
struct driver_instance *driver_find(const struct config *conf, const char *family, struct str name);
#endif
