/* hints/backend.h -- what a database library must offer to hold hints. */
#ifndef HINTS_BACKEND_H
#define HINTS_BACKEND_H
#include "hints/hints.h"

enum hints_status {
    HINTS_OK,
    HINTS_NONE,                     /* no such file, no such record, end of the scan; put_new: the key is there */
    HINTS_CORRUPT,                  /* the file makes no sense: it is to be set aside */
    HINTS_TROUBLE                   /* the system does not let us: errno */
};

/* handle is the backend's own.  Keys are given without a terminator; a backend adds what its format needs. */
struct hints_backend {
    const char *name;               /* "db5" */
    const char *suffix;             /* of the file name */
    enum hints_status (*open)(const char *path, enum hints_mode mode, struct pool *pool, void **handle_out);
    /* The value lives until the next call. */
    enum hints_status (*get)(void *handle, struct str key, struct str *value_out);
    enum hints_status (*put)(void *handle, struct str key, struct str value, bool is_only_new);
    enum hints_status (*remove)(void *handle, struct str key);
    enum hints_status (*scan)(void *handle, bool is_first, struct str *key_out);
    enum hints_status (*close)(void *handle);
};
extern const struct hints_backend *const hints_backends_rows[];
#endif
