/* acl/seen.c -- seen = [-]interval / options: has this been here before? (manual: previously seen user and hosts) */
#include "acl/rows.h"
#include <string.h>
#include "base/clock.h"
#include "base/trace.h"
#include "hints/hints.h"

struct seen_request {
    int interval_s, refresh_s;
    bool is_before, is_readonly, is_written;
    struct str key;
};

enum { SEEN_REFRESH_S = 10 * 24 * 3600 };

static enum acl_test
seen_parse(struct acl_call *call, struct seen_request *request)
{
    struct str rest = call->argument, word;

    str_cut(rest, '/', &word, &rest);
    word = str_trim(word);
    if (word.len > 0 && word.ptr[0] == '-') {
        request->is_before = true;
        word = str_from(word, 1);
    }
    request->interval_s = interval_parse(word);
    if (request->interval_s < 0)
        return acl_call_bad(call, "failed to parse '%.*s' for \"seen\" condition: not a time value",
                            STR_ARG(call->argument));
    while (rest.len > 0) {
        str_cut(rest, '/', &word, &rest);
        word = str_trim(word);
        if (str_istarts(word, STR("key=")))
            request->key = str_from(word, strlen("key="));
        else if (str_ieq_c(word, "readonly"))
            request->is_readonly = true;
        else if (str_ieq_c(word, "write"))
            request->is_written = true;
        else if (str_istarts(word, STR("refresh=")) && interval_parse(str_from(word, strlen("refresh="))) >= 0)
            request->refresh_s = interval_parse(str_from(word, strlen("refresh=")));
        else
            return acl_call_bad(call, "unrecognised option '%.*s' in '%.*s'", STR_ARG(word), STR_ARG(call->argument));
    }
    return ACL_YES;
}

static void
seen_put(struct hints *hints, struct str key, time_t stamp, const char *what)
{
    int64_t value = stamp;

    hints_put(hints, key, str_make((const char *)&value, sizeof value));
    trace(TRACE_ACL, "seen db written (%s)", what);
}

/* Make, renew or refresh the record as the options ask. */
static void
seen_note(struct hints *hints, const struct seen_request *request, const int64_t *stamp, bool is_true)
{
    time_t now = clock_seconds();

    if (stamp == NULL)
        seen_put(hints, request->key, now, "create");
    else if (request->is_written || !request->is_before)
        seen_put(hints, request->key, now, "update");
    else if (is_true && *stamp + request->refresh_s <= now)
        seen_put(hints, request->key, now - request->interval_s, "refresh");
}

static enum acl_test
seen_test(struct acl_call *call)
{
    struct seen_request request = { .refresh_s = SEEN_REFRESH_S, .key = call->scope->origin->host_address };
    enum acl_test result = seen_parse(call, &request);
    time_t test_time = clock_seconds() - request.interval_s;
    struct hints *hints;
    struct str value;
    int64_t stamp = 0;
    bool is_found;

    if (result != ACL_YES)
        return result;
    hints = hints_open("seen", request.is_readonly ? HINTS_READ : HINTS_CREATE);
    if (hints == NULL)
        return ACL_NO;
    is_found = hints_get(hints, request.key, sizeof stamp, call->scope->pool, &value) && value.len == sizeof stamp;
    if (is_found)
        memcpy(&stamp, value.ptr, sizeof stamp);
    result = !is_found ? ACL_NO : (request.is_before ? stamp <= test_time : stamp >= test_time) ? ACL_YES : ACL_NO;
    if (!request.is_readonly)
        seen_note(hints, &request, is_found ? &stamp : NULL, result == ACL_YES);
    hints_close(hints);
    return result;
}

const struct acl_condition acl_seen_conditions[] = {
    { .name = "seen", .test = seen_test },
    { .name = NULL }
};
