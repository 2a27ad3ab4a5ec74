/* log/state.h -- the open logs of a process, shared by the files of this room only. */
#ifndef LOG_STATE_H
#define LOG_STATE_H
#include "base/buf.h"
#include "log/log.h"

enum log_kind { KIND_MAIN, KIND_REJECT, KIND_PANIC, LOG_KINDS };

struct log_file {
    int fd;                         /* -1: not open */
    dev_t device;
    ino_t inode;
    char *path;                     /* in struct log's pool; made again when the date in it changes */
    char stamp[16];                 /* the date in path: "" if it has none */
    time_t failed_at;               /* not tried again in the same second */
    unsigned lost_lines;
};

/* process.log: made on first use. */
struct log {
    struct pool *pool;              /* settings and paths: a new one with each log_configure() */
    struct pool *scratch;           /* one line */
    struct log_settings settings;
    struct str file_path;           /* the path with %s that is in force; empty: none */
    bool uses_syslog, is_syslog_open;
    FILE *diverted;
    struct log_file files[LOG_KINDS];
};

/* file.c: append octets, one write.  False if the log cannot be written. */
bool log_file_append(struct log *log, enum log_kind kind, struct str octets);
void log_file_close(struct log_file *file);

/* path.c: name of a log: %s, %D, %M replaced; stamp_out gets the date that is in it. Lives in pool. */
struct str log_path_expand(struct pool *pool, struct str path, enum log_kind kind, char stamp_out[16]);
bool log_path_has_stamp(struct str path);

/* syslog_line.c (apart: <syslog.h> has names of its own that begin with LOG_). */
void log_syslog_write(struct log *log, enum log_kind kind, struct str text);
bool log_syslog_facility(struct str name, int *facility_out);
void log_syslog_close(struct log *log);
void log_syslog_last_resort(const char *text);

/* escape.c: control characters and what is not text as escapes; line breaks are kept if they may be. */
enum log_breaks { BREAKS_ESCAPED, BREAKS_KEPT_IF_INDENTED, BREAKS_KEPT };
void log_escape(struct buf *buf, struct str text, bool keeps_utf8, enum log_breaks breaks);
#endif
