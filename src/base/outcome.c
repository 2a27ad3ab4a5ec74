#include "base/outcome.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"

enum { WHY_TEXT_MAX_BYTES = 8192 };

void
why_init(struct why *why, struct pool *pool)
{
    *why = (struct why){ .pool = pool };
}

__attribute__((format(printf, 4, 0)))
static void
why_fill(struct why *why, int sys_errno, const char *enhanced, const char *format, va_list args)
{
    struct pool *pool;
    struct buf text;

    if (why == NULL)
        return;
    pool = why->pool;
    *why = (struct why){ .pool = pool, .sys_errno = sys_errno, .enhanced = enhanced };
    buf_init(&text, pool, WHY_TEXT_MAX_BYTES);
    buf_vaddf(&text, TAINTED, format, args);
    if (sys_errno != 0)
        buf_addf(&text, ": %s", strerror(sys_errno));
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n')
            text.ptr[i] = ' ';
    why->text = buf_str(&text);
}

enum outcome
why_defer(struct why *why, int sys_errno, const char *enhanced, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    why_fill(why, sys_errno, enhanced, format, args);
    va_end(args);
    return DEFER;
}

enum outcome
why_fail(struct why *why, int sys_errno, const char *enhanced, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    why_fill(why, sys_errno, enhanced, format, args);
    va_end(args);
    return FAIL;
}

const char *
outcome_name(enum outcome outcome)
{
    static const char *const names[] = { "OK", "DEFER", "FAIL" };

    return names[outcome];
}

_Noreturn void
must_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "tern: %s:%d: broken contract: %s\n", file, line, condition);
    abort();
}
