#include "base/trace.h"
#include "expand/expand.h"
#include "log/log.h"
#include "transports/transport.h"

struct str
transport_event(const struct transport *transport, struct scope *scope, const char *event, struct str data)
{
    struct scope_value event_data = { scope->values, "event_data", data };
    struct scope_value event_name = { &event_data, "event_name", str_of(event) };
    struct scope inner = *scope;
    struct str text = STR("");
    struct why why;

    if (transport == NULL || transport->event_action == NULL)
        return STR("");
    inner.values = &event_name;
    why_init(&why, scope->pool);
    trace(TRACE_DELIVER, "event %s: event_action of the %.*s transport", event, STR_ARG(transport->instance.name));
    if (expand(transport->event_action, &inner, &text, &why) != OK) {
        if (!why.is_forced)
            log_panic(NULL, "failed to expand event_action %s in transport %.*s: %.*s", event,
                      STR_ARG(transport->instance.name), STR_ARG(why.text));
        return STR("");
    }
    return text;
}
