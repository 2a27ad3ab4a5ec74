/* log/path.c -- names of log files (manual: where the logs are written; datestamped log files). */
#include <string.h>
#include "base/clock.h"
#include "log/state.h"

static const struct str kind_words[LOG_KINDS] = { STR_INIT("main"), STR_INIT("reject"), STR_INIT("panic") };

bool
log_path_has_stamp(struct str path)
{
    return str_find_str(path, STR("%D")) != STR_NONE || str_find_str(path, STR("%M")) != STR_NONE;
}

/* The panic log has no date: it goes, with the separator before it, or after it at the start of a name. */
static void
stamp_leave_out(struct buf *name, struct str *rest)
{
    if (name->len == 0 || name->ptr[name->len - 1] == '/') {
        if (rest->len > 0 && !ascii_is_alnum(rest->ptr[0]) && rest->ptr[0] != '%')
            *rest = str_from(*rest, 1);
    } else if (!ascii_is_alnum(name->ptr[name->len - 1])) {
        buf_truncate(name, name->len - 1);
    }
}

struct str
log_path_expand(struct pool *pool, struct str path, enum log_kind kind, char stamp_out[16])
{
    char text[CLOCK_TEXT_MAX_BYTES];
    struct buf name;

    stamp_out[0] = '\0';
    buf_init(&name, pool, 4096);
    while (path.len > 0) {
        char c = path.ptr[0], next = path.len > 1 ? path.ptr[1] : '\0';

        path = str_from(path, 1);
        if (c != '%' || (next != 's' && next != 'D' && next != 'M')) {
            buf_add_char(&name, c);
            continue;
        }
        path = str_from(path, 1);
        if (next == 's') {
            buf_add(&name, kind_words[kind]);
        } else if (kind == KIND_PANIC) {
            stamp_leave_out(&name, &path);
        } else {
            struct str stamp = clock_format_into(next == 'D' ? CLOCK_LOGFILE_DAILY : CLOCK_LOGFILE_MONTHLY, clock_now(),
                                                 text);

            buf_add(&name, stamp);
            memcpy(stamp_out, stamp.ptr, stamp.len < 15 ? stamp.len : 15);
            stamp_out[stamp.len < 15 ? stamp.len : 15] = '\0';
        }
    }
    return buf_str(&name);
}
