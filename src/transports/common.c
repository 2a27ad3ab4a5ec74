#include "transports/common.h"
#include "base/buf.h"
#include "expand/expand.h"

enum { REASON_MAX_BYTES = 8192 };

enum outcome
transport_defer(struct why *why, int number, const char *format, ...)
{
    struct str text;
    va_list args;

    va_start(args, format);
    text = pool_vprintf(why->pool, TAINTED, format, args);
    va_end(args);
    why_defer(why, 0, NULL, "%.*s", STR_ARG(str_head(text, REASON_MAX_BYTES)));
    why->sys_errno = number;
    return DEFER;
}

void
option_default(struct template **field, const struct driver_instance *instance, struct pool *pool, const char *option,
               const char *text)
{
    if (*field != NULL)
        return;
    *field = POOL_NEW(pool, struct template);
    **field = (struct template){ .text = str_of(text), .at = instance->at, .option_name = option };
    (*field)->owner = pool_cstr(pool, pool_printf(pool, "%.*s transport", STR_ARG(instance->name)));
}

bool
size_parse(struct str text, int64_t *size_out)
{
    int64_t unit = 1;

    text = str_trim(text);
    if (text.len > 0) {
        switch (ascii_upper(text.ptr[text.len - 1])) {
        case 'K': unit = 1024; break;
        case 'M': unit = 1024 * 1024; break;
        case 'G': unit = 1024 * 1024 * 1024; break;
        default: break;
        }
    }
    if (unit > 1)
        text.len--;
    return str_to_i64(text, size_out) && *size_out >= 0 && !__builtin_mul_overflow(*size_out, unit, size_out);
}

enum outcome
transport_expand(struct template *template, struct transport_run *run, struct str *text_out, struct why *why)
{
    struct str reason;

    *text_out = STR("");
    if (template == NULL || expand(template, &run->scope, text_out, why) == OK)
        return OK;
    *text_out = STR("");
    if (why->is_forced)
        return OK;
    reason = why->text;
    return transport_defer(why, NUMBER_NONE, "Expansion of \"%.*s\" (%s for %.*s transport) failed: %.*s",
                           STR_ARG(template->text), template->option_name != NULL ? template->option_name : "option",
                           STR_ARG(run->transport->instance.name), STR_ARG(reason));
}
