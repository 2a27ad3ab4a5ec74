/* transports/once_file.h -- whom an autoreply was sent to, and when: a database that grows, or a file of fixed size. */
#ifndef TRANSPORTS_ONCE_FILE_H
#define TRANSPORTS_ONCE_FILE_H
#include <time.h>
#include "base/outcome.h"

/* The record of recipients to be asked and then added to, locked from open to close. */
struct once_file {
    struct pool *pool;
    const char *path;
    int64_t size_max_bytes;         /* 0: a database */
    int mode;
    struct hints *hints;
    int fd;
    struct str content;             /* of the file of fixed size */
};

/* DEFER with why when it cannot be had. */
enum outcome once_file_open(struct once_file *once, struct why *why);

/* When a message was last sent to the recipient; 0: never. */
time_t once_file_last(struct once_file *once, struct str recipient);

/* Remember it; the oldest are forgotten when the file is full.  False with errno: could not be written. */
bool once_file_note(struct once_file *once, struct str recipient, time_t when);

void once_file_close(struct once_file *once);
#endif
